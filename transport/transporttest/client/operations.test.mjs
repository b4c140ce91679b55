// A day of an operator, while browsers of every way watch, traders trade and
// executors report: the engine is validated, scraped, tuned, backed up and upgraded,
// and the backup is restored and served. SEED repeats a run.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { it } from 'node:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { browsers, within } from './client.mjs'
import { checkAccount, checkStream } from './checks/journal-checker.mjs'
import { marketOrdersEnded, shownTo } from './crash/account.mjs'
import { CrashRun, settings } from './crash/run.mjs'
import { durableServerFor } from './durable-server.mjs'
import { changeSettings, operatorToken, runCommand, token } from './server.mjs'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const tabs = 2 * browsers.length
const longestGap = 2_000 // milliseconds
const pause = 400 // of trading between two steps
const changes = {
  'mailbox.budget': '150ms', 'mailbox.capacity': '2048', 'mailbox.overflow': 'drop_oldest', 'session.slow_timeout': '45s',
  'limit.events_per_second': '80', 'portfolio.update_interval': '100ms', 'market.quiet_after': '20s', 'log.level': 'debug',
}


/** Runs a command that must succeed and returns what it printed. */
async function succeed(t, ...args) {
  const { code, stdout, stderr } = await runCommand(t, args)
  assert.equal(code, 0, `outcry ${args.slice(0, 2).join(' ')}: ${stdout}${stderr}`)
  return stdout
}

async function validate(t, { url }) {
  const report = JSON.parse(await succeed(t, 'validate', url, '--token', token('ann'), '--json'))
  assert.ok(report.passed, JSON.stringify(report))
  return report
}

/** Scrapes the metrics: a function of a series, such as outcry_users, to its value. */
async function scrape({ url }) {
  const response = await fetch(`${url}/metrics`)
  assert.equal(response.status, 200)
  const samples = new Map((await response.text()).split('\n').filter(line => line && !line.startsWith('#')).map(line => {
    const at = line.lastIndexOf(' ')
    return [line.slice(0, at), Number(line.slice(at + 1))]
  }))
  return series => {
    assert.ok(samples.has(series), `${series} is not there`)
    return samples.get(series)
  }
}

/** Scrapes until the connections and sessions are those of so many tabs. */
function scrapeOf(server, tabs) {
  let counts
  return within(`${tabs} tabs in the metrics`, async resolve => {
    for (;;) {
      const metrics = await scrape(server)
      counts = [metrics('outcry_connections{transport="websocket"}') + metrics('outcry_connections{transport="polling"}'), metrics('outcry_sessions')]
      if (counts.every(count => count === tabs)) return resolve(metrics)
      await delay(20)
    }
  }, () => `there were ${counts} connections and sessions`)
}

async function settingsOf({ url }) {
  const { settings } = await (await fetch(`${url}/api/operator/settings`, { headers: { Authorization: `Bearer ${operatorToken()}` } })).json()
  return new Map(settings.map(setting => [setting.key, setting]))
}

/** Changes all of changes, and holds that the engine and its audit say so. */
async function tune(server) {
  const before = await settingsOf(server)
  const answer = await changeSettings(server, changes)
  assert.equal(answer.status, 200, JSON.stringify(answer))
  assert.deepEqual(new Map(answer.changed.map(c => [c.key, [c.from, c.to]])), new Map(Object.entries(changes).sort().map(([key, to]) => [key, [before.get(key).value, to]])))
}

it(`is operated under load, seed ${seed}`, { timeout: 180_000 }, async t => {
  const server = await durableServerFor(t, { ...settings, OUTCRY_PORTFOLIO_RECOVER_EVENTS: '100000' })
  const run = new CrashRun(server, seed, { tabs, reconnection: {} }) // the defaults of socket.io-client
  t.after(() => run.abandon())
  const folder = await mkdtemp(join(tmpdir(), 'outcry-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await run.begin()
  let drops = 0
  for (const { socket } of run.listeners) socket.on('disconnect', () => drops++)
  await delay(pause)

  const first = await validate(t, server)
  t.diagnostic(`validated: a round trip of ${first.roundTripMs} ms`)

  const { trades } = run.counts
  const metrics = await scrapeOf(server, tabs) // those of the validation end a moment after it
  assert.equal(metrics('outcry_users'), 4)
  assert.ok(metrics('outcry_trades_total') >= trades, `${metrics('outcry_trades_total')} of ${trades} acknowledged trades are counted`)
  assert.equal(metrics('outcry_journal_available'), 1)
  assert.ok(metrics('outcry_quotes_total') > 0 && metrics('outcry_freshness_seconds_count') > 0)

  await tune(server)
  await delay(pause)
  assert.equal(drops, 0, 'a change of settings dropped a connection')

  const acknowledged = run.executors.flatMap(e => e.sent).filter(s => s.acks.length > 0)
  const [backup, data] = [join(folder, 'backup'), join(folder, 'restored')]
  await succeed(t, 'journal', 'backup', backup, '--url', server.url, '--token', operatorToken())
  assert.equal(drops, 0, 'a backup dropped a connection')

  const back = run.listeners.map(({ socket }) => new Promise(resolve => socket.once('connect', resolve)))
  const { gap } = await run.upgrade(t)
  t.diagnostic(`upgraded with a gap of ${Math.round(gap)} ms`)
  assert.ok(gap < longestGap, `the gap was ${gap} ms`)
  await Promise.all(back)
  await Promise.all(run.listeners.map(l => l.untilQuoted()))
  assert.ok(drops >= tabs && run.counts.recoveries >= tabs, `${drops} connections ended, ${run.counts.recoveries} of ${tabs} tabs were recovered`)
  await validate(t, server)
  const kept = await settingsOf(server)
  for (const [key, value] of Object.entries(changes)) assert.equal(kept.get(key).value, value, `${key} after the upgrade`)
  assert.equal((await scrape(server))('outcry_draining'), 0)
  await delay(pause)

  const end = await run.end(t)
  const written = structuredClone(end.journal) // a check may add to what it reads
  run.check(end)
  assert.deepEqual(run.problems.slice(0, 20), [], `${run.problems.length} problems; repeat with SEED=${seed}`)

  await succeed(t, 'journal', 'restore', backup, '--data', data)
  const restored = await durableServerFor(t, settings, data)
  const journal = await restored.journal(t)
  const problems = []
  for (const [user, records] of written) {
    const saved = journal.get(user) ?? []
    const other = saved.findIndex((record, i) => !isDeepStrictEqual(record, records[i]))
    if (other >= 0) problems.push(`${user}: event ${other + 1} of the backup is not the one that was backed up`)
    for (const { trade } of acknowledged.filter(s => s.user === user)) {
      if (!saved.some(r => r.event.tradeId === trade.id)) problems.push(`${user}: trade ${trade.id} was acknowledged before the backup and is not in it`)
    }
  }
  await restored.start()
  const shown = new Map()
  await marketOrdersEnded(restored.url, journal.keys())
  for (const user of journal.keys()) shown.set(user, await shownTo(restored.url, user))
  assert.equal(await restored.stop(), 0)
  // Market orders that were under way have ended since: there are no prices any more.
  for (const [user, records] of await restored.journal(t)) problems.push(...checkStream(user, records), ...checkAccount(user, records, shown.get(user)))
  assert.deepEqual(problems.slice(0, 20), [], 'the restored accounts')
  t.diagnostic(`seed ${seed}: ${acknowledged.length} trades were acknowledged before the backup, ${run.counts.trades} in all; ${run.counts.notices} notices`)
})
