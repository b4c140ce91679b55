// Ticks in: what a feed sends is what browsers see, while it sends.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, connect, versions } from './client.mjs'
import { openFeed } from './feed.mjs'
import { serverFor, token } from './server.mjs'

const day = 24 * 60 * 60 * 1000

for (const [version, io] of versions) {
  describe(`feeds with socket.io-client ${version}`, () => {
    /** A browser that watches X, and a feed to it. */
    async function scene(t, settings) {
      const server = await serverFor(t, settings)
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      assert.deepEqual(await ask(socket, 'subscribe:watchlist', { symbols: ['X'] }), { success: true })
      return { server, socket, feed: openFeed(t, server.url) }
    }

    it('shows each tick while the stream lives, and counts them at its end', async t => {
      const { socket, feed } = await scene(t)
      for (const price of [10, 10.5, 9.75]) {
        feed.send({ symbol: 'X', price, size: 2 })
        const quote = await socket.await('watchlist:quote', q => q.price === price)
        assert.equal(quote.state, 'live')
        assert.equal(quote.merged, 1)
        assert.ok(quote.age < 5_000, `age ${quote.age}`)
      }
      assert.equal(socket.of('watchlist:quote').at(-1).volume, 6)
      assert.deepEqual(await feed.close(), { status: 200, accepted: 3, rejected: 0, errors: [] })
    })

    it('refuses impossible ticks one by one, each with its reason', async t => {
      const { socket, feed } = await scene(t)
      const bad = [
        '{"symbol":"X","price":', '{"symbol":"X","price":-1}', '{"symbol":"X","price":0}', '{"symbol":"X","price":1e999}',
        '{"symbol":"X","price":NaN}', '{"symbol":"X"}', '{"price":1}', '{"symbol":"<a symbol>","price":1}',
        JSON.stringify({ symbol: 'X'.repeat(33), price: 1 }), JSON.stringify({ symbol: 'X', price: 1, timestamp: Date.now() + day }),
      ]
      for (const line of bad) feed.send(line)
      feed.send({ symbol: 'X', price: 5 })
      const quote = await socket.await('watchlist:quote')
      assert.deepEqual([quote.price, quote.merged], [5, 1])
      const { status, accepted, rejected, errors } = await feed.close()
      assert.deepEqual([status, accepted, rejected], [200, 1, bad.length])
      errors.forEach(({ line, message }, i) => {
        assert.equal(line, i + 1)
        assert.ok(message.length > 0)
      })
      assert.ok(errors.length > 0)
    })

    it('never moves a price back for an older tick, and counts its volume', async t => {
      const { socket, feed } = await scene(t)
      const now = Date.now()
      feed.send({ symbol: 'X', price: 20, size: 1, timestamp: now })
      await socket.await('watchlist:quote', q => q.volume === 1)
      feed.send({ symbol: 'X', price: 30, size: 1, timestamp: now - 1 })
      const quote = await socket.await('watchlist:quote', q => q.volume === 2)
      assert.deepEqual([quote.price, quote.high, quote.timestamp], [20, 30, now])
    })

    it('measures the change from the close of the day before', async t => {
      const { socket, feed } = await scene(t)
      feed.send({ symbol: 'X', price: 80, size: 7, timestamp: Date.now() - 2 * day })
      feed.send({ symbol: 'X', price: 100, size: 3 })
      const quote = await socket.await('watchlist:quote', q => q.price === 100)
      const { previousClose, open, change, changePercent, volume } = quote
      assert.deepEqual({ previousClose, open, change, changePercent, volume }, { previousClose: 80, open: 100, change: 20, changePercent: 25, volume: 3 })
    })

    it('tells a quiet market from a feed that is gone', async t => {
      const { socket, feed } = await scene(t, {
        OUTCRY_MARKET_QUIET_AFTER: '1s', OUTCRY_MARKET_FEED_GRACE: '1s', OUTCRY_MARKET_SWEEP_INTERVAL: '50ms',
      })
      feed.send({ symbol: 'X', price: 1 })
      await socket.await('watchlist:quote', q => q.state === 'live')
      const quiet = await socket.await('watchlist:quote', q => q.state === 'quiet')
      assert.ok(quiet.age >= 1_000, `age ${quiet.age}`)
      await feed.close()
      await socket.await('watchlist:quote', q => q.state === 'stale')
      assert.deepEqual(socket.of('watchlist:quote').map(q => [q.price, q.state, q.merged]), [[1, 'live', 1], [1, 'quiet', 0], [1, 'stale', 0]])
    })

    for (const [who, credentials, status] of [['a trader', token('ann', { roles: ['trader'] }), 403], ['nobody', 'nonsense', 401]]) {
      it(`takes no ticks from ${who}`, async t => {
        const { server, socket } = await scene(t)
        const feed = openFeed(t, server.url, credentials)
        assert.equal((await feed.close()).status, status)
        await ask(socket, 'ping', {})
        assert.deepEqual(socket.of('watchlist:quote'), [])
      })
    }
  })
}
