import { describe, expect, it } from 'vitest'
import type { MarketStatus } from '../realtime/types'
import { marketWords } from './marketWords'

const now = new Date(2026, 2, 4, 12, 0).getTime()
const at = (hour: number, minute = 0) => new Date(2026, 2, 4, hour, minute).getTime()

const status = (change: Partial<MarketStatus>): MarketStatus => ({
  isOpen: true,
  market: 'us_equities',
  nextOpen: null,
  nextClose: at(16),
  feed: 'live',
  timestamp: now,
  ...change,
})

describe('the market in words', () => {
  it('says until when it is open, and when it opens', () => {
    expect(marketWords(status({}), now)).toMatchObject({ tone: 'good', short: 'Open', long: 'Market open until 16:00' })
    expect(marketWords(status({ isOpen: false, nextOpen: at(13, 30) }), now)).toMatchObject({
      tone: 'neutral',
      short: 'Closed',
      long: 'Market closed, opens 13:30',
      others: [],
    })
    expect(marketWords(status({ nextClose: null }), now).long).toBe('Market open')
  })

  it('says first that no prices come', () => {
    expect(marketWords(status({ feed: 'down' }), now)).toMatchObject({ tone: 'bad', long: 'No price feed' })
    expect(marketWords(status({ feed: 'stale' }), now)).toMatchObject({ tone: 'warning', long: 'Price feed is silent' })
  })

  it('is of the main market, with the others beside it', () => {
    const markets = [
      { market: 'us_equities', isOpen: false, nextOpen: at(13, 30) },
      { market: 'crypto', isOpen: true, nextClose: null, symbols: ['*-USD'] },
      { market: 'xetra', isOpen: false, nextOpen: at(15), symbols: ['*.DE'] },
    ]
    expect(marketWords(status({ isOpen: false, nextOpen: at(13, 30), markets }), now)).toMatchObject({
      short: 'Closed',
      long: 'Market closed, opens 13:30',
      others: ['crypto open', 'xetra closed, opens 15:00'],
    })
  })
})
