// Pages attach their listeners when they please: some inside connect, some a moment
// after it, as the effects of React run. All get their state and what they missed.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { postTrade, tradeOf } from './accounts.mjs'
import { ask, browsers, once, open, reconnecting, upgraded, within } from './client.mjs'
import { proxyFor } from './proxy.mjs'
import { healthy, postTicks, serverFor, startServer, token } from './server.mjs'

const moments = [0, 5, 50, 100]
const heard = ['portfolio:update', 'market:status', 'watchlist:quote', 'trade:executed']

/** A page that listens some time after each CONNECT, and no more once it is cut off. */
function pageOf(t, io, url, user, wait) {
  const socket = io(url, { forceNew: true, auth: { token: token(user) }, ...reconnecting })
  const page = { socket, got: [], listening: null, over: false }
  t.after(() => { page.over = true; socket.close() })
  const listeners = Object.fromEntries(heard.map(event => [event, (data, offset) => page.got.push({ event, data, offset })]))
  page.of = event => page.got.filter(g => g.event === event)
  page.await = (event, n) => within(`${n} ${event}, listening ${wait} ms after CONNECT`, async resolve => {
    while (page.of(event).length < n && !page.over) await delay(5)
    resolve()
  }, () => `it got ${JSON.stringify(page.got).slice(0, 2000)}`)
  page.arrive = () => { page.listening = new Promise(resolve => socket.once('connect', async () => {
    if (wait) await delay(wait)
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener)
    resolve()
  })) }
  page.leave = () => { for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener) }
  page.arrive()
  return page
}

for (const [browser, io] of browsers) {
  describe(`pages that listen late with ${browser}`, { concurrency: true }, () => {
    let server
    before(async () => { server = await startServer() })
    after(async () => { assert.equal(await server.stop(), 0) })

    for (const wait of moments) {
      const user = `page-${wait}`

      it(`shows a page its state that listens after ${wait} ms and says nothing`, async t => {
        const page = pageOf(t, io, server.url, `${user}-silent`, wait)
        await page.listening
        await page.await('portfolio:update', 1) // two where the account was there before the page was
        await page.await('market:status', 1)
        await delay(300) // there is no more
        assert.ok(page.of('portfolio:update').length <= 2, JSON.stringify(page.got))
      })

      it(`shows a page its state that listens after ${wait} ms and then asks for something`, async t => {
        const page = pageOf(t, io, server.url, `${user}-asks`, wait)
        await page.listening
        const before = page.of('portfolio:update').length
        await ask(page.socket, 'watchlist:get')
        await page.await('portfolio:update', Math.max(before, 1))
      })

      it(`tells a page once what it missed that listens ${wait} ms after it is back`, async t => {
        const proxy = await proxyFor(t, server.address)
        const who = `${user}-back`
        const page = pageOf(t, io, proxy.url, who, wait)
        await page.listening
        await upgraded(page.socket)
        await postTicks(server.url, [{ symbol: 'QUIET', price: 7 }])
        await ask(page.socket, 'subscribe:watchlist', { symbols: ['QUIET'] })
        await page.await('watchlist:quote', 1)
        const ids = []
        const trade = async () => {
          const made = tradeOf(who)
          ids.push(made.id)
          await postTrade(server.url, made)
        }
        await trade()
        await page.await('trade:executed', 1)
        for (let round = 0; round < 3; round++) {
          await ask(page.socket, 'ping', {}) // its poll is at the engine, if it polls
          await proxy.carries(1)
          const gone = once(page.socket, 'disconnect')
          proxy.hold()
          proxy.cut()
          await gone
          page.leave()
          await trade()
          await trade()
          page.got.length = 0
          page.arrive()
          proxy.release()
          await page.listening
          assert.equal(page.socket.recovered, true)
          if (round === 1) page.socket.emit('subscribe:portfolio') // speaks as soon as it listens
          await page.await('trade:executed', 2)
          await page.await('portfolio:update', 1)
          await page.await('watchlist:quote', 1)
          await trade() // live, a notice as ever
          await page.await('trade:executed', 3)
          assert.deepEqual(page.of('trade:executed').map(g => g.data.id), ids.slice(-3))
          assert.ok(page.of('trade:executed').every(g => typeof g.offset === 'string'))
        }
      })
    }

    it('tells a page once what happens while it arrives', async t => {
      const own = await serverFor(t)
      const page = pageOf(t, io, own.url, 'ann', 100)
      await once(page.socket, 'connect')
      const made = tradeOf('ann')
      await postTrade(own.url, made)
      await page.await('trade:executed', 1)
      await page.await('portfolio:update', 1)
      await delay(300) // there is no more
      assert.deepEqual(page.of('trade:executed').map(g => g.data.id), [made.id])
    })

    it('warns a page that listens late of the end of its sign-in', async t => {
      const exp = Math.floor(Date.now() / 1000) + 30
      const socket = open(io, server.url, { token: token('short', { exp }) })
      t.after(() => socket.close())
      await once(socket, 'connect')
      await delay(100)
      socket.got.length = 0
      await socket.await('token.expiring')
      assert.equal(socket.of('token.expiring').length, 1)
    })

    it('costs an engine no session', async t => {
      const own = await serverFor(t, { OUTCRY_SESSION_RECOVERY_WINDOW: '1s' })
      const sockets = Array.from({ length: 20 }, (_, i) => open(io, own.url, { token: token(`brief-${i % 5}`) }))
      await Promise.all(sockets.map(socket => once(socket, 'connect')))
      for (const socket of sockets) socket.close() // before they have arrived
      await healthy(own, 'an empty engine', ({ websocket: w }) => w.sessions === 0 && w.recoverable === 0)
      assert.equal(await own.stop(), 0)
    })
  })
}
