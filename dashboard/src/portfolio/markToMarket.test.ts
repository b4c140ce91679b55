import { describe, expect, it } from 'vitest'
import type { Position, Quote } from '../realtime'
import { markToMarket } from './markToMarket'

const long: Position = {
  symbol: 'AAPL',
  side: 'long',
  quantity: 10,
  entryPrice: 90,
  currentPrice: 100,
  marketValue: 1000,
  costBasis: 900,
  unrealizedPnL: 100,
  unrealizedPnLPercent: 100 / 9,
  dayPnL: 20,
}
const short: Position = {
  ...long,
  side: 'short',
  marketValue: -1000,
  costBasis: -1100,
  entryPrice: 110,
  unrealizedPnL: 100,
}

const at = (price: number) => ({ price }) as Quote

describe('marking to market', () => {
  it('leaves a position as it came without another price', () => {
    expect(markToMarket(long, undefined)).toBe(long)
    expect(markToMarket(long, at(100))).toBe(long)
  })

  it('moves a long position with its price', () => {
    expect(markToMarket(long, at(101))).toMatchObject({
      currentPrice: 101,
      marketValue: 1010,
      unrealizedPnL: 110,
      dayPnL: 30,
    })
  })

  it('moves a short position against its price', () => {
    expect(markToMarket(short, at(101))).toMatchObject({ marketValue: -1010, unrealizedPnL: 90, dayPnL: 10 })
  })

  it('gives the percentage of what the position cost', () => {
    expect(markToMarket(long, at(99)).unrealizedPnLPercent).toBeCloseTo(10)
  })
})
