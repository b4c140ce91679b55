// A trader: places paper orders and cancels some, by socket and by HTTP, until
// each request is answered.
import { setTimeout as delay } from 'node:timers/promises'
import { token } from '../server.mjs'
import { deliver, deliverEvent } from './delivery.mjs'

const pace = 4 // milliseconds between two requests: traders are people

export class Trader {
  placed = [] // {clientOrderId, request, acks}
  cancels = [] // {orderId, status}
  #open = [] // ids of orders that were accepted and may rest

  constructor(run, random, user, socket, market) {
    Object.assign(this, { run, random, user, socket, market })
    this.token = token(user, { exp: run.expires })
  }

  /** Places and cancels orders until the run pauses. */
  async work() {
    while (this.run.posting) {
      if (this.#open.length > 12 || (this.#open.length > 0 && this.random.chance(0.25))) await this.#cancel()
      else if (this.placed.length > 0 && this.random.chance(0.1)) await this.#place(this.random.pick(this.placed))
      else await this.#place(this.#order())
      await delay(pace)
    }
  }

  #order() {
    const { random } = this
    const symbol = random.pick(this.market.symbols)
    const side = random.pick(['buy', 'sell'])
    const request = { symbol, side, type: random.pick(['market', 'limit', 'limit']), quantity: random.between(1, 90_000) / 10_000 }
    if (request.type === 'limit') {
      const away = random.between(-5, 60) / 100 // below 0 it is filled at once
      request.limitPrice = Math.max(Math.round((this.market.price(symbol) + (side === 'buy' ? -away : away)) * 100), 1) / 100
    }
    const order = { clientOrderId: `${this.user}-${this.placed.length}`, request, acks: [] }
    this.placed.push(order)
    return order
  }

  async #place(order) {
    const request = { clientOrderId: order.clientOrderId, ...order.request }
    const known = order.acks.find(a => a.status === 'accepted')
    if (!known && order.acks.length > 0) return // a rejected order may be taken the next time
    const answer = this.random.chance(0.5)
      ? await deliverEvent(this.run, this.socket, 'order:place', request)
      : (await deliver(this.run, 'POST', '/api/orders', this.token, JSON.stringify(request))).body
    if (answer.status !== 'accepted' && !(answer.status === 'rejected' && answer.reason)) throw new Error(`order ${order.clientOrderId}: ${JSON.stringify(answer)}`)
    order.acks.push({ status: answer.status, orderId: answer.orderId })
    this.run.counts[answer.status === 'accepted' ? 'orders' : 'rejections'] += !known
    if (answer.status === 'accepted' && !known && request.type === 'limit') this.#open.push(answer.orderId)
  }

  async #cancel() {
    const [orderId] = this.#open.splice(this.random.between(0, this.#open.length - 1), 1)
    const { status, code, reason } = this.random.chance(0.5)
      ? await deliverEvent(this.run, this.socket, 'order:cancel', { orderId })
      : (await deliver(this.run, 'DELETE', `/api/orders/${orderId}`, this.token)).body
    if (status !== 'cancelled' && code !== 'ORDER_NOT_OPEN') throw new Error(`cancel ${orderId}: ${status} ${code}: ${reason}`)
    this.cancels.push({ orderId, status })
    this.run.counts.cancels++
  }
}
