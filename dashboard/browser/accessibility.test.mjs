// What axe finds on every page, in both themes and both palettes, at three widths.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import {
  closeBrowser,
  engineFor,
  openBrowser,
  pageFor,
  place,
  recorded,
  replayFor,
  signIn,
  told,
  watch,
} from './kit.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const widths = [320, 768, 1440]

/** Runs axe in the page. It comes through the debugger: the page's Content-Security-Policy lets nobody else's script in. */
async function violations(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe })
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(n => n.target.join(' ') + ': ' + n.failureSummary) }))))`,
    awaitPromise: true,
    returnByValue: true,
  })
  await session.detach()
  return JSON.parse(result.value)
}

/** Checks a page at every width and returns what is wrong; nothing of it may need sideways scrolling either. */
async function check(page, name) {
  const wrong = []
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 })
    wrong.push(...(await violations(page)).map(violation => ({ at: `${name}, ${width} px`, ...violation })))
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    if (wide > width) wrong.push({ at: `${name}, ${width} px`, id: 'sideways scrolling', nodes: [`${wide} px wide`] })
  }
  return wrong
}

describe('accessibility', { concurrency: false }, () => {
  before(openBrowser)
  after(closeBrowser)

  for (const colorScheme of ['dark', 'light']) {
    for (const palette of ['standard', 'colour-blind']) {
      it(`has no violation on any page, ${colorScheme} and ${palette}`, { timeout: 300_000 }, async t => {
        const wrong = []
        const engine = await engineFor(t)
        replayFor(t, engine)
        const page = await pageFor(t, engine.url, { colorScheme })
        await page.evaluate(palette => {
          localStorage.setItem(
            'outcry.preferences',
            JSON.stringify({ state: { theme: 'system', palette, singleKeys: true }, version: 0 }),
          )
        }, palette)
        await page.reload()
        await page.getByRole('button', { name: 'Continue as Operator' }).waitFor()
        wrong.push(...(await check(page, 'sign-in')))

        await signIn(page, 'Operator')
        wrong.push(...(await check(page, 'an empty account')))
        await watch(page, recorded)
        await place(page, { symbol: 'IBM', quantity: 5 })
        await told(page, 'Bought 5 IBM')
        await place(page, { symbol: 'SPY', quantity: 1, limitPrice: 1 })
        await page
          .getByRole('region', { name: 'Open orders' })
          .getByRole('button', { name: /^Cancel/ })
          .waitFor()
        wrong.push(...(await check(page, 'trading')))

        await page.getByRole('button', { name: 'Account and appearance' }).click()
        wrong.push(...(await check(page, 'the account')))
        await page.keyboard.press('Escape')
        await page.keyboard.press('?')
        await page.getByRole('heading', { name: 'Keyboard' }).waitFor()
        wrong.push(...(await check(page, 'the help')))
        await page.keyboard.press('Escape')

        await page.setViewportSize({ width: 1440, height: 900 })
        await page.getByRole('link', { name: 'History' }).click()
        await page.getByRole('region', { name: 'Trades' }).getByRole('row', { name: /IBM/ }).waitFor()
        wrong.push(...(await check(page, 'history')))

        await page.getByRole('link', { name: 'Operator' }).click()
        await page.getByRole('heading', { name: 'Freshness' }).waitFor()
        wrong.push(...(await check(page, 'the operator console')))
        await page.getByRole('link', { name: 'Settings' }).click()
        await page.getByText('mailbox.budget').first().waitFor()
        wrong.push(...(await check(page, 'settings')))
        assert.equal(wrong.map(({ at, id, nodes }) => `${at}: ${id}\n  ${nodes.join('\n  ')}`).join('\n'), '')
      })
    }
  }
})
