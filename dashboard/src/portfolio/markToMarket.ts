import type { Position, Quote } from '../realtime'

/**
 * A position at the newest quote. The engine's own valuation comes a few times a second and is the truth; between two
 * of them the same sums are made here, so that a row moves with its price. Without a newer quote it is as it came.
 */
export function markToMarket(position: Position, quote: Quote | undefined): Position {
  if (quote?.price === undefined || quote.price === position.currentPrice) return position
  const direction = position.side === 'short' ? -1 : 1
  const amount = Math.abs(position.quantity)
  const moved = (quote.price - position.currentPrice) * amount * direction
  const unrealizedPnL = position.unrealizedPnL + moved
  return {
    ...position,
    currentPrice: quote.price,
    marketValue: position.marketValue + moved,
    unrealizedPnL,
    unrealizedPnLPercent: position.costBasis === 0 ? 0 : (unrealizedPnL / Math.abs(position.costBasis)) * 100,
    dayPnL: position.dayPnL + moved,
  }
}
