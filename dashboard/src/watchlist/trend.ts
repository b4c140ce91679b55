import { createContext } from 'react'
import type { Quote } from '../realtime'

/** How many points a sparkline has, and for how long one stands: a minute in all. */
export const trendPoints = 60
export const trendIntervalMs = 1_000

/** The recent prices of each watched symbol, sampled while somebody looks at them. */
export class Trends {
  readonly #prices = new Map<string, readonly number[]>()

  of(symbol: string): readonly number[] {
    return this.#prices.get(symbol) ?? []
  }

  sample(symbol: string, quote: Quote | undefined): readonly number[] {
    const before = this.of(symbol)
    if (!quote) return before
    const after = [...before.slice(1 - trendPoints), quote.price]
    this.#prices.set(symbol, after)
    return after
  }
}

export const TrendsContext = createContext(new Trends())
