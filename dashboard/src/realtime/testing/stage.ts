import { afterEach, beforeEach, vi } from 'vitest'
import { type ConnectionOptions, createConnection, type RealtimeConnection } from '../connection'
import { FakeSocket } from './fake-socket'
import { settle } from './page'

/** What the connection of a test opens. */
export let socket: FakeSocket
/** The connection of a test. */
export let connection: RealtimeConnection

export const state = () => connection.state.get()

/** Gives each test of a file a connection that is not started, and a clock that only the test moves. */
export function stageConnection() {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0.5) // the middle: no jitter
    socket = new FakeSocket()
    create()
  })

  afterEach(() => {
    connection.stop()
    vi.useRealTimers()
  })
}

/** Puts a connection with options in the place of the one that the test was given. */
export function create(options: ConnectionOptions = {}) {
  connection = createConnection({ openSocket: socket.open, ...options })
}

/** Starts the connection, or one with these options, and waits until it has made its first attempt. */
export function connect(options?: ConnectionOptions) {
  if (options) create(options)
  connection.start()
  return settle()
}
