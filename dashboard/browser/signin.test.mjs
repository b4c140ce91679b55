// Who may see the dashboard, and what they are told otherwise.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { discordFor } from './discord.mjs'
import { closeBrowser, connected, engineFor, openBrowser, pageFor, signIn, traderFor } from './kit.mjs'

describe('sign-in', { concurrency: 2 }, () => {
  // the others run while the first waits for the end of a sign-in
  before(openBrowser)
  after(closeBrowser)

  it('explains an expired sign-in, and goes on after another', { timeout: 150_000 }, async t => {
    const lifetime = 60_000 // the shortest that there is
    const engine = await engineFor(t, { OUTCRY_AUTH_SESSION_LIFETIME: `${lifetime}ms` })
    const page = await traderFor(t, engine.url)
    await page.getByText(/^Your sign-in ends at/).waitFor()
    await page.getByText('Your sign-in has expired').waitFor({ timeout: lifetime + 20_000 })
    await signIn(page)
  })

  it('lets a demo user in, keeps them over a reload, and out', async t => {
    const engine = await engineFor(t)
    const page = await traderFor(t, engine.url)
    await page.reload()
    await connected(page)
    await page.getByRole('button', { name: 'Account and appearance' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are signed out.').waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Continue as Alice' }).waitFor()
  })

  it('ends in every tab, and says so', async t => {
    const engine = await engineFor(t)
    const first = await traderFor(t, engine.url)
    const second = await first.context().newPage()
    await second.goto(engine.url)
    await connected(second)
    await first.getByRole('button', { name: 'Account and appearance' }).click()
    await first.getByRole('button', { name: 'Sign out' }).click()
    await second.getByText('You have signed out in another tab').waitFor()
    await signIn(second, 'Bob')
  })

  it('shows the operator console to operators alone', async t => {
    const engine = await engineFor(t)
    const trader = await traderFor(t, `${engine.url}/operator`)
    await trader.getByText('There is no page at this address.').waitFor()
    const operator = await traderFor(t, engine.url, { user: 'Operator' })
    await operator.getByRole('link', { name: 'Operator' }).click()
    await operator.getByRole('heading', { name: 'Operator console' }).waitFor()
  })

  it('goes by Discord, with the name and the roles of that account', async t => {
    const discord = await discordFor(t, {
      id: '4242',
      username: 'cara',
      global_name: 'Cara',
      email: 'cara@example.com',
    })
    const engine = await engineFor(t, url => ({ ...discord.settingsOf(url), OUTCRY_DISCORD_OPERATORS: '4242' }))
    const page = await pageFor(t, engine.url)
    await page.getByRole('link', { name: 'Continue with Discord' }).click()
    await page.getByText('outcry-test asks for: identify email').waitFor()
    await page.getByRole('link', { name: 'Authorize' }).click()
    await connected(page)
    assert.equal(page.url(), `${engine.url}/`)
    await page.getByRole('button', { name: 'Account and appearance' }).click()
    await page.getByText('Cara', { exact: false }).first().waitFor()
    await page.getByRole('link', { name: 'Operator' }).waitFor()
    await page.reload()
    await connected(page)
  })

  it('is kept in a cookie that no other host of the domain can set, outside development', async t => {
    const discord = await discordFor(t, { id: '4242', username: 'cara' })
    const engine = await engineFor(t, discord.settingsOf, { dev: false })
    const page = await pageFor(t, engine.url)
    await page.getByRole('link', { name: 'Continue with Discord' }).click()
    await page.getByRole('link', { name: 'Authorize' }).click()
    await connected(page)
    await page.reload()
    await connected(page)
    const cookies = async () => (await page.context().cookies()).map(({ name }) => name)
    assert.deepEqual(await cookies(), ['__Host-outcry_session'])
    await page.getByRole('button', { name: 'Account and appearance' }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are signed out.').waitFor()
    assert.deepEqual(await cookies(), [])
  })

  it('says so when Discord did not sign somebody in, and lets them try again', async t => {
    const discord = await discordFor(t, { id: '7', username: 'dan' })
    const engine = await engineFor(t, discord.settingsOf)
    const page = await pageFor(t, engine.url)
    await page.getByRole('link', { name: 'Continue with Discord' }).click()
    await page.getByRole('link', { name: 'Cancel' }).click()
    await page.getByRole('alert').filter({ hasText: 'Discord did not sign you in' }).waitFor()
    await page.getByRole('link', { name: 'Continue with Discord' }).click()
    await page.getByRole('link', { name: 'Authorize' }).click()
    await connected(page)
    assert.equal(await page.getByRole('link', { name: 'Operator' }).count(), 0)
  })

  it('explains an error of Discord without showing what a link made up', async t => {
    const engine = await engineFor(t)
    const page = await pageFor(t, `${engine.url}/?error=Call+this+number`)
    const alert = page.getByRole('alert')
    await alert.waitFor()
    assert.equal(await alert.textContent(), 'The sign-in did not work. Try again.')
  })
})
