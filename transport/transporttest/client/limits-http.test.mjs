// What the engine refuses of who is no browser: silence, heads and bodies that are
// too large or too slow. Browsers notice nothing of it, and each is counted.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { call, executorToken, tradeOf } from './accounts.mjs'
import { ask, browsers, connect } from './client.mjs'
import { dialFor, ended, handshake, upgrade } from './raw.mjs'
import { serverFor, token } from './server.mjs'

const [, io] = browsers[0]
const modes = process.platform === 'linux' ? ['epoll', 'goroutine'] : ['goroutine']

for (const mode of modes) {
  describe(`limits of requests, ${mode}`, { concurrency: true }, () => {
    /** An engine with a browser that is to notice nothing. */
    async function scene(t, settings) {
      const server = await serverFor(t, { OUTCRY_NETPOLL_MODE: mode, ...settings })
      const witness = await connect(io, server.url, token('witness'))
      t.after(() => witness.close())
      return {
        server,
        /** Checks what was refused, and nothing else, and that the browser is well. */
        async refused(expected) {
          const { limits } = await server.health()
          const counted = Object.fromEntries(Object.entries(limits).filter(([, n]) => n > 0))
          assert.deepEqual(counted, expected)
          assert.equal((await ask(witness, 'ping', {})).message, 'pong')
        },
      }
    }

    it('closes connections that say nothing, or half of it', async t => {
      const { server, refused } = await scene(t, { OUTCRY_WEBSOCKET_HEADER_TIMEOUT: '1s' })
      const began = performance.now()
      const slow = ['', 'GET /live HTTP/1.1\r\n', upgrade().slice(0, -4)].map(said => dialFor(t, server, said))
      for (const socket of slow) assert.match(await ended(socket), /^HTTP\/1.1 408 /)
      const took = performance.now() - began
      t.diagnostic(`closed after ${Math.round(took)} ms`)
      assert.ok(took >= 1_000, `closed after ${took} ms`)
      await refused({ slowHeads: slow.length })
    })

    it('does not wait for who sends a byte at a time', async t => {
      const { server, refused } = await scene(t, { OUTCRY_WEBSOCKET_HEADER_TIMEOUT: '1s' })
      const drip = dialFor(t, server)
      const dripping = setInterval(() => drip.write('G'), 20)
      t.after(() => clearInterval(dripping))
      assert.match(await ended(drip), /^HTTP\/1.1 408 /)
      await refused({ slowHeads: 1 })
    })

    it('refuses heads that are too large', async t => {
      const { server, refused } = await scene(t, { OUTCRY_WEBSOCKET_MAX_HEADER_BYTES: '4096' })
      const long = `X-Long: ${'x'.repeat(5_000)}`
      for (const said of [`GET /live HTTP/1.1\r\nHost: x\r\n${long}\r\n\r\n`, upgrade(long), `GET /${'x'.repeat(5_000)}`]) {
        assert.match(await ended(dialFor(t, server, said)), /^HTTP\/1.1 431 /)
      }
      assert.equal((await handshake(server.url, { 'X-Long': 'x'.repeat(3_000) })).status, 200)
      await refused({ largeHeads: 3 })
    })

    it('refuses bodies that are too large', async t => {
      const { server, refused } = await scene(t, { OUTCRY_HTTP_MAX_TRADE_LINE_BYTES: '1000', OUTCRY_HTTP_MAX_TRADES_BYTES: '1000', OUTCRY_HTTP_MAX_TRADES_PER_REQUEST: '2', OUTCRY_WEBSOCKET_MAX_MESSAGE_BYTES: '1000' })
      const trade = JSON.stringify(tradeOf('ann'))
      for (const [path, credentials, body, type] of [
        ['/api/trades', executorToken(), trade.padEnd(2_000), 'application/json'],
        ['/api/trades', executorToken(), `${trade}\n`.padEnd(2_000, '\n'), 'application/x-ndjson'],
        ['/api/trades', executorToken(), Array.from({ length: 3 }, () => JSON.stringify(tradeOf('ann'))).join('\n'), 'application/x-ndjson'],
        ['/api/orders', token('ann', { roles: ['trader'] }), ' '.repeat(20_000), 'application/json'],
      ]) {
        const answer = await call(server.url, 'POST', path, credentials, body, type)
        assert.equal(answer.status, 413, `${path}: ${JSON.stringify(answer.body)}`)
        assert.match(answer.type, /problem\+json/)
      }
      const { sid } = JSON.parse((await (await handshake(server.url)).text()).slice(1))
      const post = body => fetch(`${server.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body })
      assert.equal((await post('4'.repeat(2_000))).status, 413)
      await refused({ largeBodies: 4, messages: 1 })
      assert.equal((await server.health()).accounts.trades, 0)
    })

    it('waits for no body for ever', async t => {
      const { server, refused } = await scene(t, { OUTCRY_HTTP_REQUEST_TIMEOUT: '1s' })
      const head = `POST /api/trades HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${executorToken()}\r\nContent-Length: 100\r\n\r\n{`
      assert.match(await ended(dialFor(t, server, head)), /^HTTP\/1.1 408 /)
      await refused({ slowBodies: 1 })
    })
  })
}
