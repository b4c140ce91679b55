/** Shapes of what the engine sends. Prices and money are JSON numbers; times are Unix milliseconds. */

export type Freshness = 'live' | 'quiet' | 'stale' | 'halted'

export interface Quote {
  symbol: string
  /** Of the last trade; it and what follows from it are missing before the first. */
  price?: number
  change?: number
  changePercent?: number
  volume: number
  timestamp: number
  bid?: number
  ask?: number
  bidSize?: number
  askSize?: number
  /** When the older of bid and ask was quoted. */
  quoteTime?: number
  high?: number
  low?: number
  open?: number
  previousClose?: number
  /** How many ticks this quote stands for. */
  merged: number
  state: Freshness
  /** Why it is halted, in the feed's words. */
  haltReason?: string
  /** Milliseconds between the engine's receipt of the tick and its write. */
  age: number
  /** When this browser got it: performance.now(). */
  receivedAt: number
  /**
   * The first one since the subscription or since a reconnect: the state of things, not a change that just
   * happened, so that rows take it without a flash.
   */
  snapshot: boolean
}

export interface Position {
  symbol: string
  quantity: number
  entryPrice: number
  currentPrice: number
  marketValue: number
  costBasis: number
  unrealizedPnL: number
  unrealizedPnLPercent: number
  dayPnL: number
  side: 'long' | 'short'
  /** Of the quote that the current price is from; unknown: there was none, and the price is that of the last fill. */
  state?: Freshness | 'unknown'
  [more: string]: unknown
}

export interface OpenOrder {
  orderId: string
  clientOrderId?: string
  symbol: string
  side: string
  type: string
  quantity: number
  filledQuantity: number
  limitPrice?: number
  broker: string
  status: string
  timestamp: number
}

export interface Portfolio {
  userId: string
  totalValue: number
  cash: number
  equity: number
  buyingPower: number
  dayChange: number
  dayChangePercent: number
  totalPnL: number
  totalPnLPercent: number
  unrealizedPnL: number
  realizedPnL: number
  /** The share of closed trades with a profit, in percent; it says nothing before the first. */
  winRate: number
  /** Fills that closed some of a position. */
  closedTrades: number
  totalTrades: number
  positionCount: number
  positions: Position[]
  orders: OpenOrder[]
  /** Some position is valued at a price that is no longer fresh. */
  stale: boolean
  /** Some position has no price at all: that of its last fill stands in, and the totals are a guess. */
  incomplete?: boolean
  version: number
  timestamp: number
}

/** An account as it comes: whole, or with the positions and orders alone that changed since the last. */
export interface PortfolioUpdate extends Portfolio {
  delta?: true
  /** Of a delta: the symbols of positions, and the ids of orders, that are no more. */
  removedPositions?: string[]
  removedOrders?: string[]
}

export interface TradeNotice {
  kind: 'executed' | 'failed' | 'closed' | 'opened' | 'notification'
  /** Same on every delivery of the same notice: what is shown once is told apart by it. */
  id: string
  title: string
  message: string
  type: 'info' | 'success' | 'warning' | 'error'
  orderId?: string
  symbol?: string
  side?: string
  quantity?: number
  price?: number
  /** Realised by a closing trade or a closed position. */
  profit?: number
  /** Of a failed trade: what the broker calls the cause. */
  code?: string
  /** Of a failed trade: may the same be tried again? */
  canRetry?: boolean
  timestamp: number
  /** It happened while this browser was away, and came when it was back. */
  missed: boolean
}

/** One of several markets. */
export interface MarketPhase {
  market: string
  isOpen: boolean
  nextOpen?: number | null
  nextClose?: number | null
  timezone?: string
  /** Patterns of what belongs to it; the main market has none. */
  symbols?: string[]
}

/** Of the main market. */
export interface MarketStatus {
  isOpen: boolean
  market: string
  nextOpen?: number | null
  nextClose?: number | null
  feed: 'live' | 'stale' | 'down'
  timestamp: number
  /** All markets, the main one first, where there are several. */
  markets?: MarketPhase[]
}

/** Why the server let this browser not in, or no longer: trying again alone does not help. */
export interface Refusal {
  code: string
  message: string
}

/**
 * connecting: first attempt. live: over WebSocket. polling: over HTTP, a little slower.
 * reconnecting: dropped, trying. offline: the browser has no network.
 * refused: credentials are missing, expired or wrong. closed: by the page itself.
 */
export type ConnectionState = 'connecting' | 'live' | 'polling' | 'reconnecting' | 'offline' | 'refused' | 'closed'

export interface Connection {
  state: ConnectionState
  transport: 'websocket' | 'polling' | null
  /** Number of the attempt under way or waited for, from 1; 0 while connected. */
  attempt: number
  /** When the next attempt begins, Unix milliseconds; null while connected or trying. */
  nextAttemptAt: number | null
  /** Since when there is no connection, Unix milliseconds; null while there is one. */
  downSince: number | null
  /** Connected again, and the state of account and quotes is on its way. */
  syncing: boolean
  /** Whether the last connection went on where the one before had ended; null on the first. */
  recovered: boolean | null
  /** Round trip of a ping, milliseconds. */
  roundTripMs: number | null
  refusal: Refusal | null
  /** The server announced that it restarts: when this browser comes back, Unix milliseconds. */
  restartAt: number | null
  /** The sign-in ends soon: when, Unix milliseconds. */
  signInEndsAt: number | null
}

/** Tick to paint in this browser over the last minute, milliseconds. */
export interface Latency {
  p50: number
  p95: number
  p99: number
  count: number
  windowMs: number
}

/** A limit or a bad parameter that the server named. */
export interface ServerError {
  event: string
  code: string
  message: string
}
