// Who is let in, and in which words others are refused.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { browsers, connect, once, open, upgraded } from './client.mjs'
import { secret, startServer, token } from './server.mjs'

const seconds = () => Math.floor(Date.now() / 1000)
const none = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${Buffer.from('{"sub":"x"}').toString('base64url')}.`
const invalid = ['Authentication failed: Invalid JWT token', 'INVALID_TOKEN']

const refusals = {
  'no credentials': [{}, 'Authentication required: No session ID provided', 'NO_SESSION_ID'],
  'an unknown session': [{ sessionID: 'abc', userId: 'ann' }, 'Authentication failed: Invalid or expired session', 'INVALID_SESSION'],
  'an expired token': [{ token: token('ann', { exp: 1_700_000_000 }) }, 'Authentication failed: JWT token expired', 'TOKEN_EXPIRED'],
  'a token of tomorrow': [{ token: token('ann', { nbf: seconds() + 86_400 }) }, 'Authentication failed: JWT token not yet valid', 'TOKEN_NOT_BEFORE'],
  'garbage': [{ token: 'garbage' }, ...invalid],
  'a foreign signature': [{ token: token('ann', {}, { secret: 'some-other-secret-1234' }) }, ...invalid],
  'another algorithm': [{ token: token('ann', {}, { sign: { algorithm: 'HS512' } }) }, ...invalid],
  'no algorithm': [{ token: none }, ...invalid],
  'a refresh token': [{ token: token('ann', { type: 'refresh' }) }, ...invalid],
}

for (const [browser, io, way] of browsers) {
  describe(`sign-in with ${browser}`, () => {
    let server
    before(async () => { server = await startServer() })
    after(async () => { assert.equal(await server.stop(), 0) })

    it('lets a token in and greets its user', async () => {
      const socket = await connect(io, server.url, token('ann'))
      const connected = await socket.await('connected')
      const authorized = await socket.await('connection.authorized')
      assert.equal(connected.socketId, socket.id)
      assert.equal(connected.userId, 'ann')
      assert.equal(authorized.userId, 'ann')
      assert.equal(authorized.sessionId, socket.id)
      assert.equal(typeof connected.timestamp, 'number')
      assert.equal(typeof connected.message, 'string')
      assert.ok(!socket.recovered)
      await upgraded(socket)
      assert.equal(socket.io.engine.transport.name, way === 'polling' ? 'polling' : 'websocket')
      socket.close()
    })

    it('takes a token from the Authorization header', async () => {
      const socket = open(io, server.url, undefined, { extraHeaders: { Authorization: `Bearer ${token('bob')}` } })
      assert.equal((await socket.await('connected')).userId, 'bob')
      socket.close()
    })

    for (const [what, [auth, message, code]] of Object.entries(refusals)) {
      it(`refuses ${what}, and the client does not try again`, async () => {
        const socket = open(io, server.url, auth, { reconnection: true, reconnectionDelay: 10 })
        const [error] = await once(socket, 'connect_error')
        assert.equal(error.message, message)
        assert.equal(error.data.code, code)
        assert.equal(code === 'TOKEN_EXPIRED', typeof error.data.expiredAt === 'number')
        assert.equal(socket.active, false)
        socket.close()
      })
    }

    it('ignores a token in the query', async () => {
      const socket = open(io, server.url, {}, { query: { token: token('ann') } })
      const [error] = await once(socket, 'connect_error')
      assert.equal(error.data.code, 'NO_SESSION_ID')
      socket.close()
    })

    it('refuses a namespace that does not exist', async () => {
      const socket = open(io, `${server.url}/nowhere`, { token: token('ann') })
      const [error] = await once(socket, 'connect_error')
      assert.equal(error.message, 'Invalid namespace')
      socket.close()
    })

    it('never shows the secret in its log', () => {
      assert.ok(!server.log.join('\n').includes(secret))
    })
  })
}
