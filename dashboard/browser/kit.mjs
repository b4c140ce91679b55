// A trader's browser: Debian's Chromium on the page that the real binary serves,
// while the real data of an opening replays.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { durableServerFor } from '../../transport/transporttest/client/durable-server.mjs'
import { binary, feedToken } from '../../transport/transporttest/client/server.mjs'

export const recording = fileURLToPath(
  new URL('../../../shared/data/us-equities-20131008-open.csv.gz', import.meta.url),
)

/** The symbols of the recording. */
export const recorded = ['AIG', 'BAC', 'IBM', 'SPY']

const patience = 20_000 // only bounds a test that fails

let browser

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

/** An engine in development mode, without its simulator: prices come from feed. It can be killed and started again. */
export async function engineFor(t, settings = {}) {
  const engine = await durableServerFor(t, { dev: true, OUTCRY_SIMULATOR_ENABLED: 'false', ...settings })
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
  t.after(stop)
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
  t.after(async () => {
    await context.close()
    if (faults.length > 0) throw new Error(`unseen on the page: ${faults.join('\n')}`)
  })
  await page.goto(url)
  return page
}

/** Opens the page and signs a demo user in. */
export async function traderFor(t, url, { user = 'Alice', ...options } = {}) {
  const page = await pageFor(t, url, options)
  await signIn(page, user)
  return page
}

export async function signIn(page, user = 'Alice') {
  await page.getByRole('button', { name: `Continue as ${user}` }).click()
  await page.getByText(/^Live/).first().waitFor()
}
