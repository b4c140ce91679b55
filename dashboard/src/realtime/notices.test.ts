import { expect, test } from 'vitest'
import { createFirstTime, noticeOf } from './notices'

test('a fill, a failure, a closed position and a notification have one shape', () => {
  const executed = {
    id: 't-1',
    orderId: 'o-1',
    symbol: 'AAPL',
    side: 'buy',
    quantity: 10,
    price: 231,
    fee: 0.1,
    timestamp: 5,
    notification: { title: 'Trade executed', message: 'Bought 10 AAPL at 231', type: 'success' as const },
  }
  expect(noticeOf('trade:executed', executed, '17', false)).toEqual({
    kind: 'executed',
    id: 'executed:17',
    title: 'Trade executed',
    message: 'Bought 10 AAPL at 231',
    type: 'success',
    orderId: 'o-1',
    symbol: 'AAPL',
    side: 'buy',
    quantity: 10,
    price: 231,
    timestamp: 5,
    missed: false,
  })
  const failed = {
    id: 't-2',
    orderId: 'o-2',
    symbol: 'AAPL',
    side: 'buy',
    quantity: 1,
    reason: 'no cash',
    code: 'INSUFFICIENT_FUNDS',
    canRetry: true,
    timestamp: 6,
  }
  expect(noticeOf('trade:failed', failed, '18', true)).toMatchObject({
    kind: 'failed',
    message: 'no cash',
    type: 'error',
    code: 'INSUFFICIENT_FUNDS',
    canRetry: true,
    missed: true,
  })
  const closed = { symbol: 'AAPL', quantity: 10, entryPrice: 230, exitPrice: 231, pnl: 10, timestamp: 7 }
  expect(noticeOf('position:closed', closed, '19.1', false)).toMatchObject({
    kind: 'closed',
    id: 'closed:19.1',
    price: 231,
    profit: 10,
  })
  const cancelled = {
    title: 'Order cancelled',
    message: 'Order o-3 was cancelled',
    type: 'info' as const,
    data: { orderId: 'o-3' },
    timestamp: 8,
  }
  expect(noticeOf('notification', cancelled, '20', false)).toMatchObject({
    kind: 'notification',
    title: 'Order cancelled',
    orderId: 'o-3',
    type: 'info',
  })
})

test('without an offset a trade is told apart by its id, and anything else by what it is and when', () => {
  expect(noticeOf('trade:executed', { id: 't-1' }, undefined, false).id).toBe('executed:t-1')
  expect(noticeOf('position:closed', { symbol: 'AAPL', timestamp: 7 }, undefined, false).id).toBe('closed:AAPL@7')
})

test('the memory of what was told is bounded, and forgets the oldest', () => {
  const isFirst = createFirstTime(3)
  expect(['a', 'b', 'a', 'c', 'd'].map(isFirst)).toEqual([true, true, false, true, true])
  expect(isFirst('d')).toBe(false)
  expect(isFirst('a')).toBe(true)
})
