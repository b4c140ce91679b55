import { isHidden, watchVisibility } from './page'
import { createListeners, type Listeners, type Off } from './store'
import { createSubscriptions, type SendSymbols } from './subscriptions'
import type { Quote } from './types'

/** No two flushes within less: faster than anybody reads, slow enough for 40 rows on a small machine. */
const flushEveryMs = 95

export interface QuotesOptions {
  send: SendSymbols
  /** Called in the animation frame that hands these to the page. */
  shown(quotes: Quote[]): void
  /** The first quotes since the connection came, or so late that none will. */
  arrived(): void
}

export const normalSymbol = (symbol: string) => symbol.trim().toUpperCase()

/** How old what a quote says is by now, milliseconds: its age when it came and the time since. */
export const ageOf = (quote: Quote, now = performance.now()) => quote.age + Math.max(now - quote.receivedAt, 0)

/**
 * Quotes outside React: the newest of each symbol, and the one that is shown. They are handed over together, at most
 * once a frame, so that a thousand quotes a second cost ten renders and not a thousand.
 */
export function createQuotes({ send, shown: onShown, arrived }: QuotesOptions) {
  const rows = new Map<string, Listeners<[]>>()
  const newest = new Map<string, Quote>()
  const shown = new Map<string, Quote>()
  const dirty = new Set<string>()
  const seconds = createListeners<[]>()
  let second: ReturnType<typeof setInterval> | undefined
  let pace: ReturnType<typeof setTimeout> | undefined
  let frame: number | undefined
  let flushedAt = Number.NEGATIVE_INFINITY
  let visibleSince = 0
  let leavePage: Off = () => {}

  const subscriptions = createSubscriptions({ send, arrived, gone: forget })

  function forget(symbol: string) {
    for (const map of [rows, newest, shown, dirty]) map.delete(symbol)
  }

  function schedule() {
    if (pace !== undefined || !dirty.size || isHidden()) return
    const wait = flushedAt + flushEveryMs - performance.now()
    const inNextFrame = () => {
      frame = requestAnimationFrame(flush)
    }
    pace = setTimeout(inNextFrame, wait)
    if (wait <= 0) {
      clearTimeout(pace) // its id still says that a flush is on its way
      inNextFrame()
    }
  }

  function flush() {
    pace = undefined
    if (isHidden()) return
    flushedAt = performance.now()
    const quotes: Quote[] = []
    for (const symbol of dirty) {
      const quote = newest.get(symbol) as Quote
      shown.set(symbol, quote)
      quotes.push(quote)
    }
    dirty.clear()
    for (const { symbol } of quotes) rows.get(symbol)?.tell()
    // What came while nobody looked was not late.
    onShown(quotes.filter(quote => quote.receivedAt >= visibleSince))
  }

  function take(quote: Quote | null) {
    const symbol = quote?.symbol
    if (typeof symbol !== 'string' || !rows.has(symbol)) return
    // Before its first trade a symbol has no price, and a state all the same.
    if (quote?.price === undefined ? typeof quote?.state !== 'string' : !Number.isFinite(quote.price)) return
    // What was not shown yet stays a snapshot when a change overtakes it: nothing is on screen to compare with.
    const snapshot = subscriptions.isFirst(symbol) || (dirty.has(symbol) && !!newest.get(symbol)?.snapshot)
    newest.set(symbol, { ...(quote as Quote), receivedAt: performance.now(), snapshot })
    dirty.add(symbol)
  }

  return {
    get: (symbol: string) => shown.get(normalSymbol(symbol)),
    subscribe(name: string, listener: () => void): Off {
      const symbol = normalSymbol(name)
      if (!symbol) return () => {} // a form in which none is chosen yet
      const listeners = rows.get(symbol) ?? createListeners<[]>()
      rows.set(symbol, listeners)
      const off = listeners.add(listener)
      const leave = subscriptions.enter(symbol)
      return () => {
        off()
        leave()
      }
    },
    everySecond(listener: () => void): Off {
      const off = seconds.add(listener)
      second ??= setInterval(seconds.tell, 1_000)
      return () => {
        off()
        if (seconds.size) return
        clearInterval(second)
        second = undefined
      }
    },
    receive(quotes: unknown) {
      if (!Array.isArray(quotes)) return
      for (const quote of quotes) take(quote)
      arrived()
      schedule()
    },
    connected: subscriptions.connected,
    dropped: subscriptions.dropped,
    wanted: subscriptions.wanted,
    start() {
      subscriptions.start()
      leavePage = watchVisibility(hidden => {
        visibleSince = performance.now()
        if (!hidden) schedule()
      })
    },
    stop() {
      leavePage()
      clearTimeout(pace)
      if (frame !== undefined) cancelAnimationFrame(frame)
      pace = frame = undefined
      subscriptions.stop()
      for (const map of [newest, shown, dirty]) map.clear()
    },
  }
}
