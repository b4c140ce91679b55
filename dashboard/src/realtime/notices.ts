import type { TradeNotice } from './types'

/** More than a recovery brings, few enough to keep for ever. */
const remembered = 1_000

export const noticeEvents = ['trade:executed', 'trade:failed', 'position:closed', 'position:opened', 'notification']

interface RawNotice {
  id?: string
  title?: string
  message?: string
  type?: TradeNotice['type']
  orderId?: string
  symbol?: string
  side?: string
  quantity?: number
  price?: number
  exitPrice?: number
  profit?: number
  pnl?: number
  reason?: string
  code?: string
  canRetry?: boolean
  timestamp?: number
  data?: { orderId?: string }
  notification?: { title?: string; message?: string; type?: TradeNotice['type'] }
}

/**
 * One shape for all of them. The offset, the last argument of each, is the notice's place in the account's journal
 * and so the same on every delivery; a trade without one is told apart by its id.
 */
export function noticeOf(event: string, raw: RawNotice, offset: unknown, missed: boolean): TradeNotice {
  const kind = event.split(':').pop() as TradeNotice['kind']
  const { title, message, type } = { ...raw, ...raw.notification }
  const { symbol, side, quantity, code, canRetry, timestamp = Date.now() } = raw
  const place = typeof offset === 'string' ? offset : (raw.id ?? `${symbol ?? title}@${timestamp}`)
  return {
    kind,
    id: `${kind}:${place}`,
    title: title ?? 'Notice',
    message: message ?? raw.reason ?? '',
    type: type ?? (kind === 'failed' ? 'error' : 'info'),
    orderId: raw.orderId ?? raw.data?.orderId,
    symbol,
    side,
    quantity,
    price: raw.price ?? raw.exitPrice,
    profit: raw.profit ?? raw.pnl,
    code,
    canRetry,
    timestamp,
    missed,
  } as TradeNotice // what is not known is undefined
}

/** The version of the account that a notice belongs to, NaN where it does not say. */
export const versionOf = (offset: unknown) => (typeof offset === 'string' ? Number.parseInt(offset, 10) : Number.NaN)

/** Whether a notice came for the first time, as far as a bounded memory tells. */
export function createFirstTime(limit = remembered) {
  const seen = new Set<string>()
  return (id: string) => {
    if (seen.has(id)) return false
    seen.add(id)
    for (const oldest of seen) {
      if (seen.size <= limit) break
      seen.delete(oldest)
    }
    return true
  }
}
