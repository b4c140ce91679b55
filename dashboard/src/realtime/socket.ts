/** What is used of a socket.io-client socket, so that tests can stand in for one. */
export interface RealtimeSocket {
  connected: boolean
  /** False once the server has refused it: it does not try again. */
  active: boolean
  recovered: boolean
  io: {
    opts: { transports?: unknown; upgrade?: boolean }
    engine: { transport: { name: string }; on(event: 'upgrade', listener: () => void): unknown }
    /** Ends the transport without telling the server that the session is over, so that it can be recovered. */
    _close(): void
  }
  connect(): unknown
  disconnect(): unknown
  emit(event: string, ...args: unknown[]): unknown
  timeout(ms: number): { emit(event: string, ...args: unknown[]): unknown }
  on(event: string, listener: (...args: never[]) => void): unknown
  onAny(listener: (event: string, ...args: unknown[]) => void): unknown
}

/** What a CONNECT shows the server: {token}, or {sessionID, userId}, or nothing where a cookie says it. */
export type Credentials = Record<string, unknown>

export type OpenSocket = (
  url: string | undefined,
  auth: (show: (credentials: Credentials) => void) => void,
) => Promise<RealtimeSocket>

/** Loads socket.io-client when it is first needed, and makes a socket of its own that does nothing by itself. */
export const openSocket: OpenSocket = async (url, auth) => {
  const { Manager } = await import('socket.io-client')
  const manager = new Manager(url as string, {
    autoConnect: false,
    reconnection: false,
    withCredentials: true,
    tryAllTransports: true,
    timeout: false as never,
  })
  // RealtimeSocket names what the library keeps private or types loosely.
  return manager.socket('/', { auth }) as unknown as RealtimeSocket
}
