// Settings that change while browsers are connected: nobody loses a connection,
// and a page that is not ours changes nothing.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { browsers, connect, once, upgraded } from './client.mjs'
import { changeSettings as change, postTicks, startServer, token } from './server.mjs'

for (const [browser, io] of browsers) {
  describe(`settings with ${browser}`, () => {
    let server
    before(async () => { server = await startServer() })
    after(async () => { assert.equal(await server.stop(), 0) })

    it('change under a connection that stays', async t => {
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      await upgraded(socket)
      const id = socket.id
      socket.emit('subscribe:watchlist', ['ACME'])
      await socket.await('subscription:confirmed')
      for (const [i, changes] of [
        { 'mailbox.budget': '100ms', 'mailbox.pace_floor': '2ms', 'mailbox.capacity': '50' },
        { 'session.slow_timeout': '5s', 'session.outbox_bytes': '8192', 'session.symbols_per_socket': '3' },
        { 'limit.events_per_second': '20', 'limit.dials_per_second': '5', 'limit.sockets_per_user': '1' },
        { 'engineio.ping_interval': '1s', 'engineio.ping_timeout': '10s', 'engineio.max_connections': '1' },
        { 'market.quiet_after': '1s', 'market.sweep_interval': '20ms', 'portfolio.update_interval': '50ms', 'portfolio.idle_timeout': '1s' },
        { 'http.request_timeout': '2s', 'paper.fee_basis_points': '5', 'log.level': 'warn' },
      ].entries()) {
        const answer = await change(server, changes)
        assert.equal(answer.status, 200, JSON.stringify(answer))
        assert.equal(answer.changed.length, Object.keys(changes).length)
        const price = 100 + i
        await postTicks(server.url, [{ symbol: 'ACME', price }])
        await socket.await('watchlist:quote', q => q.price === price)
      }
      assert.equal(socket.id, id)
      assert.ok(socket.connected)

      // Who comes from now on is told the new heartbeat, and kept by it.
      await change(server, { 'engineio.max_connections': '0' })
      const other = await connect(io, server.url, token('bob'))
      t.after(() => other.close())
      const { engine } = other.io // 4.8.4 calls private what 4.7.5 does not
      assert.deepEqual([engine._pingInterval ?? engine.pingInterval, engine._pingTimeout ?? engine.pingTimeout], [1000, 10000])
      for (let pings = 0; pings < 3; pings++) await once(engine, 'ping')
      assert.ok(other.connected && socket.connected)
      assert.equal((await server.health()).websocket.pingTimeouts, 0)
    })

    it('are refused as a whole, with a reason for each', async () => {
      const budget = async () => (await server.health()).latency.budget
      const inForce = await budget()
      const answer = await change(server, { 'mailbox.budget': '300ms', 'mailbox.budgett': '1s', 'netpoll.mode': 'epoll' })
      assert.equal(answer.status, 422)
      assert.deepEqual(answer.errors, [
        { key: 'mailbox.budgett', message: 'no such setting: did you mean mailbox.budget?' },
        { key: 'netpoll.mode', message: 'takes effect at a restart only: set it in the settings file or as OUTCRY_NETPOLL_MODE, and restart' },
      ])
      assert.equal(await budget(), inForce)
    })
  })
}

describe('settings by the cookie of an operator', () => {
  it('change from our own pages only', async t => {
    const server = await startServer({ dev: true, OUTCRY_SIMULATOR_ENABLED: 'false' })
    t.after(() => server.kill())
    const signIn = async user => {
      const response = await fetch(`${server.url}/auth/demo`, { method: 'POST', body: JSON.stringify({ user }) })
      return response.headers.get('set-cookie').split(';')[0]
    }
    const cookie = await signIn('demo-operator')
    const budget = async () => (await server.health()).latency.budget
    const foreign = await change(server, { 'mailbox.budget': '1s' }, { cookie, origin: 'https://evil.example' })
    assert.deepEqual([foreign.status, foreign.code, await budget()], [403, 'FOREIGN_ORIGIN', 200])
    const trader = await change(server, { 'mailbox.budget': '1s' }, { cookie: await signIn('demo-alice'), origin: server.url })
    assert.deepEqual([trader.status, trader.code, await budget()], [403, 'ROLE_MISSING', 200])
    const nobody = await change(server, { 'mailbox.budget': '1s' }, {})
    assert.deepEqual([nobody.status, await budget()], [401, 200])
    const own = await change(server, { 'mailbox.budget': '150ms' }, { cookie, origin: server.url })
    assert.deepEqual([own.status, await budget()], [200, 150])
    const { changes } = await (await fetch(`${server.url}/api/operator/audit`, { headers: { cookie } })).json()
    assert.deepEqual(changes.map(({ at, ...c }) => [typeof at, c]), [['number', { userId: 'demo-operator', key: 'mailbox.budget', from: '200ms', to: '150ms' }]])
    assert.equal(await server.stop(), 0)
  })
})
