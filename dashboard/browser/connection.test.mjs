// What a trader sees when the connection goes and comes: in words, once, and
// nothing is lost.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { proxyFor } from '../../transport/transporttest/client/proxy.mjs'
import { token } from '../../transport/transporttest/client/server.mjs'
import {
  closeBrowser,
  connected,
  engineFor,
  figure,
  openBrowser,
  place,
  replayFor,
  row,
  stopClock,
  toasts,
  told,
  traderFor,
  until,
  watch,
} from './kit.mjs'

const banner = page => page.getByRole('status').filter({ hasText: 'Prices shown are the last known' })

describe('connection', { concurrency: false }, () => {
  before(openBrowser)
  after(closeBrowser)

  it('survives a kill of the server: one banner, one toast, nothing lost', async t => {
    const engine = await engineFor(t)
    const replay = replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, ['IBM'])
    await place(page, { symbol: 'IBM', quantity: 3 })
    await told(page, 'Bought 3 IBM')
    const cash = await until(
      async () => (await figure(page, 'Cash')) !== 100_000 && figure(page, 'Cash'),
      'cash that changed',
    )

    await engine.kill()
    await replay.stop()
    await banner(page).waitFor()
    await page
      .getByText(/^Reconnecting \(attempt/)
      .first()
      .waitFor()
    assert.equal(await banner(page).count(), 1)
    const ticket = page.getByRole('region', { name: 'Order', exact: true })
    await ticket.getByText('Not connected: orders cannot be sent right now.').waitFor()

    await engine.start()
    const { ok } = await fetch(`${engine.url}/api/trades`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token('desk', { roles: ['executor'] })}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({
        id: 'while-away',
        userId: 'demo-alice',
        symbol: 'AIG',
        side: 'buy',
        quantity: 7,
        price: 50,
        status: 'executed',
        timestamp: Date.now(),
      }),
    })
    assert.ok(ok)
    replayFor(t, engine)
    await connected(page)
    await told(page, 'Reconnected')
    await told(page, 'AIG')
    await banner(page).waitFor({ state: 'detached' })
    assert.equal((await toasts(page)).flat().filter(said => said.includes('Reconnected')).length, 1)
    await until(async () => Math.abs((await figure(page, 'Cash')) - (cash - 350)) < 0.005, 'the cash after both trades')
    await page.getByRole('region', { name: 'Positions' }).getByRole('row', { name: /IBM/ }).waitFor()
  })

  it('stays live by polling behind a proxy that refuses WebSockets, and says so', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const proxy = await proxyFor(t, new URL(engine.url), { websockets: 'refuse' })
    const page = await traderFor(t, proxy.url, { state: 'polling' })
    await watch(page, ['SPY'])
    const seen = new Set()
    await until(
      async () => seen.add(await row(page, 'SPY').getByRole('cell').nth(1).textContent()).size >= 4,
      'prices that move',
    )
    await page.getByTitle(/a WebSocket does not get through/).waitFor()
    await place(page, { symbol: 'SPY', quantity: 2 })
    await told(page, 'Bought 2 SPY')
    assert.equal((await toasts(page)).length, 1, 'one order is one toast')
  })

  it('says that there is no network, and comes back by itself', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, ['SPY'])
    await page.context().setOffline(true)
    await page
      .getByText(/^Offline since \d\d:\d\d/)
      .first()
      .waitFor()
    await banner(page).waitFor()
    await page.context().setOffline(false)
    await connected(page)
    await banner(page).waitFor({ state: 'detached' })
    const seen = new Set()
    await until(
      async () => seen.add(await row(page, 'SPY').getByRole('cell').nth(1).textContent()).size >= 2,
      'prices that move again',
    )
  })

  it('is silent about a drop that is over at once', async t => {
    const engine = await engineFor(t)
    const proxy = await proxyFor(t, new URL(engine.url))
    const page = await traderFor(t, proxy.url)
    const before = proxy.upgrades
    await stopClock(page) // the machine may take longer than a drop is silent
    proxy.cut()
    await page
      .getByText(/^Reconnecting/)
      .first()
      .waitFor()
    await page.clock.runFor(2_000)
    await until(() => proxy.upgrades > before, 'another WebSocket')
    await page
      .getByText(/^Live · /)
      .first()
      .waitFor()
    await page.clock.runFor(5_000)
    assert.equal(await banner(page).count(), 0)
    assert.deepEqual(await toasts(page), [])
  })

  it('goes on without a part that the server no longer has, and says so', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await page.route(/\/assets\/HistoryPage/, route => route.fulfill({ status: 404 })) // as after an upgrade
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByRole('alert').getByText('This part could not be shown.').waitFor()
    await page.getByRole('link', { name: 'Trade' }).click()
    await watch(page, ['SPY'])
    await row(page, 'SPY').getByText('Live', { exact: true }).waitFor()

    await page.unroute(/\/assets\/HistoryPage/)
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByRole('button', { name: 'Reload the page' }).click()
    await page.getByRole('region', { name: 'Trades' }).waitFor()
  })
})
