// Browsers behind proxies that want no WebSockets, or fail: they stay live, by
// polling where nothing else is left.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { postTrade, tradeOf } from './accounts.mjs'
import { checkNotices, noticesIn } from './checks/notice-checker.mjs'
import { browsers, once, open, reconnecting } from './client.mjs'
import { randomOf } from './crash/random.mjs'
import { durableServerFor } from './durable-server.mjs'
import { openFeed } from './feed.mjs'
import { Freshness } from './freshness.mjs'
import { proxyFor } from './proxy.mjs'
import { serverFor, token } from './server.mjs'

const symbols = ['P1', 'P2', 'P3', 'P4', 'P5']
const measured = 1_500 // milliseconds of feeding
const stale = 5_000 // machines of tests are noisy: the figure that counts is printed
// A client whose WebSocket ends between its opening and the first packet waits
// for its timeout, of 20 s unless it is told otherwise, before it tries again.
const impatient = { ...reconnecting, timeout: 1_000 }
// A client whose WebSocket is cut while it pauses polling to change over does
// neither: only its heartbeat ends that.
const heartbeat = { OUTCRY_ENGINEIO_PING_INTERVAL: '500ms', OUTCRY_ENGINEIO_PING_TIMEOUT: '1s' }

/**
 * Opens a browser, waits until it is in, and counts how often it begins anew from
 * then on. A machine that is busy may keep it for longer than it is patient.
 */
async function persistent(t, io, url) {
  const socket = open(io, url, { token: token('ann') }, impatient)
  t.after(() => socket.close())
  await once(socket, 'connect')
  socket.anew = 0
  socket.on('connect', () => { socket.anew += !socket.recovered })
  return socket
}

const hostile = {
  'refuses WebSockets': { websockets: 'refuse' },
  'drops WebSockets': { websockets: 'drop' },
  'cuts WebSockets before they are probed': { cutAfter: 200, latency: 120 },
  'cuts WebSockets after 200 ms': { cutAfter: 200 },
  'gathers bytes for 50 ms and refuses WebSockets': { websockets: 'refuse', gather: 50 },
}

for (const [browser, io] of browsers.filter(([, , way]) => way === 'upgrade')) {
  describe(`proxies with ${browser}`, { concurrency: true }, () => {
    async function scene(t, habits) {
      const server = await serverFor(t, heartbeat)
      const proxy = await proxyFor(t, server.address, habits)
      const feed = openFeed(t, server.url)
      const socket = await persistent(t, io, proxy.url)
      // What was under way when a connection is cut is lost, and a client asks again.
      const subscribe = () => socket.timeout(1_000).emitWithAck('subscribe:watchlist', { symbols }).catch(subscribe)
      assert.deepEqual(await subscribe(), { success: true })
      return { server, proxy, feed, socket }
    }

    for (const [what, habits] of Object.entries(hostile)) {
      it(`stays live where a proxy ${what}`, async t => {
        const { server, proxy, feed, socket } = await scene(t, habits)
        const freshness = new Freshness(feed, socket, symbols)
        await freshness.feedFor(measured)
        t.diagnostic(`${browser}, a proxy that ${what}: ${freshness}; ${proxy.upgrades} upgrades tried`)
        assert.ok(proxy.upgrades > 0, 'the browser has tried')
        assert.ok(freshness.percentile(1) < stale, `${freshness}`)
        assert.equal(socket.anew, 0, 'it began anew')
        socket.close()
        assert.equal(await server.stop(), 0)
      })
    }
  })
}

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const cuts = 12

describe('cuts at random', { concurrency: true }, () => {
  for (const [browser, io] of browsers) {
    it(`lose no notice of ${browser}, seed ${seed}`, async t => {
      const random = randomOf(seed)
      const server = await durableServerFor(t, heartbeat)
      await server.start()
      const proxy = await proxyFor(t, new URL(server.url), { latency: 3 })
      const socket = await persistent(t, io, proxy.url)
      const { version: since } = await socket.await('portfolio:update')
      for (let cut = 0; cut < cuts; cut++) {
        const until = performance.now() + random.between(5, 150) // before it is back, while it upgrades, or when all is well
        while (performance.now() < until) await postTrade(server.url, tradeOf('ann', { side: random.pick(['buy', 'sell']) }))
        proxy.cut()
        await delay(random.between(0, 60))
      }
      await postTrade(server.url, tradeOf('ann', { id: 'last', status: 'failed', reason: 'marks the end' }))
      await socket.await('trade:failed')
      assert.equal(socket.anew, 0, 'it began anew')
      socket.close()
      assert.equal(await server.stop(), 0)
      assert.deepEqual(checkNotices(noticesIn(socket.got), (await server.journal(t)).get('ann'), since), [])
    })
  }
})
