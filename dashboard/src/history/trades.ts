import { request } from '../api/http'

export interface Trade {
  id: string
  orderId?: string
  symbol: string
  side: string
  quantity: number
  price: number | null
  fee?: number
  profit?: number | null
  status: string
  reason?: string
  broker?: string
  timestamp: number
}

export type SortKey = 'timestamp' | 'symbol' | 'quantity' | 'price' | 'profit'
export type StatusFilter = '' | 'executed' | 'failed'

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
