import { describe, expect, it } from 'vitest'
import type { Portfolio, Quote } from '../realtime'
import { checkTicket, marketInWords, parseAmount, type TicketInput } from './checkTicket'

const input = (change: Partial<TicketInput> = {}): TicketInput => ({
  symbol: 'AAPL',
  side: 'buy',
  type: 'market',
  quantity: '10',
  limitPrice: '',
  ...change,
})

const quote = (change: Partial<Quote> = {}) =>
  ({
    symbol: 'AAPL',
    price: 100,
    bid: 99.5,
    ask: 100.5,
    state: 'live',
    age: 0,
    receivedAt: performance.now(),
    ...change,
  }) as Quote

const rich = { buyingPower: 10_000 } as Portfolio

describe('the ticket', () => {
  it('estimates what a market order meets: the ask to buy, the bid to sell', () => {
    expect(checkTicket(input(), quote(), rich, 'live')).toMatchObject({ estimate: 1005, blocked: null })
    expect(checkTicket(input({ side: 'sell' }), quote(), rich, 'live')).toMatchObject({ estimate: 995, blocked: null })
  })

  it('lets an order wait for the open of a closed market, however old the price', () => {
    const old = quote({ state: 'stale', age: 3_600_000 })
    expect(checkTicket(input(), old, rich, 'live', false).blocked).toBeNull()
    expect(checkTicket(input(), old, rich, 'live', true).blocked).toMatch(/blind/)
    expect(marketInWords(old, false)).toMatch(/Market closed$/)
    expect(marketInWords(old)).not.toMatch(/closed/)
  })

  it('estimates a limit order at its limit', () => {
    const check = checkTicket(input({ type: 'limit', limitPrice: '90' }), quote(), rich, 'polling')
    expect(check).toMatchObject({ limitPrice: 90, estimate: 900, blocked: null })
  })

  it.each([
    ['offline', input(), quote(), 'offline', /Offline/],
    ['away', input(), quote(), 'reconnecting', /Not connected/],
    ['no symbol', input({ symbol: '' }), undefined, 'live', /Choose a symbol/],
    ['no price', input(), undefined, 'live', /no price of AAPL/],
    ['a halt', input(), quote({ state: 'halted' }), 'live', /halted/],
    ['a stale price', input(), quote({ state: 'stale', age: 61_000 }), 'live', /1 min old.*Use a limit/],
    ['no quantity', input({ quantity: '' }), quote(), 'live', /Enter a quantity/],
    ['no limit', input({ type: 'limit' }), quote(), 'live', /Enter a limit price/],
    ['too little money', input({ quantity: '1000' }), quote(), 'live', /\$100,500\.00.*\$10,000\.00/],
  ] as const)('is blocked by %s, in words', (_, given, at, state, words) => {
    expect(checkTicket(given, at, rich, state).blocked).toMatch(words)
  })

  it('lets a limit order through on a stale price', () => {
    const check = checkTicket(input({ type: 'limit', limitPrice: '90' }), quote({ state: 'stale' }), rich, 'live')
    expect(check.blocked).toBeNull()
  })

  it('says which field is not a number, and nothing of one that is empty', () => {
    const check = checkTicket(input({ type: 'limit', quantity: 'ten', limitPrice: '-3' }), quote(), rich, 'live')
    expect(check.errors).toEqual({ quantity: expect.any(String), limitPrice: expect.any(String) })
    expect(checkTicket(input({ quantity: '' }), quote(), rich, 'live').errors).toEqual({})
  })
})

it.each([
  ['10', 10],
  ['1,000.5', 1000.5],
  [' .5 ', 0.5],
  ['0', null],
  ['-1', null],
  ['1e3', null],
  ['1.', null],
  ['Infinity', null],
  ['', null],
])('reads the amount %j as %s', (text, value) => {
  expect(parseAmount(text)).toBe(value)
})
