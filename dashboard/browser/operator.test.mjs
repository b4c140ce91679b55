// An operator watches a live engine and tunes it, and both are seen.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  closeBrowser,
  engineFor,
  openBrowser,
  recorded,
  replayFor,
  row,
  toast,
  told,
  traderFor,
  until,
  watch,
} from './kit.mjs'

/** The figure under a name in a card. */
const fact = (page, card, name) =>
  page
    .getByRole('region', { name: card, exact: true })
    .locator('dl > div')
    .filter({ hasText: name })
    .locator('dd')
    .first()

/** The field of a setting. */
const setting = (page, key) => page.getByLabel(`Value of ${key}`)

describe('operator console', { concurrency: false }, () => {
  before(openBrowser)
  after(closeBrowser)

  it('shows connections, throughput, freshness and feeds of a live engine', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const trader = await traderFor(t, engine.url)
    await watch(trader, recorded)
    const page = await traderFor(t, engine.url, { user: 'Operator' })
    await page.getByRole('link', { name: 'Operator' }).click()
    await until(async () => (await fact(page, 'Connections', 'WebSocket').textContent()) === '2', 'two WebSockets')
    await until(async () => (await fact(page, 'Throughput and errors', 'Ticks in').textContent()) !== '0/s', 'ticks')
    await until(async () => (await fact(page, 'Throughput and errors', 'Quotes out').textContent()) !== '0/s', 'quotes')
    await page.getByText(/P95 of the last minute .* budget of 200 ms/).waitFor()
    const feed = page.getByRole('region', { name: 'Feeds', exact: true })
    await feed.getByText('live').first().waitFor()
    await page
      .getByRole('status')
      .filter({ hasText: /normal|warning|critical/i })
      .first()
      .waitFor()
  })

  it('says when the feed is gone', async t => {
    const engine = await engineFor(t)
    const page = await traderFor(t, `${engine.url}/operator`, { user: 'Operator' })
    await page.getByText('No feed is connected: prices stand still.').waitFor()
    await page.getByText('No price feed').waitFor()
  })

  it('changes a setting in the running engine, and its effect is seen', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const trader = await traderFor(t, engine.url)
    const page = await traderFor(t, `${engine.url}/operator/settings`, { user: 'Operator' })
    await page.getByLabel('Find a setting').fill('paper.max_quantity')
    await setting(page, 'paper.max_quantity').fill('7')
    await page.getByRole('button', { name: 'Apply all' }).click()
    await told(page, '1 setting changed')
    const change = page
      .getByRole('group', { name: 'Changes of settings' })
      .getByRole('row', { name: /paper\.max_quantity/ })
    await change.waitFor()
    assert.deepEqual((await change.getByRole('cell').allTextContents()).slice(1, 3), ['7', 'demo-operator'])

    await watch(trader, ['BAC'])
    const ticket = trader.getByRole('region', { name: 'Order', exact: true })
    await ticket.getByLabel('Symbol').fill('BAC')
    await ticket.getByLabel('Quantity').fill('8')
    await ticket.getByRole('button', { name: /^Buy 8 BAC/ }).click()
    assert.match(await toast(trader, 'Rejected').textContent(), /7/)
    await row(trader, 'BAC').waitFor() // the change dropped nobody
  })

  it('refuses a change that is not right as a whole, and says at which setting', async t => {
    const engine = await engineFor(t)
    const page = await traderFor(t, `${engine.url}/operator/settings`, { user: 'Operator' })
    await page.getByLabel('Find a setting').fill('mailbox')
    await setting(page, 'mailbox.capacity').fill('2048')
    await setting(page, 'mailbox.budget').fill('fast')
    await page.getByRole('button', { name: 'Apply all' }).click()
    await told(page, 'Nothing was changed')
    await page
      .getByText(/"fast" is not allowed/)
      .first()
      .waitFor()
    assert.equal(await setting(page, 'mailbox.budget').getAttribute('aria-invalid'), 'true')
    await page.reload()
    await page.getByLabel('Find a setting').fill('mailbox.capacity')
    assert.equal(await setting(page, 'mailbox.capacity').inputValue(), '1024')
  })

  it('is not for traders', async t => {
    const engine = await engineFor(t)
    const page = await traderFor(t, engine.url)
    for (const path of ['stats', 'history', 'settings', 'audit']) {
      const status = await page.evaluate(async path => (await fetch(`/api/operator/${path}`)).status, path)
      assert.equal(status, 403, path)
    }
  })
})
