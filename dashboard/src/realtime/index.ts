export {
  useConnection,
  useLatency,
  useMarketStatus,
  usePortfolio,
  useQuote,
  useQuoteAge,
  useServerErrors,
  useTradeNotifications,
  useWebSocket,
  type WebSocketApi,
} from './hooks'
export { marketOf } from './markets'
export { WebSocketProvider, type WebSocketProviderProps } from './provider'
export { ageOf } from './quotes'
export { RequestError } from './request'
export type * from './types'
