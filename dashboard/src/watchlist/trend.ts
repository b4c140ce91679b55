import { createContext } from 'react'
import type { Quote } from '../realtime'

/** How many points a sparkline has, and for how long one stands: a minute in all. */
export const trendPoints = 60
export const trendIntervalMs = 1_000

/**
 * The recent prices of each watched symbol, sampled while somebody looks at them. All lines are drawn in one beat: each
 * in its own would lay out and paint the page forty times a second.
 */
export class Trends {
  readonly #prices = new Map<string, readonly number[]>()
  readonly #beats = new Set<() => void>()
  #timer: ReturnType<typeof setInterval> | undefined

  of(symbol: string): readonly number[] {
    return this.#prices.get(symbol) ?? []
  }

  sample(symbol: string, quote: Quote | undefined): readonly number[] {
    const before = this.of(symbol)
    if (quote?.price === undefined) return before
    const after = [...before.slice(1 - trendPoints), quote.price]
    this.#prices.set(symbol, after)
    return after
  }

  /** Calls on each beat while the page is looked at, until what it returns is called. */
  onBeat(listener: () => void): () => void {
    this.#beats.add(listener)
    this.#timer ??= setInterval(() => this.#beat(), trendIntervalMs)
    return () => {
      this.#beats.delete(listener)
      if (this.#beats.size) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  #beat() {
    if (document.visibilityState !== 'visible') return
    for (const listener of this.#beats) listener()
  }
}

export const TrendsContext = createContext(new Trends())
