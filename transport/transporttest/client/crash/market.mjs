// A feed of a few symbols that is there whenever the engine is.
import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { feedToken } from '../server.mjs'

const tickInterval = 20
const retryInterval = 25

export class Market {
  prices = {} // symbol -> cents
  published = {} // symbol -> Set of every price at which one could buy or sell

  constructor(server, random, symbols) {
    Object.assign(this, { server, random, symbols })
    for (const symbol of symbols) {
      this.prices[symbol] = random.between(2_000, 30_000)
      this.published[symbol] = new Set()
    }
    this.running = this.#run()
  }

  /** Ends the feed. */
  stop() {
    this.stopped = true
    return this.running
  }

  price(symbol) { return this.prices[symbol] / 100 }

  async #run() {
    while (!this.stopped) {
      await this.#feed()
      await delay(retryInterval)
    }
  }

  /** One connection, until it ends. */
  #feed() {
    const { starts } = this.server
    return new Promise(resolve => {
      const stream = request(`${this.server.url}/api/ticks`, {
        method: 'POST',
        agent: false,
        headers: { Authorization: `Bearer ${feedToken()}`, 'Content-Type': 'application/x-ndjson' },
      })
      const send = symbol => stream.write(`${JSON.stringify(this.#tick(symbol))}\n`)
      let timer
      stream.once('socket', socket => socket.once('connect', () => {
        for (const symbol of this.symbols) send(symbol)
        timer = setInterval(() => {
          if (this.stopped) stream.end()
          else if (this.server.starts !== starts) stream.destroy() // it may be open with no engine behind it, see delivery.mjs
          else send(this.random.pick(this.symbols))
        }, tickInterval)
      }))
      stream.on('error', () => {}) // the engine is gone: close follows
      stream.on('response', response => response.resume())
      stream.once('close', () => {
        clearInterval(timer)
        resolve()
      })
    })
  }

  /** Moves a price by up to 20 cents, and remembers what it can be had for. */
  #tick(symbol) {
    const cents = Math.max(this.prices[symbol] + this.random.between(-20, 20), 100)
    this.prices[symbol] = cents
    const tick = { symbol, price: cents / 100, bid: (cents - 2) / 100, ask: (cents + 2) / 100, size: 1 }
    this.published[symbol].add(tick.bid).add(tick.ask)
    return tick
  }
}
