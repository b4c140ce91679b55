import { expect, test } from 'vitest'
import { accountAfter } from './account'
import type { OpenOrder, Portfolio, PortfolioUpdate, Position } from './types'

const position = (symbol: string, quantity = 1) => ({ symbol, quantity }) as Position
const order = (orderId: string, filledQuantity = 0) => ({ orderId, filledQuantity }) as OpenOrder
const account = (more: Partial<PortfolioUpdate>) =>
  ({ totalValue: 1, version: 1, positions: [], orders: [], ...more }) as unknown as Portfolio

const before = account({
  positions: [position('A'), position('C'), position('D')],
  orders: [order('o-1'), order('o-2')],
})

test('a whole account takes the place of the one before', () => {
  const whole = account({ totalValue: 2 })
  expect(accountAfter(before, whole)).toBe(whole)
  expect(accountAfter(undefined, whole)).toBe(whole)
})

test('of a delta positions and orders change, come and go, and the others are the same', () => {
  const delta = account({
    delta: true,
    totalValue: 3,
    version: 2,
    positions: [position('B'), position('C', 2)],
    removedPositions: ['D', 'NEVER'],
    orders: [order('o-2', 1), order('o-3')],
    removedOrders: ['o-1'],
  })
  const after = accountAfter(before, delta)
  expect(after).toMatchObject({
    totalValue: 3,
    version: 2,
    positions: [position('A'), position('B'), position('C', 2)],
    orders: [order('o-2', 1), order('o-3')],
  })
  expect(after?.positions[0]).toBe(before.positions[0])
})

test('a delta to nothing is no account', () => {
  expect(accountAfter(undefined, account({ delta: true }))).toBeUndefined()
})
