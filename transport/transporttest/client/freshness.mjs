// How fresh a browser is kept: for every tick fed, the time until the browser
// held that tick or a newer one of its symbol.
import { setTimeout as delay } from 'node:timers/promises'

const tickInterval = 20

export class Freshness {
  latencies = [] // milliseconds, one a tick
  #price = 0
  #waiting = new Map() // symbol -> ticks that the browser has not got: {price, fed}

  /** Watches quotes of symbols that a feed sends and a browser has subscribed. */
  constructor(feed, socket, symbols) {
    Object.assign(this, { feed, socket, symbols })
    for (const symbol of symbols) this.#waiting.set(symbol, [])
    socket.on('watchlist:quote', quote => this.#take(quote))
  }

  #take({ symbol, price }) {
    const ticks = this.#waiting.get(symbol)
    const now = performance.now()
    while (ticks?.length > 0 && ticks[0].price <= price) this.latencies.push(now - ticks.shift().fed)
  }

  /** Feeds every symbol for so long, at prices that rise by 1, and waits until the browser holds the last ones. */
  async feedFor(duration) {
    const end = performance.now() + duration
    while (performance.now() < end) {
      this.#price++
      for (const symbol of this.symbols) {
        this.#waiting.get(symbol).push({ price: this.#price, fed: performance.now() })
        this.feed.send({ symbol, price: this.#price })
      }
      await delay(tickInterval)
    }
    for (const symbol of this.symbols) await this.socket.await('watchlist:quote', q => q.symbol === symbol && q.price === this.#price)
  }

  /** The time that a share of the ticks stayed under. */
  percentile(share) { return [...this.latencies].sort((a, b) => a - b)[Math.ceil(this.latencies.length * share) - 1] }

  toString() {
    const shown = share => `${this.percentile(share).toFixed(0)} ms`
    return `${this.latencies.length} ticks, P50 ${shown(0.5)}, P95 ${shown(0.95)}, worst ${shown(1)}`
  }
}
