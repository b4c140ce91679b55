// A browser tab: an unmodified socket.io-client that reconnects by itself and
// records the notices it gets.
import { within } from '../client.mjs'
import { checkedPart, noticeEvents } from '../checks/notice-checker.mjs'
import { token } from '../server.mjs'

const answerTimeout = 10_000 // only bounds a run that fails
const retryInterval = 25
const openTimeout = 5_000 // gives up a connection that its engine's death left open, see delivery.mjs

const versionOf = offset => Number.parseInt(offset ?? 0, 10)

export class Listener {
  received = [] // {event, offset, payload}
  since = null // version of the first snapshot, or of what came before an earlier first notice: notices after it are owed
  established = false // the engine has everything on disk that recovery needs
  #quoted = new Set() // symbols since the last connect
  #told = 0 // version of the last notice of the sessions before
  #shown = 0 // version of the newest portfolio:update
  #doubted = false // whether its session was saved
  #waiting = new Set()
  #past = []

  constructor(run, io, name, user, symbols = []) {
    Object.assign(this, { run, name, user, symbols })
    this.socket = io(run.url, {
      forceNew: true, auth: { token: token(user, { exp: run.expires }) },
      timeout: openTimeout, ...run.reconnection,
    })
    this.#remember(this.socket, ['connect', 'disconnect', 'connect_error'])
    this.#remember(this.socket.io, ['open', 'close', 'reconnect_attempt'])
    this.socket.on('connect', () => this.#connected())
    this.socket.on('connect_error', error => { if (this.socket.active === false) run.problem(`${name} was refused: ${error.message}`) })
    this.socket.onAny((event, ...args) => this.#take(event, args))
  }

  /** Keeps the latest of what happened to the connection, to explain a failure. */
  #remember(emitter, events) {
    for (const event of events) {
      emitter.on(event, what => {
        this.#past.push(`${Math.round(performance.now())} ${event} ${what?.message ?? what ?? ''}`.trim())
        if (this.#past.length > 12) this.#past.shift()
      })
    }
  }

  #connected() {
    const { socket, run } = this
    const doubted = this.#doubted || run.faulty
    this.#doubted = false
    this.#quoted.clear()
    if (this.id !== undefined && socket.recovered) {
      run.counts.recoveries++
      if (socket.id !== this.id) run.problem(`${this.name}: recovered as ${socket.id}, was ${this.id}`)
      if (doubted && this.established) this.#establish(this.id) // what was saved may be from before it subscribed
      return
    }
    if (this.established && doubted) run.counts.faultySessions++
    else if (this.established) run.problem(`${this.name}: not recovered after kill ${run.counts.kills}; its last notice was at ${this.received.at(-1)?.offset ?? this.since}`)
    else if (this.id !== undefined) run.counts.unsavedSessions++
    this.#told = Math.max(this.#told, versionOf(this.received.at(-1)?.offset))
    Object.assign(this, { id: socket.id, since: null, received: [] })
    this.#shown = 0
    this.#establish(socket.id)
  }

  /** An engine with faults of its disk was killed: sessions are saved again only seconds after that failed. */
  doubt() { this.#doubted = true }

  /**
   * Subscribes once for good and finds out when all that recovery needs is
   * saved. The engine saves in the order of its decisions: what is acknowledged
   * as saved came after what was decided before. Only a session that lost its
   * engine before that may begin anew.
   */
  async #establish(id) {
    const { socket, symbols } = this
    this.established = false
    try {
      await this.until('the first snapshot', () => this.since !== null || this.id !== id)
      if (symbols.length > 0) await socket.timeout(answerTimeout).emitWithAck('subscribe:watchlist', symbols)
      for (let i = 0; i < 2; i++) {
        const saved = await socket.timeout(answerTimeout).emitWithAck('watchlist:set', ['AAA'])
        if (!saved.success) throw new Error(saved.message)
      }
      if (this.id !== id) return // it began anew, which establishes its new session
      this.established = true
      this.#look()
    } catch {
      const again = () => { if (this.id === id && !this.established) this.#establish(id) }
      if (socket.connected) setTimeout(again, retryInterval)
      else socket.once('connect', again)
    }
  }

  #take(event, args) {
    const [payload] = args
    if (noticeEvents.has(event)) {
      const offset = args.at(-1)
      const version = versionOf(offset)
      if (version < this.#told) this.run.problem(`${this.name}: ${event} at ${offset} came to a new session, and one before it was told up to ${this.#told}`)
      this.received.push({ event, payload: checkedPart(payload), offset })
      // It was recovered before it saw its first snapshot, or the offset that it came back with, the only one
      // it had, was of the session before: it then gets what it has missed since that.
      if (this.received.length === 1) this.since = Math.min(this.since ?? Infinity, version - 1)
      this.run.counts.notices++
    } else if (event === 'portfolio:update') {
      if (payload.version < this.#shown) this.run.problem(`${this.name}: the account went back from version ${this.#shown} to ${payload.version}`)
      this.#shown = payload.version
      this.since ??= payload.version
    } else if (event === 'watchlist:quote') {
      if (!this.symbols.includes(payload.symbol)) this.run.problem(`${this.name}: a quote of ${payload.symbol}`)
      this.#quoted.add(payload.symbol)
    }
    if (event !== 'watchlist:quote' || this.#quoted.size === this.symbols.length) this.#look()
  }

  #look() { for (const look of this.#waiting) look() }

  /** Waits until a condition on this listener holds. */
  until(what, holds) {
    return within(`${what} at ${this.name}`, resolve => {
      const look = () => {
        if (!holds()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    }, () => `its last notice came at ${this.received.at(-1)?.offset}, its connection is ${this.socket.io.engine?.readyState}, at ${Math.round(performance.now())}: ${this.#past.join('; ')}`)
  }

  untilEstablished() { return this.until('a saved session', () => this.established) }

  /** Waits for the notice of a trade, or for a first snapshot with it: a session that begins anew only then is not owed the notice. */
  untilTold(tradeId, version) {
    return this.until(`the notice of ${tradeId}`, () => this.since >= version || this.received.some(n => n.payload.id === tradeId))
  }

  /** Waits until the quotes of its symbols came back after the last connect. */
  untilQuoted() { return this.until('quotes', () => this.socket.connected && this.symbols.every(s => this.#quoted.has(s))) }

  close() { this.socket.close() }
}
