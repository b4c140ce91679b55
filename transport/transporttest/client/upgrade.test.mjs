// An engine whose place another process takes, again and again, while browsers of
// every way watch, traders trade and executors report: nobody who comes is refused,
// all are told and come back, and have every notice once. SEED repeats a run.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { browsers } from './client.mjs'
import { CrashRun, settings } from './crash/run.mjs'
import { durableServerFor } from './durable-server.mjs'

const engine = {
  ...settings,
  OUTCRY_PORTFOLIO_RECOVER_EVENTS: '100000',
  OUTCRY_SESSION_OUTBOX_BYTES: String(16 << 10), // executors that never rest make more in an instant
}
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const upgrades = 3
const [drainTime, spread] = [200, 1_000] // of the engine: server.upgrade_drain_time and upgrade_spread
const longestGap = 2_000
const probeInterval = 20

/** Those who come anew, again and again, each on a connection of its own. */
class Newcomers {
  came = 0
  problems = []
  cut = 0 // a machine that stands still may keep one from sending a request in the 100 ms that it has
  longest = 0
  #asking = new Set()
  #timer

  constructor(url) {
    this.#timer = setInterval(() => {
      const asking = this.#ask(url)
      this.#asking.add(asking)
      asking.finally(() => this.#asking.delete(asking))
    }, probeInterval)
  }

  #ask(url) {
    const began = performance.now()
    return new Promise(resolve => {
      const ended = problem => {
        if (problem) this.problems.push(problem)
        this.came++
        this.longest = Math.max(this.longest, performance.now() - began)
        resolve()
      }
      const asked = request(`${url}/live`, { agent: false }, response => {
        response.resume()
        response.once('end', () => ended(response.statusCode === 200 ? '' : `answered ${response.statusCode}`))
      })
      asked.once('error', error => {
        const cut = error.code === 'ECONNRESET'
        this.cut += cut
        ended(cut ? '' : error.message)
      })
      asked.end()
    })
  }

  async stop() {
    clearInterval(this.#timer)
    await Promise.all(this.#asking)
  }
}

/** What a tab goes through in one upgrade: when, by performance.now(). */
class Witness {
  told = []
  left = null
  reason = ''

  constructor({ name, socket }) {
    Object.assign(this, { name, polls: socket.io.opts.transports.at(-1) === 'polling' })
    const tell = notice => this.told.push(notice)
    socket.on('server:shutdown', tell)
    socket.once('disconnect', reason => Object.assign(this, { reason, left: performance.now() }))
    this.back = new Promise(resolve => socket.once('connect', () => {
      socket.off('server:shutdown', tell)
      this.recovered = socket.recovered
      this.gone = performance.now() - this.left
      resolve()
    }))
  }
}

it(`hands over ${upgrades} times under load, seed ${seed}`, { timeout: 120_000 }, async t => {
  const server = await durableServerFor(t, engine)
  const run = new CrashRun(server, seed, { tabs: 3 * browsers.length, reconnection: {} }) // the defaults of socket.io-client
  t.after(() => run.abandon())
  await run.begin()
  const closedAsSlow = async () => (await (await fetch(`${server.url}/health`)).json()).websocket.closed['slow consumer'] // by this process
  const newcomers = new Newcomers(server.url)
  t.after(() => newcomers.stop())

  let [pollers, toldPollers] = [0, 0]
  for (let i = 1; i <= upgrades; i++) {
    await delay(400) // of trading
    assert.equal(await closedAsSlow(), 0, 'slow is who reads nothing, not who missed much')
    const witnesses = run.listeners.map(listener => new Witness(listener))
    const { gap, drain, answers, close, transfer, open, start, quotes } = await run.upgrade(t)
    await Promise.all(witnesses.map(w => w.back))
    t.diagnostic(`upgrade ${i}: a gap of ${gap.toFixed()} ms: drain ${drain.toFixed()}, answers ${answers.toFixed()}, close ${close.toFixed()}, transfer ${transfer.toFixed()}, open ${open.toFixed()}, start ${start.toFixed()}; `
      + `tabs were gone for ${Math.min(...witnesses.map(w => w.gone)).toFixed()} to ${Math.max(...witnesses.map(w => w.gone)).toFixed()} ms`)
    assert.ok(gap < longestGap, `the gap was ${gap} ms`)
    assert.equal(quotes, run.market.symbols.length)
    for (const { name, polls, told, left, reason, recovered } of witnesses) {
      assert.match(reason, /^transport (close|error)$/, `${name}: after another reason a client does not come back`)
      assert.ok(recovered, `${name} was not recovered`)
      if (polls) pollers++
      if (polls && told.length === 0) continue // it came too late for its last poll
      toldPollers += polls
      assert.equal(told.length, 1, `${name} was told ${told.length} times, left at ${left}`)
      assert.ok(told[0].reconnectInMs >= drainTime && told[0].reconnectInMs < drainTime + spread, `${name}: ${told[0].reconnectInMs}`)
    }
  }
  t.diagnostic(`${toldPollers} of ${pollers} times one that polls was told`)
  assert.ok(toldPollers > pollers / 2)
  await newcomers.stop()
  t.diagnostic(`of ${newcomers.came} newcomers ${newcomers.cut} were cut off, the slowest was answered after ${newcomers.longest.toFixed()} ms`)
  assert.deepEqual(newcomers.problems, [])
  assert.ok(newcomers.cut <= upgrades, `${newcomers.cut} newcomers were cut off`)
  assert.ok(newcomers.longest < longestGap, `a newcomer waited ${newcomers.longest} ms`)
  assert.ok(run.counts.recoveries >= upgrades * run.tabs, `${run.counts.recoveries} recoveries of ${run.tabs} tabs in ${upgrades} upgrades`)

  assert.equal(await closedAsSlow(), 0)
  run.check(await run.end(t))
  t.diagnostic(`seed ${seed}: ${Object.entries(run.counts).map(([what, n]) => `${n} ${what}`).join(', ')}`)
  assert.deepEqual(run.problems.slice(0, 20), [], `${run.problems.length} problems; repeat with SEED=${seed}`)
})
