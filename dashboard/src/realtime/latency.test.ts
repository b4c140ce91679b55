import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createHistogram, createLatency } from './latency'
import { setHidden } from './testing/page'
import type { Latency, Quote } from './types'

const quote = (age: number, more: Partial<Quote> = {}) =>
  ({ age, receivedAt: performance.now(), merged: 1, snapshot: false, ...more }) as Quote

describe('the histogram', () => {
  test('tells percentiles within 5 %', () => {
    const histogram = createHistogram()
    for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms)
    const { p50, p95, p99, count } = histogram.read() as Latency
    expect(count).toBe(1_000)
    for (const [figure, truth] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const) {
      expect(figure).toBeGreaterThanOrEqual(truth)
      expect(figure).toBeLessThanOrEqual(truth * 1.05)
    }
  })

  test('keeps what is out of its bounds in its first and last bucket', () => {
    const histogram = createHistogram()
    for (const ms of [0, -5, 0.2]) histogram.add(ms)
    expect(histogram.read()?.p99).toBe(1)
    histogram.add(10_000_000)
    expect(histogram.read()?.p99).toBeGreaterThan(60_000)
    expect(histogram.read()?.count).toBe(4)
  })

  test('forgets what is older than a minute', () => {
    const histogram = createHistogram()
    histogram.add(10)
    for (let n = 0; n < 11; n++) histogram.turn()
    expect(histogram.read()?.count).toBe(1)
    histogram.turn()
    expect(histogram.read()).toBeNull()
  })
})

describe('tick to paint', () => {
  let roundTrip: number | null
  let reports: Latency[]
  let latency: ReturnType<typeof createLatency>
  let stop: () => void
  let painted: (() => void)[]

  beforeEach(() => {
    vi.useFakeTimers()
    setHidden(false)
    painted = []
    vi.stubGlobal(
      'MessageChannel',
      class {
        port1 = { onmessage: () => {}, close: () => {} }
        port2 = { postMessage: () => painted.push(() => this.port1.onmessage()) }
      },
    )
    roundTrip = 30
    reports = []
    latency = createLatency({ roundTripMs: () => roundTrip, report: figures => reports.push(figures) })
    stop = latency.start()
  })

  afterEach(() => {
    stop()
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  const paint = () => {
    for (const run of painted.splice(0)) run()
  }

  test('is the age in the engine, half of the round trip, and the time from receipt to paint', () => {
    latency.shown([quote(40)])
    vi.advanceTimersByTime(45)
    paint()
    vi.advanceTimersByTime(5_000)
    expect(latency.store.get()?.count).toBe(1)
    // 40 + 15 + 45, rounded up to its bucket
    expect(latency.store.get()?.p50).toBeGreaterThanOrEqual(100)
    expect(latency.store.get()?.p50).toBeLessThan(105)
  })

  test('is not taken before the frame is painted', () => {
    latency.shown([quote(40)])
    vi.advanceTimersByTime(5_000)
    expect(latency.store.get()).toBeNull()
  })

  test('leaves out snapshots, changes of state, and all before the first round trip', () => {
    latency.shown([quote(1, { snapshot: true }), quote(1, { merged: 0 })])
    roundTrip = null
    latency.shown([quote(1)])
    paint()
    vi.advanceTimersByTime(5_000)
    expect(latency.store.get()).toBeNull()
  })

  test('is reported each 15 s, and not while the page is hidden or nothing was measured', () => {
    vi.advanceTimersByTime(15_000)
    expect(reports).toEqual([])
    latency.shown([quote(40)])
    paint()
    vi.advanceTimersByTime(15_000)
    expect(reports).toEqual([
      { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number), count: 1, windowMs: 60_000 },
    ])
    setHidden(true)
    vi.advanceTimersByTime(60_000)
    expect(reports).toHaveLength(1)
    setHidden(false)
    vi.advanceTimersByTime(15_000)
    expect(reports).toHaveLength(2)
  })
})
