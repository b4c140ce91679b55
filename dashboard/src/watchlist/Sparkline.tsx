import { memo, type RefObject, useContext, useEffect, useState } from 'react'
import type { Quote } from '../realtime'
import { sparklinePath } from './sparklinePath'
import { TrendsContext, trendPoints } from './trend'

const width = 72
const height = 24

interface SparklineProps {
  symbol: string
  /** The newest quote, looked at once a second: it shall not draw the line again each time. */
  newest: RefObject<Quote | undefined>
}

/** The last minute's prices, drawn once a second however often they change. */
export const Sparkline = memo(function Sparkline({ symbol, newest }: SparklineProps) {
  const trends = useContext(TrendsContext)
  const [prices, setPrices] = useState(trends.of(symbol))
  useEffect(() => trends.onBeat(() => setPrices(trends.sample(symbol, newest.current))), [symbol, newest, trends])
  const rising = (prices.at(-1) ?? 0) >= (prices[0] ?? 0)
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" className="block">
      <polyline
        points={sparklinePath(prices, width, height, trendPoints)}
        fill="none"
        stroke={rising ? 'var(--profit)' : 'var(--loss)'}
        strokeWidth={1.5}
        strokeLinejoin="round"
      />
    </svg>
  )
})
