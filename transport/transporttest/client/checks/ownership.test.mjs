// The check of ownership sees what it must.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { markOf, Ownership } from './ownership.mjs'

const [ann, bob] = [markOf(1), markOf(2)]

it('takes what is the user\'s own, and what is nobody\'s', () => {
  const ownership = new Ownership()
  ownership.placed(ann, 'order-1')
  for (const payload of [undefined, null, {}, { userId: ann, trade: { id: `${ann}-1`, orderId: 'order-1' } }, { symbol: 'SHARED' }, { orderId: 'order-9' }]) {
    assert.deepEqual(ownership.foreign(ann, payload), [])
  }
})

it('sees what is another user\'s, wherever it stands', () => {
  const ownership = new Ownership()
  ownership.placed(bob, 'order-2')
  for (const [payload, found] of [
    [{ userId: bob }, [bob]],
    [[1, { positions: [{ symbol: `${bob.toUpperCase()}.A` }] }], [bob.toUpperCase()]],
    [{ message: `Order to buy 1 of ${bob}` }, [bob]],
    [{ userId: ann, orders: [{ orderId: 'order-2' }] }, [`order order-2 of ${bob}`]],
  ]) assert.deepEqual(ownership.foreign(ann, payload), found)
})
