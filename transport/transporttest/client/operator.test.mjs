// What operators and browsers learn of the engine and of the market, with the
// real client.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ask, browsers, connect, upgraded, within } from './client.mjs'
import { openFeed } from './feed.mjs'
import { operatorToken, serverFor, token } from './server.mjs'

async function readStats(url) {
  const response = await fetch(`${url}/api/operator/stats`, { headers: { Authorization: `Bearer ${operatorToken()}` } })
  assert.equal(response.status, 200)
  return response.json()
}

/** Reads stats until they pass. */
const statsWhere = (url, what, passes) => {
  let last
  return within(what, async (resolve, reject) => {
    try {
      for (;;) {
        last = await readStats(url)
        if (passes(last)) return resolve(last)
        await delay(20)
      }
    } catch (error) {
      reject(error)
    }
  }, () => `the last stats were ${JSON.stringify(last)}`)
}

/** Every number of a JSON value. */
function* numbersOf(value) {
  if (typeof value === 'number') yield value
  else if (value && typeof value === 'object') for (const part of Object.values(value)) yield* numbersOf(part)
}

for (const [browser, io, way] of browsers) {
  describe(`operations with ${browser}`, { concurrency: true }, () => {
    it('tells of the market on connect, and when its feed comes and goes', async t => {
      const server = await serverFor(t, { OUTCRY_MARKET_FEED_GRACE: '0s', OUTCRY_MARKET_HOURS: 'us_equities' })
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      const first = await socket.await('market:status')
      const { market: { market, ...nested }, ...flat } = first
      assert.equal(market, 'us_equities')
      assert.deepEqual(nested, flat)
      assert.deepEqual(Object.keys(flat).sort(), ['feed', 'isOpen', 'nextClose', 'nextOpen', 'timestamp'])
      assert.equal(flat.feed, 'down')
      assert.equal(flat.isOpen, flat.nextClose < flat.nextOpen)
      assert.ok(Math.min(flat.nextOpen, flat.nextClose) > flat.timestamp)
      const feed = openFeed(t, server.url)
      feed.send({ symbol: 'A', price: 1 })
      await socket.await('market:status', m => m.feed === 'live')
      await feed.close()
      const live = socket.of('market:status').findLast(m => m.feed === 'live')
      await socket.await('market:status', m => m.timestamp >= live.timestamp && m.feed === 'down')
      const told = socket.of('market:status').map(m => m.feed)
      assert.deepEqual(told.filter((feed, i) => feed !== told[i - 1]), ['down', 'live', 'down'])
    })

    it('shows operators how fresh quotes are, here and in browsers', async t => {
      const { url } = await serverFor(t)
      const socket = await connect(io, url, token('ann'))
      t.after(() => socket.close())
      await upgraded(socket)
      const feed = openFeed(t, url)
      assert.deepEqual(await ask(socket, 'subscribe:watchlist', ['A']), { success: true })
      for (let price = 1; price <= 20; price++) {
        feed.send({ symbol: 'A', price, timestamp: Date.now() })
        await socket.await('watchlist:quote', q => q.price === price)
      }
      socket.emit('latency:report', { p50: 3, p95: 5, p99: 8, count: 19, windowMs: 1000 })
      const stats = await statsWhere(url, 'ticks and a report', s => s.freshness.minute.count >= 19 && s.freshness.browsers)
      assert.equal(stats.freshness.minute.count, 19, 'each tick but the snapshot, once')
      assert.deepEqual([stats.freshness.browsers.reporters, stats.freshness.browsers.count], [1, 19])
      assert.ok(Math.abs(stats.freshness.browsers.p95 - 5) < 0.5, `${stats.freshness.browsers.p95}`)
      const { open, websocket, polling, totalConnections, totalWebsocket, totalPolling, upgrades, users, sessions } = stats.connections
      const overPolling = way === 'polling'
      assert.deepEqual({ open, websocket, polling, totalConnections, totalWebsocket, totalPolling, upgrades, users, sessions }, {
        open: 1, websocket: overPolling ? 0 : 1, polling: overPolling ? 1 : 0, totalConnections: 1,
        totalWebsocket: way === 'websocket' ? 1 : 0, totalPolling: way === 'websocket' ? 0 : 1, upgrades: way === 'upgrade' ? 1 : 0, users: 1, sessions: 1,
      })
      for (const number of numbersOf(stats)) assert.ok(Number.isFinite(number))
    })

    it('takes no notice of reports that are none', async t => {
      const { url } = await serverFor(t)
      const socket = await connect(io, url, token('ann'))
      t.after(() => socket.close())
      for (const bad of [undefined, null, 'fast', { p50: '3' }, { p50: -1, p95: 5, p99: 8, count: 1 }, { p50: 9, p95: 5, p99: 8, count: 1 }, { p50: 3, p95: 5, p99: 4e6, count: 1 }]) {
        socket.emit('latency:report', bad)
      }
      const refused = await ask(socket, 'latency:report', { p50: 3 })
      assert.deepEqual([refused.success, refused.code], [false, 'INVALID_PARAMS'])
      assert.deepEqual(await ask(socket, 'latency:report', { p50: 3, p95: 5, p99: 8, count: 1 }), { success: true })
      assert.equal((await readStats(url)).freshness.browsers.count, 1)
      assert.deepEqual(socket.of('error'), [])
    })
  })
}
