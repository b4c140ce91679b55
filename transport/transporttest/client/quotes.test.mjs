// Subscriptions and quotes in every dialect of the wire contract.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask, browsers, connect } from './client.mjs'
import { postTicks, startServer, token } from './server.mjs'

const shapes = { 'a bare array': s => s, '{symbols}': symbols => ({ symbols }), '{symbol}': ([symbol]) => ({ symbol }) }

for (const [browser, io] of browsers) {
  describe(`quotes with ${browser}`, () => {
    let server
    before(async () => { server = await startServer() })
    after(async () => { assert.equal(await server.stop(), 0) })

    it('sends a quote with all its fields, numbers as numbers', async () => {
      const { url } = server
      await postTicks(url, [
        { symbol: 'FULL', price: 100, size: 10, bid: 99.99, ask: 100.01 },
        { symbol: 'FULL', price: 98.5, size: 5.5 },
      ])
      const socket = await connect(io, url, token('ann'))
      socket.emit('subscribe:watchlist', { symbols: [' full ', 'FULL'] })
      const quote = await socket.await('watchlist:quote')
      const { symbol, quote: nested, ...flat } = quote
      assert.equal(symbol, 'FULL')
      assert.deepEqual(nested, flat)
      const { timestamp, quoteTime, age, state, ...values } = flat
      assert.deepEqual(values, { price: 98.5, change: -1.5, changePercent: -1.5, volume: 15.5, bid: 99.99, ask: 100.01, high: 100, low: 98.5, open: 100, merged: 1 })
      assert.ok(Math.abs(Date.now() - timestamp) < 60_000, `timestamp ${timestamp}`)
      assert.ok(quoteTime <= timestamp, `quoteTime ${quoteTime}`)
      assert.ok(age >= 0 && age < 60_000, `age ${age}`)
      assert.ok(['live', 'stale'].includes(state), state)
      const confirmed = await socket.await('subscribed:watchlist')
      assert.deepEqual([confirmed.success, confirmed.symbols, confirmed.userId, typeof confirmed.timestamp], [true, ['FULL'], 'ann', 'number'])
      assert.deepEqual(await socket.await('subscription:confirmed'), { type: 'watchlist', symbols: ['FULL'] })
      socket.close()
    })

    for (const [name, shape] of Object.entries(shapes)) {
      it(`takes symbols as ${name} in every event`, async () => {
        const socket = await connect(io, server.url, token('ann'))
        const bare = name === 'a bare array'
        const symbols = { 'subscribe:watchlist': 'WL', 'subscribe:quote': 'SQ', 'market.subscribe': 'MK' }
        await postTicks(server.url, Object.values(symbols).map(symbol => ({ symbol, price: 7 })))
        for (const [event, symbol] of Object.entries(symbols)) {
          assert.deepEqual(await ask(socket, event, shape([symbol])), { success: true })
        }
        await socket.await('watchlist:quote', q => q.symbol === 'WL' && q.price === 7)
        await socket.await('watchlist:quote', q => q.symbol === 'SQ' && q.price === 7)
        await socket.await('market.quote', q => q.symbol === 'MK' && q.price === 7)
        if (bare) await socket.await('quote:update', q => q.symbol === 'WL')
        assert.equal(socket.of('quote:update').length > 0, bare)
        for (const event of ['unsubscribe:watchlist', 'unsubscribe:quote', 'market.unsubscribe']) {
          const symbol = { 'unsubscribe:watchlist': 'WL', 'unsubscribe:quote': 'SQ', 'market.unsubscribe': 'MK' }[event]
          assert.deepEqual(await ask(socket, event, shape([symbol])), { success: true })
        }
        await socket.await('unsubscribed:watchlist', u => u.symbols[0] === 'WL')
        await socket.await('unsubscription:confirmed')
        socket.got.length = 0
        await postTicks(server.url, Object.values(symbols).map(symbol => ({ symbol, price: 8 })))
        // The answer to a later request is behind any quote that would have come.
        await ask(socket, 'ping', { timestamp: 1 })
        assert.deepEqual(socket.got, [])
        socket.close()
      })
    }

    it('keeps two clients of one user apart', async () => {
      const [one, two] = [await connect(io, server.url, token('twin')), await connect(io, server.url, token('twin'))]
      await ask(one, 'subscribe:quote', 'LEFT')
      await ask(two, 'subscribe:quote', 'RIGHT')
      const { websocket } = await server.health()
      assert.deepEqual([websocket.sessions, websocket.uniqueUsers], [2, 1])
      await postTicks(server.url, [{ symbol: 'LEFT', price: 1 }, { symbol: 'RIGHT', price: 2 }])
      assert.equal((await one.await('watchlist:quote')).symbol, 'LEFT')
      assert.equal((await two.await('watchlist:quote')).symbol, 'RIGHT')
      one.close()
      await postTicks(server.url, [{ symbol: 'LEFT', price: 3 }, { symbol: 'RIGHT', price: 4 }])
      await two.await('watchlist:quote', q => q.price === 4)
      assert.ok(two.of('watchlist:quote').every(q => q.symbol === 'RIGHT'))
      two.close()
    })

    it('batches where the client asks for it', async () => {
      const socket = await connect(io, server.url, token('ann'))
      await postTicks(server.url, [{ symbol: 'B1', price: 1 }, { symbol: 'B2', price: 2 }])
      socket.emit('subscribe:watchlist', { symbols: ['B1', 'B2'], batch: true })
      const batch = await socket.await('watchlist:quotes', quotes => quotes.length === 2)
      assert.deepEqual(batch.map(q => [q.symbol, q.price, 'quote' in q]).sort(), [['B1', 1, false], ['B2', 2, false]])
      assert.deepEqual(socket.of('watchlist:quote'), [])
      socket.close()
    })

    it('sends the snapshot again when a client subscribes again', async () => {
      const socket = await connect(io, server.url, token('ann'))
      await postTicks(server.url, [{ symbol: 'AGAIN', price: 3 }])
      for (const count of [1, 2, 3]) {
        await ask(socket, 'subscribe:quote', { symbol: 'AGAIN' })
        await socket.await('watchlist:quote', () => socket.of('watchlist:quote').length === count)
      }
      assert.deepEqual(socket.of('error'), [])
      socket.close()
    })

    it('keeps to its limits and says which', async () => {
      const socket = await connect(io, server.url, token('ann'))
      const many = (n, prefix) => Array.from({ length: n }, (_, i) => `${prefix}${i}`)
      socket.emit('subscribe:watchlist', many(101, 'A'))
      const error = await socket.await('error')
      assert.deepEqual([error.event, error.code], ['subscribe:watchlist', 'SUBSCRIPTION_LIMIT'])
      assert.match(error.message, /100/)
      await ask(socket, 'subscribe:watchlist', many(100, 'B'))
      await ask(socket, 'market.subscribe', many(100, 'C'))
      const refused = await ask(socket, 'market.subscribe', ['ONEMORE'])
      assert.deepEqual([refused.success, refused.code], [false, 'SUBSCRIPTION_LIMIT'])
      assert.match(refused.message, /200/)
      socket.got.length = 0
      socket.emit('subscribe:quote', 'ONEMORE')
      socket.emit('subscribe:watchlist', 7)
      assert.equal((await socket.await('error')).code, 'INVALID_PARAMS')
      assert.equal(socket.of('error').length, 1, 'subscribe:quote must never cause an error event')
      socket.close()
    })

    it('answers ping both ways and ignores what it does not know', async () => {
      const socket = await connect(io, server.url, token('ann'))
      const { serverTimestamp, ...acknowledged } = await ask(socket, 'ping', { timestamp: 5 })
      assert.deepEqual(acknowledged, { success: true, message: 'pong', userId: 'ann' })
      assert.ok(Math.abs(serverTimestamp - Date.now()) < 10_000, `${serverTimestamp} is the server's time`)
      socket.emit('ping', { timestamp: 1234 })
      const pong = await socket.await('pong')
      assert.equal(pong.clientTimestamp, 1234)
      assert.equal(typeof pong.serverTimestamp, 'number')
      socket.emit('some:future:event', { a: 1 })
      const answer = await ask(socket, 'another:future:event')
      assert.equal(answer.success, false)
      assert.deepEqual(socket.of('error'), [])
      socket.close()
    })
  })
}
