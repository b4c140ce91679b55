// The checker of the journal finds what it is for.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkAccount, checkOrders, checkStream, checkTrades } from './journal-checker.mjs'

const trade = { id: 't1', symbol: 'X', side: 'short', quantity: '2', price: '10.50', status: 'executed' }
const limit = { symbol: 'X', side: 'buy', type: 'limit', quantity: 1, limitPrice: 9 }

/** A journal in which all is well, its events changed by what a test wants wrong. */
function journal(change = () => {}) {
  const events = [
    { type: 'deposited', amount: '100', note: 'opening deposit' },
    { type: 'order_filled', tradeId: 't1', symbol: 'X', side: 'sell', quantity: '2', price: '10.5' },
    { type: 'order_placed', orderId: 'o1', clientOrderId: 'c1', symbol: 'X', side: 'buy', orderType: 'limit', quantity: '1', limitPrice: '9' },
    { type: 'order_filled', tradeId: 'o1-1', orderId: 'o1', symbol: 'X', side: 'buy', quantity: '1', price: '8.5', closing: true, realised: '2', entryPrice: '10.5' },
    { type: 'order_failed', tradeId: 't2', symbol: 'X', side: 'buy', quantity: '1', reason: 'no' },
    { type: 'order_placed', orderId: 'o2', clientOrderId: 'c2', symbol: 'X', side: 'buy', orderType: 'limit', quantity: '1', limitPrice: '9' },
    { type: 'order_cancelled', orderId: 'o2' },
  ]
  change(events)
  return events.map((event, i) => ({ version: i + 1, key: event.tradeId && `trade/${event.tradeId}`, event }))
}

const sent = acks => [
  { trade, acks: acks ?? [{ version: 2, status: 'executed' }, { version: 2, status: 'executed' }] },
  { trade: { ...trade, id: 't2', side: 'buy', quantity: '1', price: undefined, status: 'failed', reason: 'no' }, acks: [{ status: 'failed' }] },
]
const placed = (first, second) => [
  { clientOrderId: 'c1', request: limit, acks: [first ?? { status: 'accepted', orderId: 'o1' }] },
  { clientOrderId: 'c2', request: limit, acks: [second ?? { status: 'accepted', orderId: 'o2' }] },
]
const cancels = [{ orderId: 'o1', status: 'rejected' }, { orderId: 'o2', status: 'cancelled' }]
const shown = { cash: '112.5', realised: '2', trades: '2', positions: { X: '-1 for -10.5' }, orders: [] }

describe('the checker of the journal', () => {
  it('is content where all is well', () => {
    const all = journal()
    assert.deepEqual([checkStream('u', all), checkTrades('u', all, sent()), checkOrders('u', all, placed(), cancels), checkAccount('u', all, shown)], [[], [], [], []])
  })

  it('finds an acknowledged trade that is missing', () => {
    const lost = journal(events => events.splice(1, 1))
    assert.deepEqual(checkTrades('u', lost, sent()), ['u: trade t1 was acknowledged and is missing'])
    assert.deepEqual(checkTrades('u', lost, sent([])), [], 'it was never acknowledged')
  })

  it('finds a trade that is there twice, or was never sent', () => {
    const twice = journal(events => events.push({ ...events[1] }))
    assert.ok(checkStream('u', twice).includes('u: trade t1 is there twice, at 2 and 8'))
    assert.deepEqual(checkTrades('u', journal(events => { events[4].tradeId = 't3' }), sent()), ['u: trade t2 was acknowledged and is missing', 'u: trade t3 was never sent'])
  })

  it('finds another outcome than the acknowledged one', () => {
    assert.match(checkTrades('u', journal(), sent([{ version: 3 }]))[0], /acknowledged at version 3 and is at 2/)
    assert.match(checkTrades('u', journal(), sent([{ status: 'failed' }]))[0], /acknowledged as failed and is executed/)
    assert.match(checkTrades('u', journal(events => { events[1].price = '10.51' }), sent())[0], /price was sent as 10.50 and is 10.51/)
  })

  it('finds orders that were lost, changed or made up', () => {
    assert.match(checkOrders('u', journal(events => events.splice(5, 2)), placed(), []).join(), /order c2 was accepted as o2 and is missing/)
    assert.match(checkOrders('u', journal(), placed({ status: 'rejected' }), [])[0], /c1 was rejected and is there/)
    assert.match(checkOrders('u', journal(events => { events[2].limitPrice = '9.1' }), placed(), [])[0], /not what was sent/)
    assert.match(checkOrders('u', journal(), placed().slice(1), [])[0], /order c1 was never sent/)
    assert.match(checkOrders('u', journal(events => events.pop()), placed(), cancels)[0], /o2 was acknowledged as cancelled and is not/)
    assert.match(checkOrders('u', journal(), placed(), [{ orderId: 'o9', status: 'rejected' }])[0], /o9 could not be cancelled and has not ended/)
  })

  it('finds a gap between versions', () => {
    const all = journal()
    all.splice(4, 1)
    assert.match(checkStream('u', all)[0], /event 5 has version 6/)
  })

  it('finds a wrong amount of cash, a wrong position and a wrong profit', () => {
    for (const [part, wrong] of Object.entries({ cash: '112.50000001', realised: '2.01', trades: '3', positions: { X: '-1 for -10' }, orders: ['o2'] })) {
      const problems = checkAccount('u', journal(), { ...shown, [part]: wrong })
      assert.equal(problems.length, 1)
      assert.match(problems[0], new RegExp(`^u: ${part} shown as`))
    }
    assert.match(checkAccount('u', journal(events => { events[3].realised = '1.99' }), shown)[0], /the fill at 4 says .*1.99.* computed again .*2/)
  })
})
