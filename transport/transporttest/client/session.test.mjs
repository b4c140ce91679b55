// Signing in and out over HTTP, and what the session opens: connections by cookie
// and by id, and REST.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { browsers, connect, once, open } from './client.mjs'
import { startServer, token } from './server.mjs'

for (const [browser, io] of browsers) {
  describe(`sessions with ${browser}`, () => {
    let server
    before(async () => { server = await startServer({ dev: true, OUTCRY_SIMULATOR_ENABLED: 'false' }) })
    after(async () => { assert.equal(await server.stop(), 0) })

    const post = (path, body, headers = {}) => fetch(server.url + path, { method: 'POST', body: body && JSON.stringify(body), headers })
    async function status(cookie) {
      const { authenticated, user } = await (await fetch(`${server.url}/auth/status`, { headers: { cookie } })).json()
      return { authenticated, user }
    }

    async function signIn(user) {
      const response = await post('/auth/demo', { user })
      assert.equal(response.status, 200)
      const set = response.headers.get('set-cookie')
      assert.match(set, /HttpOnly; SameSite=Lax/)
      return { ...await response.json(), cookie: set.split(';')[0] }
    }

    /** Opens a client without a token. */
    const openBy = ({ auth = {}, cookie, ...options }) => open(io, server.url, auth, { ...cookie && { extraHeaders: { cookie } }, ...options })

    it('lets the cookie and the session id in, until signed out', async t => {
      const { cookie, sessionId, token: jwt, userId } = await signIn('demo-alice')
      assert.equal(userId, 'demo-alice')
      assert.deepEqual(await status(cookie), { authenticated: true, user: { id: 'demo-alice', username: 'demo-alice', discriminator: '0', isAdmin: false } })
      const sockets = [openBy({ cookie }), openBy({ auth: { sessionID: sessionId, userId } })]
      const byToken = await connect(io, server.url, jwt)
      t.after(() => [...sockets, byToken].forEach(s => s.close()))
      for (const socket of sockets) assert.equal((await socket.await('connected')).userId, 'demo-alice')
      const portfolio = await fetch(`${server.url}/api/portfolio`, { headers: { cookie } })
      assert.equal(portfolio.status, 200)

      assert.equal((await post('/auth/logout', undefined, { cookie, origin: 'https://evil.example' })).status, 403)
      const out = await post('/auth/logout', undefined, { cookie })
      assert.equal(out.status, 200)
      const ended = Date.now()
      for (const socket of sockets) {
        assert.deepEqual(await socket.await('connection.closed'), { reason: 'You have signed out', code: 'SIGNED_OUT' })
        if (socket.connected) await once(socket, 'disconnect')
      }
      t.diagnostic(`closed ${Date.now() - ended} ms after signing out`)
      assert.ok(byToken.connected, 'a token is no session')
      assert.deepEqual(await status(cookie), { authenticated: false, user: null })
      for (const options of [{ cookie }, { auth: { sessionID: sessionId, userId } }]) {
        const refused = openBy(options)
        t.after(() => refused.close())
        const [error] = await once(refused, 'connect_error')
        assert.deepEqual([error.message, error.data.code], ['Authentication failed: Invalid or expired session', 'INVALID_SESSION'])
      }
      assert.equal((await fetch(`${server.url}/api/portfolio`, { headers: { cookie } })).status, 401)
    })

    it('refuses forged cookies, and sessions of another user', async t => {
      const { cookie, sessionId } = await signIn('demo-alice')
      for (const [options, code] of [
        [{ cookie: cookie.slice(0, -3) + 'abc' }, 'INVALID_SESSION'],
        [{ cookie: `outcry_session=${sessionId}` }, 'INVALID_SESSION'],
        [{ auth: { sessionID: sessionId, userId: 'demo-bob' } }, 'USER_MISMATCH'],
        [{ cookie, auth: { userId: 'demo-bob' } }, 'USER_MISMATCH'],
        [{ query: { token: token('ann') } }, 'NO_SESSION_ID'],
      ]) {
        const socket = openBy(options)
        t.after(() => socket.close())
        assert.equal((await once(socket, 'connect_error'))[0].data.code, code, JSON.stringify(options))
      }
    })

    it('keeps foreign pages from using the cookie', async () => {
      const { cookie } = await signIn('demo-alice')
      const order = { clientOrderId: 'x', symbol: 'AAPL', side: 'buy', quantity: 1, type: 'limit', limitPrice: 1 }
      const response = await post('/api/orders', order, { cookie, origin: 'https://evil.example', 'content-type': 'application/json' })
      assert.deepEqual([response.status, (await response.json()).code], [403, 'FOREIGN_ORIGIN'])
      const handshake = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers: { cookie, origin: 'https://evil.example' } })
      assert.equal(handshake.status, 403)
    })
  })
}

describe('demo users', () => {
  it('are not there outside development', async t => {
    const server = await startServer()
    t.after(() => server.kill())
    assert.equal((await fetch(`${server.url}/auth/demo`, { method: 'POST', body: '{"user":"demo-alice"}' })).status, 404)
    assert.equal((await fetch(`${server.url}/auth/discord`)).status, 404)
    assert.equal(await server.stop(), 0)
  })
})
