// node browser/pictures.mjs: takes the pictures of README and docs, of the real
// binary with the real data replaying. TEST_BINARY is the engine.
import { fileURLToPath } from 'node:url'
import {
  closeBrowser,
  engineFor,
  openBrowser,
  pageFor,
  place,
  recorded,
  replayFor,
  signIn,
  toast,
  traderFor,
  watch,
} from './kit.mjs'

const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))

/** Stands in for a test, whose end it runs at the end. */
const ends = []
const t = { after: end => ends.unshift(end) }

const picture = async (page, name) => {
  await page.evaluate(() => window.scrollTo(0, 0))
  await page.screenshot({ path: `${folder}${name}.png` })
}
const rest = ms => new Promise(resolve => setTimeout(resolve, ms))

await openBrowser()
try {
  const engine = await engineFor(t)
  replayFor(t, engine, { speed: 10 })
  const door = await pageFor(t, engine.url, { colorScheme: 'dark', viewport: { width: 900, height: 640 } })
  await picture(door, 'sign-in')

  const trader = await traderFor(t, engine.url, { colorScheme: 'dark', viewport: { width: 1440, height: 1090 } })
  await watch(trader, recorded)
  for (const [symbol, quantity] of [
    ['IBM', 40],
    ['SPY', 60],
    ['BAC', 500],
  ]) {
    await place(trader, { symbol, quantity })
    await toast(trader, `Bought ${quantity} ${symbol}`).waitFor()
  }
  await place(trader, { symbol: 'AIG', quantity: 100, limitPrice: 40 })
  await rest(75_000) // a minute of prices for the sparklines and the curve
  await picture(trader, 'trade-dark')
  await trader.emulateMedia({ colorScheme: 'light' })
  await rest(1_000)
  await picture(trader, 'trade-light')
  await trader.emulateMedia({ colorScheme: 'dark' })
  await trader.setViewportSize({ width: 390, height: 844 })
  await rest(1_000)
  await picture(trader, 'trade-phone')
  await trader.setViewportSize({ width: 1440, height: 760 })
  await trader.getByRole('link', { name: 'History' }).click()
  await trader.getByRole('row', { name: /BAC/ }).waitFor()
  await picture(trader, 'history')

  await trader.getByRole('link', { name: 'Trade' }).click() // somebody watches while the operator looks
  const operator = await pageFor(t, `${engine.url}/operator`, {
    colorScheme: 'dark',
    viewport: { width: 1440, height: 1180 },
  })
  await signIn(operator, 'Operator')
  await rest(20_000)
  await picture(operator, 'operator')
  await operator.getByRole('link', { name: 'Settings' }).click()
  await operator.getByText('mailbox.budget').first().waitFor()
  await picture(operator, 'settings')
} finally {
  for (const end of ends) await end()
  await closeBrowser()
}
