// What an account must be after the facts in its journal, computed a second
// time and in another way than the engine does.
import { abs, add, compare, decimal, multiply, multiplyDivide, negate, one, sign, subtract, text, zero } from './decimal.mjs'

const moneyDecimals = 8
const averageDecimals = 30 // far more than are compared
const percentDecimals = 4

const money = (price, quantity) => multiplyDivide(price, quantity, one, moneyDecimals)
const rounded = amount => multiplyDivide(amount, one, one, moneyDecimals)

/** The average of two prices, weighted by quantities. */
const blend = (price, quantity, other, added) => {
  const [p, q, o, a] = [price, abs(quantity), other, abs(added)]
  return multiplyDivide(add(multiply(p, q), multiply(o, a)), one, add(q, a), averageDecimals)
}
const percent = (a, b) => (sign(b) === 0 ? zero : multiplyDivide(a, decimal(100), abs(b), percentDecimals))

/** The part of a cost that falls to a share of the quantity. */
const shareOf = (cost, share, whole) => multiplyDivide(cost, share, whole, moneyDecimals)

/** One account. take() gives it the events of its journal one by one. */
export class LedgerModel {
  cash = zero
  realised = zero
  fees = zero
  deposits = zero
  trades = 0
  failed = 0
  positions = new Map() // symbol -> {quantity, cost, entry, opened, made}
  orders = new Map() // order id -> the event that placed it

  /** Takes an event; returns what a fill did: {realised, closing, closed}. */
  take(event) {
    switch (event.type) {
      case 'deposited': return this.#deposit(decimal(event.amount))
      case 'withdrawn': return this.#deposit(negate(decimal(event.amount)))
      case 'order_placed': return void this.orders.set(event.orderId, event)
      case 'order_cancelled': return void this.orders.delete(event.orderId)
      case 'order_rejected': return undefined
      case 'order_failed':
        this.failed++
        return void this.orders.delete(event.orderId)
      case 'order_filled': return this.#fill(event)
      default: throw new Error(`an event of the unknown type ${event.type}`)
    }
  }

  #deposit(amount) {
    this.cash = add(this.cash, amount)
    this.deposits = add(this.deposits, amount)
  }

  #fill(event) {
    const price = decimal(event.price)
    const size = decimal(event.quantity)
    const quantity = event.side === 'sell' ? negate(size) : size
    const value = money(price, quantity)
    const fee = rounded(decimal(event.fee))
    const before = this.positions.get(event.symbol) ?? { quantity: zero, cost: zero, entry: zero, opened: zero, made: zero }
    this.trades++
    this.fees = add(this.fees, fee)
    this.cash = subtract(subtract(this.cash, value), fee)
    this.#endOrder(event)
    if (sign(before.quantity) * sign(quantity) >= 0) {
      const entry = blend(before.entry, before.quantity, price, quantity)
      this.positions.set(event.symbol,
        { quantity: add(before.quantity, quantity), cost: add(before.cost, value), entry, opened: add(before.opened, quantity), made: before.made })
      return { realised: zero, closing: false, closed: null }
    }
    return this.#close(event.symbol, before, price, quantity, value)
  }

  /** Closes what a fill and a position have in common; the rest of the fill opens the other way. */
  #close(symbol, before, price, quantity, value) {
    const turns = compare(abs(quantity), abs(before.quantity)) > 0
    const closed = turns ? before.quantity : negate(quantity)
    const paid = turns ? money(price, negate(before.quantity)) : value
    const cost = shareOf(before.cost, closed, before.quantity)
    const realised = subtract(negate(paid), cost)
    const left = add(before.quantity, quantity)
    this.realised = add(this.realised, realised)
    const made = add(before.made, realised)
    if (sign(left) === 0) this.positions.delete(symbol)
    else if (turns) this.positions.set(symbol, { quantity: left, cost: subtract(value, paid), entry: price, opened: left, made: zero })
    else this.positions.set(symbol, { ...before, quantity: left, cost: subtract(before.cost, cost), made })
    const ended = sign(left) !== sign(before.quantity)
    return {
      realised,
      closing: true,
      entryPrice: before.entry,
      closed: ended ? { quantity: closed, pnlPercent: percent(realised, cost), whole: { quantity: before.opened, pnl: made }, opened: left } : null,
    }
  }

  #endOrder({ orderId, quantity }) {
    const order = this.orders.get(orderId)
    if (!order) return
    order.filled = add(order.filled ?? zero, decimal(quantity))
    if (compare(order.filled, decimal(order.quantity)) >= 0) this.orders.delete(orderId)
  }

  /** The account in texts, to compare and to print. */
  summary() {
    return {
      cash: text(this.cash),
      realised: text(this.realised),
      trades: String(this.trades),
      positions: Object.fromEntries([...this.positions].sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([symbol, p]) => [symbol, `${text(p.quantity)} for ${text(p.cost)}`])),
      orders: [...this.orders.keys()],
    }
  }
}

/** GET /api/portfolio and GET /api/orders, as exactJSON reads them, in the form of summary(). */
export function shownSummary({ portfolio, performance, positions }, { orders }) {
  const signed = p => (p.side === 'short' ? negate(decimal(p.quantity)) : decimal(p.quantity))
  return {
    cash: text(decimal(portfolio.cash)),
    realised: text(decimal(portfolio.realizedPnL)),
    trades: String(performance.totalTrades),
    positions: Object.fromEntries(positions.map(p => [p.symbol, `${text(signed(p))} for ${text(decimal(p.costBasis))}`])),
    orders: orders.map(o => o.orderId),
  }
}

/** Parses JSON with its numbers as the texts that they are, so that no digit is lost. */
export const exactJSON = body =>
  JSON.parse(body.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, token => (token[0] === '"' ? token : `"${token}"`)))
