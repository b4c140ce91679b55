import { describe, expect, test, vi } from 'vitest'
import { setOnline, settle } from './testing/page'
import { connect, socket, stageConnection, state } from './testing/stage'

stageConnection()

describe('the network', () => {
  test('gone stops all attempts, and back begins one at once', async () => {
    await connect()
    socket.accept()
    setOnline(false)
    expect(state()).toMatchObject({ state: 'offline', nextAttemptAt: null, transport: null, downSince: Date.now() })
    await vi.advanceTimersByTimeAsync(600_000)
    expect(socket.attempts).toHaveLength(1)
    setOnline(true)
    await settle()
    expect(socket.attempts).toHaveLength(2)
  })

  test('gone while waiting stops the attempt that was announced', async () => {
    await connect()
    socket.fail()
    setOnline(false)
    expect(state()).toMatchObject({ state: 'offline', nextAttemptAt: null })
    await vi.advanceTimersByTimeAsync(600_000)
    expect(socket.attempts).toHaveLength(1)
  })

  test('is tried once even where the browser says that there is none', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    await connect()
    expect(socket.attempts).toHaveLength(1)
    socket.fail()
    expect(state().state).toBe('offline')
  })

  test('back does not disturb a connection that stands', async () => {
    await connect()
    socket.accept()
    setOnline(true)
    await settle()
    expect(socket.attempts).toHaveLength(1)
    expect(state().state).toBe('live')
  })
})

describe('a proxy that cuts WebSockets', () => {
  /** One WebSocket that is cut after a time, and the next attempt. */
  async function shortLived(ms: number) {
    socket.accept()
    await vi.advanceTimersByTimeAsync(ms)
    socket.cut()
    await vi.advanceTimersByTimeAsync((state().nextAttemptAt ?? 0) - Date.now())
  }

  test('makes us poll for some minutes, and then give one WebSocket a chance', async () => {
    await connect()
    await shortLived(1_000)
    expect(socket.attempts.at(-1)).toMatchObject({ transports: ['websocket', 'polling'] })
    await shortLived(1_000)
    const pollingSince = Date.now()
    expect(socket.attempts.at(-1)).toEqual({ transports: ['polling'], upgrade: false })
    socket.accept({ transport: 'polling' })
    expect(state().state).toBe('polling')
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    expect(socket.attempts).toHaveLength(3)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(Date.now() - pollingSince).toBeLessThanOrEqual(5 * 60_000)
    expect(socket.attempts.at(-1)).toEqual({ transports: ['polling', 'websocket'], upgrade: true })
    socket.accept({ transport: 'polling' })
    socket.upgrade()
    await shortLived(1_000)
    expect(socket.attempts.at(-1)).toEqual({ transports: ['polling'], upgrade: false })
  })

  test('is forgotten once a WebSocket has held', async () => {
    await connect()
    await shortLived(1_000)
    await shortLived(6_000)
    await shortLived(1_000)
    expect(socket.attempts.at(-1)).toMatchObject({ transports: ['websocket', 'polling'] })
  })

  test('is not suspected when the server restarts', async () => {
    await connect()
    for (let n = 0; n < 3; n++) {
      socket.accept()
      socket.serve('server:shutdown', { reconnectInMs: 10 })
      socket.cut()
      await vi.advanceTimersByTimeAsync((state().nextAttemptAt ?? 0) - Date.now())
    }
    expect(socket.attempts.at(-1)).toMatchObject({ transports: ['websocket', 'polling'] })
  })
})
