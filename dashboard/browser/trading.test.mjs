// A trader's day on the real page: prices that move, orders that are filled and
// refused, lists that are kept, and two tabs that agree.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { postTicks, token } from '../../transport/transporttest/client/server.mjs'
import {
  amount,
  closeBrowser,
  engineFor,
  figure,
  openBrowser,
  place,
  recorded,
  recordToasts,
  replayFor,
  row,
  saved,
  stopClock,
  toast,
  toasts,
  told,
  traderFor,
  until,
  watch,
} from './kit.mjs'

describe('trading', { concurrency: false }, () => {
  before(openBrowser)
  after(closeBrowser)

  it('shows prices that move, with how fresh they are', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, recorded)
    const price = () => row(page, 'SPY').getByRole('cell').nth(1).textContent()
    await until(async () => /^\d+\.\d\d$/.test(await price()), 'a price of SPY')
    const seen = new Set()
    await until(async () => seen.add(await price()).size >= 3, 'three prices of SPY')
    await row(page, 'SPY').getByText('Live', { exact: true }).waitFor()
  })

  it('lays nothing out anew while prices move and the page loads', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, recorded)
    await page.reload()
    await page.evaluate(() => {
      window.shifted = []
      new PerformanceObserver(list => {
        for (const entry of list.getEntries()) {
          if (!entry.hadRecentInput)
            window.shifted.push({
              value: entry.value,
              what: entry.sources.map(({ node }) => node?.textContent?.slice(0, 60)),
            })
        }
      }).observe({ type: 'layout-shift', buffered: true })
    })
    const seen = new Set()
    await until(
      async () => seen.add(await row(page, 'SPY').getByRole('cell').nth(1).textContent()).size >= 6,
      'six prices of SPY',
    )
    const shifted = await page.evaluate(() => window.shifted)
    const sum = shifted.reduce((total, { value }) => total + value, 0)
    assert.ok(sum < 0.02, `cumulative layout shift ${sum.toFixed(4)}: ${JSON.stringify(shifted)}`)
  })

  it('fills a market order: toast, history, positions and portfolio agree', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, ['IBM'])
    await place(page, { symbol: 'IBM', quantity: 10 })
    const price = Number((await told(page, 'Bought 10 IBM')).match(/at ([\d.]+)/)[1])
    const cash = await until(
      async () => (await figure(page, 'Cash')) !== 100_000 && figure(page, 'Cash'),
      'cash that changed',
    )
    assert.equal(cash, Math.round((100_000 - 10 * price) * 100) / 100)
    const position = page.getByRole('region', { name: 'Positions' }).getByRole('row', { name: /IBM/ })
    assert.equal(await position.getByRole('cell').first().textContent(), price.toFixed(2))
    assert.equal((await toasts(page)).length, 1, 'one order is one toast')

    await page.getByRole('link', { name: 'History' }).click()
    const traded = page.getByRole('region', { name: 'Trades' }).getByRole('row', { name: /IBM/ })
    await traded.waitFor()
    const cells = await traded.getByRole('cell').allTextContents()
    assert.deepEqual(cells.slice(1, 4), ['buy', '10', price.toFixed(2)])
    assert.match(cells.at(-1), /Executed/)
  })

  it('shows a new account on a phone all that there is, whole', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url, { viewport: { width: 320, height: 800 } })
    const portfolio = page.getByRole('region', { name: 'Portfolio', exact: true })
    const winRate = portfolio.locator('dl > div').filter({ hasText: 'Win rate' }).locator('dd')
    await portfolio.getByText('$100,000.00, recorded from now on.').waitFor()
    assert.equal(await winRate.textContent(), 'No closed trade')
    await page
      .getByTitle(/^Market (open|closed)/)
      .getByText(/^(Open|Closed)$/)
      .waitFor()

    await watch(page, ['BAC', 'HALT', 'NONE'])
    await postTicks(engine.url, [{ symbol: 'HALT', price: 1234.56, halted: true }])
    await row(page, 'HALT').getByText('Halted').waitFor()
    await row(page, 'BAC').getByText('Live').waitFor()
    const clipped = await page
      .getByRole('table', { name: 'Watched symbols' })
      .getByRole('row')
      .evaluateAll(rows =>
        rows
          .flatMap(row => [row, ...row.querySelectorAll('[role=rowheader]')])
          .filter(box => box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth)
          .map(box => box.textContent),
      )
    assert.deepEqual(clipped, [])

    await place(page, { symbol: 'BAC', quantity: 5 })
    await told(page, 'Bought 5 BAC')
    assert.equal(await winRate.textContent(), 'No closed trade', 'a trade that opened a position')
    await place(page, { symbol: 'BAC', side: 'Sell', quantity: 5 })
    await winRate.getByText('%').waitFor()
  })

  it('says why an order is refused, and until when the refusal stays', async t => {
    const engine = await engineFor(t, { OUTCRY_PAPER_MAX_QUANTITY: '50' })
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, ['BAC'])
    await place(page, { symbol: 'BAC', quantity: 51 })
    const refused = toast(page, 'Rejected')
    await refused.waitFor()
    assert.match(await refused.textContent(), /50/)
    await refused.getByRole('button', { name: 'Close toast' }).click()
    await refused.waitFor({ state: 'detached' })
  })

  it('does not let a ticket be sent that cannot be paid, and says so', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, ['SPY'])
    const ticket = page.getByRole('region', { name: 'Order', exact: true })
    await ticket.getByLabel('Symbol').fill('SPY')
    await ticket.getByLabel('Quantity').fill('100000')
    await ticket.getByText(/your buying power is \$100,000\.00/).waitFor()
    assert.equal(await ticket.getByRole('button', { name: 'Buy' }).isDisabled(), true)
  })

  it('keeps a limit order open until it is cancelled', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await watch(page, ['SPY'])
    await place(page, { symbol: 'SPY', quantity: 1, limitPrice: 1 })
    const open = page.getByRole('region', { name: 'Open orders' })
    await open.getByText('Buy 1 SPY at 1.00 or better').waitFor()
    const cancel = open.getByRole('button', { name: /^Cancel: Buy 1 SPY/ })
    await cancel.waitFor() // the engine has it
    await page.reload()
    await cancel.click()
    await open.getByText('No order waits.').waitFor()
  })

  it('keeps the watchlist over a reload, and takes a removal back', async t => {
    const engine = await engineFor(t)
    const page = await traderFor(t, engine.url)
    await watch(page, ['IBM', 'SPY', 'AIG'])
    await row(page, 'SPY').getByRole('button', { name: 'Remove SPY' }).click()
    await row(page, 'SPY').waitFor({ state: 'detached' })
    await toast(page, 'SPY removed').getByRole('button', { name: 'Undo' }).click()
    const names = () =>
      page.getByRole('table', { name: 'Watched symbols' }).getByRole('rowheader').getByRole('button').allTextContents()
    await until(async () => (await names()).join() === 'IBM,SPY,AIG', 'the symbol in its old place')
    await row(page, 'IBM').getByRole('button', { name: 'Remove IBM' }).click()
    await row(page, 'IBM').waitFor({ state: 'detached' })
    await saved(page)
    await page.reload()
    await row(page, 'AIG').waitFor()
    assert.deepEqual(await names(), ['SPY', 'AIG'])
  })

  it('tells four fills of an executor in one toast', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const page = await traderFor(t, engine.url)
    await until(async () => (await figure(page, 'Cash')) === 100_000, 'the account') // what came before is in it, and no news
    await stopClock(page) // fills that are far apart on a slow machine are several toasts
    const trade = i => ({
      id: `burst-${i}`,
      userId: 'demo-alice',
      symbol: 'BAC',
      side: 'buy',
      quantity: 1,
      price: 14,
      status: 'executed',
      timestamp: Date.now(),
    })
    const { ok } = await fetch(`${engine.url}/api/trades`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${token('desk', { roles: ['executor'] })}`,
        'Content-Type': 'application/x-ndjson',
      },
      body: [1, 2, 3, 4].map(i => JSON.stringify(trade(i))).join('\n'),
    })
    assert.ok(ok)
    await page
      .getByRole('region', { name: 'Positions' })
      .getByRole('row', { name: /^Trade BAC 4 / })
      .waitFor()
    await page.clock.runFor(2_000)
    await told(page, '4 fills')
    assert.equal((await toasts(page)).length, 1)
  })

  it('is used by the keyboard, and its single keys can be switched off', async t => {
    const engine = await engineFor(t)
    const page = await traderFor(t, engine.url)
    const focused = name =>
      until(
        () =>
          page
            .evaluate(
              () =>
                document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.labels?.[0]?.textContent,
            )
            .then(label => label === name),
        `the focus on ${name}`,
      )
    await page.keyboard.press('/')
    await focused('Add a symbol')
    await page.keyboard.type('b')
    assert.equal(await page.getByRole('combobox').inputValue(), 'b', 'a letter that is typed is no shortcut')
    await page.keyboard.press('Escape')
    await page.evaluate(() => document.activeElement.blur())
    await page.keyboard.press('s')
    await focused('Quantity')
    await page.evaluate(() => document.activeElement.blur())
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keyboard' })
    await help.getByLabel('Shortcuts of a single key').uncheck()
    await page.keyboard.press('Escape')
    await help.waitFor({ state: 'hidden' })
    await page.keyboard.press('?')
    assert.equal(await help.isVisible(), false)
  })

  it('shows the same in a second tab', async t => {
    const engine = await engineFor(t)
    replayFor(t, engine)
    const first = await traderFor(t, engine.url)
    await watch(first, ['IBM'])
    const second = await first.context().newPage()
    await second.goto(engine.url)
    await row(second, 'IBM').waitFor()
    await recordToasts(second)
    await watch(second, ['SPY'])
    await row(first, 'SPY').waitFor()
    await place(first, { symbol: 'IBM', quantity: 5 })
    await told(first, 'Bought 5 IBM')
    await told(second, 'Bought 5 IBM')
    const [one, two] = await until(async () => {
      const both = await Promise.all([figure(first, 'Cash'), figure(second, 'Cash')])
      return both[0] !== 100_000 && both[0] === both[1] && both
    }, 'the same cash in both tabs')
    assert.equal(one, two)
    const entry = page =>
      page.getByRole('region', { name: 'Positions' }).getByRole('row', { name: /IBM/ }).getByRole('cell').first()
    assert.equal(amount(await entry(first).textContent()), amount(await entry(second).textContent()))
  })
})
