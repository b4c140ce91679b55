import { isHidden } from './page'
import type { Off } from './store'
import { createStore } from './store'
import type { Latency, Quote } from './types'

/** Buckets grow by a twentieth, so a percentile is right within 5 %; the last holds all from a minute on. */
const growth = Math.log(1.05)
const buckets = 227
const sliceMs = 5_000
const slices = 12
const reportEverySlices = 3
const windowMs = sliceMs * slices

const bucketOf = (ms: number) => Math.min(buckets - 1, Math.max(0, Math.ceil(Math.log(ms) / growth)))
const upperBound = (bucket: number) => Math.round(Math.exp(bucket * growth) * 10) / 10

/** A histogram of the last minute, in memory that does not grow. */
export function createHistogram() {
  const counts = Array.from({ length: slices }, () => new Uint32Array(buckets))
  let now = 0
  return {
    add(ms: number) {
      const slice = counts[now]
      const bucket = bucketOf(ms)
      if (slice) slice[bucket] = (slice[bucket] ?? 0) + 1
    },
    /** Begins a new slice in the place of the oldest. */
    turn() {
      now = (now + 1) % slices
      counts[now]?.fill(0)
    },
    read(): Latency | null {
      const sum = Array.from({ length: buckets }, (_, bucket) =>
        counts.reduce((n, slice) => n + (slice[bucket] ?? 0), 0),
      )
      const count = sum.reduce((n, m) => n + m, 0)
      if (!count) return null
      const percentile = (share: number) => {
        const wanted = Math.ceil(count * share)
        let passed = 0
        return upperBound(
          sum.findIndex(n => {
            passed += n
            return passed >= wanted
          }),
        )
      }
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
  let ticker: ReturnType<typeof setInterval> | undefined
  let turns = 0
  let painting: Quote[] = []

  function painted(quotes: Quote[], roundTrip: number) {
    const now = performance.now()
    for (const quote of quotes) histogram.add(quote.age + roundTrip / 2 + now - quote.receivedAt)
  }

  function turn() {
    if (isHidden()) return
    const latency = histogram.read()
    store.set(latency)
    if (++turns % reportEverySlices === 0 && latency) report(latency)
    histogram.turn()
  }

  return {
    store,
    /** Called within the animation frame that shows the quotes. */
    shown(quotes: Quote[]) {
      const roundTrip = roundTripMs()
      if (roundTrip === null) return
      // A snapshot and a mere change of state are as old as the market made them.
      painting = quotes.filter(quote => !quote.snapshot && quote.merged > 0)
      const batch = painting
      if (batch.length) afterPaint(() => painted(batch, roundTrip))
    },
    start(): Off {
      ticker = setInterval(turn, sliceMs)
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
  port2.postMessage(null)
}
