import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createConnection, type RealtimeConnection } from './connection'
import type { RequestError } from './request'
import { FakeSocket } from './testing/fake-socket'
import { settle } from './testing/page'

let socket: FakeSocket
let connection: RealtimeConnection

beforeEach(async () => {
  vi.useFakeTimers()
  socket = new FakeSocket()
  connection = createConnection({ openSocket: socket.open })
  connection.start()
  await settle()
})

afterEach(() => {
  connection.stop()
  vi.useRealTimers()
})

const failureOf = (request: Promise<unknown>) =>
  request.then(
    () => null,
    (error: RequestError) => ({ code: error.code, message: error.message, ours: error.ours }),
  )

test('a request resolves with the answer', async () => {
  socket.accept()
  const answered = connection.request<{ symbols: string[] }>('watchlist:get')
  socket.answer('watchlist:get', { success: true, symbols: ['AAPL'] })
  expect((await answered).symbols).toEqual(['AAPL'])
})

test('a refused request rejects with the code and the words of the server', async () => {
  socket.accept()
  const failure = failureOf(connection.request('order:place', { symbol: 'AAPL' }))
  socket.answer('order:place', { success: false, code: 'INVALID_PARAMS', message: 'side is missing' })
  expect(await failure).toEqual({ code: 'INVALID_PARAMS', message: 'side is missing', ours: false })
})

test('a rejected order is an outcome and no error', async () => {
  socket.accept()
  const answered = connection.request('order:place', {})
  socket.answer('order:place', { success: false, status: 'rejected', reason: 'no cash' })
  expect(await answered).toMatchObject({ status: 'rejected', reason: 'no cash' })
})

test('without a connection it is not sent, and says so', async () => {
  expect(await failureOf(connection.request('order:place', {}))).toMatchObject({ code: 'NOT_CONNECTED', ours: true })
  socket.accept()
  expect(socket.sentOf('order:place')).toHaveLength(0)
})

test('that is not answered in time is told apart from one that was refused', async () => {
  socket.accept()
  const failure = failureOf(connection.request('order:place', {}, 2_000))
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await failure).toMatchObject({ code: 'TIMEOUT', ours: true })
})

test('in flight when the connection drops ends then and there', async () => {
  socket.accept()
  const failure = failureOf(connection.request('order:place', {}))
  socket.cut()
  expect(await failure).toMatchObject({ code: 'CONNECTION_LOST', ours: true })
})

test('in flight when the page goes ends too', async () => {
  socket.accept()
  const failure = failureOf(connection.request('order:place', {}))
  connection.stop()
  expect(await failure).toMatchObject({ code: 'CONNECTION_LOST' })
})
