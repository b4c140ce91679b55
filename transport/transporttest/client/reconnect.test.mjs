// Sessions outlive connections: browsers that were cut off go on where they
// were, at the cost of what they show, and those that stay away leave nothing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { postTrade, tradeOf } from './accounts.mjs'
import { ask, browsers, connect, isNewest, once, open, reconnecting, upgraded } from './client.mjs'
import { openFeed } from './feed.mjs'
import { proxyFor } from './proxy.mjs'
import { healthy, postTicks, serverFor, token } from './server.mjs'

const symbols = Array.from({ length: 40 }, (_, i) => `S${i}`)
const away = { OUTCRY_SESSION_RECOVERY_WINDOW: '1s', OUTCRY_PORTFOLIO_IDLE_TIMEOUT: '1s' }
const [users, tabs, shown] = [10, 20, 20] // 200 browsers of 20 symbols

/** Waits until nothing is left of any browser. */
const emptied = server => healthy(server, 'an empty engine', ({ websocket: w, accounts }) =>
  [w.sessions, w.uniqueUsers, w.connections, w.notReading, w.recoverable, accounts.loaded, accounts.pending].every(n => n === 0))

/**
 * Waits until a cut of the proxy ends the connection of each browser. One that
 * has sent its upgrade is still polling for an engine that has not got it, and
 * who polls is only missed after a ping; what it is asked goes behind it. The
 * same holds for one whose poll is being answered: there must be no news. The first
 * event of a page brings its state again, and a sync comes after that.
 */
async function established(proxy, sockets) {
  await Promise.all(sockets.map(upgraded))
  await Promise.all(sockets.map(socket => socket.await('portfolio:update'))) // the last of what is told unasked
  for (const event of ['ping', 'state.requestSync']) await Promise.all(sockets.map(socket => ask(socket, event, {})))
  await proxy.carries(sockets.length)
}

/** Cuts all browsers off without a goodbye, as when laptops are closed. */
async function cutOff(proxy, sockets) {
  await established(proxy, sockets)
  const lost = sockets.map(socket => once(socket, 'disconnect'))
  proxy.cut()
  await Promise.all(lost)
}

/** Opens a feed and waits until browsers know of it: they are told within a second, whatever they do then. */
async function knownFeed(t, server, sockets) {
  const feed = openFeed(t, server.url)
  feed.send({ symbol: 'FIRST', price: 1 })
  await Promise.all(sockets.map(socket => socket.await('market:status', ({ feed }) => feed === 'live')))
  return feed
}

/** Connects with the recovery id of another socket. */
async function connectAs(t, io, url, user, { _pid, _lastOffset }) {
  const socket = open(io, url, { token: token(user) }, { autoConnect: false })
  t.after(() => socket.close())
  Object.assign(socket, { _pid, _lastOffset })
  const connected = once(socket, 'connect')
  socket.connect()
  await connected
  return socket
}

for (const [browser, io, way] of browsers) {
  describe(`reconnecting with ${browser}`, { concurrency: true }, () => {
    it('resumes every subscription within the window, without subscribing again', async t => {
      const server = await serverFor(t)
      const proxy = await proxyFor(t, server.address)
      const feed = openFeed(t, server.url)
      const socket = await connect(io, proxy.url, token('ann'), reconnecting)
      t.after(() => socket.close())
      const { id } = socket
      await ask(socket, 'subscribe:watchlist', ['OLD']) // the dialect that gets quote:update as well
      await ask(socket, 'subscribe:watchlist', { symbols: ['B1', 'B2'], batch: true })
      await ask(socket, 'market.subscribe', { symbols: ['M'] })
      await ask(socket, 'subscribe:portfolio')
      await socket.await('portfolio:updated')
      for (let times = 1; times <= 3; times++) {
        await established(proxy, [socket])
        const [gone, back] = [once(socket, 'disconnect'), once(socket, 'connect')]
        proxy.cut()
        await gone
        await back
        assert.deepEqual([socket.recovered, socket.id], [true, id])
        for (const symbol of ['OLD', 'B1', 'B2', 'M']) feed.send({ symbol, price: times })
        await socket.await('watchlist:quote', q => q.symbol === 'OLD' && q.price === times)
        await socket.await('quote:update', q => q.symbol === 'OLD' && q.price === times)
        for (const symbol of ['B1', 'B2']) await socket.await('watchlist:quotes', quotes => quotes.some(q => q.symbol === symbol && q.price === times))
        await socket.await('market.quote', q => q.symbol === 'M' && q.price === times)
        await postTrade(server.url, tradeOf('ann'))
        await socket.await('portfolio:updated', u => u.portfolio.totalTrades === times)
      }
      const { websocket } = await server.health()
      assert.deepEqual([websocket.sessions, websocket.uniqueUsers], [1, 1])
      assert.deepEqual(socket.of('error'), [])
      socket.close()
      assert.equal(await server.stop(), 0)
    })

    it('begins anew after a deliberate disconnect', async t => {
      const server = await serverFor(t)
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      const { id } = socket
      await ask(socket, 'subscribe:watchlist', { symbols })
      await socket.await('portfolio:update')
      for (let i = 0; i < 2; i++) await ask(socket, 'watchlist:set', ['A']) // its session is saved by then
      const back = once(socket, 'connect')
      socket.disconnect().connect()
      await back
      assert.equal(socket.recovered ?? false, false)
      assert.notEqual(socket.id, id)
      socket.close()
      await healthy(server, 'that nothing is to be recovered', ({ websocket: w }) => w.sessions === 0 && w.recoverable === 0)
    })

    it('leaves nothing behind after the window', async t => {
      const server = await serverFor(t, away)
      const proxy = await proxyFor(t, server.address)
      const sockets = await Promise.all(['ann', 'ann', 'bob'].map(user => connect(io, proxy.url, token(user))))
      t.after(() => sockets.forEach(socket => socket.close()))
      for (const socket of sockets) await ask(socket, 'subscribe:watchlist', { symbols })
      await cutOff(proxy, sockets)
      await emptied(server)

      const late = await connectAs(t, io, proxy.url, 'ann', sockets[0])
      assert.equal(late.recovered ?? false, false)
      await late.await('portfolio:update')
      await postTicks(server.url, [{ symbol: symbols[0], price: 1 }])
      await ask(late, 'ping', {})
      assert.deepEqual(late.of('watchlist:quote'), [], 'it is a new session, without subscriptions')
      late.close()
      assert.equal(await server.stop(), 0)
    })

    if (isNewest(browser)) it('grows by nobody who came and went', async t => {
      const server = await serverFor(t, away)
      const proxy = await proxyFor(t, server.address)
      const memory = []
      for (let round = 0; round < 3; round++) {
        const sockets = await Promise.all(symbols.slice(0, shown).map(name => connect(io, proxy.url, token(`${name}-${round}`))))
        await Promise.all(sockets.map(socket => ask(socket, 'subscribe:watchlist', { symbols })))
        await cutOff(proxy, sockets)
        await emptied(server)
        memory.push((await server.health()).memory)
      }
      const goroutines = memory.map(m => m.goroutines)
      t.diagnostic(`${browser}: ${goroutines.join(', ')} goroutines after rounds of ${shown} browsers, heap of ${memory.map(m => m.heapBytes >> 10).join(', ')} KB`)
      assert.ok(goroutines.at(-1) < goroutines[0] + shown / 2, `${goroutines}`)
    })

    it('lets nobody go on where another was', async t => {
      const server = await serverFor(t)
      const proxy = await proxyFor(t, server.address)
      const ann = await connect(io, proxy.url, token('ann'), reconnecting)
      t.after(() => ann.close())
      const feed = await knownFeed(t, server, [ann])
      await ask(ann, 'subscribe:quote', 'MINE')
      await postTrade(server.url, tradeOf('ann'))
      await ann.await('trade:executed')
      await ann.await('portfolio:update', u => u.totalTrades === 1)
      let price = 0
      const { id } = ann
      async function steal() {
        const thief = await connectAs(t, io, server.url, 'bob', ann)
        assert.equal(thief.recovered ?? false, false)
        assert.notEqual(thief.id, id)
        assert.equal((await thief.await('portfolio:update')).userId, 'bob')
        feed.send({ symbol: 'MINE', price: ++price })
        await healthy(server, 'the tick', ({ feed: { accepted } }) => accepted === 1 + price)
        await ask(thief, 'ping', {})
        assert.deepEqual([thief.of('watchlist:quote'), thief.of('trade:executed')], [[], []])
      }
      await steal() // while she is there,
      await ann.await('watchlist:quote', q => q.price === price)
      assert.equal((await ask(ann, 'ping', {})).userId, 'ann')
      await established(proxy, [ann])
      const [lost, back] = [once(ann, 'disconnect'), once(ann, 'connect')]
      proxy.hold()
      proxy.cut()
      await lost
      await healthy(server, 'her connection to end', ({ websocket }) => websocket.recoverable > 0)
      await steal() // and while she is away
      proxy.release()
      await back
      assert.deepEqual([ann.recovered, ann.id], [true, id])
    })

    if (isNewest(browser) && way !== 'upgrade') it(`costs what ${users * tabs} browsers show, not what they missed`, { timeout: 60_000 }, async t => {
      const server = await serverFor(t, { OUTCRY_MARKET_FEED_SILENCE: '1m' }) // no quote but those that are asked about
      const proxy = await proxyFor(t, server.address)
      const owners = Array.from({ length: users * tabs }, (_, i) => `user${i % users}`)
      const sockets = await Promise.all(owners.map(user => connect(io, proxy.url, token(user), reconnecting)))
      t.after(() => sockets.forEach(socket => socket.close()))
      const feed = await knownFeed(t, server, sockets)
      const watched = i => symbols.slice((i % 2) * shown, (i % 2) * shown + shown)
      await Promise.all(sockets.map((socket, i) => ask(socket, 'subscribe:watchlist', { symbols: watched(i) })))

      let price = 0
      const bytes = {}
      for (const missed of [1, 200]) {
        await established(proxy, sockets)
        const back = sockets.map(socket => once(socket, 'connect'))
        proxy.hold()
        proxy.cut()
        await healthy(server, 'cut connections', ({ websocket }) => websocket.connections === 0)
        for (const socket of sockets) socket.got.length = 0
        for (let i = 0; i < missed; i++) {
          price++
          for (const symbol of symbols) feed.send({ symbol, price })
        }
        await healthy(server, 'all ticks', ({ feed: { accepted } }) => accepted === 1 + price * symbols.length)
        const before = proxy.bytesDown
        proxy.release()
        await Promise.all(back)
        await Promise.all(sockets.map(async (socket, i) => {
          for (const symbol of watched(i)) await socket.await('watchlist:quote', q => q.symbol === symbol && q.price === price)
          // The first event brings the state again, for pages that listen late; what else would come twice comes before.
          for (let j = 0; j < 2; j++) await ask(socket, 'ping', {})
        }))
        bytes[missed] = proxy.bytesDown - before
        const quotes = sockets.map(socket => socket.of('watchlist:quote').length)
        assert.deepEqual([Math.min(...quotes), Math.max(...quotes)], [2 * shown, 2 * shown], 'each symbol shown, and again for the first event')
        assert.ok(sockets.every(socket => socket.recovered))
        t.diagnostic(`${browser}: after ${missed} ticks of each symbol missed, ${sockets.length} browsers got ${shown} quotes and ${Math.round(bytes[missed] / sockets.length)} bytes each`)
      }
      assert.ok(bytes[200] < bytes[1] * 1.2, JSON.stringify(bytes))
      for (const socket of sockets) socket.close()
      assert.equal(await server.stop(), 0)
    })
  })
}
