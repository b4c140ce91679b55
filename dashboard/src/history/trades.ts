import { request } from '../api/http'

/** A trade, or an order that came to none. */
export interface Trade {
  id: string
  orderId?: string
  symbol: string
  side: string
  quantity: number
  /** Missing where nothing was traded. */
  price?: number
  /** Of an order that came to no trade. */
  limitPrice?: number
  fee?: number
  profit?: number | null
  /** executed, failed, cancelled, expired or rejected. */
  status: string
  reason?: string
  broker?: string
  timestamp: number
}

export type SortKey = 'timestamp' | 'symbol' | 'quantity' | 'price' | 'profit'
export type StatusFilter = '' | 'executed' | 'failed' | 'cancelled' | 'rejected'

export interface TradeQuery {
  page: number
  limit: number
  sortBy: SortKey
  sortOrder: 'asc' | 'desc'
  /** Empty for all. */
  symbol: string
  status: StatusFilter
}

export interface TradePage {
  trades: Trade[]
  pagination: { page: number; limit: number; totalItems: number; totalPages: number }
}

export async function readTrades(query: TradeQuery, signal?: AbortSignal): Promise<TradePage> {
  const values = new URLSearchParams(
    Object.entries(query)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => [key, String(value)]),
  )
  return (await request<{ data: TradePage }>('GET', `/api/trades?${values}`, { signal })).data
}
