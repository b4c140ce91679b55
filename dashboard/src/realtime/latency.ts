import { isHidden } from './page'
import { createStore, type Off } from './store'
import type { Latency, Quote } from './types'

/** Buckets grow by a twentieth, so a percentile is right within 5 %; the last holds all from a minute on. */
const growth = Math.log(1.05)
const buckets = 227
const sliceMs = 5_000
const slices = 12
const reportEverySlices = 3
const windowMs = sliceMs * slices

/** A histogram of the last minute, in memory that does not grow. */
export function createHistogram() {
  const counts = Array.from({ length: slices }, () => new Float64Array(buckets))
  let now = 0
  const slice = () => counts[now] as Float64Array
  return {
    add(ms: number) {
      const bucket = Math.ceil(Math.log(Math.max(ms, 1)) / growth)
      const at = Math.min(bucket, buckets - 1)
      slice()[at] = (slice()[at] as number) + 1
    },
    /** Begins a new slice in the place of the oldest. */
    turn() {
      now = (now + 1) % slices
      slice().fill(0)
    },
    read(): Latency | null {
      const upTo: number[] = []
      let count = 0
      for (let bucket = 0; bucket < buckets; bucket++) {
        for (const slice of counts) count += slice[bucket] as number
        upTo.push(count)
      }
      if (!count) return null
      const percentile = (share: number) =>
        Math.round(Math.exp(growth * upTo.findIndex(n => n >= share * count)) * 10) / 10
      return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), count, windowMs }
    },
  }
}

export interface LatencyOptions {
  roundTripMs(): number | null
  report(latency: Latency): void
}

/**
 * Tick to paint. Its three parts are each measured where they happen, with no comparison of two machines' clocks:
 * the engine's part is the quote's age (the engine's clock alone), the browser's part is receipt to paint (this clock
 * alone), and between them lies half of the last round trip. What that leaves out is a queue in the network that comes
 * and goes between two pings. Comparing timestamps instead would put the error of both clocks, easily more than the
 * whole, into every figure.
 */
export function createLatency({ roundTripMs, report }: LatencyOptions) {
  const histogram = createHistogram()
  const store = createStore<Latency | null>(null)
  let turns = 0

  function turn() {
    if (isHidden()) return
    const figures = histogram.read()
    store.set(figures)
    if (++turns % reportEverySlices === 0 && figures) report(figures)
    histogram.turn()
  }

  return {
    store,
    /** Called within the animation frame that shows the quotes. */
    shown(quotes: Quote[]) {
      const roundTrip = roundTripMs()
      // A snapshot and a mere change of state are as old as the market made them.
      const ticks = quotes.filter(quote => !quote.snapshot && quote.merged > 0)
      if (roundTrip === null || !ticks.length) return
      afterPaint(() => {
        const now = performance.now()
        for (const { age, receivedAt } of ticks) histogram.add(age + roundTrip / 2 + now - receivedAt)
      })
    },
    start(): Off {
      const ticker = setInterval(turn, sliceMs)
      return () => clearInterval(ticker)
    },
  }
}

/** A message posted within an animation frame is delivered when the frame has been painted. */
function afterPaint(run: () => void) {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    run()
  }
  port2.postMessage(0)
}
