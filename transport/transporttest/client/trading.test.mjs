// Trading end to end: what a browser, the HTTP API and the journal say is one and the same.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { accountOf, assertBalanced, call, executorToken, postTrade, postTrades, tradeOf } from './accounts.mjs'
import { ask, browsers, connect, once, open, saved } from './client.mjs'
import { durableServerFor } from './durable-server.mjs'
import { openFeed } from './feed.mjs'
import { runCommand, serverFor, token } from './server.mjs'

const recording = fileURLToPath(new URL('../../../actors/feed/testdata/us-equities-20131008-open.csv.gz', import.meta.url))
const replaySpeed = 60
const reconnecting = { reconnection: true, reconnectionDelay: 40, reconnectionDelayMax: 100 }

/** The prices at which a symbol was traded in the recording. */
function printsOf(symbol) {
  const rows = gunzipSync(readFileSync(recording)).toString().trim().split('\n').map(row => row.split(','))
  return new Set(rows.filter(([, name]) => name === symbol).map(([, , price]) => Number(price)))
}

for (const [browser, io] of browsers) {
  describe(`trading with ${browser}`, () => {
    /** An engine with a feed of X at 100, and ann, who watches it. */
    async function scene(t, settings) {
      const server = await serverFor(t, settings)
      const feed = openFeed(t, server.url)
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      await quoted(socket, feed, { symbol: 'X', price: 100 })
      return { server, url: server.url, feed, socket, account: accountOf(server.url, 'ann') }
    }

    /** Sends a tick and waits until the browser sees it. */
    async function quoted(socket, feed, tick) {
      await ask(socket, 'subscribe:quote', tick.symbol)
      feed.send(tick)
      await socket.await('watchlist:quote', q => q.symbol === tick.symbol && q.price === tick.price)
    }

    it('fills a paper order at a real price, and shows it everywhere to the cent', { timeout: 60_000 }, async t => {
      const server = await serverFor(t)
      runCommand(t, ['replay', recording, '--to', server.url, '--speed', String(replaySpeed)])
      const socket = await connect(io, server.url, token('ann'))
      t.after(() => socket.close())
      socket.emit('subscribe:watchlist', ['SPY'])
      await socket.await('watchlist:quote')
      const account = accountOf(server.url, 'ann')
      const opening = await socket.await('portfolio:update')
      assert.deepEqual([opening.cash, opening.totalValue, opening.positions, opening.version], [100_000, 100_000, [], 0])

      const prints = printsOf('SPY')
      const steps = [['buy', 10.5], ['sell', 4.25], ['sell', 10], ['buy', 3.75]] // in the end none is left
      for (const [i, [side, quantity]] of steps.entries()) {
        const accepted = await ask(socket, 'order:place', { clientOrderId: `step-${i}`, symbol: 'SPY', side, quantity, type: 'market' })
        assert.equal(accepted.status, 'accepted')
        const fill = await socket.await('trade:executed', f => f.orderId === accepted.orderId)
        assert.deepEqual([fill.symbol, fill.side, fill.quantity, fill.userId, fill.broker, fill.status], ['SPY', side, quantity, 'ann', 'paper', 'executed'])
        assert.ok(prints.has(fill.price), `${fill.price} is a price of SPY`)
        const { trade, notification, ...flat } = fill
        assert.deepEqual(trade, flat)
        assert.equal(notification.type, 'success')
        assert.deepEqual((await account.trades())[0], flat, 'the history shows the notice')
        const { trades } = await assertBalanced(server.url, 'ann')
        assert.equal(trades.length, i + 1)
        const { cash, realizedPnL } = (await account.portfolio()).body.portfolio
        const update = await socket.await('portfolio:update', u => u.totalTrades === i + 1)
        assert.deepEqual([update.cash, update.realizedPnL], [cash, realizedPnL])
        assert.ok(Math.abs(update.totalValue - update.cash - update.positions.reduce((sum, p) => sum + p.marketValue, 0)) < 1e-6)
        for (const p of update.positions) assert.ok(Math.abs(p.unrealizedPnL - (p.marketValue - p.costBasis)) < 1e-6)
      }
      assert.deepEqual((await account.portfolio()).body.positions, [])
      const closed = socket.of('position:closed')
      assert.deepEqual(closed.map(c => [c.symbol, c.side, c.quantity, c.lastFill.quantity]), [['SPY', 'long', 10.5, 6.25], ['SPY', 'short', -3.75, -3.75]], 'the third turned the position around')
      const [, parting, turning, last] = (await account.trades()).reverse()
      assert.ok(Math.abs(closed[0].pnl - (parting.profit + turning.profit)) < 1e-6, 'the profit of the whole life')
      assert.deepEqual([closed[0].lastFill.pnl, closed[1].pnl], [turning.profit, last.profit])
      for (const c of closed) assert.equal(c.holdingPeriod, c.closedAt - c.openedAt)
      assert.deepEqual(socket.of('position:opened').map(o => [o.symbol, o.side, o.quantity, o.entryPrice]), [['SPY', 'short', -3.75, turning.price]])
      assert.deepEqual([turning.closedQuantity, turning.openedQuantity, turning.entryPrice, turning.exitPrice], [6.25, 3.75, parting.entryPrice, turning.price])
      assert.deepEqual(socket.of('error'), [])
      assert.equal(await server.stop(), 0)
    })

    it('keeps a limit order over a crash and fills it when it is crossed', async t => {
      const server = await durableServerFor(t)
      await server.start()
      let feed = openFeed(t, server.url)
      const socket = await connect(io, server.url, token('ann'), reconnecting)
      t.after(() => socket.close())
      const account = accountOf(server.url, 'ann')
      await quoted(socket, feed, { symbol: 'X', price: 100 })
      const request = { clientOrderId: 'rest', symbol: 'X', side: 'buy', quantity: 3, type: 'limit', limitPrice: 99.5 }
      const { status, orderId } = await ask(socket, 'order:place', request)
      assert.equal(status, 'accepted')
      await saved(socket)
      const back = once(socket, 'connect')
      await server.crash()
      await back
      assert.equal(socket.recovered, true)
      const [resting] = await account.orders()
      assert.deepEqual([resting.orderId, resting.type, resting.quantity, resting.filledQuantity, resting.limitPrice, resting.status], [orderId, 'limit', 3, 0, 99.5, 'open'])
      assert.equal((await ask(socket, 'order:place', request)).orderId, orderId, 'a retry is the same order, in another process as well')

      feed = openFeed(t, server.url)
      feed.send({ symbol: 'X', price: 99.6 })
      await socket.await('watchlist:quote', q => q.price === 99.6) // without subscribing again
      feed.send({ symbol: 'X', price: 99.4 })
      const fill = await socket.await('trade:executed')
      assert.deepEqual([fill.orderId, fill.price, fill.quantity], [orderId, 99.4, 3])
      assert.deepEqual(await account.orders(), [])
      await assertBalanced(server.url, 'ann')
      assert.equal((await account.trades()).length, 1)
      socket.close()
      assert.equal(await server.stop(), 0)
    })

    it('rejects orders with a reason, which the history shows, and changes nothing', async t => {
      const { server, socket, feed, account } = await scene(t, { OUTCRY_PAPER_QUANTITY_STEP: '0.0001', OUTCRY_PAPER_PRICE_STEP: '0.0001', OUTCRY_MARKET_FEED_GRACE: '100ms', OUTCRY_MARKET_SWEEP_INTERVAL: '50ms', OUTCRY_MARKET_FEED_SILENCE: '1m' })
      await quoted(socket, feed, { symbol: 'HALT', price: 5, halted: true })
      const gone = openFeed(t, server.url)
      await quoted(socket, gone, { symbol: 'GONE', price: 5 })
      await gone.close()
      await socket.await('watchlist:quote', q => q.symbol === 'GONE' && q.state === 'stale')
      const order = { symbol: 'X', side: 'buy', type: 'market', quantity: 1 }
      const rejections = [
        [{ symbol: 'NOSUCH' }, 'NO_SUCH_SYMBOL', /NOSUCH/],
        [{ symbol: 'HALT' }, 'MARKET_HALTED', /halted/],
        [{ symbol: 'GONE' }, 'MARKET_STALE', /GONE have stopped/],
        [{ quantity: 1001 }, 'INSUFFICIENT_BUYING_POWER', /needs 100100.00 and the buying power is 100000.00/],
        [{ quantity: 1001, side: 'sell' }, 'INSUFFICIENT_BUYING_POWER', /100100.00/],
        [{ quantity: 0 }, 'QUANTITY_NOT_ALLOWED', /more than 0/],
        [{ quantity: -1 }, 'QUANTITY_NOT_ALLOWED', /more than 0/],
        [{ quantity: 0.00001 }, 'QUANTITY_NOT_ALLOWED', /multiple of 0.0001/],
        [{ quantity: 1_000_001 }, 'QUANTITY_NOT_ALLOWED', /at most 1000000/],
        [{ type: 'limit', limitPrice: 99.00001 }, 'PRICE_NOT_ALLOWED', /99.00001/],
      ]
      for (const [change, code, reason] of rejections) {
        const answer = await ask(socket, 'order:place', { ...order, ...change })
        assert.deepEqual([answer.status, answer.code, answer.success], ['rejected', code, false], JSON.stringify(answer))
        assert.match(answer.reason, reason)
        const { status, body } = await account.place({ ...order, ...change })
        assert.deepEqual([status, body.status, body.code], [422, 'rejected', code])
      }
      for (const [change, field] of [[{ side: 'hold' }, 'side'], [{ type: 'stop' }, 'type'], [{ quantity: 'many' }, 'quantity'], [{ symbol: 'a<b' }, 'symbol'], [{ type: 'limit' }, 'limitPrice']]) {
        const answer = await ask(socket, 'order:place', { ...order, ...change })
        assert.deepEqual([answer.success, answer.code], [false, 'INVALID_PARAMS'])
        assert.ok(answer.message.startsWith(field), answer.message)
        const { status, type, body } = await account.place({ ...order, ...change })
        assert.deepEqual([status, type, body.field], [400, 'application/problem+json', field])
      }
      const { portfolio } = (await account.portfolio()).body
      assert.deepEqual([await account.orders(), portfolio.version, portfolio.cash], [[], 1 + 2 * rejections.length, 100_000])
      const recorded = await account.trades('?status=rejected&limit=500&sortOrder=asc')
      assert.deepEqual(recorded.map(r => r.code), rejections.flatMap(([, code]) => [code, code]))
      for (const [i, r] of recorded.entries()) {
        assert.match(r.reason, rejections[Math.floor(i / 2)][2])
        for (const field of ['quantity', 'entryPrice', 'entryTime', 'profitLoss', 'timestamp']) assert.equal(typeof r[field], 'number', field)
      }
      assert.deepEqual(await account.trades('?status=executed'), [])
      assert.deepEqual([socket.of('trade:failed'), socket.of('trade:executed'), socket.of('error')], [[], [], []])
      assert.equal(await server.stop(), 0)
    })

    it('cancels an order once, for its owner alone', async t => {
      const { server, socket, account } = await scene(t)
      const place = async clientOrderId => (await ask(socket, 'order:place', { clientOrderId, symbol: 'X', side: 'buy', quantity: 1, type: 'limit', limitPrice: 50 })).orderId
      const [first, second] = [await place('first'), await place('second')]
      const bob = await connect(io, server.url, token('bob'))
      t.after(() => bob.close())
      const notOpen = { success: false, status: 'rejected', orderId: first, code: 'ORDER_NOT_OPEN' }
      const { reason, ...foreign } = await ask(bob, 'order:cancel', { orderId: first })
      assert.deepEqual(foreign, notOpen)
      assert.match(reason, /no open order/)
      assert.equal((await accountOf(server.url, 'bob').cancel(first)).status, 404)
      assert.deepEqual((await account.orders()).map(o => o.orderId), [first, second])

      assert.deepEqual(await ask(socket, 'order:cancel', { orderId: first }), { success: true, status: 'cancelled', orderId: first })
      const notice = await socket.await('notification', n => n.data.orderId === first)
      assert.deepEqual([notice.title, notice.message, notice.type, notice.userId], ['Order cancelled', 'Order to buy 1 X was cancelled: cancelled on request', 'info', 'ann'])
      assert.equal((await ask(socket, 'order:cancel', { orderId: first })).code, 'ORDER_NOT_OPEN')
      const { status, body } = await account.cancel(second)
      assert.deepEqual([status, body], [200, { success: true, status: 'cancelled', orderId: second }])
      await socket.await('notification', n => n.data.orderId === second)
      assert.equal((await account.cancel(second)).status, 404)
      assert.deepEqual([await account.orders(), bob.of('notification')], [[], []])
      assert.equal(await server.stop(), 0)
    })

    it('takes an order once, however often it is sent', async t => {
      const { server, socket, account } = await scene(t)
      const request = { clientOrderId: 'once', symbol: 'X', side: 'buy', quantity: 600, type: 'market' } // could not be paid twice
      const answers = await Promise.all([ask(socket, 'order:place', request), ask(socket, 'order:place', request), ask(socket, 'order:place', request)])
      const { body } = await account.place(request)
      assert.equal(new Set([...answers, body].map(a => `${a.status} ${a.orderId}`)).size, 1)
      await socket.await('trade:executed')
      const other = await account.place({ ...request, clientOrderId: 'another' })
      assert.deepEqual([other.status, other.body.code], [422, 'INSUFFICIENT_BUYING_POWER'])
      assert.deepEqual((await account.place({ ...request, clientOrderId: 'another' })).body, other.body)
      assert.deepEqual((await account.trades()).map(r => [r.status, r.clientOrderId]), [['rejected', 'another'], ['executed', undefined]])
      await assertBalanced(server.url, 'ann')
      assert.equal(await server.stop(), 0)
    })

    it('names the field of a trade that is wrong, and records nothing of its request', async t => {
      const { server, url, account, socket } = await scene(t)
      const good = () => tradeOf('ann')
      const without = field => ({ ...good(), [field]: undefined })
      const wrong = [
        ...['id', 'userId', 'symbol', 'side', 'quantity', 'price', 'status'].map(field => [field, without(field)]),
        ['id', { ...good(), id: '' }], ['id', { ...good(), id: 'x'.repeat(129) }], ['userId', { ...good(), userId: 7 }],
        ['symbol', { ...good(), symbol: '<not a symbol>' }], ['side', { ...good(), side: 'hold' }], ['status', { ...good(), status: 'done' }],
        ['quantity', { ...good(), quantity: 0 }], ['quantity', { ...good(), quantity: -1 }], ['quantity', { ...good(), quantity: '1.2345678901234567890123' }],
        ['price', { ...good(), price: 'high' }], ['price', { ...good(), price: -0.01 }], ['fee', { ...good(), fee: -100_000_000_000 }], ['quantity', { ...good(), quantity: 99_999_999_999, price: 99_999_999_999 }],
        ['reason', { ...good(), status: 'failed' }], ['timestamp', { ...good(), timestamp: Date.now() + 86_400_000 }],
      ]
      for (const [field, trade] of wrong) {
        const { status, type, body } = await postTrade(url, trade)
        assert.deepEqual([status, type, body.code, body.field], [400, 'application/problem+json', 'INVALID_TRADE', field], JSON.stringify({ trade, body }))
        assert.ok(body.detail.startsWith(field), body.detail)
        const many = await postTrades(url, [good(), trade, good()])
        assert.deepEqual([many.status, many.body.errors.map(e => [e.line, e.field])], [400, [[2, field]]])
        assert.match(many.body.detail, /nothing was recorded/)
      }
      assert.equal((await postTrade(url, '{"id":')).status, 400)
      assert.equal((await postTrade(url, good(), token('ann', { roles: ['trader'] }))).status, 403)
      assert.equal((await postTrade(url, good(), 'nonsense')).status, 401)
      assert.equal((await call(url, 'POST', '/api/trades', executorToken(), 'x', 'text/plain')).status, 415)
      assert.deepEqual([(await account.trades()), (await account.portfolio()).body.portfolio.version], [[], 0])
      assert.deepEqual(socket.of('trade:executed'), [])
      assert.equal(await server.stop(), 0)
    })

    it('records a trade once by its id, in the next process as well', async t => {
      const server = await durableServerFor(t)
      await server.start()
      const socket = await connect(io, server.url, token('ann'), reconnecting)
      t.after(() => socket.close())
      const executed = tradeOf('ann', { price: '100.50', fee: 0.25 })
      const failed = tradeOf('ann', { status: 'failed', price: undefined, reason: 'no shares to borrow', code: 'NO_BORROW', canRetry: true })
      const first = (await postTrade(server.url, executed)).body
      assert.deepEqual(first, { success: true, id: executed.id, userId: 'ann', status: 'executed', version: 2, duplicate: false })
      assert.deepEqual((await postTrade(server.url, failed)).body, { ...first, id: failed.id, status: 'failed', version: 3 })
      const notice = await socket.await('trade:failed')
      assert.deepEqual([notice.id, notice.reason, notice.error, notice.code, notice.canRetry, notice.notification.type],
        [failed.id, failed.reason, failed.reason, 'NO_BORROW', true, 'error'])
      await saved(socket)
      const repeat = async () => {
        assert.deepEqual((await postTrade(server.url, executed)).body, { ...first, duplicate: true })
        const changed = { ...executed, price: 1, status: 'failed', reason: 'changed my mind' }
        const conflict = await postTrade(server.url, changed)
        assert.deepEqual([conflict.status, conflict.body.code, conflict.body.field], [409, 'ID_CONFLICT', 'status'])
        assert.deepEqual((await postTrades(server.url, [executed, failed, executed])).body, { success: true, accepted: 3, duplicates: 3 })
      }
      await repeat()
      const back = once(socket, 'connect')
      await server.crash()
      await back
      await repeat()
      const { trades, portfolio } = await assertBalanced(server.url, 'ann')
      assert.deepEqual([trades.map(x => x.id), portfolio.portfolio.cash], [[executed.id, failed.id], '99798.75'])
      assert.deepEqual([socket.recovered, socket.of('trade:executed').length, socket.of('trade:failed').length], [true, 1, 1])
      socket.close()
      assert.equal(await server.stop(), 0)
    })

    it('tells all tabs of a user, and nobody else', async t => {
      const { server, url, socket } = await scene(t)
      const [, other] = browsers.at(-1 - browsers.findIndex(([name]) => name === browser)) // of the other version, mostly over another way
      const tabs = [socket, await connect(io, url, token('ann')), await connect(other, url, token('ann'))]
      const bob = await connect(io, url, token('bob'))
      t.after(() => [...tabs, bob].forEach(s => s.close()))
      await Promise.all([...tabs, bob].map(s => s.await('portfolio:update')))
      const fills = [tradeOf('ann'), tradeOf('ann', { side: 'sell' }), tradeOf('ann', { status: 'failed', reason: 'no' })]
      await postTrades(url, fills)
      const notices = s => s.got.filter(g => /^(trade|position):/.test(g.event)).map(g => [g.event, g.args[0].id, g.args[1]])
      for (const tab of tabs) {
        await tab.await('trade:failed')
        assert.deepEqual(notices(tab), [
          ['trade:executed', fills[0].id, '2'], ['trade:executed', fills[1].id, '3.1'], ['position:closed', undefined, '3'], ['trade:failed', fills[2].id, '4'],
        ])
      }
      await postTrade(url, tradeOf('bob', { id: 'of-bob' })) // his notices come in order: none was before
      await bob.await('trade:executed')
      assert.deepEqual(notices(bob), [['trade:executed', 'of-bob', '2']])
      assert.deepEqual((await accountOf(url, 'bob').trades()).map(x => x.id), ['of-bob'])
      assert.ok(bob.of('portfolio:update').every(u => u.userId === 'bob'))
      for (const path of ['/api/portfolio', '/api/trades', '/api/orders', '/api/portfolio/history']) assert.equal((await call(url, 'GET', path)).status, 401, path)
      const { status, body } = await call(url, 'GET', '/api/trades?userId=ann', token('bob'))
      assert.deepEqual([status, body.code, body.data], [403, 'OTHER_USER', undefined])
      assert.equal(await server.stop(), 0)
    })

    it('values an account about four times a second while prices move', async t => {
      const { server, url, socket, feed } = await scene(t)
      await postTrade(url, tradeOf('ann'))
      await socket.await('portfolio:update', u => u.version === 2)
      const begun = performance.now()
      const before = socket.of('portfolio:update').length
      for (let price = 101; performance.now() - begun < 1500; price++) {
        feed.send({ symbol: 'X', price })
        await socket.await('watchlist:quote', q => q.price === price)
      }
      const updates = socket.of('portfolio:update').slice(before)
      const most = Math.floor((performance.now() - begun) / 250) + 1
      assert.ok(updates.length >= 2 && updates.length <= most, `${updates.length} updates, at most ${most}`)
      assert.ok(updates.at(-1).totalValue > updates[0].totalValue)
      assert.equal(await server.stop(), 0)
    })

    it('shows a trade at once, whatever the pace of valuations', async t => {
      const { server, url, socket } = await scene(t, { OUTCRY_PORTFOLIO_UPDATE_INTERVAL: '1m' })
      for (let i = 0; i < 5; i++) {
        const { version: recorded } = (await postTrade(url, tradeOf('ann'))).body
        const update = await socket.await('portfolio:update', u => u.version === recorded)
        assert.deepEqual([update.totalTrades, update.positions[0].quantity], [i + 1, 2 * (i + 1)])
      }
      assert.equal(await server.stop(), 0)
    })

    it('speaks every dialect of accounts', async t => {
      const server = await durableServerFor(t)
      await server.start()
      const feed = openFeed(t, server.url)
      const socket = await connect(io, server.url, token('ann'), reconnecting)
      t.after(() => socket.close())
      await quoted(socket, feed, { symbol: 'X', price: 100 })
      await postTrade(server.url, tradeOf('ann'))
      const { orderId } = await ask(socket, 'order:place', { symbol: 'X', side: 'buy', quantity: 1, type: 'limit', limitPrice: 50 })

      for (const type of ['portfolio', 'trades']) {
        assert.deepEqual(await ask(socket, `subscribe:${type}`), { success: true })
        const confirmed = await socket.await(`subscribed:${type}`)
        assert.deepEqual([confirmed.success, confirmed.userId, typeof confirmed.timestamp], [true, 'ann', 'number'])
        await socket.await('subscription:confirmed', c => c.type === type)
      }
      const updated = await socket.await('portfolio:updated')
      assert.deepEqual([updated.userId, updated.portfolio.cash, updated.portfolio.positions[0].symbol], ['ann', 99_800, 'X'])
      socket.emit('state.requestSync')
      const sync = await socket.await('state.sync')
      assert.deepEqual([sync.portfolio.cash, sync.positions.map(p => p.symbol), sync.orders.map(o => o.orderId), sync.quotes.map(q => [q.symbol, q.price])],
        [99_800, ['X'], [orderId], [['X', 100]]])
      assert.deepEqual(await ask(socket, 'watchlist:get'), { success: true, symbols: [] })
      assert.deepEqual(await ask(socket, 'watchlist:set', { symbols: ['x', ' y ', 'X'] }), { success: true, symbols: ['X', 'Y'] })
      const back = once(socket, 'connect')
      await server.crash()
      await back
      assert.deepEqual(await ask(socket, 'watchlist:get'), { success: true, symbols: ['X', 'Y'] })
      const bob = await connect(io, server.url, token('bob'))
      t.after(() => bob.close())
      assert.deepEqual(await ask(bob, 'watchlist:get'), { success: true, symbols: [] })
      socket.got.length = 0
      for (const type of ['portfolio', 'trades']) {
        assert.deepEqual(await ask(socket, `unsubscribe:${type}`), { success: true })
        await socket.await(`unsubscribed:${type}`)
      }
      assert.deepEqual([socket.of('error'), bob.of('error')], [[], []])
      assert.equal(await server.stop(), 0)
    })

    it('goes on where a browser was, with what it missed', async t => {
      const { server, url, socket } = await scene(t)
      await postTrade(url, tradeOf('ann', { id: 'seen' }))
      await socket.await('trade:executed')
      const { id } = socket
      socket.io.engine.close()
      if (socket.connected) await once(socket, 'disconnect')
      await postTrades(url, [tradeOf('ann', { id: 'missed', side: 'sell' }), tradeOf('ann', { id: 'missed, too', status: 'failed', reason: 'no' })])
      socket.got.length = 0
      const back = once(socket, 'connect')
      socket.connect()
      await back
      assert.deepEqual([socket.recovered, socket.id], [true, id])
      await socket.await('trade:failed')
      assert.deepEqual(socket.got.filter(g => g.args.length > 1).map(g => [g.event, g.args[1]]), [['trade:executed', '3.1'], ['position:closed', '3'], ['trade:failed', '4']])
      await socket.await('portfolio:update', u => u.version === 4)
      await socket.await('watchlist:quote', q => q.symbol === 'X')
      assert.equal(await server.stop(), 0)
    })

    it('begins anew, with snapshots, where it cannot go on exactly', async t => {
      const { server, url, socket } = await scene(t)
      await postTrade(url, tradeOf('ann', { id: 'before' }))
      await socket.await('trade:executed')
      const bob = await connect(io, url, token('bob'))
      await bob.await('portfolio:update')
      t.after(() => bob.close())
      const foreign = bob._pid
      const own = socket._pid
      assert.ok(own && foreign)
      const claims = {
        'an unknown session': ['A'.repeat(26), '2'],
        'a session id of rubbish': ['../../etc', '2'],
        'the session of another user': [foreign, undefined],
        'an offset beyond the journal': [own, '99999'],
        'an offset that is none': [own, 'yesterday'],
      }
      socket.close()
      for (const [what, [pid, offset]] of Object.entries(claims)) {
        const claimant = open(io, url, { token: token('ann') }, { autoConnect: false })
        t.after(() => claimant.close())
        Object.assign(claimant, { _pid: pid, _lastOffset: offset })
        const connected = once(claimant, 'connect')
        claimant.connect()
        await connected
        assert.equal(claimant.recovered ?? false, false, what)
        assert.ok(![socket.id, bob.id].includes(claimant.id))
        const snapshot = await claimant.await('portfolio:update')
        assert.deepEqual([snapshot.userId, snapshot.version, snapshot.positions[0].quantity], ['ann', 2, 2], what)
        await ask(claimant, 'ping', {})
        assert.deepEqual([claimant.of('trade:executed'), claimant.of('watchlist:quote')], [[], []], what)
        claimant.close()
      }
      assert.equal(await server.stop(), 0)
    })
  })
}
