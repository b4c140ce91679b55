// The model's own arithmetic, by hand.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decimal, multiplyDivide, one, text } from './decimal.mjs'
import { exactJSON, LedgerModel } from './ledger-model.mjs'

const deposit = { type: 'deposited', amount: '1000', note: 'opening deposit' }
const fill = (side, quantity, price, more = {}) => ({ type: 'order_filled', tradeId: 't', symbol: 'X', side, quantity, price, ...more })

/** An account after events, and what the last of them did. */
function after(...events) {
  const model = new LedgerModel()
  let did
  for (const event of [deposit, ...events]) did = model.take(event)
  return { ...model.summary(), did }
}

describe('decimals', () => {
  it('round once, half to even', () => {
    const round = (value, by = one) => text(multiplyDivide(decimal(value), one, by, 2))
    const cases = { '0.125': '0.12', '0.135': '0.14', '-0.125': '-0.12', '0.1251': '0.13', '-0.1251': '-0.13', '7': '7' }
    for (const [value, want] of Object.entries(cases)) assert.equal(round(value), want)
    assert.deepEqual([round(1, decimal(3)), round(-2, decimal(3)), round(1, decimal(-3)), round('0.05', decimal(4))], ['0.33', '-0.67', '-0.33', '0.01'])
    assert.equal(text(multiplyDivide(decimal('99999999999.99999999'), decimal('0.00000001'), one, 8)), '1000')
  })

  it('are read as they are written', () => {
    assert.deepEqual(exactJSON('{"a":[1.10,-2e3,"3.0"],"b:1":true}'), { a: ['1.10', '-2e3', '3.0'], 'b:1': true })
    for (const [written, want] of [['1.10', '1.1'], ['-2e3', '-2000'], ['25e-4', '0.0025'], ['.5', '0.5'], [undefined, '0']]) assert.equal(text(decimal(written)), want)
  })
})

describe('the model of an account', () => {
  it('buys with a fee', () => {
    const { cash, realised, positions } = after(fill('buy', '2', '10.5', { fee: '0.25' }))
    assert.deepEqual([cash, realised, positions], ['978.75', '0', { X: '2 for 21' }])
  })

  it('closes a part at the average cost', () => {
    const { cash, realised, positions, did } = after(fill('buy', '1', '10'), fill('buy', '2', '11'), fill('sell', '1', '12'))
    assert.deepEqual([cash, realised, positions, did.closed], ['980', '1.33333333', { X: '2 for 21.33333333' }, null])
  })

  it('closes all of a position', () => {
    const { positions, did } = after(fill('buy', '3', '10'), fill('sell', '3', '9'))
    assert.deepEqual([positions, text(did.realised), text(did.entryPrice), text(did.closed.pnlPercent)], [{}, '-3', '10', '-10'])
  })

  it('turns a long position into a short one', () => {
    const { cash, positions, realised, did } = after(fill('buy', '1', '10'), fill('sell', '3', '12'))
    assert.deepEqual([cash, positions, realised, text(did.closed.quantity)], ['1026', { X: '-2 for -24' }, '2', '1'])
  })

  it('knows the whole life of a position, and its average entry price', () => {
    const { did } = after(fill('buy', '10', '10'), fill('sell', '9', '12'), fill('buy', '1', '16'), fill('sell', '3', '5'))
    assert.deepEqual([text(did.entryPrice), text(did.realised), text(did.closed.quantity), text(did.closed.opened)], ['13', '-16', '2', '-1'])
    assert.deepEqual([text(did.closed.whole.quantity), text(did.closed.whole.pnl)], ['11', '2'])
  })

  it('leaves an account as it was where an order was refused', () => {
    const { cash, positions, orders } = after({ type: 'order_rejected', orderId: 'r', symbol: 'X', side: 'buy', quantity: '1' })
    assert.deepEqual([cash, positions, orders], ['1000', {}, []])
  })

  it('covers a short position', () => {
    const { positions, realised, did } = after(fill('sell', '4', '10'), fill('buy', '1', '8'))
    assert.deepEqual([positions, realised, did.closing, did.closed], [{ X: '-3 for -30' }, '2', true, null])
  })

  it('keeps orders until they are filled, failed or cancelled', () => {
    const placed = orderId => ({ type: 'order_placed', orderId, quantity: '2' })
    const { orders } = after(...['a', 'b', 'c', 'd'].map(placed), fill('buy', '2', '1', { orderId: 'a' }), fill('buy', '1', '1', { orderId: 'b' }),
      { type: 'order_failed', orderId: 'c' }, { type: 'order_cancelled', orderId: 'd' })
    assert.deepEqual(orders, ['b'])
  })
})
