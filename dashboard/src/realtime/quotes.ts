import { isHidden, watchVisibility } from './page'
import type { Off } from './store'
import type { Quote } from './types'

/** No two flushes within less: faster than anybody reads, slow enough for 40 rows on a small machine. */
const flushEveryMs = 95
/** A row that mounts again within this keeps its subscription. */
const graceMs = 2_000
const symbolsPerRequest = 100
/** A symbol that the server brought no quote of after a recovery is asked for again. */
const missingAfterMs = 3_000
const tryAgainMs = 2_000

export interface QuoteStoreOptions {
  /** Sends a request for symbols; rejects with the server's code. */
  send(
    event: 'subscribe:watchlist' | 'unsubscribe:watchlist',
    payload: { symbols: string[]; batch?: true },
  ): Promise<unknown>
  /** Quotes were handed to the page: they are painted with the next frame. */
  shown(quotes: Quote[]): void
  /** The first quotes since the connection came. */
  arrived(): void
}

interface Row {
  listeners: Set<() => void>
  /** Nobody watches: when it is dropped. */
  leaving: ReturnType<typeof setTimeout> | undefined
}

export const normalSymbol = (symbol: string) => symbol.trim().toUpperCase()

/** How old what a quote says is by now, milliseconds: its age when it came and the time since. */
export const ageOf = (quote: Quote, now = performance.now()) => quote.age + Math.max(now - quote.receivedAt, 0)

/**
 * Quotes outside React: the newest of each symbol, and the one that is shown. They are handed over together, at most
 * once a frame, so that a thousand quotes a second cost ten renders and not a thousand.
 */
export function createQuotes({ send, shown: onShown, arrived }: QuoteStoreOptions) {
  const rows = new Map<string, Row>()
  const newest = new Map<string, Quote>()
  const shown = new Map<string, Quote>()
  const dirty = new Set<string>()
  /** What the server has been asked for on this connection. */
  const asked = new Set<string>()
  /** Symbols whose next quote is their state and not a change. */
  const fresh = new Set<string>()
  let connected = false
  let flushedAt = Number.NEGATIVE_INFINITY
  let flushing = false
  let joining: ReturnType<typeof setTimeout> | undefined
  let missing: ReturnType<typeof setTimeout> | undefined
  let pace: ReturnType<typeof setTimeout> | undefined
  let frame = 0

  const nextFrame =
    typeof requestAnimationFrame === 'function'
      ? requestAnimationFrame
      : (run: () => void) => setTimeout(run, 16) as unknown as number

  function schedule() {
    if (flushing || !dirty.size || isHidden()) return
    flushing = true
    const wait = flushedAt + flushEveryMs - performance.now()
    const paint = () => {
      frame = nextFrame(flush)
    }
    if (wait > 0) pace = setTimeout(paint, wait)
    else paint()
  }

  function flush() {
    flushing = false
    if (isHidden()) return
    flushedAt = performance.now()
    const changed = [...dirty]
    dirty.clear()
    const quotes: Quote[] = []
    for (const symbol of changed) {
      const quote = newest.get(symbol)
      if (!quote || !rows.has(symbol)) continue
      shown.set(symbol, quote)
      quotes.push(quote)
    }
    for (const { symbol } of quotes) for (const listener of rows.get(symbol)?.listeners ?? []) listener()
    onShown(quotes)
  }

  function take(raw: unknown) {
    const quote = raw as Quote | null
    if (typeof quote?.symbol !== 'string' || !Number.isFinite(quote.price) || !rows.has(quote.symbol)) return
    const { symbol } = quote
    // What was not shown yet stays a snapshot when a change overtakes it: there is nothing on screen to compare with.
    const snapshot = fresh.delete(symbol) || (dirty.has(symbol) && newest.get(symbol)?.snapshot === true)
    newest.set(symbol, { ...quote, receivedAt: performance.now(), snapshot })
    dirty.add(symbol)
  }

  /** Joins what changed in one tick into as few requests as there can be. */
  function join() {
    joining = undefined
    if (!connected) return
    const gone = [...asked].filter(symbol => !rows.has(symbol))
    const wanted = [...rows.keys()].filter(symbol => !asked.has(symbol))
    for (const symbol of gone) asked.delete(symbol)
    for (const symbol of wanted) {
      asked.add(symbol)
      fresh.add(symbol)
    }
    for (const symbols of chunks(gone)) send('unsubscribe:watchlist', { symbols }).catch(() => {})
    for (const symbols of chunks(wanted))
      send('subscribe:watchlist', { symbols, batch: true }).catch(error => refused(symbols, error.code))
  }

  /** A request that came too fast is sent again; one over the limit when others have been given up. */
  function refused(symbols: string[], code: string) {
    if (code === 'INVALID_PARAMS' || !connected) return
    for (const symbol of symbols) asked.delete(symbol)
    if (code !== 'SUBSCRIPTION_LIMIT') later(tryAgainMs)
  }

  function later(ms = 0) {
    if (joining === undefined) joining = setTimeout(join, ms)
  }

  function leave(symbol: string) {
    rows.delete(symbol)
    for (const map of [newest, shown, dirty, fresh]) map.delete(symbol)
    later()
  }

  const unwatch = watchVisibility(hidden => {
    if (!hidden) schedule()
  })

  return {
    get: (symbol: string) => shown.get(normalSymbol(symbol)),
    subscribe(name: string, listener: () => void): Off {
      const symbol = normalSymbol(name)
      if (!symbol) return () => {}
      let row = rows.get(symbol)
      if (!row) {
        row = { listeners: new Set(), leaving: undefined }
        rows.set(symbol, row)
        later()
      }
      clearTimeout(row.leaving)
      const own = () => listener()
      const { listeners } = row
      listeners.add(own)
      return () => {
        if (!listeners.delete(own) || listeners.size || !row) return
        row.leaving = setTimeout(leave, graceMs, symbol)
      }
    },
    receive(quotes: unknown) {
      if (!Array.isArray(quotes)) return
      for (const quote of quotes) take(quote)
      arrived()
      schedule()
    },
    connected(recovered: boolean) {
      connected = true
      if (!recovered) asked.clear()
      for (const symbol of rows.keys()) fresh.add(symbol)
      later()
      clearTimeout(missing)
      missing = setTimeout(() => {
        for (const symbol of fresh) asked.delete(symbol)
        arrived()
        later()
      }, missingAfterMs)
    },
    dropped() {
      connected = false
      clearTimeout(missing)
    },
    size: () => rows.size,
    dispose() {
      unwatch()
      for (const timer of [joining, missing, pace]) clearTimeout(timer)
      for (const { leaving } of rows.values()) clearTimeout(leaving)
      if (typeof cancelAnimationFrame === 'function') cancelAnimationFrame(frame)
      else clearTimeout(frame)
    },
  }
}

function* chunks(symbols: string[]) {
  for (let at = 0; at < symbols.length; at += symbolsPerRequest) yield symbols.slice(at, at + symbolsPerRequest)
}
