import type { Off } from './store'

/** A row that mounts again within this keeps its subscription. */
const graceMs = 2_000
const symbolsPerRequest = 100
/** A symbol that a recovered session brought no quote of may not be in it: it is asked for again. */
const missingAfterMs = 3_000
const tryAgainMs = 2_000

/** Sends a request for symbols; rejects with an error that has the server's code. */
export type SendSymbols = (event: string, payload: { symbols: string[]; batch?: true }) => Promise<unknown>

interface SubscriptionsOptions {
  send: SendSymbols
  arrived(): void
  /** Nobody wants the symbol any more. */
  gone(symbol: string): void
}

/**
 * Which symbols are wanted, by how many, and what the server has been asked for: the difference goes out joined, in
 * one request a tick.
 */
export function createSubscriptions({ send, arrived, gone }: SubscriptionsOptions) {
  const wanted = new Map<string, number>()
  /** Nobody wants them, but not for long yet. */
  const leaving = new Map<string, ReturnType<typeof setTimeout>>()
  /** What this connection's session on the server has. */
  const asked = new Set<string>()
  /** Symbols whose next quote is their state and not a change. */
  const first = new Set<string>()
  let running = false
  let connected = false
  let joining: ReturnType<typeof setTimeout> | undefined
  let missing: ReturnType<typeof setTimeout> | undefined

  function later(ms = 0) {
    if (connected) joining ??= setTimeout(join, ms)
  }

  function join() {
    joining = undefined
    const old = [...asked].filter(symbol => !wanted.has(symbol))
    const fresh = [...wanted.keys()].filter(symbol => !asked.has(symbol))
    for (const symbol of old) asked.delete(symbol)
    for (const symbol of fresh) {
      asked.add(symbol)
      first.add(symbol)
    }
    for (const symbols of chunks(old)) send('unsubscribe:watchlist', { symbols }).catch(() => {})
    for (const symbols of chunks(fresh)) {
      send('subscribe:watchlist', { symbols, batch: true }).catch(({ code }) => {
        // Of symbols that there cannot be, the others of the request are subscribed.
        if (!connected || code === 'INVALID_PARAMS') return
        for (const symbol of symbols) asked.delete(symbol)
        // Over the limit: there is room again when others have left, which joins.
        if (code !== 'SUBSCRIPTION_LIMIT') later(tryAgainMs)
      })
    }
  }

  function forget(symbol: string) {
    for (const map of [wanted, leaving, first]) map.delete(symbol)
    gone(symbol)
    later()
  }

  function dropped() {
    connected = false
    clearTimeout(missing)
    clearTimeout(joining)
    joining = undefined
  }

  return {
    enter(symbol: string): Off {
      if (!wanted.has(symbol)) later()
      wanted.set(symbol, (wanted.get(symbol) ?? 0) + 1)
      clearTimeout(leaving.get(symbol))
      return () => {
        const others = (wanted.get(symbol) ?? 1) - 1
        wanted.set(symbol, others)
        if (others) return
        if (running) leaving.set(symbol, setTimeout(forget, graceMs, symbol))
        else forget(symbol) // React unmounts the provider before the rows in it
      }
    },
    /** Whether a quote is the first since it was subscribed or since the connection came. */
    isFirst: (symbol: string) => first.delete(symbol),
    wanted: () => wanted.size,
    connected(recovered: boolean) {
      connected = true
      if (!recovered) asked.clear()
      for (const symbol of wanted.keys()) first.add(symbol)
      later()
      missing = setTimeout(() => {
        if (recovered) for (const symbol of first) asked.delete(symbol)
        later()
        arrived()
      }, missingAfterMs)
    },
    dropped,
    start() {
      running = true
    },
    stop() {
      running = false
      dropped()
      for (const timer of leaving.values()) clearTimeout(timer)
      for (const [symbol, count] of wanted) if (!count) forget(symbol)
      leaving.clear()
    },
  }
}

function* chunks(symbols: string[]) {
  for (let at = 0; at < symbols.length; at += symbolsPerRequest) yield symbols.slice(at, at + symbolsPerRequest)
}
