import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createRealtime, type Realtime } from './realtime'
import { FakeSocket, rawQuote } from './testing/fake-socket'
import { setHidden, settle } from './testing/page'
import type { ServerError, TradeNotice } from './types'

let socket: FakeSocket
let realtime: Realtime
let stop: () => void
let notices: TradeNotice[]
let errors: ServerError[]
const state = () => realtime.connection.state.get()

beforeEach(async () => {
  vi.useFakeTimers()
  setHidden(false)
  socket = new FakeSocket()
  realtime = createRealtime({ openSocket: socket.open })
  notices = []
  errors = []
  realtime.notices.add(notice => notices.push(notice))
  realtime.errors.add(error => errors.push(error))
  stop = realtime.start()
  await settle()
})

afterEach(() => {
  stop()
  vi.useRealTimers()
})

const portfolio = (totalValue: number, version = 1) => socket.serve('portfolio:update', { totalValue, version })
const reconnect = async (recovered: boolean) => {
  socket.cut()
  await vi.advanceTimersByTimeAsync(2_000)
  socket.accept({ recovered })
}

describe('syncing', () => {
  test('lasts until the account has come, where no quotes are watched', () => {
    socket.accept()
    expect(state().syncing).toBe(true)
    portfolio(1)
    expect(state().syncing).toBe(false)
  })

  test('lasts until account and quotes have come, in either order', async () => {
    realtime.quotes.subscribe('AAPL', () => {})
    socket.accept()
    await settle()
    portfolio(1)
    expect(state().syncing).toBe(true)
    socket.serve('watchlist:quotes', [rawQuote('AAPL', 1)])
    expect(state().syncing).toBe(false)
    await reconnect(true)
    socket.serve('watchlist:quotes', [rawQuote('AAPL', 1)])
    expect(state().syncing).toBe(true)
    portfolio(1)
    expect(state().syncing).toBe(false)
  })

  test('does not wait for ever for a symbol that has no quote', async () => {
    realtime.quotes.subscribe('NEWCO', () => {})
    socket.accept()
    portfolio(1)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(state().syncing).toBe(false)
  })
})

describe('the account', () => {
  test('is the newest update, and no update without a value', () => {
    socket.accept()
    portfolio(1)
    portfolio(2)
    socket.serve('portfolio:update', { totalValue: 'much' })
    socket.serve('portfolio:update', null)
    expect(realtime.portfolio.get()?.totalValue).toBe(2)
  })

  test('is asked for in deltas on each connection, before anything else, and merged', async () => {
    realtime.quotes.subscribe('AAPL', () => {})
    socket.accept()
    await settle()
    expect(socket.sent[0]).toMatchObject({ event: 'subscribe:portfolio', payload: { delta: true } })
    const position = { symbol: 'AAPL', quantity: 1 }
    socket.serve('portfolio:update', { totalValue: 1, version: 1, positions: [position], orders: [] })
    const delta = { delta: true, version: 2, orders: [], removedOrders: [] }
    socket.serve('portfolio:update', { ...delta, totalValue: 2, positions: [], removedPositions: [] })
    expect(realtime.portfolio.get()).toMatchObject({ totalValue: 2, positions: [position] })
    socket.serve('portfolio:update', { ...delta, totalValue: 3, positions: [], removedPositions: ['AAPL'] })
    expect(realtime.portfolio.get()).toMatchObject({ totalValue: 3, positions: [] })
    await reconnect(true)
    expect(socket.sentOf('subscribe:portfolio')).toHaveLength(2)
  })

  test('is gone once the connection is not wanted any more', () => {
    socket.accept()
    portfolio(1)
    stop()
    expect(realtime.portfolio.get()).toBeUndefined()
  })
})

describe('notices', () => {
  const fill = (n: number) => socket.serve('trade:executed', { id: `t-${n}`, symbol: 'AAPL', timestamp: n }, `${n}`)

  test('that come again are told once', async () => {
    socket.accept()
    fill(1)
    await reconnect(false)
    fill(1)
    fill(2)
    expect(notices.map(({ id }) => id)).toEqual(['executed:1', 'executed:2'])
  })

  test('of a recovery are marked as missed that the account knew when it came, however late they come', async () => {
    socket.accept()
    portfolio(1)
    fill(1)
    await reconnect(true)
    fill(2)
    portfolio(1, 4)
    fill(3)
    socket.serve('position:closed', { symbol: 'AAPL', pnl: 1 }, '4.1')
    fill(4)
    fill(5)
    portfolio(1, 6)
    fill(6)
    expect(notices.map(({ missed }) => missed)).toEqual([false, true, true, true, true, false, false])
  })

  test('of a new session are not', async () => {
    socket.accept()
    fill(1)
    await reconnect(false)
    fill(2)
    expect(notices.map(({ missed }) => missed)).toEqual([false, false])
  })

  test('of one order that fills and closes are two', () => {
    socket.accept()
    socket.serve('trade:executed', { id: 't-1', symbol: 'AAPL' }, '7.1')
    socket.serve('position:closed', { symbol: 'AAPL', pnl: -3 }, '7')
    expect(notices.map(({ kind, id }) => [kind, id])).toEqual([
      ['executed', 'executed:7.1'],
      ['closed', 'closed:7'],
    ])
  })
})

test('the state of the market is kept, with the name that the nested copy covers', () => {
  socket.accept()
  const status = { isOpen: true, nextOpen: null, nextClose: 9, feed: 'live', timestamp: 1 }
  socket.serve('market:status', { ...status, market: { market: 'us-equities', ...status } })
  socket.serve('market:status', null)
  expect(realtime.market.get()).toEqual({ ...status, market: 'us-equities' })
  socket.serve('market:status', { ...status, market: 'always' })
  expect(realtime.market.get()?.market).toBe('always')
})

describe('errors', () => {
  test('of the server are told, also those that a subscription meets', async () => {
    socket.accept()
    socket.serve('error', { event: 'order:place', code: 'RATE_LIMIT', message: 'too many events' })
    realtime.quotes.subscribe('???', () => {})
    await settle()
    socket.answer('subscribe:watchlist', { success: false, code: 'INVALID_PARAMS', message: 'not a symbol: ???' })
    await settle()
    expect(errors).toEqual([
      { event: 'order:place', code: 'RATE_LIMIT', message: 'too many events' },
      { event: 'subscribe:watchlist', code: 'INVALID_PARAMS', message: 'not a symbol: ???' },
    ])
  })

  test('do not say again what the state of the connection says', async () => {
    realtime.quotes.subscribe('AAPL', () => {})
    socket.accept()
    await settle()
    socket.cut()
    await settle()
    expect(errors).toEqual([])
  })
})

test('stopping leaves no timer', async () => {
  realtime.quotes.subscribe('AAPL', () => {})
  socket.accept()
  await settle()
  socket.serve('watchlist:quotes', [rawQuote('AAPL', 1)])
  stop()
  expect(vi.getTimerCount()).toBe(0)
})
