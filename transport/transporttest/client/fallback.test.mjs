// Browsers behind proxies that want no WebSockets, or fail: they stay live, by
// polling where nothing else is left.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, browsers, connect } from './client.mjs'
import { openFeed } from './feed.mjs'
import { Freshness } from './freshness.mjs'
import { proxyFor } from './proxy.mjs'
import { serverFor, token } from './server.mjs'

const symbols = ['P1', 'P2', 'P3', 'P4', 'P5']
const measured = 1_500 // milliseconds of feeding
const stale = 5_000 // machines of tests are noisy: the figure that counts is printed
const reconnecting = { reconnection: true, reconnectionDelay: 40, reconnectionDelayMax: 100 }

const hostile = {
  'refuses WebSockets': { websockets: 'refuse' },
  'drops WebSockets': { websockets: 'drop' },
  'cuts WebSockets before they are probed': { cutAfter: 200, latency: 120 },
  'cuts WebSockets after 200 ms': { cutAfter: 200 },
  'gathers bytes for 50 ms and refuses WebSockets': { websockets: 'refuse', gather: 50 },
}

for (const [browser, io] of browsers.filter(([, , way]) => way === 'upgrade')) {
  describe(`proxies with ${browser}`, () => {
    async function scene(t, habits, settings) {
      const server = await serverFor(t, settings)
      const proxy = await proxyFor(t, server.address, habits)
      const feed = openFeed(t, server.url)
      const socket = await connect(io, proxy.url, token('ann'), reconnecting)
      t.after(() => socket.close())
      assert.deepEqual(await ask(socket, 'subscribe:watchlist', { symbols }), { success: true })
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
        assert.equal(socket.recovered || proxy.upgrades === 1, true, 'it has never begun anew')
        socket.close()
        assert.equal(await server.stop(), 0)
      })
    }
  })
}
