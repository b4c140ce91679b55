// A browser tab of one user among many: it acts at random, tries what is not
// its own, and looks at everything it gets.
import { once, open } from '../client.mjs'
import { call } from '../accounts.mjs'

const answerTimeout = 15_000 // only bounds a run that fails

export class Tab {
  #shown = new Set() // every symbol that this session has subscribed

  constructor(run, random, user, io) {
    Object.assign(this, { run, random, user, io, token: run.tokens.get(user) })
    this.own = ['A', 'B', 'C'].map(name => `${user.toUpperCase()}.${name}`)
  }

  /** Connects; the first time, or again with what the client remembers. */
  async connect() {
    const socket = (this.socket ??= this.#socket(this.token))
    const connected = new Promise((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('connect_error', reject)
    })
    socket.connect()
    await connected
    if (!socket.recovered) this.#shown.clear()
    this.run.counts[socket.recovered ? 'recoveries' : 'sessions']++
  }

  #socket(token, auth = { token }) {
    const socket = this.io(this.run.url, { forceNew: true, reconnection: false, autoConnect: false, auth })
    socket.onAny((event, ...args) => this.#look(event, args))
    return socket
  }

  /** Holds what came against who this is. */
  #look(event, args) {
    this.run.counts.events++
    const [payload] = args
    const foreign = this.run.ownership.foreign(this.user, args)
    if (foreign.length > 0) this.#problem(`${event} carried ${foreign}`)
    if (payload?.userId !== undefined && payload.userId !== this.user) this.#problem(`${event} is of ${payload.userId}`)
    if (event === 'watchlist:quote' || event === 'market.quote') {
      this.run.counts.quotes++
      if (!this.#shown.has(payload.symbol)) this.#problem(`${event} of ${payload.symbol}, which it never subscribed`)
    }
    if (args.length > 1) this.run.counts.notices++
  }

  #problem(text) { this.run.problem(`${this.user}: ${text}`) }

  /** Emits and looks at the answer as well. */
  async #ask(event, ...args) {
    const answer = await this.socket.timeout(answerTimeout).emitWithAck(event, ...args)
    const foreign = this.run.ownership.foreign(this.user, answer)
    if (foreign.length > 0) this.#problem(`the answer to ${event} carried ${foreign}`)
    return answer
  }

  async #http(method, path, body) {
    const answer = await call(this.run.url, method, path, this.token, body && JSON.stringify(body))
    const foreign = this.run.ownership.foreign(this.user, answer.body)
    if (foreign.length > 0) this.#problem(`${method} ${path} carried ${foreign}`)
    return answer
  }

  /** Does one thing. */
  act() {
    let dice = this.random.next() * total
    const [action] = actions.find(([, weight]) => (dice -= weight) < 0)
    this.run.counts[action]++
    return this[action]()
  }

  #symbols() {
    return Array.from({ length: this.random.between(1, 3) }, () => this.random.pick(this.random.chance(0.4) ? this.own : this.run.symbols))
  }

  /** A tab of somebody else. */
  #other() {
    for (;;) {
      const other = this.random.pick(this.run.tabs)
      if (other.user !== this.user) return other
    }
  }

  async subscribe() {
    const symbols = this.#symbols()
    for (const symbol of symbols) this.#shown.add(symbol)
    const [event, argument] = this.random.pick([
      ['subscribe:watchlist', { symbols }], ['subscribe:watchlist', symbols], ['market.subscribe', { symbols }], ['subscribe:quote', { symbol: symbols[0] }],
    ])
    await this.#ask(event, argument)
  }

  async unsubscribe() {
    await this.#ask(this.random.pick(['unsubscribe:watchlist', 'market.unsubscribe', 'unsubscribe:quote']), { symbols: this.#symbols() })
  }

  async place() {
    const { random } = this
    const symbol = random.pick(random.chance(0.5) ? this.own : this.run.symbols)
    const limit = random.chance(0.5) && { type: 'limit', limitPrice: random.between(50, 150) }
    const answer = await this.#ask('order:place', {
      clientOrderId: `${this.user}-${this.run.number()}`, symbol, side: random.pick(['buy', 'sell']), quantity: random.between(1, 5), type: 'market', ...limit,
    })
    if (answer.status !== 'accepted') return
    this.run.ownership.placed(this.user, answer.orderId)
    this.run.orders.get(this.user).push(answer.orderId)
  }

  async cancel() {
    const orders = this.run.orders.get(this.user)
    if (orders.length > 0) await this.#ask('order:cancel', { orderId: orders.splice(this.random.between(0, orders.length - 1), 1)[0] })
  }

  /** By socket and by HTTP, neither of which finds it. */
  async cancelForeign() {
    const orders = this.run.orders.get(this.#other().user)
    if (orders.length === 0) return
    const orderId = this.random.pick(orders)
    if (this.random.chance(0.7)) {
      const { status, code } = await this.socket.timeout(answerTimeout).emitWithAck('order:cancel', { orderId })
      if (status !== 'rejected' || code !== 'ORDER_NOT_OPEN') this.#problem(`may cancel ${orderId} of another user: ${status} ${code}`)
    } else {
      const { status } = await call(this.run.url, 'DELETE', `/api/orders/${orderId}`, this.token)
      if (status !== 404) this.#problem(`may cancel ${orderId} of another user over HTTP: ${status}`)
    }
  }

  async report() { await this.run.trade(this.user, this.random.pick(this.own)) }

  async setWatchlist() { await this.#ask('watchlist:set', { symbols: this.own.slice(this.random.between(0, 2)) }) }

  async getWatchlist() { await this.#ask('watchlist:get', this.random.pick([undefined, { userId: this.#other().user }])) }

  /** Everything again, asked for in somebody else's name as well. */
  async sync() { await this.#ask('state.requestSync', this.random.pick([undefined, { userId: this.#other().user }])) }

  async subscribeForeign() { await this.#ask(this.random.pick(['subscribe:portfolio', 'subscribe:trades']), { userId: this.#other().user }) }

  async ping() { await this.#ask('ping', { timestamp: 1 }) }

  async read() { await this.#http('GET', this.random.pick(['/api/orders', '/api/portfolio', '/api/trades?limit=20', '/api/portfolio/history'])) }

  async readForeign() {
    const path = this.random.pick(['/api/trades', '/api/orders', '/api/portfolio'])
    const { status } = await this.#http('GET', `${path}?userId=${this.#other().user}`)
    if (status !== 200 && status !== 403) this.#problem(`GET ${path} of another user: ${status}`)
  }

  /** Goes on with the token of somebody else. */
  async reauthForeign() {
    const { success } = await this.socket.timeout(answerTimeout).emitWithAck('connection.reauth', { token: this.#other().token }).catch(() => ({ success: false }))
    if (success) this.#problem('went on as another user')
    if (!this.socket.connected) await this.connect()
  }

  /** Loses its connection and comes back, at times with an offset of somebody else. */
  async reconnect() {
    const { socket } = this
    const gone = once(socket, 'disconnect')
    socket.io.engine.close()
    await gone
    const { _lastOffset } = this.#other().socket
    if (this.random.chance(0.3) && _lastOffset) socket._lastOffset = _lastOffset
    await this.connect()
  }

  /** Comes with the recovery id of somebody else, live or not. */
  async recoverForeign() {
    const { _pid, _lastOffset, id } = this.#other().socket
    const thief = this.#socket(this.token)
    Object.assign(thief, { _pid, _lastOffset })
    const connected = once(thief, 'connect')
    thief.connect()
    await connected
    if (thief.recovered || thief.id === id) this.#problem(`recovered the session ${id} of another user`)
    await thief.timeout(answerTimeout).emitWithAck('ping', {})
    thief.close()
  }

  /** Comes with ids of somebody else's connection instead of credentials. */
  async connectForeign() {
    const other = this.#other()
    const thief = this.#socket(undefined, { sessionID: other.socket.id ?? 'of nobody', userId: other.user })
    const refused = once(thief, 'connect_error')
    thief.connect()
    const [error] = await refused
    if (error.data?.code !== 'INVALID_SESSION') this.#problem(`a socket's id is no sign-in, but: ${error.message}`)
    thief.close()
  }

  /** Polls with ids that everybody is told, which are not those of connections. */
  async pollForeign() {
    const { id } = this.#other().socket
    const { status } = await fetch(`${this.run.url}/socket.io/?EIO=4&transport=polling&sid=${id}`)
    if (status !== 400) this.#problem(`a poll with the socket id of another user: ${status}`)
  }

  close() { this.socket?.close() }
}

const actions = Object.entries({
  subscribe: 20, unsubscribe: 12, place: 10, cancel: 8, cancelForeign: 6, report: 2, setWatchlist: 6, getWatchlist: 6, sync: 3, subscribeForeign: 4,
  ping: 10, read: 2, readForeign: 2, reauthForeign: 2, reconnect: 0.5, recoverForeign: 0.3, connectForeign: 0.2, pollForeign: 0.5,
})
export const actionNames = actions.map(([name]) => name)
const total = actions.reduce((sum, [, weight]) => sum + weight, 0)
