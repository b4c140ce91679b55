// An account as its user is shown it over HTTP.
import { setTimeout as delay } from 'node:timers/promises'
import { exactJSON, shownSummary } from '../checks/ledger-model.mjs'
import { token } from '../server.mjs'

const settledPatience = 20_000 // only bounds a run that fails

async function read(url, user, path) {
  const response = await fetch(url + path, { headers: { Authorization: `Bearer ${token(user)}` } })
  return exactJSON(await response.text())
}

/** What a user is shown of the account. */
export const shownTo = async (url, user) => shownSummary(await read(url, user, '/api/portfolio'), await read(url, user, '/api/orders'))

/** Waits until no market order of these users is open: they do not rest, but are filled or fail by the next quote. */
export async function marketOrdersEnded(url, users) {
  const until = Date.now() + settledPatience
  for (const user of users) {
    while ((await read(url, user, '/api/orders')).orders.some(o => o.type === 'market')) {
      if (Date.now() > until) throw new Error(`${user} has a market order that does not end`)
      await delay(10)
    }
  }
}
