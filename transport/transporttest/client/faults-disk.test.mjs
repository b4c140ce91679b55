// Disks that are full or read-only: trading stops and says so, quotes go on,
// nothing is acknowledged wrongly, and all goes on once there is room.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { accountOf, assertBalanced, postTrade, postTrades, tradeOf } from './accounts.mjs'
import { ask, connect, versions } from './client.mjs'
import { durableServerFor } from './durable-server.mjs'
import { openFeed } from './feed.mjs'
import { mountFor } from './mount.mjs'
import { token } from './server.mjs'

const megabytes = 256
const small = { OUTCRY_JOURNAL_MEM_TABLE_BYTES: String(8 << 20), OUTCRY_JOURNAL_RESERVE_BYTES: String(192 << 20) }
const patience = 20_000 // only bounds a test that fails
const [[, io]] = versions

describe('disks', () => {
  /** An engine on a disk of its own, a feed of X, and ann, who watches it; null where mounting is not permitted. */
  async function scene(t, prepare = () => {}) {
    const disk = await mountFor(t, megabytes)
    if (!disk) return null
    await prepare(disk)
    const server = await durableServerFor(t, small, join(disk.folder, 'data'))
    await server.start()
    const feed = openFeed(t, server.url)
    const socket = await connect(io, server.url, token('ann'))
    t.after(() => socket.close())
    await ask(socket, 'subscribe:quote', 'X')
    return { disk, server, url: server.url, feed, socket }
  }

  async function tick(feed, socket, price) {
    feed.send({ symbol: 'X', price })
    await socket.await('watchlist:quote', q => q.price === price)
  }

  async function assertTaken(url, trades) {
    const { status, body } = await postTrades(url, trades)
    assert.deepEqual([status, body.accepted], [200, trades.length], JSON.stringify(body))
  }

  /** Checks that trading is refused in words, and that everything else goes on. */
  async function assertRefuses({ server, url, feed, socket }, price) {
    for (const answer of [await postTrade(url, tradeOf('ann')), await postTrades(url, [tradeOf('ann'), tradeOf('bob')])]) {
      assert.deepEqual([answer.status, answer.type, answer.body.title], [503, 'application/problem+json', 'Service Unavailable'], JSON.stringify(answer.body))
      assert.match(answer.headers.get('retry-after'), /^\d+$/)
      assert.match(answer.body.detail, /^\S+( \S+){4,}/, 'a sentence')
    }
    const order = { symbol: 'X', side: 'buy', quantity: 1, type: 'market' }
    const rejected = await ask(socket, 'order:place', order)
    assert.deepEqual([rejected.status, rejected.code, rejected.orderId], ['rejected', 'UNAVAILABLE', undefined], JSON.stringify(rejected))
    assert.ok(rejected.reason.length > 20)
    const { status, headers } = await accountOf(url, 'ann').place(order)
    assert.deepEqual([status, headers.get('retry-after')], [503, '1'])
    const health = await fetch(`${url}/health`)
    const { status: state, journal } = await health.json()
    assert.deepEqual([health.status, state, journal.available], [503, 'unhealthy', false])
    assert.match(journal.problem, /disk|space|read-only/)
    await tick(feed, socket, price)
    assert.ok(server.alive)
  }

  /** Sends a trade until it is taken, as its executor would. */
  async function untilTaken(url, trade) {
    for (const until = Date.now() + patience; ;) {
      const answer = await postTrade(url, trade)
      if (answer.status === 200) return answer.body
      assert.equal(answer.status, 503, JSON.stringify(answer.body))
      assert.ok(Date.now() < until, `not taken within ${patience} ms: ${JSON.stringify(answer.body)}`)
      await delay(50)
    }
  }

  async function untilHealthy(url) {
    const until = Date.now() + patience
    while ((await fetch(`${url}/health`)).status !== 200) {
      assert.ok(Date.now() < until, `not healthy within ${patience} ms`)
      await delay(50)
    }
  }

  it('refuses trades while the disk is full, and goes on by itself', { timeout: 90_000 }, async t => {
    const s = await scene(t)
    if (!s) return
    const { disk, server, url, feed, socket } = s
    const account = accountOf(url, 'ann')
    await tick(feed, socket, 100)
    const acknowledged = Array.from({ length: 20 }, () => tradeOf('ann'))
    await assertTaken(url, acknowledged)
    const { orderId } = await ask(socket, 'order:place', { symbol: 'X', side: 'buy', quantity: 1, type: 'limit', limitPrice: 90 })
    await socket.await('trade:executed', f => f.id === acknowledged.at(-1).id)

    disk.fill()
    for (const price of [101, 102, 103]) await assertRefuses(s, price)
    await tick(feed, socket, 89.5) // the order is crossed: its fill waits until it can be saved
    const repeated = await postTrade(url, acknowledged[0])
    assert.ok([200, 503].includes(repeated.status))
    if (repeated.status === 200) assert.equal(repeated.body.duplicate, true)
    assert.equal(socket.of('trade:executed').length, 20, 'nobody is told of what is not saved')

    await disk.free()
    const late = tradeOf('ann')
    assert.equal((await untilTaken(url, late)).duplicate, false)
    const fill = await socket.await('trade:executed', f => f.orderId === orderId)
    assert.equal(fill.price, 89.5)
    await socket.await('trade:executed', f => f.id === late.id)
    await untilHealthy(url)
    const { trades } = await assertBalanced(url, 'ann')
    assert.deepEqual(trades.map(x => x.id).sort(), [...acknowledged.map(x => x.id), fill.id, late.id].sort())
    assert.deepEqual([await account.orders(), await accountOf(url, 'bob').trades()], [[], []])
    socket.close()
    assert.equal(await server.stop(), 0)
  })

  it('stops cleanly with a full disk, and has everything afterwards', { timeout: 90_000 }, async t => {
    const s = await scene(t)
    if (!s) return
    const { disk, server, url, socket } = s
    const acknowledged = Array.from({ length: 200 }, () => tradeOf('ann'))
    await assertTaken(url, acknowledged)
    disk.fill()
    assert.equal((await postTrade(url, tradeOf('ann'))).status, 503)
    socket.close()
    assert.equal(await server.stop(), 0)

    await server.start() // still full
    assert.equal((await postTrade(url, tradeOf('ann'))).status, 503)
    assert.equal((await fetch(`${url}/health`)).status, 503)
    await disk.free()
    const late = tradeOf('ann')
    await untilTaken(url, late)
    const { trades } = await assertBalanced(url, 'ann')
    assert.deepEqual(trades.map(x => x.id), [...acknowledged, late].map(x => x.id))
    assert.equal(await server.stop(), 0)
  })

  for (const [what, used] of [['new', false], ['used', true]]) {
    it(`serves quotes from a ${what} disk that is read-only, and trades once it is not`, { timeout: 90_000 }, async t => {
      const before = tradeOf('ann')
      const s = await scene(t, async disk => {
        if (used) {
          const first = await durableServerFor(t, small, join(disk.folder, 'data'))
          await first.start()
          await assertTaken(first.url, [before])
          assert.equal(await first.stop(), 0)
        }
        disk.readOnly()
      })
      if (!s) return
      const { disk, server, url, socket } = s
      await assertRefuses(s, 100)
      assert.deepEqual(socket.of('trade:executed'), [])
      assert.equal((await accountOf(url, 'ann').portfolio()).status, 503)

      disk.writable()
      const late = tradeOf('ann')
      await untilTaken(url, late)
      await socket.await('portfolio:update', u => u.totalTrades === 1 + used)
      await untilHealthy(url)
      const { trades } = await assertBalanced(url, 'ann')
      assert.deepEqual(trades.map(x => x.id), [...(used ? [before] : []), late].map(x => x.id))
      socket.close()
      assert.equal(await server.stop(), 0)
    })
  }
})
