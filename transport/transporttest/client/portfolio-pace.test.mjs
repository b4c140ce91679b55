// What an account costs on the wire: its size decides how often it comes, and a page that
// asks for deltas gets what changes.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { accountOf, postTrades, tradeOf } from './accounts.mjs'
import { ask, connect, versions, within } from './client.mjs'
import { openFeed } from './feed.mjs'
import { serverFor, token } from './server.mjs'

const positions = 1_000
const symbol = i => `S${String(i).padStart(4, '0')}`

/** An account of a thousand positions, and a feed of their prices. */
async function largeAccount(t, settings) {
  const server = await serverFor(t, settings)
  await postTrades(server.url, Array.from({ length: positions }, (_, i) => tradeOf('ann', { symbol: symbol(i), quantity: 1, price: 10 })))
  const feed = openFeed(t, server.url)
  return { server, feed }
}

/** The bytes of each portfolio:update, as its text is. */
function weigh(socket) {
  const sizes = []
  socket.on('portfolio:update', update => sizes.push(JSON.stringify(update).length))
  return sizes
}

const sum = sizes => sizes.reduce((all, size) => all + size, 0)

for (const [version, io] of versions) {
  describe(`large accounts with socket.io-client ${version}`, { concurrency: false }, () => {
    it('come at a pace of their size, the newest last', { timeout: 60_000 }, async t => {
      const { server, feed } = await largeAccount(t, { OUTCRY_PORTFOLIO_UPDATE_BYTE_RATE: '262144' })
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      await socket.await('portfolio:update')
      await ask(socket, 'ping', {})
      await within('the snapshot again', async resolve => { while (socket.of('portfolio:update').length < 2) await delay(5); resolve() })
      const sizes = weigh(socket)
      const began = performance.now()
      let price = 10
      while (performance.now() - began < 6_000) {
        price++
        for (let i = 0; i < positions; i += 50) feed.send({ symbol: symbol(i), price })
        await delay(100)
      }
      const seconds = (performance.now() - began) / 1_000
      t.diagnostic(`${sizes.length} updates, ${Math.round(sum(sizes) / seconds / 1024)} KB/s`)
      assert.ok(sum(sizes) / seconds <= 262_144, `${sum(sizes)} bytes in ${seconds} s`)
      const last = await socket.await('portfolio:update', u => u.positions[0].currentPrice === price)
      assert.equal(last.positions.length, positions)
      assert.deepEqual(last.portfolio.positions, last.positions)
    })

    it('bring what changes to a page that asks for deltas', { timeout: 60_000 }, async t => {
      const { server, feed } = await largeAccount(t)
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      await socket.await('portfolio:update')
      let page
      const sizes = []
      const unmerged = () => socket.got.filter(g => g.event === 'portfolio:update')
      socket.got.length = 0
      socket.on('portfolio:update', update => {
        if (!update.delta) {
          page = { positions: new Map(update.positions.map(p => [p.symbol, p])), orders: new Map(update.orders.map(o => [o.orderId, o])) }
          return
        }
        sizes.push(JSON.stringify(update).length)
        for (const gone of update.removedPositions) page.positions.delete(gone)
        for (const gone of update.removedOrders) page.orders.delete(gone)
        for (const position of update.positions) page.positions.set(position.symbol, position)
        for (const order of update.orders) page.orders.set(order.orderId, order)
        page.totals = update
      })
      await ask(socket, 'subscribe:portfolio', { delta: true })
      await socket.await('portfolio:update')
      const began = performance.now()
      let price = 10
      while (performance.now() - began < 3_000) {
        price++
        for (let i = 0; i < 10; i++) feed.send({ symbol: symbol(i), price })
        await delay(100)
      }
      const { body: { orderId } } = await accountOf(server.url, 'ann').place({ clientOrderId: 'c', symbol: symbol(0), side: 'buy', quantity: 1, type: 'limit', limitPrice: 1 })
      await postTrades(server.url, [tradeOf('ann', { symbol: symbol(7), side: 'sell', quantity: 1, price })])
      await socket.await('portfolio:update', u => u.delta && u.removedPositions.includes(symbol(7)))
      await within('the order', async resolve => { while (!page.orders.has(orderId)) await delay(5); resolve() })
      await accountOf(server.url, 'ann').cancel(orderId)
      await socket.await('portfolio:update', u => u.delta && u.removedOrders.includes(orderId))
      await within('the last price', async resolve => { while (page.positions.get(symbol(3)).currentPrice !== price) await delay(5); resolve() })
      const { body } = await accountOf(server.url, 'ann').portfolio()
      assert.deepEqual([...page.positions.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1)), body.positions)
      assert.equal(page.totals.totalValue, body.portfolio.totalValue)
      assert.equal(page.totals.positionCount, positions - 1)
      const seconds = (performance.now() - began) / 1_000
      t.diagnostic(`${sizes.length} deltas, ${Math.round(sum(sizes) / seconds / 1024)} KB/s`)
      assert.ok(sizes.length / seconds > 2, `${sizes.length} deltas in ${seconds} s`)
      assert.ok(Math.max(...sizes) < 10_000, `${Math.max(...sizes)}`)
      assert.equal(unmerged().filter(g => !g.args[0].delta).length, 1, 'one whole account, first')
      assert.deepEqual(socket.of('portfolio:updated'), [])
    })
  })
}
