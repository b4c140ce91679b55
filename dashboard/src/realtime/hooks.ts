import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react'
import type { Handler } from './connection'
import { useRealtime } from './provider'
import { ageOf } from './quotes'
import type { Off, Store } from './store'
import type { Connection, Latency, MarketStatus, Portfolio, Quote, ServerError, TradeNotice } from './types'

const useStore = <T>(store: Store<T>) => useSyncExternalStore(store.subscribe, store.get, store.get)

export interface WebSocketApi {
  connection: Connection
  /** False if there is no connection: nothing is kept for later. */
  emit(event: string, ...args: unknown[]): boolean
  /** Rejects with a RequestError: its code says what the server, or the connection, made of it. Never hangs. */
  request<T>(event: string, payload?: unknown, timeoutMs?: number): Promise<T>
  /** Any event of the server, as it comes; call the answer to stop. */
  on(event: string, handler: Handler): Off
  /** Tries at once, also after a refusal. */
  reconnect(): void
  /** Shows a new token on the live connection. */
  reauth(token: string): Promise<void>
}

export function useWebSocket(): WebSocketApi {
  const { connection } = useRealtime()
  const { emit, request, on, reconnect, reauth } = connection
  return { connection: useStore(connection.state), emit, request, on, reconnect, reauth }
}

/** The state of the connection alone. */
export const useConnection = (): Connection => useStore(useRealtime().connection.state)

/** Subscribes to a symbol for as long as the component is there; to nothing while the symbol is empty. */
export function useQuote(symbol: string): Quote | undefined {
  const { quotes } = useRealtime()
  const subscribe = useCallback((listener: () => void) => quotes.subscribe(symbol, listener), [quotes, symbol])
  const get = () => quotes.get(symbol)
  return useSyncExternalStore(subscribe, get, get)
}

/** How old a symbol's quote is, milliseconds in whole seconds; renders once a second. Null without a quote. */
export function useQuoteAge(symbol: string): number | null {
  const quote = useQuote(symbol)
  const get = () => (quote ? Math.floor(ageOf(quote) / 1000) * 1000 : null)
  return useSyncExternalStore(useRealtime().quotes.everySecond, get, get)
}

/** The account, newest value; undefined before it has come. */
export const usePortfolio = (): Portfolio | undefined => useStore(useRealtime().portfolio)

export const useMarketStatus = (): MarketStatus | undefined => useStore(useRealtime().market)

/** Tick to paint in this browser; null before there is anything to measure. */
export const useLatency = (): Latency | null => useStore(useRealtime().latency)

/** Calls back once for each trade and notice, those that happened meanwhile included. */
export const useTradeNotifications = (handler: (notice: TradeNotice) => void) =>
  useTold(useRealtime().notices.add, handler)

/** Calls back for each request that the server refuses by an error event. */
export const useServerErrors = (handler: (error: ServerError) => void) => useTold(useRealtime().errors.add, handler)

/** The newest handler is called, without subscribing again when it changes. */
function useTold<A>(add: (listener: (value: A) => void) => Off, handler: (value: A) => void) {
  const latest = useRef(handler)
  useEffect(() => {
    latest.current = handler
  })
  useEffect(() => add(value => latest.current(value)), [add])
}
