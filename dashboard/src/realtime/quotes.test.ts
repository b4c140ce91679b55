import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ageOf, createQuotes } from './quotes'
import { rawQuote } from './testing/fake-socket'
import { setHidden } from './testing/page'
import type { Quote } from './types'

type Request = [event: string, payload: { symbols: string[]; batch?: true }]

let requests: Request[]
let answer: (event: string, symbols: string[]) => Promise<unknown>
let shown: Quote[][]
let arrived: number
let quotes: ReturnType<typeof createQuotes>

beforeEach(() => {
  vi.useFakeTimers()
  setHidden(false)
  requests = []
  answer = async () => ({})
  shown = []
  arrived = 0
  quotes = createQuotes({
    send(event, payload) {
      requests.push([event, payload])
      return answer(event, payload.symbols)
    },
    shown: batch => shown.push(batch),
    arrived: () => arrived++,
  })
  quotes.start()
})

afterEach(() => {
  quotes.stop()
  vi.useRealTimers()
})

const tick = () => vi.advanceTimersByTimeAsync(0)
const frame = () => vi.advanceTimersByTimeAsync(16)
const none = () => {}

describe('subscriptions', () => {
  test('of one tick are one request, whatever their case and however many rows want them', async () => {
    quotes.connected(false)
    for (const symbol of ['AAPL', ' msft ', 'aapl']) quotes.subscribe(symbol, none)
    await tick()
    expect(requests).toEqual([['subscribe:watchlist', { symbols: ['AAPL', 'MSFT'], batch: true }]])
  })

  test('of no symbol, as of a form in which none is chosen yet, are none', async () => {
    quotes.connected(false)
    quotes.subscribe(' ', none)()
    await tick()
    expect(requests).toEqual([])
  })

  test('before the connection wait for it', async () => {
    quotes.subscribe('AAPL', none)
    await tick()
    expect(requests).toEqual([])
    quotes.connected(false)
    await tick()
    expect(requests).toHaveLength(1)
  })

  test('go in requests of a hundred symbols', async () => {
    quotes.connected(false)
    for (let n = 0; n < 250; n++) quotes.subscribe(`S${n}`, none)
    await tick()
    expect(requests.map(([, { symbols }]) => symbols.length)).toEqual([100, 100, 50])
    expect(new Set(requests.flatMap(([, { symbols }]) => symbols)).size).toBe(250)
  })

  test('end a while after the last row has gone', async () => {
    quotes.connected(false)
    const first = quotes.subscribe('AAPL', none)
    const second = quotes.subscribe('AAPL', none)
    await tick()
    first()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(requests).toHaveLength(1)
    second()
    await vi.advanceTimersByTimeAsync(1_999)
    expect(requests).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2)
    expect(requests[1]).toEqual(['unsubscribe:watchlist', { symbols: ['AAPL'] }])
  })

  test('survive a row that mounts again, as StrictMode and routes do', async () => {
    quotes.connected(false)
    quotes.subscribe('AAPL', none)()
    quotes.subscribe('AAPL', none)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests.map(([event]) => event)).not.toContain('unsubscribe:watchlist')
  })

  test('of a symbol that was left for good begin anew, and no old price shows', async () => {
    quotes.connected(false)
    const leave = quotes.subscribe('AAPL', none)
    await tick()
    quotes.receive([rawQuote('AAPL', 1)])
    await frame()
    leave()
    await vi.advanceTimersByTimeAsync(2_000)
    quotes.subscribe('AAPL', none)
    expect(quotes.get('AAPL')).toBeUndefined()
    await tick()
    expect(requests.at(-1)?.[0]).toBe('subscribe:watchlist')
  })

  test('are all sent again on a new session', async () => {
    quotes.subscribe('AAPL', none)
    quotes.subscribe('MSFT', none)
    quotes.connected(false)
    await tick()
    quotes.dropped()
    quotes.connected(false)
    await tick()
    expect(requests[1]).toEqual(['subscribe:watchlist', { symbols: ['AAPL', 'MSFT'], batch: true }])
  })

  test('are only brought up to date on a recovered session', async () => {
    quotes.connected(false)
    const leave = quotes.subscribe('AAPL', none)
    quotes.subscribe('MSFT', none)
    await tick()
    quotes.dropped()
    leave()
    quotes.subscribe('TSLA', none)
    await vi.advanceTimersByTimeAsync(2_001)
    requests = []
    quotes.connected(true)
    await tick()
    expect(requests).toEqual([
      ['unsubscribe:watchlist', { symbols: ['AAPL'] }],
      ['subscribe:watchlist', { symbols: ['TSLA'], batch: true }],
    ])
  })

  test('that a recovered session has lost are found out and sent again', async () => {
    quotes.connected(false)
    quotes.subscribe('AAPL', none)
    quotes.subscribe('MSFT', none)
    await tick()
    quotes.dropped()
    requests = []
    quotes.connected(true)
    quotes.receive([rawQuote('MSFT', 1)])
    await vi.advanceTimersByTimeAsync(3_100)
    expect(requests).toEqual([['subscribe:watchlist', { symbols: ['AAPL'], batch: true }]])
  })

  test('refused for coming too fast are sent again', async () => {
    quotes.connected(false)
    answer = () => Promise.reject({ code: 'RATE_LIMIT' })
    quotes.subscribe('AAPL', none)
    await tick()
    answer = async () => ({})
    await vi.advanceTimersByTimeAsync(2_000)
    expect(requests).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(requests).toHaveLength(2)
  })

  test('over the limit are sent again when others have left', async () => {
    quotes.connected(false)
    const leave = quotes.subscribe('AAPL', none)
    await tick()
    quotes.receive([rawQuote('AAPL', 1)])
    answer = () => Promise.reject({ code: 'SUBSCRIPTION_LIMIT' })
    quotes.subscribe('MSFT', none)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(requests).toHaveLength(2)
    answer = async () => ({})
    leave()
    await vi.advanceTimersByTimeAsync(2_001)
    expect(requests.slice(2)).toEqual([
      ['unsubscribe:watchlist', { symbols: ['AAPL'] }],
      ['subscribe:watchlist', { symbols: ['MSFT'], batch: true }],
    ])
  })
})

describe('flushes', () => {
  let rendered: Record<string, number>

  beforeEach(async () => {
    rendered = { AAPL: 0, MSFT: 0 }
    quotes.connected(false)
    for (const symbol of Object.keys(rendered))
      quotes.subscribe(symbol, () => {
        rendered[symbol] = (rendered[symbol] ?? 0) + 1
      })
    await tick()
    quotes.receive([rawQuote('AAPL', 1), rawQuote('MSFT', 1)])
    await vi.advanceTimersByTimeAsync(200)
    rendered = { AAPL: 0, MSFT: 0 }
    shown = []
  })

  test('come with the next frame when there was none for a while', async () => {
    quotes.receive([rawQuote('AAPL', 2)])
    expect(quotes.get('AAPL')?.price).toBe(1)
    await frame()
    expect(quotes.get('AAPL')?.price).toBe(2)
    expect(rendered).toEqual({ AAPL: 1, MSFT: 0 })
  })

  test('are at most one each 95 ms, and the last price of a burst is shown', async () => {
    for (let n = 0; n < 1_000; n++) {
      quotes.receive([rawQuote('AAPL', n)])
      await vi.advanceTimersByTimeAsync(1)
    }
    expect(rendered.AAPL).toBeGreaterThanOrEqual(8)
    expect(rendered.AAPL).toBeLessThanOrEqual(11)
    await vi.advanceTimersByTimeAsync(200)
    expect(quotes.get('AAPL')?.price).toBe(999)
  })

  test('do not happen while the page is hidden, and once when it shows', async () => {
    setHidden(true)
    for (let n = 0; n < 100; n++) {
      quotes.receive([rawQuote('AAPL', n), rawQuote('MSFT', n)])
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(rendered).toEqual({ AAPL: 0, MSFT: 0 })
    setHidden(false)
    await frame()
    expect(rendered).toEqual({ AAPL: 1, MSFT: 1 })
    expect(quotes.get('MSFT')?.price).toBe(99)
  })

  test('of what came while nobody looked are not measured', async () => {
    setHidden(true)
    quotes.receive([rawQuote('AAPL', 2)])
    await vi.advanceTimersByTimeAsync(5_000)
    setHidden(false)
    quotes.receive([rawQuote('MSFT', 3)])
    await frame()
    expect(shown.flat().map(({ symbol }) => symbol)).toEqual(['MSFT'])
  })

  test('leave a quote the same object until it changes, so that React does not render for nothing', async () => {
    const before = quotes.get('MSFT')
    quotes.receive([rawQuote('AAPL', 2)])
    await frame()
    expect(quotes.get('MSFT')).toBe(before)
  })

  test('have bid and ask without a price, where a symbol never traded', async () => {
    const { price: _, ...untraded } = rawQuote('AAPL', 1, { bid: 9, ask: 11 })
    quotes.receive([untraded])
    await frame()
    expect(quotes.get('AAPL')).toMatchObject({ bid: 9, ask: 11 })
    expect(quotes.get('AAPL')?.price).toBeUndefined()
  })

  test('pass over what is no quote and what nobody asked for', async () => {
    quotes.receive('nonsense')
    quotes.receive([null, 7, {}, { symbol: 'AAPL' }, rawQuote('AAPL', Number.NaN), rawQuote('OTHER', 1)])
    await frame()
    expect(rendered).toEqual({ AAPL: 0, MSFT: 0 })
    expect(quotes.get('OTHER')).toBeUndefined()
  })

  test('stop with the page, and start again with it', async () => {
    quotes.receive([rawQuote('AAPL', 2)])
    quotes.stop()
    expect(vi.getTimerCount()).toBe(0)
    expect(quotes.get('AAPL')).toBeUndefined()
    quotes.start()
    quotes.connected(false)
    await tick()
    quotes.receive([rawQuote('AAPL', 3)])
    await frame()
    expect(quotes.get('AAPL')?.price).toBe(3)
  })
})

describe('a snapshot', () => {
  const snapshots = async () => {
    await vi.advanceTimersByTimeAsync(120)
    return quotes.get('AAPL')?.snapshot
  }

  test('is the first quote after a subscription and after each connect, and no other', async () => {
    quotes.connected(false)
    quotes.subscribe('AAPL', none)
    await tick()
    for (const price of [1, 2]) {
      quotes.receive([rawQuote('AAPL', price)])
      expect(await snapshots()).toBe(price === 1)
    }
    for (const recovered of [true, false]) {
      quotes.dropped()
      quotes.connected(recovered)
      await tick()
      for (const price of [3, 4]) {
        quotes.receive([rawQuote('AAPL', price)])
        expect(await snapshots()).toBe(price === 3)
      }
    }
  })

  test('that a change overtakes before it was shown is still one', async () => {
    quotes.connected(false)
    quotes.subscribe('AAPL', none)
    await tick()
    quotes.receive([rawQuote('AAPL', 1)])
    quotes.receive([rawQuote('AAPL', 2)])
    expect(await snapshots()).toBe(true)
    expect(quotes.get('AAPL')?.price).toBe(2)
  })
})

test('that no quotes will come is told too, so that nobody waits for a symbol without any', async () => {
  quotes.subscribe('NEWCO', none)
  quotes.connected(false)
  expect(arrived).toBe(0)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(arrived).toBe(1)
})

test('the age of a quote is what it was when it came and the time since', () => {
  const quote = { age: 40, receivedAt: 1_000 } as Quote
  expect(ageOf(quote, 1_500)).toBe(540)
  expect(ageOf(quote, 900)).toBe(40)
})

test('all rows share one ticker of seconds', async () => {
  const told = [vi.fn(), vi.fn()]
  const offs = told.map(listener => quotes.everySecond(listener))
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(told.map(listener => listener.mock.calls.length)).toEqual([2, 2])
  for (const off of offs) off()
  expect(vi.getTimerCount()).toBe(0)
})
