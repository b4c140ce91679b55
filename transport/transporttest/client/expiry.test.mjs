// The whole life of credentials: told before they end, ended with them, renewed
// on the live connection.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ask, browsers, connect, once, open } from './client.mjs'
import { startServer, token } from './server.mjs'

const inSeconds = seconds => Math.floor(Date.now() / 1000) + seconds

for (const [browser, io] of browsers) {
  describe(`credentials that end with ${browser}`, { concurrency: true }, () => {
    let server
    before(async () => { server = await startServer() })
    after(async () => { assert.equal(await server.stop(), 0) })

    it('tells before, closes at the end, and does not let the token in again', async t => {
      const exp = inSeconds(3)
      const socket = await connect(io, server.url, token('ann', { exp }))
      t.after(() => socket.close())
      const expiring = await socket.await('token.expiring')
      assert.equal(expiring.expiresAt, exp * 1000)
      assert.ok(expiring.expiresIn > 0 && expiring.expiresIn <= 3000, `${expiring.expiresIn}`)
      assert.match(expiring.message, /connection.reauth/)
      const closed = await socket.await('connection.closed')
      const late = Date.now() - exp * 1000
      assert.deepEqual(closed, { reason: 'Your session has expired', code: 'TOKEN_EXPIRED' })
      if (socket.connected) await once(socket, 'disconnect')
      t.diagnostic(`closed ${late} ms after the end`)
      assert.ok(late >= 0, `closed ${-late} ms before the end`)
      assert.equal(socket.of('token.expiring').length, 1)
      const old = open(io, server.url, { token: token('ann', { exp: exp - 60 }) })
      t.after(() => old.close())
      assert.equal((await once(old, 'connect_error'))[0].data.code, 'TOKEN_EXPIRED')
    })

    it('goes on with a new token of the same user', async t => {
      const socket = await connect(io, server.url, token('ann', { exp: inSeconds(3) }))
      t.after(() => socket.close())
      await socket.await('token.expiring')
      assert.deepEqual(await ask(socket, 'connection.reauth', { token: token('ann') }), { success: true, userId: 'ann' })
      const exp = inSeconds(5)
      socket.emit('connection.reauth', token('ann', { exp }))
      const { message, expiresAt } = await socket.await('connection.reauth.success')
      assert.deepEqual([typeof message, expiresAt], ['string', exp * 1000])
      await socket.await('connection.closed')
      assert.ok(Date.now() >= exp * 1000, 'the first token was what counted')
    })

    it('refuses the token of another, or a bad one', async t => {
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      const mismatch = { success: false, error: 'Authentication failed: User ID mismatch' }
      assert.deepEqual(await ask(socket, 'connection.reauth', { token: token('bob') }), mismatch)
      assert.equal((await ask(socket, 'connection.reauth', 'garbage')).success, false)
      assert.equal((await ask(socket, 'connection.reauth', { token: 7 })).success, false)
      assert.equal((await ask(socket, 'ping', {})).userId, 'ann')
      socket.emit('connection.reauth', { token: token('bob') })
      assert.equal((await socket.await('connection.reauth.failure')).message, mismatch.error)
      if (socket.connected) await once(socket, 'disconnect')
    })
  })
}
