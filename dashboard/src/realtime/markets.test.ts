import { expect, test } from 'vitest'
import { marketOf } from './markets'
import type { MarketStatus } from './types'

const status: MarketStatus = {
  isOpen: false,
  market: 'us_equities',
  feed: 'live',
  timestamp: 1,
  markets: [
    { market: 'us_equities', isOpen: false },
    { market: 'crypto', isOpen: true, symbols: ['*-USD', 'BTC/*', 'X?Z', 'A.B+C', '^$#=:_'] },
    { market: 'xetra', isOpen: false, symbols: ['*.DE', 'NIFTY 5?', 'M&M'] },
  ],
}

test('a symbol belongs to the first market that has a pattern for it, else to the main one', () => {
  const found = Object.fromEntries(
    [
      'AAPL',
      'ETH-USD',
      'ETH-USDT',
      'BTC/EUR',
      'XYZ',
      'XZ',
      'X€Z',
      'A.B+C',
      'AxB+C',
      '^$#=:_',
      'SAP.DE',
      'SAPxDE',
      'NIFTY 50',
      'M&M',
    ].map(symbol => [symbol, marketOf(status, symbol)?.market]),
  )
  expect(found).toEqual({
    AAPL: 'us_equities',
    'ETH-USD': 'crypto',
    'ETH-USDT': 'us_equities',
    'BTC/EUR': 'crypto',
    XYZ: 'crypto',
    XZ: 'us_equities',
    'X€Z': 'crypto',
    'A.B+C': 'crypto',
    'AxB+C': 'us_equities',
    '^$#=:_': 'crypto',
    'SAP.DE': 'xetra',
    SAPxDE: 'us_equities',
    'NIFTY 50': 'xetra',
    'M&M': 'xetra',
  })
})

test('an engine of one market has that for all symbols, and one that said nothing none', () => {
  expect(marketOf({ isOpen: true, market: 'always', feed: 'live', timestamp: 1 }, 'AAPL')?.isOpen).toBe(true)
  expect(marketOf(undefined, 'AAPL')).toBeUndefined()
})
