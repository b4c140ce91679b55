/**
 * The line of a sparkline: the points of an SVG polyline in a box, the newest at the right edge. The range is at least
 * a basis point of the price, so that a quiet market is a quiet line and not noise blown up.
 */
export function sparklinePath(prices: readonly number[], width: number, height: number, capacity: number): string {
  if (prices.length < 2) return ''
  const low = Math.min(...prices)
  const high = Math.max(...prices)
  const range = Math.max(high - low, Math.abs(high) * 1e-4)
  const middle = (high + low) / 2
  const step = width / (capacity - 1)
  const left = width - step * (prices.length - 1)
  return prices
    .map((price, i) => {
      const x = left + i * step
      const y = height / 2 - ((price - middle) / range) * (height - 2)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
}
