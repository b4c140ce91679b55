// Clients and servers that misbehave or go away: the others go on.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, connect, once, versions } from './client.mjs'
import { freePort } from './durable-server.mjs'
import { dialFor, ended, heard, upgrade } from './raw.mjs'
import { changeSettings, healthy, postTicks, serverFor, token } from './server.mjs'

/** A masked frame with a zero mask. */
function frame(first, payload) {
  const length = payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.from([0xfe, payload.length >> 8, payload.length & 255])
  return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(4), payload])
}

const attacks = {
  'an unmasked frame': Buffer.from([0x81, 0x02, 0x34, 0x30]),
  'a reserved opcode': frame(0x83, Buffer.from('x')),
  'reserved bits': frame(0xf1, Buffer.from('40')),
  'a frame that declares 2^63 bytes': Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  'a frame over the limit': Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0]),
  'text that is not UTF-8': frame(0x81, Buffer.from([0x34, 0xff, 0xfe])),
  'a continuation of nothing': frame(0x80, Buffer.from('x')),
  'a fragmented ping': frame(0x09, Buffer.from('x')),
  'an empty packet': frame(0x81, Buffer.alloc(0)),
  'an unknown Engine.IO packet': frame(0x81, Buffer.from('9')),
  'an unknown Socket.IO packet': frame(0x81, Buffer.from('49')),
  'an event before CONNECT': frame(0x81, Buffer.from('42["ping"]')),
  'a CONNECT that is not JSON': frame(0x81, Buffer.from('40{"token":')),
  'deep nesting': frame(0x81, Buffer.from(`42${'['.repeat(60_000)}`)),
}

for (const [version, io] of versions) {
  describe(`faults with socket.io-client ${version}`, () => {
    for (const forceBase64 of [false, true]) it(`answers binary arguments like any others that do not fit, and goes on${forceBase64 ? ', also as base64' : ''}`, async t => {
      const server = await serverFor(t)
      const socket = await connect(io, server.url, token('ann'), { forceBase64 })
      const bytes = Buffer.from([1, 2, 3])
      for (const [event, ...args] of [
        ['subscribe:watchlist', bytes], ['subscribe:quote', { symbol: bytes }], ['market.subscribe', { symbols: [bytes] }],
        ['watchlist:set', bytes], ['order:cancel', { orderId: bytes }], ['no:such:event', bytes, bytes],
      ]) {
        const answer = await ask(socket, event, ...args)
        assert.equal(answer.success, false, event)
        assert.equal(answer.code, 'INVALID_PARAMS', event)
      }
      socket.emit('subscribe:watchlist', bytes)
      const error = await socket.await('error', e => e.event === 'subscribe:watchlist')
      assert.equal(error.code, 'INVALID_PARAMS')
      socket.emit('latency:report', bytes)
      assert.equal((await ask(socket, 'ping', { timestamp: bytes })).message, 'pong')
      assert.equal(socket.connected, true)
      socket.close()
      assert.equal(await server.stop(), 0)
    })

    it('survives everything a stranger can send', async t => {
      const server = await serverFor(t)
      const witness = await connect(io, server.url, token('ann'))
      await ask(witness, 'subscribe:quote', 'W')
      await Promise.all(Object.entries(attacks).map(async ([what, bytes]) => {
        const socket = dialFor(t, server, upgrade())
        assert.match(await heard(socket, '\r\n\r\n'), /^HTTP\/1.1 101 /, what)
        socket.write(bytes)
        await ended(socket)
      }))
      for (const garbage of ['\0\0\0\0\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', `GET /${'x'.repeat(20_000)}`, `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(5_000)}`]) {
        const socket = dialFor(t, server)
        socket.end(garbage)
        await ended(socket)
      }
      await postTicks(server.url, [{ symbol: 'W', price: 42 }])
      await witness.await('watchlist:quote', q => q.price === 42)
      assert.equal((await server.health()).websocket.sessions, 1)
      witness.close()
      assert.equal(await server.stop(), 0)
    })

    it('finds a half-open peer by its heartbeat', async t => {
      const server = await serverFor(t, { OUTCRY_ENGINEIO_PING_INTERVAL: '200ms', OUTCRY_ENGINEIO_PING_TIMEOUT: '20s' })
      const alive = await connect(io, server.url, token('ann')) // keeps the patience that it was told
      t.after(() => alive.close())
      await changeSettings(server, { 'engineio.ping_timeout': '200ms' })
      const silent = dialFor(t, server, upgrade())
      await heard(silent, '\r\n\r\n')
      silent.write(frame(0x81, Buffer.from(`40${JSON.stringify({ token: token('bob') })}`)))
      await ended(silent) // it never answered a ping
      await once(alive.io.engine, 'ping')
      assert.equal((await ask(alive, 'ping', {})).message, 'pong')
      await healthy(server, 'the silent one to be gone, alone', ({ websocket: w }) => w.pingTimeouts === 1 && w.sessions === 1 && w.connections === 1)
      alive.close()
      assert.equal(await server.stop(), 0)
    })

    it('disconnects a browser that does not read, and keeps the others fresh', async t => {
      const server = await serverFor(t, { OUTCRY_SESSION_SLOW_TIMEOUT: '300ms' })
      const names = Array.from({ length: 100 }, (_, i) => `S${i}`)
      const reader = await connect(io, server.url, token('ann'))
      await ask(reader, 'subscribe:watchlist', { symbols: names, batch: true })
      const stalled = dialFor(t, server, upgrade())
      await heard(stalled, '\r\n\r\n')
      stalled.pause()
      stalled.write(frame(0x81, Buffer.from(`40${JSON.stringify({ token: token('bob') })}`)))
      stalled.write(frame(0x81, Buffer.from(`42["subscribe:watchlist",${JSON.stringify(names)}]`)))
      let price = 0
      const closed = async () => (await server.health()).websocket.closed['slow consumer']
      while ((await closed()) === 0) {
        price++
        assert.ok(price < 2_000, 'nothing stops a browser that does not read')
        await postTicks(server.url, names.map(symbol => ({ symbol, price })))
      }
      await reader.await('watchlist:quotes', quotes => quotes.some(q => q.symbol === 'S99' && q.price === price))
      assert.ok(price > 3, `blocked after ${price} rounds: that is no stall`)
      stalled.destroy()
      reader.close()
      assert.equal(await server.stop(), 0)
    })

    it('closes a connection that never signs in', async t => {
      const server = await serverFor(t, { OUTCRY_SOCKETIO_CONNECT_TIMEOUT: '200ms' })
      await ended(dialFor(t, server, upgrade()))
      assert.equal(await server.stop(), 0)
    })

    for (const [end, stop, outcome] of [['stop', server => server.stop(), 0], ['crash', server => server.kill(), undefined]]) {
      it(`is found again on the same port after a ${end}, without any help`, async t => {
        const address = `127.0.0.1:${await freePort()}`
        const first = await serverFor(t, {}, address)
        const socket = await connect(io, first.url, token('ann'), { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 100 })
        t.after(() => socket.close())
        const subscribe = () => socket.emit('subscribe:watchlist', ['BACK'])
        socket.on('connect', subscribe) // as dashboards do
        subscribe()
        await socket.await('subscribed:watchlist')
        await postTicks(first.url, [{ symbol: 'BACK', price: 1 }])
        await socket.await('watchlist:quote', q => q.price === 1)

        const lost = once(socket, 'disconnect')
        assert.equal(await stop(first), outcome)
        assert.equal((await lost)[0], 'transport close')
        const again = once(socket, 'connect')
        const second = await serverFor(t, {}, address)
        await again
        assert.equal((await ask(socket, 'ping', {})).userId, 'ann')
        await postTicks(second.url, [{ symbol: 'BACK', price: 2 }])
        await socket.await('watchlist:quote', q => q.price === 2)
      })
    }

    it('tells a client when it is full, so that it comes back', async t => {
      const server = await serverFor(t, { MAX_WEBSOCKET_CONNECTIONS: '1' })
      const first = await connect(io, server.url, token('ann'))
      const response = await heard(dialFor(t, server, upgrade()), '\r\n\r\n')
      assert.match(response, /^HTTP\/1.1 503 /)
      assert.match(response, /Retry-After: \d+/i)
      first.close()
      assert.equal(await server.stop(), 0)
    })
  })
}
