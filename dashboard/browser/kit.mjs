// A trader's browser: Debian's Chromium on the page that the real binary serves,
// while the real data of an opening replays.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { durableServerFor } from '../../transport/transporttest/client/durable-server.mjs'
import { binary, feedToken } from '../../transport/transporttest/client/server.mjs'

export const recording = fileURLToPath(
  new URL('../../actors/feed/testdata/us-equities-20131008-open.csv.gz', import.meta.url),
)

/** The symbols of the recording. */
export const recorded = ['AIG', 'BAC', 'IBM', 'SPY']

const patience = 20_000 // only bounds a test that fails

let browser

const endings = new WeakMap()

/** Runs something at the end of a test, what was begun last first: no page is left without its engine. */
function atEnd(t, end) {
  if (!endings.has(t)) {
    const ends = []
    endings.set(t, ends)
    t.after(async () => {
      const failures = []
      for (const end of ends.reverse()) await end().catch(failure => failures.push(failure))
      if (failures.length > 0) throw failures[0]
    })
  }
  endings.get(t).push(end)
}

/** Starts the browser of a test file: call it in before, and closeBrowser in after. */
export async function openBrowser() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export const closeBrowser = () => browser?.close()

/**
 * An engine in development mode, or not, without its simulator: prices come from feed. It can be killed and started
 * again. Settings may be a function of its address.
 */
export async function engineFor(t, settings = {}, { dev = true } = {}) {
  const engine = await durableServerFor({ after: end => atEnd(t, end) }, { dev, OUTCRY_SIMULATOR_ENABLED: 'false' })
  Object.assign(engine.settings, typeof settings === 'function' ? settings(engine.url) : settings)
  await engine.start()
  return engine
}

/** Replays the recording into an engine, over and over, until the test ends or stop is called. */
export function replayFor(t, engine, { speed = 20 } = {}) {
  const child = spawn(
    binary,
    ['replay', recording, '--to', engine.url, '--speed', String(speed), '--loop', '--token', feedToken()],
    {
      stdio: 'ignore',
    },
  )
  const exited = new Promise(resolve => child.once('exit', resolve))
  const stop = async () => {
    child.kill('SIGKILL')
    await exited
  }
  atEnd(t, stop)
  return { stop }
}

/**
 * Opens a page in a browser profile of its own. What goes wrong on it unseen (an error, a violation of the
 * Content-Security-Policy) fails the test at its end.
 */
export async function pageFor(t, url, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  const faults = []
  page.on('pageerror', error => faults.push(`${error}`))
  page.on('console', message => {
    if (message.type() === 'error' && /Content Security Policy|React|Uncaught/.test(message.text()))
      faults.push(message.text())
  })
  atEnd(t, async () => {
    await context.close()
    if (faults.length > 0) throw new Error(`unseen on the page: ${faults.join('\n')}`)
  })
  await page.goto(url)
  return page
}

/** Opens the page and signs a demo user in. */
export async function traderFor(t, url, { user = 'Alice', state = 'WebSocket', ...options } = {}) {
  const page = await pageFor(t, url, options)
  await signIn(page, user, state)
  return page
}

/** Signs a demo user in and waits until the page is connected. */
export async function signIn(page, user = 'Alice', way = 'WebSocket') {
  await page.getByRole('button', { name: `Continue as ${user}` }).click()
  await connected(page, way)
  await recordToasts(page)
}

/** Waits until the connection's badge says that the page is connected, by WebSocket or by polling. */
export const connected = (page, way = 'WebSocket') => page.getByTitle(`Connected by ${way}`).waitFor()

/** Adds symbols to the watchlist as a person does. */
export async function watch(page, symbols) {
  const search = page.getByRole('combobox', { name: 'Add a symbol' })
  for (const symbol of symbols) {
    await search.fill(symbol)
    await page
      .getByRole('option', { name: new RegExp(`^${symbol}\\b`) })
      .first()
      .click()
    await row(page, symbol).waitFor()
  }
  await saved(page)
}

/** Waits until the server has the watchlist as the page shows it. */
export const saved = page => page.locator('[aria-label="Watched symbols"][aria-busy=false]').waitFor()

/** The row of a symbol in the watchlist. */
export const row = (page, symbol) =>
  page.getByRole('table', { name: 'Watched symbols' }).getByRole('row', { name: symbol })

/** Fills in the ticket and sends it. */
export async function place(page, { symbol, side = 'Buy', quantity, limitPrice }) {
  const ticket = page.getByRole('region', { name: 'Order', exact: true })
  await ticket.getByText(side, { exact: true }).first().click()
  await ticket.getByLabel('Symbol').fill(symbol)
  await ticket.getByText(limitPrice === undefined ? 'Market' : 'Limit', { exact: true }).click()
  await ticket.getByLabel('Quantity').fill(String(quantity))
  if (limitPrice !== undefined) await ticket.getByLabel('Limit price').fill(String(limitPrice))
  await ticket.getByRole('button', { name: new RegExp(`^${side} `) }).click()
}

/** A toast with this text that stays until it is closed, or for seconds in which it is clicked. */
export const toast = (page, text) => page.locator('[data-sonner-toast]').filter({ hasText: text })

/** Keeps what the toasts of a page say from now on, until it is loaded again: they go, looked at or not. */
export const recordToasts = page =>
  page.evaluate(() => {
    const section = document.querySelector('section[aria-label^="Notifications"]')
    const texts = new Map()
    window.toasts = []
    const look = () => {
      for (const toast of section.querySelectorAll('[data-sonner-toast]')) {
        if (!texts.has(toast)) {
          texts.set(toast, [])
          window.toasts.push(texts.get(toast))
        }
        if (texts.get(toast).at(-1) !== toast.textContent) texts.get(toast).push(toast.textContent)
      }
    }
    new MutationObserver(look).observe(section, { childList: true, subtree: true, characterData: true })
    look()
  })

/** What each toast has said, one text behind the other. */
export const toasts = page => page.evaluate(() => window.toasts)

/** Waits until a toast has said a text, and returns all that it said then. */
export const told = (page, text) =>
  until(async () => (await toasts(page)).flat().find(said => said.includes(text)), `a toast that says ${text}`)

/** Stops the clock and the timers of a page. What the engine sends still comes; time passes by page.clock.runFor. */
export async function stopClock(page) {
  await page.clock.install()
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000))
}

/** The figure under a name in the portfolio, as a number. */
export async function figure(page, name) {
  const term = page
    .getByRole('region', { name: 'Portfolio', exact: true })
    .locator('dl > div')
    .filter({ hasText: name })
  return amount(await term.locator('dd').textContent())
}

/** Reads $1,234.50 and −$0.90. */
export function amount(text) {
  const negative = text.includes('−')
  const value = Number(text.replace(/[^0-9.]/g, ''))
  return negative ? -value : value
}

/** Waits until a condition that is asked again and again holds. */
export async function until(condition, what) {
  const end = performance.now() + patience
  let last
  while (performance.now() < end) {
    last = await condition()
    if (last) return last
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`did not come: ${what}`)
}
