import { describe, expect, test, vi } from 'vitest'
import type { Credentials } from './socket'
import { setOnline, settle } from './testing/page'
import { connect, connection, create, socket, stageConnection, state } from './testing/stage'

stageConnection()

describe('connecting', () => {
  test('begins with WebSocket, with polling to fall back on', async () => {
    await connect()
    expect(state()).toMatchObject({ state: 'connecting', attempt: 1, transport: null })
    expect(socket.attempts).toEqual([{ transports: ['websocket', 'polling'], upgrade: true }])
    socket.accept()
    expect(state()).toMatchObject({
      state: 'live',
      transport: 'websocket',
      attempt: 0,
      downSince: null,
      syncing: true,
      recovered: null,
    })
  })

  test('over polling says so, and is live once it has changed over', async () => {
    await connect()
    socket.accept({ transport: 'polling' })
    expect(state()).toMatchObject({ state: 'polling', transport: 'polling' })
    socket.upgrade()
    expect(state()).toMatchObject({ state: 'live', transport: 'websocket' })
  })

  test('asks for credentials before every attempt', async () => {
    let n = 0
    await connect({ credentials: async () => ({ token: `t${++n}` }) })
    expect(socket.credentials).toEqual([{ token: 't1' }])
    socket.fail()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.credentials).toEqual([{ token: 't1' }, { token: 't2' }])
  })

  test('tries again when credentials cannot be had, and does not show them to a later attempt', async () => {
    const asked = vi.fn().mockRejectedValueOnce(new Error('no network')).mockResolvedValue({ token: 'fresh' })
    await connect({ credentials: asked })
    expect(state()).toMatchObject({ state: 'reconnecting', attempt: 2 })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.credentials).toEqual([{ token: 'fresh' }])
  })

  test('does not show a later attempt what an earlier one asked for', async () => {
    const answers: ((credentials: Credentials) => void)[] = []
    await connect({ credentials: () => new Promise(resolve => answers.push(resolve)) })
    await vi.advanceTimersByTimeAsync(11_000)
    answers[1]?.({ token: 'second' })
    answers[0]?.({ token: 'first' })
    await settle()
    expect(socket.credentials).toEqual([{ token: 'second' }])
  })

  test('tries again when socket.io-client cannot be loaded', async () => {
    const openSocket = vi.fn().mockRejectedValueOnce(new Error('no network')).mockImplementation(socket.open)
    await connect({ openSocket })
    expect(state()).toMatchObject({ state: 'reconnecting', attempt: 2 })
    await vi.advanceTimersByTimeAsync(1_000)
    socket.accept()
    expect(state().state).toBe('live')
  })

  test('gives up an attempt that nobody answers, and begins the next with polling', async () => {
    await connect()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(state()).toMatchObject({ state: 'reconnecting', attempt: 2 })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.attempts.at(-1)).toEqual({ transports: ['polling', 'websocket'], upgrade: true })
  })
})

describe('a drop', () => {
  test('is followed by attempts further and further apart, each announced', async () => {
    await connect()
    socket.accept()
    await vi.advanceTimersByTimeAsync(60_000)
    socket.cut()
    const droppedAt = Date.now()
    expect(state()).toMatchObject({
      state: 'reconnecting',
      attempt: 1,
      downSince: droppedAt,
      nextAttemptAt: droppedAt + 500,
    })
    const delays = []
    for (let attempt = 2; attempt <= 8; attempt++) {
      await vi.advanceTimersByTimeAsync((state().nextAttemptAt ?? 0) - Date.now())
      expect(state().nextAttemptAt).toBeNull()
      socket.fail()
      expect(state().attempt).toBe(attempt)
      delays.push((state().nextAttemptAt ?? 0) - Date.now())
    }
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
    expect(state().downSince).toBe(droppedAt)
  })

  test('is jittered by half either way', async () => {
    await connect()
    vi.mocked(Math.random).mockReturnValue(0)
    socket.fail()
    expect(state().nextAttemptAt).toBe(Date.now() + 500)
    await vi.advanceTimersByTimeAsync(500)
    vi.mocked(Math.random).mockReturnValue(1)
    socket.fail()
    expect(state().nextAttemptAt).toBe(Date.now() + 3_000)
  })

  test('right after a connect does not begin the back-off anew', async () => {
    await connect()
    for (const delay of [500, 1_000, 2_000]) {
      socket.accept({ transport: 'polling' })
      socket.cut()
      expect(state().nextAttemptAt).toBe(Date.now() + delay + (delay === 500 ? 500 : delay))
      await vi.advanceTimersByTimeAsync(delay * 2)
    }
  })

  test('that the server forces is retried by ourselves', async () => {
    await connect()
    socket.accept()
    socket.cut('io server disconnect')
    expect(state().state).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(socket.attempts).toHaveLength(2)
  })

  test('says whether the next connection goes on where it ended', async () => {
    await connect()
    socket.accept()
    for (const recovered of [true, false]) {
      await vi.advanceTimersByTimeAsync(6_000)
      socket.cut()
      await vi.advanceTimersByTimeAsync(500)
      socket.accept({ recovered })
      expect(state()).toMatchObject({ state: 'live', recovered, downSince: null })
    }
  })
})

describe('the server', () => {
  test('that announces a restart is left alone until the time it gave', async () => {
    await connect()
    socket.accept()
    await vi.advanceTimersByTimeAsync(6_000)
    socket.serve('server:shutdown', { reconnectInMs: 8_000 })
    const back = Date.now() + 8_000
    expect(state()).toMatchObject({ state: 'live', restartAt: back })
    await vi.advanceTimersByTimeAsync(1_000)
    socket.cut()
    expect(state()).toMatchObject({ state: 'reconnecting', nextAttemptAt: back, restartAt: back })
    await vi.advanceTimersByTimeAsync(6_999)
    expect(socket.attempts).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(socket.attempts).toHaveLength(2)
    socket.accept()
    expect(state().restartAt).toBeNull()
  })

  test('that announces a restart without a sane time is tried by the back-off', async () => {
    await connect()
    socket.accept()
    await vi.advanceTimersByTimeAsync(6_000)
    socket.serve('server:shutdown', { reconnectInMs: 'soon' })
    socket.cut()
    expect(state().nextAttemptAt).toBe(Date.now() + 500)
  })

  test('that refuses is not asked again until told to', async () => {
    await connect()
    socket.refuse('TOKEN_EXPIRED', 'Authentication failed: JWT token expired')
    expect(state()).toMatchObject({
      state: 'refused',
      refusal: { code: 'TOKEN_EXPIRED', message: 'Authentication failed: JWT token expired' },
      nextAttemptAt: null,
    })
    await vi.advanceTimersByTimeAsync(600_000)
    expect(socket.attempts).toHaveLength(1)
    connection.reconnect()
    await settle()
    expect(state().refusal).toBeNull()
    socket.accept()
    expect(state().state).toBe('live')
  })

  test('that ends the sign-in is not asked again', async () => {
    await connect()
    socket.accept()
    socket.serve('connection.closed', { reason: 'You have signed out', code: 'SIGNED_OUT' })
    socket.cut()
    expect(state()).toMatchObject({ state: 'refused', refusal: { code: 'SIGNED_OUT', message: 'You have signed out' } })
    await vi.advanceTimersByTimeAsync(600_000)
    expect(socket.attempts).toHaveLength(1)
  })

  test('that says when the sign-in ends is heard, and a new token takes it back', async () => {
    await connect()
    socket.accept()
    socket.serve('token.expiring', { expiresAt: 1234 })
    expect(state().signInEndsAt).toBe(1234)
    const done = connection.reauth('new')
    expect(socket.sentOf('connection.reauth')[0]?.payload).toEqual({ token: 'new' })
    socket.answer('connection.reauth', { success: true, userId: 'alice' })
    await done
    expect(state().signInEndsAt).toBeNull()
  })

  test('that does not take a new token says why', async () => {
    await connect()
    socket.accept()
    const done = connection.reauth('bad')
    socket.answer('connection.reauth', { success: false, error: 'Authentication failed: Invalid JWT token' })
    await expect(done).rejects.toThrow('Invalid JWT token')
  })
})

describe('reconnecting by hand', () => {
  test('replaces whatever there is, without ending the session on the server', async () => {
    await connect()
    socket.accept()
    connection.reconnect()
    await settle()
    expect(socket.connected).toBe(false)
    expect(socket.left).toBe(0)
    expect(socket.attempts).toHaveLength(2)
    expect(state()).toMatchObject({ state: 'reconnecting', attempt: 1 })
  })

  test('does nothing before the start', async () => {
    connection.reconnect()
    await settle()
    expect(socket.attempts).toHaveLength(0)
    expect(state().state).toBe('closed')
  })
})

describe('stopping', () => {
  test('leaves neither timers nor listeners, and tells the server', async () => {
    const listening = vi.spyOn(window, 'addEventListener')
    const stopped = vi.spyOn(window, 'removeEventListener')
    await connect()
    socket.accept()
    connection.stop()
    expect(socket.left).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
    expect(stopped.mock.calls.length).toBe(listening.mock.calls.length)
    expect(state().state).toBe('closed')
    setOnline(true)
    await settle()
    expect(socket.attempts).toHaveLength(1)
  })

  test('and starting again in one tick, as StrictMode does, makes one connection', async () => {
    const openSocket = vi.fn(socket.open)
    create({ openSocket })
    connection.start()
    connection.stop()
    connection.start()
    await settle()
    expect(openSocket).toHaveBeenCalledTimes(1)
    expect(socket.attempts).toHaveLength(1)
  })

  test('tells only once, and never a state between', async () => {
    await connect()
    socket.accept()
    const states: unknown[] = []
    connection.state.subscribe(() => states.push(state()))
    connection.stop()
    expect(states).toEqual([expect.objectContaining({ state: 'closed', transport: null })])
  })
})

describe('listening', () => {
  test('goes on over reconnects, until it is ended', async () => {
    await connect()
    const heard = vi.fn()
    const off = connection.on('hello', heard)
    socket.accept()
    socket.serve('hello', 1)
    socket.cut()
    await vi.advanceTimersByTimeAsync(1_000)
    socket.accept()
    socket.serve('hello', 2)
    off()
    socket.serve('hello', 3)
    expect(heard.mock.calls).toEqual([[1], [2]])
  })

  test('one handler that throws does not keep the others from hearing', async () => {
    const thrown: unknown[] = []
    const failures = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(run => {
      try {
        run()
      } catch (error) {
        thrown.push(error)
      }
    })
    await connect()
    const heard = vi.fn()
    connection.on('hello', () => {
      throw new Error('a mistake of one page')
    })
    connection.on('hello', heard)
    socket.accept()
    socket.serve('hello')
    expect(heard).toHaveBeenCalledTimes(1)
    expect(thrown).toEqual([new Error('a mistake of one page')])
    failures.mockRestore()
  })

  test('an unchanged state is told to nobody', async () => {
    await connect()
    socket.accept()
    const told = vi.fn()
    connection.state.subscribe(told)
    connection.synced()
    expect(told).toHaveBeenCalledTimes(1)
    connection.synced()
    expect(told).toHaveBeenCalledTimes(1)
  })
})

describe('emitting', () => {
  test('says that nothing was sent while there is no connection', async () => {
    await connect()
    expect(connection.emit('hello')).toBe(false)
    socket.accept()
    expect(connection.emit('hello')).toBe(true)
    expect(socket.sentOf('hello')).toHaveLength(1)
  })
})
