// Engines that crash and that are stopped, under browsers of every way: each
// notice comes exactly once, and nobody subscribes again.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { postTrade, postTrades, tradeOf } from './accounts.mjs'
import { checkNotices, expectedNotices, noticesIn } from './checks/notice-checker.mjs'
import { ask, browsers, connect, once, reconnecting, saved } from './client.mjs'
import { durableServerFor } from './durable-server.mjs'
import { openFeed } from './feed.mjs'
import { token } from './server.mjs'

const ends = {
  'a crash': server => server.kill(),
  'a stop': async server => assert.equal(await server.stop(), 0),
}

for (const [browser, io] of browsers) {
  describe(`restarts with ${browser}`, () => {
    for (const [what, end] of Object.entries(ends)) {
      it(`gets every notice once over ${what}`, async t => {
        const server = await durableServerFor(t)
        await server.start()
        const socket = await connect(io, server.url, token('ann'), reconnecting)
        t.after(() => socket.close())
        const { id } = socket
        const { version: since } = await socket.await('portfolio:update')
        await ask(socket, 'subscribe:quote', 'X')
        await postTrades(server.url, [tradeOf('ann'), tradeOf('ann', { side: 'sell' })])
        await socket.await('position:closed')
        await saved(socket)
        const back = once(socket, 'connect')
        await postTrades(server.url, Array.from({ length: 20 }, () => tradeOf('ann')))
        await end(server) // when the browser has been told of some of them, as it falls

        await server.start()
        await postTrade(server.url, tradeOf('ann', { status: 'failed', reason: 'no shares to borrow' })) // before it is back, or just after
        await back
        assert.deepEqual([socket.recovered, socket.id], [true, id])
        openFeed(t, server.url).send({ symbol: 'X', price: 7 })
        await socket.await('watchlist:quote', q => q.price === 7) // without subscribing again
        await postTrade(server.url, tradeOf('ann', { id: 'last' }))
        await socket.await('trade:executed', trade => trade.id === 'last')
        socket.close()
        assert.equal(await server.stop(), 0)

        const journal = (await server.journal(t)).get('ann')
        assert.equal(expectedNotices(journal, since).length, 25, 'two trades, the position they closed, twenty, one that failed, the last')
        assert.deepEqual(checkNotices(noticesIn(socket.got), journal, since), [])
      })
    }
  })
}
