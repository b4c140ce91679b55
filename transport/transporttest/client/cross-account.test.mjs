// Dozens of users with several tabs each do thousands of things at random, many of
// which try what is not theirs: nothing reaches the wrong user. ACTIONS says
// how many, SEED repeats the plans of a run.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { postTrade, tradeOf } from './accounts.mjs'
import { markOf, Ownership } from './checks/ownership.mjs'
import { browsers } from './client.mjs'
import { randomOf } from './crash/random.mjs'
import { actionNames, Tab } from './cross-account/tab.mjs'
import { openFeed } from './feed.mjs'
import { serverFor, token } from './server.mjs'

const actions = Number(process.env.ACTIONS ?? 25_000)
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const [users, tabsOfUser] = [48, 3]
const tickInterval = 40
const mostProblems = 20 // of those that are printed

class CrossAccountRun {
  counts = Object.fromEntries(['events', 'notices', 'quotes', 'recoveries', 'sessions', ...actionNames].map(name => [name, 0]))
  problems = []
  ownership = new Ownership()
  symbols = Array.from({ length: 8 }, (_, i) => `SHARED${i}`)
  users = Array.from({ length: users }, (_, i) => markOf(i))
  tokens = new Map(this.users.map(user => [user, token(user)]))
  orders = new Map(this.users.map(user => [user, []])) // ids of orders that may rest
  #numbers = 0
  #left = actions

  constructor(url, seed) {
    this.url = url
    const random = randomOf(seed)
    this.tabs = this.users.flatMap((user, i) => Array.from({ length: tabsOfUser }, (_, j) =>
      new Tab(this, random.fork(), user, browsers[(i + j) % browsers.length][1])))
  }

  /** Notes what is wrong; the run goes on, to find more. */
  problem(text) { this.problems.push(text) }

  /** A number that nobody else has. */
  number() { return this.#numbers++ }

  trade(user, symbol) { return postTrade(this.url, tradeOf(user, { id: `${user}-trade-${this.number()}`, symbol, price: 100 })) }

  /** Lets every tab act, one thing after another, until all is done. */
  async work() {
    await Promise.all(this.tabs.map(async tab => {
      while (this.#left-- > 0) await tab.act()
    }))
  }

  close() { for (const tab of this.tabs) tab.close() }
}

it(`delivers nothing to the wrong user in ${actions} random actions, seed ${seed}`, { timeout: 300_000 }, async t => {
  const server = await serverFor(t, { OUTCRY_PORTFOLIO_UPDATE_INTERVAL: '5s' }) // what trades change is told at once all the same
  const run = new CrossAccountRun(server.url, seed)
  t.after(() => run.close())
  const feed = openFeed(t, server.url)
  const symbols = [...run.symbols, ...run.tabs.flatMap(tab => tab.own)]
  const tick = symbol => feed.send({ symbol, price: 100, size: 1 })
  symbols.forEach(tick)
  let ticks = 0
  const ticking = setInterval(() => tick(symbols[ticks++ % symbols.length]), tickInterval)
  t.after(() => clearInterval(ticking))

  await Promise.all(run.tabs.map(tab => tab.connect()))
  await run.work()
  t.diagnostic(`seed ${seed}: ${Object.entries(run.counts).map(([what, n]) => `${n} ${what}`).join(', ')}`)
  assert.ok(run.problems.length === 0, `${run.problems.length} problems; repeat with SEED=${seed}\n${run.problems.slice(0, mostProblems).join('\n')}`)
  const enough = actions / 10_000
  for (const [what, count] of Object.entries(run.counts)) assert.ok(count > enough, `${count} ${what}: the run has not tried it`)
  run.close()
  assert.equal(await server.stop(), 0)
})
