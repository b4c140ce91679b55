import { accountAfter } from './account'
import { type ConnectionOptions, createConnection } from './connection'
import { createLatency } from './latency'
import { createFirstTime, noticeEvents, noticeOf, versionOf } from './notices'
import { createQuotes } from './quotes'
import type { RequestError } from './request'
import { createListeners, createStore, type Off } from './store'
import type { MarketStatus, Portfolio, PortfolioUpdate, ServerError, TradeNotice } from './types'

/** All that one provider holds: a connection, and the stores that its events fill. Nothing is shared with another. */
export function createRealtime(options: ConnectionOptions) {
  const connection = createConnection(options)
  const portfolio = createStore<Portfolio | undefined>(undefined)
  const market = createStore<MarketStatus | undefined>(undefined)
  const notices = createListeners<[TradeNotice]>()
  const errors = createListeners<[ServerError]>()
  const isFirst = createFirstTime()
  /** Since the connection came: what has arrived of the state that the server sends first. */
  let account = false
  /** The version of the account that came first: notices up to it are of the time before. */
  let firstVersion = Number.POSITIVE_INFINITY
  let quotesCame = false
  let recovered = false

  const latency = createLatency({
    roundTripMs: () => connection.state.get().roundTripMs,
    report: figures => connection.emit('latency:report', figures),
  })
  const quotes = createQuotes({
    send: (event, payload) =>
      connection.request(event, payload).catch((error: RequestError) => {
        // What the connection's state tells already is no error of the server.
        if (!error.ours) errors.tell({ event, code: error.code, message: error.message })
        throw error
      }),
    shown: latency.shown,
    arrived() {
      quotesCame = true
      sync()
    },
  })

  function sync() {
    if (account && (quotesCame || !quotes.wanted())) connection.synced()
  }

  connection.onConnected(again => {
    account = quotesCame = false
    firstVersion = Number.POSITIVE_INFINITY
    recovered = again
    connection.emit('subscribe:portfolio', { delta: true })
    quotes.connected(again)
  })
  connection.onDropped(quotes.dropped)
  connection.on('watchlist:quotes', quotes.receive)
  connection.on('watchlist:quote', (quote: unknown) => quotes.receive([quote]))
  connection.on('portfolio:update', (update: PortfolioUpdate | null) => {
    const after = Number.isFinite(update?.totalValue) && accountAfter(portfolio.get(), update as PortfolioUpdate)
    if (!after) return
    portfolio.set(after)
    if (!account) firstVersion = after.version
    account = true
    sync()
  })
  connection.on('market:status', (status: MarketStatus | null) => {
    if (typeof status?.isOpen !== 'boolean') return
    // The nested copy has the name of the market's name in the place of it.
    const nested: unknown = status.market
    market.set({ ...status, ...(typeof nested === 'object' && nested) })
  })
  connection.on('error', (error: ServerError | null) => {
    if (typeof error?.message === 'string') errors.tell(error)
  })
  for (const event of noticeEvents) {
    connection.on(event, (raw: object | null, offset: unknown) => {
      if (!raw) return
      const notice = noticeOf(event, raw, offset, recovered && (!account || versionOf(offset) <= firstVersion))
      if (isFirst(notice.id)) notices.tell(notice)
    })
  }

  return {
    connection,
    quotes,
    portfolio,
    market,
    notices,
    errors,
    latency: latency.store,
    start(): Off {
      quotes.start()
      const end = latency.start()
      connection.start()
      return () => {
        connection.stop()
        end()
        quotes.stop()
        // Whoever signs in next must not see the account of the one before.
        portfolio.set(undefined)
      }
    },
  }
}

export type Realtime = ReturnType<typeof createRealtime>
