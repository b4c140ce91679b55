// The checker of notices finds what it is for.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkNotices, expectedNotices } from './notice-checker.mjs'

const trade = (version, tradeId, more = {}) =>
  ({ version, event: { type: 'order_filled', tradeId, symbol: 'X', side: 'buy', quantity: '2', price: '10.5', fee: '0.1', ...more } })

const journal = [
  { version: 1, event: { type: 'deposited', amount: '100000', note: 'opening deposit' } },
  trade(2, 'a'),
  { version: 3, event: { type: 'order_placed', orderId: 'o', symbol: 'X' } },
  trade(4, 'b', { side: 'sell', closing: true, realised: '3.5', closedQuantity: '2', entryPrice: '10.5', wholeQuantity: '2', wholePnl: '3.5' }),
  { version: 5, event: { type: 'order_failed', tradeId: 'c', symbol: 'X', side: 'buy', quantity: '1', reason: 'no' } },
  { version: 6, event: { type: 'order_cancelled', orderId: 'o' } },
]

/** What a browser gets when nothing goes wrong, after a change. */
function received(change = () => {}, after = 0) {
  const notices = expectedNotices(journal, after).map(({ event, offset, fields }) => ({ event, offset, payload: { ...fields, timestamp: 1 } }))
  change(notices)
  return notices
}

const problems = (change, after) => checkNotices(received(change, after), journal, after)

describe('the checker of notices', () => {
  it('knows what the journal makes of them', () => {
    assert.deepEqual(received().map(n => `${n.event} ${n.offset}`), ['trade:executed 2', 'trade:executed 4.1', 'position:closed 4', 'trade:failed 5', 'notification 6'])
    assert.deepEqual(problems(), [])
  })

  it('begins after the first snapshot', () => {
    assert.deepEqual(problems(undefined, 4), [])
    assert.deepEqual(received(undefined, 4).map(n => n.offset), ['5', '6'])
  })

  it('finds a lost notice, at the end as well', () => {
    assert.deepEqual(problems(n => n.splice(1, 1)), ['lost: trade:executed at 4.1'])
    assert.deepEqual(problems(n => n.pop()), ['lost: notification at 6'])
  })

  it('finds one that came twice, at once or later', () => {
    assert.deepEqual(problems(n => n.splice(2, 0, n[2])), ['came 2 times: position:closed at 4'])
    assert.ok(problems(n => n.push(n[0])).includes('came 2 times: trade:executed at 2'))
  })

  it('finds two that were swapped', () => {
    assert.deepEqual(problems(n => n.splice(1, 2, n[2], n[1])), ['out of order: trade:executed at 4.1 after position:closed at 4'])
  })

  it('finds one that the journal does not have, or has otherwise', () => {
    assert.deepEqual(problems(n => n.push({ event: 'trade:executed', offset: '9', payload: {} })), ['not in the journal: trade:executed at 9'])
    assert.deepEqual(problems(n => { n[0].payload.quantity = 3 }), ['trade:executed at 2: quantity is 3, in the journal 2'])
    assert.deepEqual(problems(n => { n[1].payload.profit = -3.5 }), ['trade:executed at 4.1: profit is -3.5, in the journal 3.5'])
  })
})
