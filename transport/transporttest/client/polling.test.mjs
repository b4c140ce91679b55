// Polling carries state, not a backlog: a browser that polls late gets what is
// newest, and every notice.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { postTrades, tradeOf } from './accounts.mjs'
import { ask, browsers, connect, within } from './client.mjs'
import { openFeed } from './feed.mjs'
import { proxyFor } from './proxy.mjs'
import { serverFor, token } from './server.mjs'

const symbols = Array.from({ length: 200 }, (_, i) => `S${i}`)
const rounds = 30 // of a tick for each symbol,
const roundInterval = 100 // so that there are 2,000 updates a second
const notices = 50
const mostGrowth = 32 << 20 // of the heap, garbage included: 6,000 quotes kept for each of a few browsers would show

for (const [browser, io] of browsers.filter(([, , way]) => way === 'polling')) {
  describe(`late polls of ${browser}`, () => {
    it('carry the newest quote of each symbol once, and all notices', async t => {
      const server = await serverFor(t)
      const proxy = await proxyFor(t, server.address)
      const feed = openFeed(t, server.url)
      const socket = await connect(io, proxy.url, token('ann'))
      t.after(() => socket.close())
      for (const half of [symbols.slice(0, 100), symbols.slice(100)]) assert.deepEqual(await ask(socket, 'subscribe:watchlist', { symbols: half }), { success: true })
      await proxy.paused(() => feed.send({ symbol: symbols[0], price: 0.5 }))
      const { memory: before } = await server.health()

      for (let round = 1; round <= rounds; round++) {
        for (const symbol of symbols) feed.send({ symbol, price: round })
        if (round === rounds / 2) await postTrades(server.url, Array.from({ length: notices }, (_, i) => tradeOf('ann', { id: `trade-${i}`, price: 1 })))
        await delay(roundInterval)
      }
      await within('all ticks', async resolve => {
        while ((await server.health()).feed.accepted < rounds * symbols.length + 1) await delay(10)
        resolve()
      })
      const { memory } = await server.health()
      t.diagnostic(`${browser}: the heap went from ${before.heapBytes >> 10} to ${memory.heapBytes >> 10} KB over ${rounds * symbols.length} updates that it did not poll for`)
      assert.ok(memory.heapBytes - before.heapBytes < mostGrowth)

      socket.got.length = 0
      const bytes = proxy.bytesDown
      const polled = within('the next poll', resolve => socket.io.engine.transport.once('pollComplete', resolve))
      proxy.release()
      await polled
      t.diagnostic(`${browser}: one poll of ${(proxy.bytesDown - bytes) >> 10} KB carried ${symbols.length} quotes and ${notices} notices`)
      const quotes = socket.of('watchlist:quote').map(q => [q.symbol, q.price])
      assert.deepEqual(quotes.sort(), symbols.map(symbol => [symbol, rounds]).sort())
      assert.deepEqual(socket.of('trade:executed').map(trade => trade.id), Array.from({ length: notices }, (_, i) => `trade-${i}`))
      const updates = socket.of('portfolio:update')
      assert.deepEqual(updates.map(u => u.totalTrades), [notices], 'the account as it is, once')
      assert.equal((await ask(socket, 'ping', {})).message, 'pong')
      socket.close()
      assert.equal(await server.stop(), 0)
    })
  })
}
