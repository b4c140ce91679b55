import { beforeEach, describe, expect, test, vi } from 'vitest'
import { setHidden, settle, sleepFor } from './testing/page'
import { connect, connection, socket, stageConnection, state } from './testing/stage'

const pings = () => socket.sentOf('ping').length

stageConnection()

beforeEach(async () => {
  setHidden(false)
  await connect()
})

test('measures the round trip after the connect and then every 15 s', async () => {
  socket.answersPings = false
  socket.accept()
  expect(state().roundTripMs).toBeNull()
  await vi.advanceTimersByTimeAsync(42)
  socket.answer('ping', { message: 'pong' })
  await settle()
  expect(state().roundTripMs).toBe(42)
  socket.answersPings = true
  await vi.advanceTimersByTimeAsync(14_999)
  expect(pings()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(pings()).toBe(2)
})

test('finds a connection that is dead in silence by two pings in a row', async () => {
  socket.answersPings = false
  socket.accept()
  await vi.advanceTimersByTimeAsync(19_990)
  expect(state().state).toBe('live')
  expect(pings()).toBe(2)
  await vi.advanceTimersByTimeAsync(20)
  expect(state().state).toBe('reconnecting')
  expect(socket.connected).toBe(false)
})

test('takes a server that sends something else for busy, not for dead', async () => {
  socket.answersPings = false
  socket.accept()
  for (let n = 0; n < 60; n++) {
    await vi.advanceTimersByTimeAsync(1_000)
    socket.serve('watchlist:quotes', [])
  }
  expect(state().state).toBe('live')
})

test('lets one sign of life make up for a ping that nothing came back to', async () => {
  socket.answersPings = false
  socket.accept()
  await vi.advanceTimersByTimeAsync(15_000)
  expect(pings()).toBe(2)
  socket.serve('watchlist:quotes', [])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(state().state).toBe('live')
})

test('keeps no timer and no round trip over a drop', async () => {
  socket.accept()
  await settle()
  socket.cut()
  expect(state().roundTripMs).toBeNull()
  const before = pings()
  connection.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(pings()).toBe(before)
})

describe('after the page was away', () => {
  test('for long, a connection is asked whether it lives, and is replaced within seconds if not', async () => {
    socket.accept()
    await settle()
    setHidden(true)
    sleepFor(60_000)
    socket.answersPings = false
    const before = pings()
    setHidden(false)
    expect(pings()).toBe(before + 1)
    await vi.advanceTimersByTimeAsync(3_000)
    expect(state().state).toBe('reconnecting')
  })

  test('for long, a connection that lives is left alone', async () => {
    socket.accept()
    await settle()
    setHidden(true)
    sleepFor(60_000)
    setHidden(false)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(state().state).toBe('live')
    expect(socket.attempts).toHaveLength(1)
  })

  test('for a moment, nothing is asked', async () => {
    socket.accept()
    await settle()
    const before = pings()
    setHidden(true)
    sleepFor(3_000)
    setHidden(false)
    expect(pings()).toBe(before)
  })

  test('because the machine slept, a tick that is late tells', async () => {
    socket.accept()
    await settle()
    const before = pings()
    sleepFor(3_600_000)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(pings()).toBe(before + 1)
  })

  test('in the cache of the browser, the connection is asked at once', async () => {
    socket.accept()
    await settle()
    const before = pings()
    window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
    expect(pings()).toBe(before + 1)
    window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: false }))
    expect(pings()).toBe(before + 1)
  })

  test('the attempt that is waited for is made at once', async () => {
    for (let n = 0; n < 6; n++) {
      socket.fail()
      await vi.advanceTimersByTimeAsync(n < 5 ? (state().nextAttemptAt ?? 0) - Date.now() : 0)
    }
    const before = socket.attempts.length
    setHidden(true)
    sleepFor(60_000)
    setHidden(false)
    await settle()
    expect(socket.attempts).toHaveLength(before + 1)
  })

  test('a restarting server is still left alone', async () => {
    socket.accept()
    socket.serve('server:shutdown', { reconnectInMs: 100_000 })
    socket.cut()
    setHidden(true)
    sleepFor(60_000)
    setHidden(false)
    await settle()
    expect(socket.attempts).toHaveLength(1)
  })
})
