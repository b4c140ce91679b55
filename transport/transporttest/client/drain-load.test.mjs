// An engine that is replaced by the next one while dozens of browsers of every way
// watch, traders trade and executors report: all are told, leave in their turn,
// come back by their own back-off, and have every notice once. SEED repeats a run.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { browsers } from './client.mjs'
import { CrashRun, settings } from './crash/run.mjs'
import { durableServerFor } from './durable-server.mjs'
import { dialFor, ended, handshake, upgrade } from './raw.mjs'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const tabs = 6 * browsers.length
const [drainTime, spread] = [2_000, 4_000]
const parts = 10 // of a span of time

/** What a tab goes through until it is back: when, by performance.now(). */
class Witness {
  told = null // {notice, at}
  left = null // {reason, at}

  constructor({ name, socket }) {
    this.name = name
    socket.once('server:shutdown', notice => { this.told = { notice, at: performance.now() } })
    socket.once('disconnect', reason => { this.left = { reason, at: performance.now() } })
    this.back = new Promise(resolve => socket.once('connect', () => resolve(performance.now())))
  }
}

/** How many of some times lie in each tenth of a span. */
function histogram(times, from, to) {
  const counts = Array(parts).fill(0)
  for (const time of times) counts[Math.min(Math.max(Math.floor((time - from) / (to - from) * parts), 0), parts - 1)]++
  return counts
}

/** Reports a histogram of all tabs, and holds that no tenth has more than a share of them. */
function assertSpread(t, what, counts, most) {
  t.diagnostic(`${what}, in tenths: ${counts.join(' ')}`)
  assert.ok(Math.max(...counts) <= most * tabs, `${what}: too many at once: ${counts}`)
}
// Times are those of one Node process for all tabs, which may stand still for a while.
const notAll = (tabs - 1) / tabs

it(`replaces an engine under load, seed ${seed}`, { timeout: 120_000 }, async t => {
  const server = await durableServerFor(t, { ...settings, OUTCRY_SERVER_DRAIN_TIME: `${drainTime}ms`, OUTCRY_SERVER_RECONNECT_SPREAD: `${spread}ms`, OUTCRY_PORTFOLIO_RECOVER_EVENTS: '100000' })
  const run = new CrashRun(server, seed, { tabs, reconnection: {} }) // the defaults of socket.io-client
  t.after(() => run.abandon())
  await run.begin()
  const witnesses = run.listeners.map(listener => new Witness(listener))
  await delay(500) // of trading
  const trades = run.counts.trades
  const began = performance.now()
  const replaced = run.replace()

  while (!witnesses.some(w => w.told)) await delay(1)
  const first = performance.now()
  t.diagnostic(`the first was told ${Math.round(first - began)} ms after SIGTERM`)
  const [ready, polling, websocket] = await Promise.all([
    fetch(`${server.url}/ready`), handshake(server.url), ended(dialFor(t, { address: new URL(server.url) }, upgrade())),
  ])
  assert.deepEqual([ready.status, polling.status], [503, 503])
  assert.ok(Number(polling.headers.get('retry-after')) > 0)
  assert.match(websocket, /^HTTP\/1.1 503 [^]*\r\nRetry-After: \d+\r\n/)

  await replaced
  t.diagnostic(`the next engine served ${Math.round(performance.now() - began)} ms after SIGTERM; ${run.counts.trades - trades} trades were acknowledged meanwhile`)
  assert.ok(run.counts.trades > trades, 'nothing was traded meanwhile')

  const back = await Promise.all(witnesses.map(w => w.back))
  for (const { name, told, left } of witnesses) {
    assert.ok(told && told.at <= left.at, `${name} was not told before it was closed`)
    assert.match(left.reason, /^transport (close|error)$/, `${name}: after another reason a client does not come back`)
  }
  const waits = witnesses.map(w => w.told.notice.reconnectInMs)
  assert.ok(waits.every(wait => wait >= 0 && wait < spread), `${waits}`)
  assertSpread(t, 'when they are asked to come back', histogram(waits, 0, spread), 0.5)
  assertSpread(t, 'when they left', histogram(witnesses.map(w => w.left.at), first, first + drainTime), notAll)
  t.diagnostic(`they came back within ${Math.round(Math.max(...back) - Math.min(...back))} ms`)
  assertSpread(t, 'when they were back', histogram(back, first, Math.max(...back)), notAll)
  // A machine that is busy may cut one off once more, by a ping that came too late; that is recovered, too.
  assert.ok(run.counts.recoveries >= tabs, `${run.counts.recoveries} of ${tabs} tabs were recovered`)
  await delay(500) // of more trading
  run.check(await run.end(t))
  t.diagnostic(`seed ${seed}: ${Object.entries(run.counts).map(([what, n]) => `${n} ${what}`).join(', ')}`)
  assert.deepEqual(run.problems.slice(0, 20), [], `${run.problems.length} problems; repeat with SEED=${seed}`)
})
