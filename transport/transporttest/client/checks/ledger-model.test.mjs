// The model's own arithmetic, by hand.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decimal, divide, multiply, round, text } from './decimal.mjs'
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
  it('round half to even', () => {
    const cases = { '0.125': '0.12', '0.135': '0.14', '-0.125': '-0.12', '0.1251': '0.13', '7': '7' }
    for (const [value, want] of Object.entries(cases)) assert.equal(text(round(decimal(value), 2)), want)
  })

  it('keep 19 digits', () => {
    assert.equal(text(divide(decimal(1), decimal(3))), '0.3333333333333333333')
    assert.equal(text(divide(decimal(200), decimal(3))), '66.66666666666666667')
    assert.equal(text(multiply(decimal('1234567890.123456789'), decimal('1.5'))), '1851851835.185185184') // half to even
    assert.throws(() => multiply(decimal('99999999999'), decimal('9999999999')), /more than 19 digits/)
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
    assert.deepEqual([positions, text(did.realised), text(did.closed.entryPrice), text(did.closed.pnlPercent)], [{}, '-3', '10', '-10'])
  })

  it('turns a long position into a short one', () => {
    const { cash, positions, realised, did } = after(fill('buy', '1', '10'), fill('sell', '3', '12'))
    assert.deepEqual([cash, positions, realised, text(did.closed.quantity)], ['1026', { X: '-2 for -24' }, '2', '1'])
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
