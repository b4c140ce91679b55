import type { Portfolio, PortfolioUpdate } from './types'

function merged<T, K extends keyof T>(all: T[], key: K, changed: T[], removed: T[K][] = []) {
  const left = new Map(all.map(one => [one[key], one]))
  for (const id of removed) left.delete(id)
  for (const one of changed) left.set(one[key], one)
  return [...left.values()]
}

/** The account after an update: a whole one, or what changed since the last. What did not change stays the same object. */
export function accountAfter(before: Portfolio | undefined, update: PortfolioUpdate): Portfolio | undefined {
  if (!update.delta) return update
  return (
    before && {
      ...update,
      positions: merged(before.positions, 'symbol', update.positions, update.removedPositions).sort((a, b) =>
        a.symbol < b.symbol ? -1 : 1,
      ),
      orders: merged(before.orders, 'orderId', update.orders, update.removedOrders),
    }
  )
}
