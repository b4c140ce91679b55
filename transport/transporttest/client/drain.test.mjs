// A stop as an operator does it: browsers are told, leave a few at a time, and new
// ones are sent away to come back.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { postTrade, tradeOf } from './accounts.mjs'
import { ask, browsers, connect, once, within } from './client.mjs'
import { proxyFor } from './proxy.mjs'
import { serverFor, startServer, token } from './server.mjs'

it('tells every browser when to come back, and closes them over the drain time', async t => {
  const drain = 2_000
  const server = await startServer({ OUTCRY_SERVER_DRAIN_TIME: `${drain}ms`, OUTCRY_SERVER_RECONNECT_SPREAD: '3s' })
  t.after(() => server.kill())
  const sockets = await Promise.all(Array.from({ length: 24 }, (_, i) => connect(browsers[i % browsers.length][1], server.url, token(`u${i}`))))
  t.after(() => sockets.forEach(s => s.close()))
  await Promise.all(sockets.map(s => s.await('portfolio:update')))
  assert.equal((await fetch(`${server.url}/ready`)).status, 200)
  const left = sockets.map(s => new Promise(resolve => s.once('disconnect', () => resolve(performance.now()))))
  const stopped = server.stop()
  const told = await Promise.all(sockets.map(s => s.await('server:shutdown')))

  const refused = await Promise.all(['/ready', '/health', '/socket.io/?EIO=4&transport=polling'].map(path => fetch(server.url + path)))
  assert.deepEqual(refused.map(r => r.status), [503, 503, 503])
  assert.ok(Number(refused[2].headers.get('retry-after')) > 0)

  for (const { message, reconnectInMs, timestamp } of told) {
    assert.deepEqual([typeof message, typeof timestamp], ['string', 'number'])
    assert.ok(reconnectInMs >= 0 && reconnectInMs < 3_000, `${reconnectInMs}`)
  }
  assert.ok(new Set(told.map(n => n.reconnectInMs)).size > 12, 'they all come back at once')
  const times = (await Promise.all(left)).sort((a, b) => a - b)
  assert.equal(await stopped, 0)
  const spread = times.at(-1) - times[0]
  t.diagnostic(`the last left ${Math.round(spread)} ms after the first`)
  assert.ok(spread > drain / 4, `they left within ${spread} ms`)
})

for (const [browser, io] of browsers.filter(([, , way]) => way === 'polling')) {
  it(`tells ${browser} before it closes it, though it polls late`, async t => {
    const server = await serverFor(t)
    const proxy = await proxyFor(t, server.address)
    const socket = await connect(io, proxy.url, token('ann'))
    t.after(() => socket.close())
    for (const event of ['ping', 'state.requestSync']) await ask(socket, event, {}) // it has arrived, and was shown so
    await proxy.paused(() => postTrade(server.url, tradeOf('ann', { id: 'first' }))) // answers the poll that waits
    await postTrade(server.url, tradeOf('ann', { id: 'second' }))
    const stopped = server.stop()
    await within('the drain', async resolve => {
      while ((await fetch(`${server.url}/ready`)).status !== 503) await delay(1)
      resolve()
    })
    const left = once(socket, 'disconnect')
    proxy.release()
    assert.equal((await left)[0], 'transport close')
    assert.deepEqual(socket.of('trade:executed').map(trade => trade.id), ['first', 'second'])
    assert.equal(socket.of('server:shutdown').length, 1)
    assert.equal(await stopped, 0)
  })
}
