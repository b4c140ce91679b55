import type { TradeNotice } from './types'

/** More than a recovery brings, few enough to keep for ever. */
const remembered = 1_000

const kinds: Record<string, TradeNotice['kind']> = {
  'trade:executed': 'executed',
  'trade:failed': 'failed',
  'position:closed': 'closed',
  notification: 'notification',
}

export const noticeEvents = Object.keys(kinds)

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
 * One shape for the four events. The offset, the last argument of each, is the notice's place in the account's journal
 * and so the same on every delivery; a trade without one is told apart by its id.
 */
export function noticeOf(event: string, raw: RawNotice, offset: unknown, missed: boolean): TradeNotice {
  const kind = kinds[event] ?? 'notification'
  const { title, message, type } = { ...raw, ...raw.notification }
  const timestamp = raw.timestamp ?? Date.now()
  const own = typeof offset === 'string' ? offset : (raw.id ?? `${raw.symbol ?? title}@${timestamp}`)
  return {
    ...known({
      orderId: raw.orderId ?? raw.data?.orderId,
      symbol: raw.symbol,
      side: raw.side,
      quantity: raw.quantity,
      price: raw.price ?? raw.exitPrice,
      profit: raw.profit ?? raw.pnl,
      code: raw.code,
      canRetry: raw.canRetry,
    }),
    kind,
    id: `${kind}:${own}`,
    title: title ?? 'Notice',
    message: message ?? raw.reason ?? '',
    type: type ?? (kind === 'failed' ? 'error' : 'info'),
    timestamp,
    missed,
  }
}

function known<T extends object>(fields: T) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

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
