// What the engine refuses for a while, over every way: browsers are sent away so
// that they come back by themselves, and get in once there is room. Each refusal
// is counted in /health.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, browsers, connect, once, open, reconnecting } from './client.mjs'
import { proxyFor } from './proxy.mjs'
import { dialFor, ended, handshake, upgrade } from './raw.mjs'
import { healthy, serverFor, token } from './server.mjs'

/** Opens a client that comes back by itself, and counts how often it was refused. */
function patient(t, io, url, user, options = {}) {
  const socket = open(io, url, { token: token(user) }, { ...reconnecting, ...options })
  t.after(() => socket.close())
  socket.refused = 0
  socket.on('connect_error', () => {
    socket.refused++
    assert.equal(socket.active, true, 'it has given up')
  })
  return socket
}

for (const [browser, io] of browsers) {
  describe(`limits of connections with ${browser}`, { concurrency: true }, () => {
    it('lets an address dial so often, and the others in later', async t => {
      const server = await serverFor(t, { OUTCRY_LIMIT_DIALS_PER_SECOND: '2', OUTCRY_LIMIT_DIAL_BURST: '1' })
      const sockets = Array.from({ length: 4 }, (_, i) => patient(t, io, server.url, `u${i}`))
      await Promise.all(sockets.map(socket => socket.await('connected')))
      const refused = sockets.reduce((sum, socket) => sum + socket.refused, 0)
      t.diagnostic(`${browser}: ${sockets.length} browsers were refused ${refused} times`)
      assert.ok(refused > 0, 'nobody was refused')
      assert.equal((await server.health()).limits.dials, refused)
    })

    it('says when to come back', async t => {
      const server = await serverFor(t, { OUTCRY_LIMIT_DIALS_PER_SECOND: '0.001', OUTCRY_LIMIT_DIAL_BURST: '1' })
      const first = await connect(io, server.url, token('ann'))
      t.after(() => first.close())
      const polling = await handshake(server.url)
      assert.equal(polling.status, 429)
      assert.ok(Number(polling.headers.get('retry-after')) > 0)
      assert.match(await polling.text(), /too many connections from this address/)
      assert.match(await ended(dialFor(t, server, upgrade())), /^HTTP\/1.1 429 [^]*\r\nRetry-After: \d+\r\n[^]*too many connections/)
      assert.equal((await server.health()).limits.dials, 2)
      assert.equal((await ask(first, 'ping', {})).message, 'pong')
    })

    it('lets so many in, and the next one when there is room', async t => {
      const server = await serverFor(t, { MAX_WEBSOCKET_CONNECTIONS: '1' })
      const first = await connect(io, server.url, token('ann'))
      const second = patient(t, io, server.url, 'bob')
      await once(second, 'connect_error')
      const polling = await handshake(server.url)
      assert.equal(polling.status, 503)
      assert.ok(Number(polling.headers.get('retry-after')) > 0)
      first.close()
      await second.await('connected')
      assert.equal((await server.health()).limits.full, second.refused + 1)
    })

    it('lets a user have so many sockets, and the next one when one is closed', async t => {
      const server = await serverFor(t, { OUTCRY_LIMIT_SOCKETS_PER_USER: '2' })
      const sockets = await Promise.all([1, 2].map(() => connect(io, server.url, token('ann'))))
      t.after(() => sockets.forEach(socket => socket.close()))
      const third = patient(t, io, server.url, 'ann')
      let closes = 0
      third.io.on('close', () => closes++)
      await healthy(server, 'refused sockets', ({ limits }) => limits.sockets >= 2)
      const other = await connect(io, server.url, token('bob'))
      t.after(() => other.close())
      assert.deepEqual([third.connected, third.active, ...sockets.map(s => s.connected)], [false, true, true, true])
      sockets[0].close()
      await third.await('connected')
      assert.ok(closes >= 2, `${closes}`)
      assert.equal((await server.health()).limits.sockets, closes)
      assert.equal((await server.health()).websocket.sessions, 3)
    })

    it('closes who does not sign in, and nobody else', async t => {
      const server = await serverFor(t, { OUTCRY_SOCKETIO_CONNECT_TIMEOUT: '3s' })
      const signedIn = await connect(io, server.url, token('ann'))
      t.after(() => signedIn.close())
      const { io: stranger } = open(io, server.url, {}, { autoConnect: false })
      const closed = once(stranger, 'close')
      stranger.open() // and no socket of it, so that nothing asks to be let in
      await once(stranger, 'open')
      await closed
      const { limits, websocket } = await server.health()
      assert.deepEqual([limits.silent, websocket.sessions], [1, 1])
      assert.equal((await ask(signedIn, 'ping', {})).message, 'pong')
    })
  })
}

for (const [browser, io] of browsers) {
  describe(`whom to believe with ${browser}`, { concurrency: true }, () => {
    const oneDial = { OUTCRY_LIMIT_DIALS_PER_SECOND: '0.001', OUTCRY_LIMIT_DIAL_BURST: '1' }

    for (const [who, settings, letIn] of [
      ['a stranger', {}, false],
      ['a trusted proxy', { OUTCRY_LIMIT_TRUSTED_PROXIES: '127.0.0.0/8' }, true],
    ]) {
      it(`${letIn ? 'believes' : 'does not believe'} where ${who} says that browsers are`, async t => {
        const server = await serverFor(t, { ...oneDial, ...settings })
        const [here, there] = await Promise.all(['203.0.113.1', '203.0.113.2'].map(forwardedFor => proxyFor(t, server.address, { forwardedFor })))
        const first = await connect(io, here.url, token('ann'))
        t.after(() => first.close())
        // an address that a browser makes up stands before the proxy's own word
        const liar = open(io, here.url, { token: token('bob') }, { extraHeaders: { 'X-Forwarded-For': '203.0.113.9' } })
        await once(liar, 'connect_error')
        const second = open(io, there.url, { token: token('bob') })
        t.after(() => second.close())
        await once(second, letIn ? 'connect' : 'connect_error')
        assert.equal((await server.health()).limits.dials, letIn ? 1 : 2)
      })
    }

    it('lets in pages of the allowed origins, and no others', async t => {
      const server = await serverFor(t, { DASHBOARD_URL: 'https://dashboard.example', FRONTEND_URL: 'https://frontend.example/app' })
      const from = (origin, options) => open(io, server.url, { token: token('ann') }, { extraHeaders: { Origin: origin }, ...options })
      for (const origin of ['https://dashboard.example', 'https://frontend.example', server.address.origin]) {
        const socket = from(origin)
        await once(socket, 'connect')
        socket.close()
      }
      const foreign = ['https://evil.example', 'http://dashboard.example', 'https://dashboard.example.evil.example', 'https://dashboard.example:8443', 'null']
      for (const origin of foreign) {
        const socket = from(origin)
        await once(socket, 'connect_error')
        socket.close()
      }
      const { limits, websocket } = await server.health()
      assert.deepEqual([limits.origins, websocket.totalConnections], [foreign.length, 3])
    })

    it('takes no token from a URL unless it is told to', async t => {
      const careful = await serverFor(t)
      const query = { token: token('ann') }
      const refused = open(io, careful.url, {}, { query })
      const [error] = await once(refused, 'connect_error')
      assert.deepEqual([error.data.code, refused.active], ['NO_SESSION_ID', false])
      assert.equal((await careful.health()).limits.credentials, 1)
      const careless = await serverFor(t, { OUTCRY_AUTH_QUERY_TOKEN: 'true' })
      const socket = open(io, careless.url, {}, { query })
      t.after(() => socket.close())
      assert.equal((await socket.await('connected')).userId, 'ann')
      assert.equal((await careless.health()).limits.credentials, 0)
    })
  })
}
