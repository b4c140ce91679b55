// One run of the crash test: clients at work on an engine that is killed again
// and again, and at the end the books.
import { setTimeout as delay } from 'node:timers/promises'
import { browsers } from '../client.mjs'
import { checkAccount, checkOrders, checkStream, checkTrades } from '../checks/journal-checker.mjs'
import { checkNotices } from '../checks/notice-checker.mjs'
import { marketOrdersEnded, shownTo } from './account.mjs'
import { Executor } from './executor.mjs'
import { Listener } from './listener.mjs'
import { Market } from './market.mjs'
import { randomOf } from './random.mjs'
import { Trader } from './trader.mjs'

const users = ['ann', 'bob', 'cleo', 'dan'] // dan only trades by executors, and is only watched
const symbols = ['AAA', 'BBB', 'CCC']
const mostTabs = 12
const faultPatience = 1_200 // milliseconds for a fault to happen: Badger compacts up to a second after it was opened

/**
 * Small logs and frequent checkpoints: crashes then meet tables, compactions and folds of few events. Short heartbeats: a
 * connection that was being opened when the engine died may stay open with no engine behind it, which a browser notices by them.
 */
export const settings = {
  OUTCRY_ENGINEIO_PING_INTERVAL: '3s',
  OUTCRY_ENGINEIO_PING_TIMEOUT: '4s',
  OUTCRY_JOURNAL_MEM_TABLE_BYTES: String(8 << 20),
  OUTCRY_PORTFOLIO_CHECKPOINT_EVERY: '100',
  OUTCRY_LOG_LEVEL: 'info',
}

export class CrashRun {
  counts = {
    kills: 0, busyKills: 0, earlyKills: 0, idleKills: 0, faultyKills: 0, faults: 0, failedStarts: 0, deaths: 0, panics: 0, trades: 0, repeats: 0, orders: 0, rejections: 0, cancels: 0,
    retries: 0, unavailable: 0, stuck: 0, notices: 0, recoveries: 0, unsavedSessions: 0, faultySessions: 0,
  }
  listeners = []
  problems = []
  posting = false
  down = false
  faulty = false // a fault of the disk happened: sessions may not be found
  failed = false
  #work = []
  #markers = 0

  /** tabs is how many there are at first, reconnection how they come back, faults the layer that the engine is in, if any. */
  constructor(server, seed, { tabs = 6, reconnection = { reconnectionDelay: 40, reconnectionDelayMax: 120 }, faults = null } = {}) {
    Object.assign(this, { server, tabs, reconnection, faults })
    this.url = server.url
    this.random = randomOf(seed)
    this.expires = Math.floor(Date.now() / 1000) + 24 * 60 * 60
  }

  /** Notes what is wrong; the run goes on, to find more. */
  problem(text) { this.problems.push(text) }

  /** Starts the engine and the clients. */
  async begin() {
    const { random } = this
    await this.server.start()
    this.market = new Market(this.server, random.fork(), symbols)
    for (let i = 0; i < this.tabs; i++) this.#listen(users[i % users.length])
    await Promise.all(this.listeners.map(l => l.untilEstablished()))
    const tab = user => this.listeners.find(l => l.user === user)
    this.traders = users.slice(0, 3).map(user => new Trader(this, random.fork(), user, tab(user).socket, this.market))
    this.executors = [1, 2].map(i => new Executor(this, random.fork(), `executor${i}`, users))
    this.#resume()
  }

  /** Opens a tab; every second one shows quotes, and each version of the client has its turn over each way, with quotes and without. */
  #listen(user) {
    const n = this.listeners.length
    const [browser, io] = browsers[(n + Math.floor(n / browsers.length)) % browsers.length]
    this.listeners.push(new Listener(this, io, `tab ${n} of ${user} (${browser})`, user, n % 2 ? symbols : []))
  }

  #resume() {
    this.posting = true
    this.#work = [...this.traders, ...this.executors].map(client => client.work())
    for (const work of this.#work) work.catch(() => {}) // #pause reports it
  }

  /** Lets every client have its answer and do nothing more. */
  async #pause() {
    this.posting = false
    await Promise.all(this.#work)
  }

  /** Kills the engine so many times, many of them after faults of its disk if it is in a layer of them. */
  async crash(t, times) {
    while (this.counts.kills < times) {
      const kind = this.random.next()
      if (this.faults && this.random.chance(0.4)) await this.#killFaulty(t)
      else if (kind < 0.15) await this.#killIdle()
      else if (kind < 0.4) await this.#killEarly()
      else await this.#killBusy()
    }
  }

  /**
   * Stops the engine as an operator does, in the middle of everything, and starts
   * the next one once it has ended. Returns when the first one has.
   */
  async replace() {
    this.down = true
    const code = await this.server.stop()
    if (code !== 0) this.problem(`the engine stopped with ${code}`)
    await this.#restart()
  }

  /** Has another process take the engine's place in the middle of everything, and returns what it logged of the gap. */
  async upgrade(t) {
    this.down = true
    const gap = await this.server.upgrade(t)
    this.down = false
    return gap
  }

  async #kill(kind) {
    this.down = true
    this.counts.kills++
    this.counts[kind]++
    await this.server.kill()
    this.counts.panics += this.server.log.filter(line => line.includes('"panic":')).length
  }

  /** Starts the engine, which may refuse to while its disk has faults. */
  async #restart(faulty = false) {
    try {
      await this.server.start()
      this.down = false
    } catch (error) {
      if (!faulty) throw error
      this.counts.failedStarts++
    }
  }

  /** In the middle of everything. */
  async #killBusy() {
    if (this.listeners.length < mostTabs && this.random.chance(0.2)) this.#listen(this.random.pick(users))
    await delay(this.random.between(50, 900))
    await this.#kill('busyKills')
    await this.#restart()
  }

  /** While the engine starts, or just has. */
  async #killEarly() {
    await this.#kill('earlyKills')
    this.server.spawn()
    await delay(this.random.between(0, 150))
    await this.server.kill()
    await this.#restart()
  }

  /**
   * In the middle of everything, after faults of the disk: while the engine runs, or from its start on. Then the
   * journal is looked at, and any loss ends the run: what follows would only hide its cause.
   */
  async #killFaulty(t) {
    const { random } = this
    const plan = this.faults.plan(random)
    const fromStart = random.chance(0.3)
    if (fromStart) await this.#kill('earlyKills')
    const faults = await Promise.all(plan.map(fault => this.faults.inject(fault)))
    Promise.race(faults.map(fault => fault.hit)).then(() => { this.faulty = true })
    if (fromStart) await this.#restart(true)
    await Promise.race([faults.at(-1).hit, delay(faultPatience)])
    await delay(random.between(0, 400)) // with what came of it
    if (!this.server.alive) this.counts.deaths++
    await this.#kill('faultyKills')
    const hits = (await Promise.all(faults.map(fault => fault.end()))).reduce((sum, n) => sum + n)
    this.counts.faults += hits
    if (hits > 0) for (const listener of this.listeners) listener.doubt()
    try {
      if (hits > 0) await this.server.verify(t)
      await this.#restart()
    } catch (error) {
      throw new Error(`after ${hits} faults of ${JSON.stringify(plan)}${fromStart ? ' from a start on' : ''}, kill ${this.counts.kills}: ${error.message}`)
    }
    this.faulty = false
  }

  /** While nothing is under way but quotes. */
  async #killIdle() {
    await this.settle()
    await this.#kill('idleKills')
    await this.#restart()
    this.#resume()
  }

  /** Ends all requests and waits until every browser is up to date: it was told of a last trade, and sees quotes. */
  async settle() {
    await this.#pause()
    await Promise.all(this.listeners.map(l => l.untilEstablished()))
    const executor = this.executors[0]
    for (const user of users) {
      const trade = { id: `marker-${user}-${this.#markers++}`, symbol: 'AAA', side: 'buy', quantity: '1', status: 'failed', reason: 'marks the end' }
      const entry = { user, trade, acks: [] }
      executor.sent.push(entry)
      await executor.reportOne(entry)
      const [{ version }] = entry.acks
      await Promise.all(this.listeners.filter(l => l.user === user).map(l => l.untilTold(trade.id, version)))
    }
    await Promise.all(this.listeners.map(l => l.untilQuoted()))
  }

  /** Stops the engine as an operator does and reads what is left of it. */
  async end(t) {
    await this.settle()
    await marketOrdersEnded(this.url, users)
    await this.market.stop() // nor does a limit order end between two looks then
    await this.settle() // what ended them was told
    const shown = new Map()
    for (const user of users) shown.set(user, await shownTo(this.url, user))
    const code = await this.server.stop()
    if (code !== 0) this.problem(`the engine stopped with ${code}`)
    this.abandon()
    return { shown, journal: await this.server.journal(t) }
  }

  /** Ends the clients of a run, however it went. */
  abandon() {
    this.posting = false
    this.failed = true
    this.market?.stop()
    for (const listener of this.listeners) listener.close()
  }

  /** Checks everything against the journal. */
  check({ shown, journal }) {
    const found = this.problems
    for (const user of users) {
      const records = journal.get(user) ?? []
      const sent = this.executors.flatMap(e => e.sent).filter(s => s.user === user)
      const trader = this.traders.find(r => r.user === user)
      found.push(...checkStream(user, records), ...checkTrades(user, records, sent), ...checkAccount(user, records, shown.get(user)))
      found.push(...checkOrders(user, records, trader?.placed ?? [], trader?.cancels ?? []), ...this.#checkFills(user, records))
      for (const l of this.listeners.filter(l => l.user === user)) {
        found.push(...checkNotices(l.received, records, l.since).map(p => `${l.name}: ${p}`))
      }
    }
    for (const user of journal.keys()) if (!users.includes(user)) found.push(`an account of ${user}, of whom nobody knows`)
    return found
  }

  /** Paper orders are filled at prices that there were, and no worse than their limit. */
  #checkFills(user, records) {
    const orders = new Map(records.filter(r => r.event.type === 'order_placed').map(r => [r.event.orderId, r.event]))
    return records.filter(r => r.event.type === 'order_filled' && orders.has(r.event.orderId)).flatMap(({ event }) => {
      const { symbol, side, orderType, limitPrice } = orders.get(event.orderId)
      const price = Number(event.price)
      const worse = orderType === 'limit' && (side === 'buy' ? price > Number(limitPrice) : price < Number(limitPrice))
      return [
        ...(this.market.published[symbol]?.has(price) ? [] : [`${user}: order ${event.orderId} was filled at ${price}, at which there was no ${symbol}`]),
        ...(worse ? [`${user}: order ${event.orderId} was filled at ${price}, its limit is ${limitPrice}`] : []),
      ]
    })
  }
}
