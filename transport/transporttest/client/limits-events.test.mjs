// What the engine refuses of a browser that is let in, over every way: it is told
// once, and sent away if it goes on. Each refusal is counted in /health.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { postTrade, tradeOf } from './accounts.mjs'
import { ask, browsers, connect, once, reconnecting, upgraded } from './client.mjs'
import { healthy, serverFor, token } from './server.mjs'

const names = (n, prefix) => Array.from({ length: n }, (_, i) => `${prefix}${i}`)

for (const [browser, io, way] of browsers) {
  describe(`limits of what is sent with ${browser}`, { concurrency: true }, () => {
    async function scene(t, settings, options) {
      const server = await serverFor(t, settings)
      const socket = await connect(io, server.url, token('ann'), options)
      t.after(() => socket.close())
      await upgraded(socket)
      return { server, socket, limits: async () => (await server.health()).limits }
    }
    const few = { OUTCRY_LIMIT_EVENTS_PER_SECOND: '1', OUTCRY_LIMIT_EVENT_BURST: '10' }

    it('tells of too many events once, and not in a storm', async t => {
      const { server, socket, limits } = await scene(t, few)
      for (let i = 0; i < 18; i++) socket.emit('ping', { timestamp: i })
      const error = await socket.await('error')
      assert.deepEqual([error.event, error.code], ['ping', 'RATE_LIMIT'])
      assert.match(error.message, /at most 1 a second, 10 at once/)
      await healthy(server, 'all of them', ({ limits }) => socket.of('pong').length + limits.events === 18)
      const errors = socket.of('error').length
      assert.ok(errors <= 2, `${errors} errors`) // one a second: the burst may lie across the turn of one
      const { events, floods } = await limits()
      assert.ok(events > errors, `${events} refused, ${errors} errors`)
      assert.deepEqual([socket.connected, floods], [true, 0])
    })

    it('answers each event that asks for an answer', async t => {
      const { socket, limits } = await scene(t, few)
      const answers = await Promise.all(names(18, 'ping').map(() => ask(socket, 'ping', {})))
      const refused = answers.filter(answer => answer.success === false)
      assert.ok(refused.length > 0 && refused.length <= 8, `${refused.length} of ${answers.length} refused`)
      for (const { code, message } of refused) assert.deepEqual([code, typeof message], ['RATE_LIMIT', 'string'])
      for (const answer of answers.filter(answer => !refused.includes(answer))) assert.equal(answer.message, 'pong')
      assert.equal((await limits()).events, refused.length)
      assert.deepEqual(socket.of('error'), [])
    })

    it('sends away who floods it, and keeps the others', async t => {
      const { server, socket, limits } = await scene(t, few, reconnecting)
      const other = await connect(io, server.url, token('bob'))
      t.after(() => other.close())
      const [lost, back] = [once(socket, 'disconnect'), once(socket, 'connect')]
      for (let i = 0; i < 500; i++) socket.emit('subscribe:watchlist', ['FLOOD'])
      const [reason] = await lost
      assert.match(reason, /^transport (close|error)$/)
      await back // it comes back by itself, to the session that it had
      assert.equal(socket.recovered, true)
      const { floods } = await limits()
      assert.equal(floods, 1)
      assert.ok(socket.of('error').length <= 2, `${socket.of('error').length} errors`)
      assert.equal((await ask(other, 'ping', {})).message, 'pong')
      assert.deepEqual(other.of('error'), [])
    })

    it('takes so many symbols of a request and of a socket', async t => {
      const { socket, limits } = await scene(t, { OUTCRY_SESSION_SYMBOLS_PER_REQUEST: '4', OUTCRY_SESSION_SYMBOLS_PER_SOCKET: '6' })
      socket.emit('subscribe:watchlist', names(5, 'A'))
      const error = await socket.await('error')
      assert.deepEqual([error.event, error.code], ['subscribe:watchlist', 'SUBSCRIPTION_LIMIT'])
      assert.match(error.message, /at most 4 are allowed/)
      assert.deepEqual(await ask(socket, 'subscribe:watchlist', { symbols: names(4, 'A') }), { success: true })
      const refused = await ask(socket, 'market.subscribe', { symbols: names(3, 'B') })
      assert.deepEqual([refused.success, refused.code], [false, 'SUBSCRIPTION_LIMIT'])
      assert.match(refused.message, /at most 6 are allowed/)
      assert.deepEqual(await ask(socket, 'market.subscribe', { symbols: names(2, 'B') }), { success: true })
      assert.deepEqual(await ask(socket, 'subscribe:watchlist', names(4, 'A')), { success: true }, 'a repeat adds nothing')
      socket.emit('subscribe:quote', 'C')
      assert.equal((await ask(socket, 'subscribe:quote', 'C')).code, 'SUBSCRIPTION_LIMIT')
      await ask(socket, 'unsubscribe:quote', 'A0')
      assert.deepEqual(await ask(socket, 'subscribe:quote', 'C'), { success: true })
      assert.equal(socket.of('error').length, 1, 'subscribe:quote never causes one')
      assert.equal((await limits()).subscriptions, 4)
    })

    it('ends the connection of a message that is too large, and misses nothing', async t => {
      const { server, socket, limits } = await scene(t, { OUTCRY_WEBSOCKET_MAX_MESSAGE_BYTES: '5000' }, reconnecting)
      assert.equal((await ask(socket, 'ping', { padding: 'x'.repeat(4000) })).message, 'pong')
      const [lost, back] = [once(socket, 'disconnect'), once(socket, 'connect')]
      socket.emit('ping', { padding: 'x'.repeat(6000) })
      const [reason, details] = await lost
      if (way === 'polling') assert.deepEqual([reason, details.context.status], ['transport error', 413])
      else assert.deepEqual([reason, details.context.code], ['transport close', 1009])
      await postTrade(server.url, tradeOf('ann', { id: 'meanwhile' }))
      await back
      assert.equal(socket.recovered, true)
      await socket.await('trade:executed', trade => trade.id === 'meanwhile')
      assert.equal((await limits()).messages, 1)
    })

    it('counts attachments to the message', async t => {
      const { socket, limits } = await scene(t, { OUTCRY_WEBSOCKET_MAX_MESSAGE_BYTES: '5000' })
      assert.equal((await ask(socket, 'ping', Buffer.alloc(2500))).message, 'pong')
      const lost = once(socket, 'disconnect')
      socket.emit('ping', Buffer.alloc(2500), Buffer.alloc(2500))
      await lost
      assert.equal((await limits()).messages, 1)
    })

    it('refuses nothing of all that where a limit is 0', async t => {
      const off = ['LIMIT_DIALS_PER_SECOND', 'LIMIT_SOCKETS_PER_USER', 'LIMIT_EVENTS_PER_SECOND', 'SESSION_SYMBOLS_PER_REQUEST', 'SESSION_SYMBOLS_PER_SOCKET', 'WEBSOCKET_MAX_MESSAGE_BYTES']
      const { server, socket } = await scene(t, {
        ...Object.fromEntries(off.map(key => [`OUTCRY_${key}`, '0'])), OUTCRY_LIMIT_DIAL_BURST: '1', OUTCRY_LIMIT_EVENT_BURST: '1',
      })
      const sockets = await Promise.all(names(24, 'tab').map(() => connect(io, server.url, token('ann'))))
      t.after(() => sockets.forEach(socket => socket.close()))
      const answers = await Promise.all(names(300, 'ping').map(() => ask(socket, 'ping', {})))
      assert.ok(answers.every(answer => answer.message === 'pong'))
      assert.deepEqual(await ask(socket, 'subscribe:watchlist', { symbols: names(300, 'A') }), { success: true })
      assert.equal((await ask(socket, 'ping', { padding: 'x'.repeat(1_500_000) })).message, 'pong')
      const { limits, websocket } = await server.health()
      assert.deepEqual([...new Set(Object.values(limits))], [0])
      assert.equal(websocket.sessions, 25)
    })
  })
}
