// Accounts over HTTP, as executors and dashboards without a socket use them.
import assert from 'node:assert/strict'
import { exactJSON, LedgerModel, shownSummary } from './checks/ledger-model.mjs'
import { token } from './server.mjs'

export const executorToken = () => token('test-executor', { roles: ['executor'] })

/** Sends a request and returns {status, headers, type, body, exact}: body parsed, and with its numbers as texts. */
export async function call(url, method, path, credentials, body, type = 'application/json') {
  const response = await fetch(url + path, {
    method, body, headers: { ...(credentials && { Authorization: `Bearer ${credentials}` }), ...(body !== undefined && { 'Content-Type': type }) },
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, type: response.headers.get('content-type'), body: JSON.parse(text), exact: exactJSON(text) }
}

/** Reports one trade, or the text that stands for one. */
export const postTrade = (url, trade, credentials = executorToken()) =>
  call(url, 'POST', '/api/trades', credentials, typeof trade === 'string' ? trade : JSON.stringify(trade))

/** Reports many, a line each. */
export const postTrades = (url, trades) =>
  call(url, 'POST', '/api/trades', executorToken(), trades.map(t => (typeof t === 'string' ? t : JSON.stringify(t))).join('\n'), 'application/x-ndjson')

/** What a user sees of the own account. */
export function accountOf(url, user) {
  const ask = (method, path, body) => call(url, method, path, token(user), body && JSON.stringify(body))
  return {
    portfolio: () => ask('GET', '/api/portfolio'),
    trades: async (query = '') => (await ask('GET', `/api/trades${query}`)).body.data.trades,
    orders: async () => (await ask('GET', '/api/orders')).body.orders,
    place: order => ask('POST', '/api/orders', order),
    cancel: orderId => ask('DELETE', `/api/orders/${orderId}`),
  }
}

let trades = 0

/** An executed trade with an id of its own. */
export const tradeOf = (userId, more = {}) =>
  ({ id: `trade-${process.pid}-${trades++}`, userId, symbol: 'X', side: 'buy', quantity: 2, price: 100, status: 'executed', timestamp: Date.now(), ...more })

/** The events that rows of the history are of. */
const typeOf = { executed: 'order_filled', failed: 'order_failed', cancelled: 'order_cancelled', expired: 'order_cancelled', rejected: 'order_rejected' }

/** What an account must be after its trades, computed again from what GET /api/trades shows. */
function foldTrades(trades) {
  const model = new LedgerModel()
  model.take({ type: 'deposited', amount: '100000' })
  for (const t of trades) model.take({ ...t, type: typeOf[t.status] })
  return model.summary()
}

/** Checks that the account over HTTP is what its trades make it, and returns both as texts. */
export async function assertBalanced(url, user) {
  const { exact: portfolio } = await accountOf(url, user).portfolio()
  const { exact: trades } = await call(url, 'GET', '/api/trades?limit=500&sortOrder=asc', token(user))
  assert.deepEqual(shownSummary(portfolio, { orders: [] }), foldTrades(trades.data.trades))
  return { portfolio, trades: trades.data.trades }
}
