import { act, cleanup, render, screen } from '@testing-library/react'
import { StrictMode, useState } from 'react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  useConnection,
  useLatency,
  useMarketStatus,
  usePortfolio,
  useQuote,
  useQuoteAge,
  useServerErrors,
  useTradeNotifications,
  useWebSocket,
  WebSocketProvider,
  type WebSocketProviderProps,
} from './index'
import { openSocket } from './socket'
import { FakeSocket, rawQuote } from './testing/fake-socket'
import { setHidden } from './testing/page'

vi.mock('./socket', () => ({ openSocket: vi.fn() }))

let sockets: FakeSocket[]
const socket = () => sockets.at(-1) as FakeSocket

beforeEach(() => {
  vi.useFakeTimers()
  setHidden(false)
  sockets = []
  vi.mocked(openSocket).mockImplementation((url, auth) => {
    const made = new FakeSocket()
    sockets.push(made)
    return made.open(url, auth)
  })
})

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const pass = (ms = 0) => act(() => vi.advanceTimersByTimeAsync(ms))

async function mount(children: React.ReactNode, props: WebSocketProviderProps = {}) {
  const tree = (props: WebSocketProviderProps) => (
    <StrictMode>
      <WebSocketProvider {...props}>{children}</WebSocketProvider>
    </StrictMode>
  )
  const { rerender, unmount } = render(tree(props))
  await pass()
  const change = (props: WebSocketProviderProps) => {
    rerender(tree(props))
    return pass()
  }
  return { change, unmount }
}

const serve = async (event: string, ...args: unknown[]) => {
  await act(async () => socket().serve(event, ...args))
  await pass(120)
}

test('under StrictMode there is one connection, and one subscription for two rows', async () => {
  const Row = () => <p>{useQuote('aapl')?.price ?? 'none'}</p>
  await mount([<Row key="a" />, <Row key="b" />])
  expect(sockets).toHaveLength(1)
  await act(async () => socket().accept())
  await pass(120)
  expect(socket().sentOf('subscribe:watchlist')).toHaveLength(1)
  expect(screen.getAllByText('none')).toHaveLength(2)
  await serve('watchlist:quotes', [rawQuote('AAPL', 231)])
  expect(screen.getAllByText('231')).toHaveLength(2)
})

test('a row renders for its own symbol only', async () => {
  const renders = { AAPL: 0, MSFT: 0 }
  const Row = ({ symbol }: { symbol: 'AAPL' | 'MSFT' }) => {
    renders[symbol]++
    return <p>{useQuote(symbol)?.price}</p>
  }
  await mount([<Row key="a" symbol="AAPL" />, <Row key="m" symbol="MSFT" />])
  await act(async () => socket().accept())
  await pass(120)
  const before = { ...renders }
  await serve('watchlist:quotes', [rawQuote('AAPL', 1)])
  expect(renders.AAPL).toBeGreaterThan(before.AAPL)
  expect(renders.MSFT).toBe(before.MSFT)
})

test('a row that takes another symbol shows that one', async () => {
  let choose: (symbol: string) => void = () => {}
  const Row = () => {
    const [symbol, setSymbol] = useState('AAPL')
    choose = setSymbol
    return <p>{useQuote(symbol)?.price ?? 'none'}</p>
  }
  await mount(<Row />)
  await act(async () => socket().accept())
  await pass(120)
  await serve('watchlist:quotes', [rawQuote('AAPL', 1)])
  act(() => choose('MSFT'))
  expect(screen.getByText('none')).toBeInTheDocument()
  await pass(120)
  await serve('watchlist:quotes', [rawQuote('MSFT', 2)])
  expect(screen.getByText('2')).toBeInTheDocument()
})

test('the age of a quote grows each second', async () => {
  const Age = () => <p>{useQuoteAge('AAPL') ?? 'none'}</p>
  await mount(<Age />)
  await act(async () => socket().accept())
  await pass(120)
  await serve('watchlist:quotes', [rawQuote('AAPL', 1, { age: 0 })])
  expect(screen.getByText('0')).toBeInTheDocument()
  await pass(3_800)
  expect(screen.getByText('3000')).toBeInTheDocument()
})

test('account, market and latency are there once they have come', async () => {
  const View = () => <p>{`${usePortfolio()?.totalValue} ${useMarketStatus()?.isOpen} ${useLatency()?.count}`}</p>
  await mount(<View />)
  await act(async () => socket().accept())
  expect(screen.getByText('undefined undefined undefined')).toBeInTheDocument()
  await serve('portfolio:update', { totalValue: 100 })
  await serve('market:status', { isOpen: true })
  expect(screen.getByText('100 true undefined')).toBeInTheDocument()
})

test('handlers are told once under StrictMode, the newest of them, and not after unmount', async () => {
  const told: string[] = []
  const View = ({ name }: { name: string }) => {
    useTradeNotifications(({ id }) => told.push(`${name} ${id}`))
    useServerErrors(({ code }) => told.push(`${name} ${code}`))
    return null
  }
  let rename: (name: string) => void = () => {}
  const Parent = () => {
    const [name, setName] = useState('a')
    rename = setName
    return name && <View name={name} />
  }
  await mount(<Parent />)
  await act(async () => socket().accept())
  await serve('trade:executed', { id: 't-1' }, '1')
  act(() => rename('b'))
  await serve('trade:executed', { id: 't-2' }, '2')
  await serve('error', { event: 'x', code: 'RATE_LIMIT', message: 'm' })
  act(() => rename(''))
  await serve('trade:executed', { id: 't-3' }, '3')
  expect(told).toEqual(['a executed:1', 'b executed:2', 'b RATE_LIMIT'])
})

test('requests and events go through useWebSocket', async () => {
  let api = undefined as unknown as ReturnType<typeof useWebSocket>
  const View = () => {
    api = useWebSocket()
    return <p>{api.connection.state}</p>
  }
  await mount(<View />)
  await act(async () => socket().accept())
  expect(screen.getByText('live')).toBeInTheDocument()
  const answered = api.request('watchlist:get')
  socket().answer('watchlist:get', { success: true, symbols: [] })
  expect(await answered).toEqual({ success: true, symbols: [] })
  const heard = vi.fn()
  const off = api.on('hello', heard)
  await serve('hello', 1)
  off()
  await serve('hello', 2)
  expect(heard.mock.calls).toEqual([[1]])
})

test('a refusal is told to the page, once', async () => {
  const onRefused = vi.fn()
  const View = () => <p>{useConnection().refusal?.code}</p>
  await mount(<View />, { onRefused })
  await act(async () => socket().refuse('INVALID_SESSION', 'Authentication failed: Invalid or expired session'))
  await pass(60_000)
  expect(onRefused.mock.calls).toEqual([
    [{ code: 'INVALID_SESSION', message: 'Authentication failed: Invalid or expired session' }],
  ])
  expect(screen.getByText('INVALID_SESSION')).toBeInTheDocument()
})

test('the newest credentials are shown, without a new connection when they change', async () => {
  const { change } = await mount(null, { auth: { token: 'a' } })
  expect(socket().credentials.at(-1)).toEqual({ token: 'a' })
  await act(async () => socket().accept())
  await change({ auth: () => ({ token: 'b' }) })
  expect(socket().connected).toBe(true)
  await act(async () => socket().cut())
  await pass(1_500)
  expect(socket().credentials.at(-1)).toEqual({ token: 'b' })
  expect(sockets).toHaveLength(1)
})

test('while nobody is signed in there is no connection', async () => {
  const View = () => <p>{useConnection().state}</p>
  const { change } = await mount(<View />, { enabled: false })
  expect(sockets).toHaveLength(0)
  expect(screen.getByText('closed')).toBeInTheDocument()
  await change({ enabled: true })
  expect(sockets).toHaveLength(1)
  await act(async () => socket().accept())
  await change({ enabled: false })
  expect(socket().connected).toBe(false)
  expect(screen.getByText('closed')).toBeInTheDocument()
})

test('another user sees nothing of the one before', async () => {
  const View = () => <p>{usePortfolio()?.totalValue ?? 'none'}</p>
  const { change } = await mount(<View />, { userId: 'alice' })
  await act(async () => socket().accept())
  await serve('portfolio:update', { totalValue: 100 })
  const alices = socket()
  await change({ userId: 'bob' })
  expect(screen.getByText('none')).toBeInTheDocument()
  expect(alices.connected).toBe(false)
  expect(sockets).toHaveLength(2)
  alices.serve('portfolio:update', { totalValue: 100 })
  await pass()
  expect(screen.getByText('none')).toBeInTheDocument()
})

test('two providers share nothing', async () => {
  render(
    <>
      <WebSocketProvider />
      <WebSocketProvider />
    </>,
  )
  await pass()
  expect(sockets).toHaveLength(2)
})

test('unmounting ends the connection and leaves no timer', async () => {
  const Row = () => <p>{useQuoteAge('AAPL')}</p>
  const { unmount } = await mount(<Row />)
  await act(async () => socket().accept())
  await pass(120)
  await serve('watchlist:quotes', [rawQuote('AAPL', 1)])
  unmount()
  expect(socket().left).toBe(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('a hook without a provider says what is missing', () => {
  const View = () => <p>{useConnection().state}</p>
  vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => render(<View />)).toThrow('No <WebSocketProvider> above')
})
