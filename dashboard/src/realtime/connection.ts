import { backoff } from './backoff'
import { createHeartbeat } from './heartbeat'
import { isOffline, watchPage } from './page'
import { errorOf, RequestError } from './request'
import { type Credentials, type OpenSocket, openSocket, type RealtimeSocket } from './socket'
import { createListeners, createStore, type Listeners, type Off, type Store } from './store'
import { createTransportChoice } from './transports'
import type { Connection } from './types'

export interface ConnectionOptions {
  /** Of the engine; the page's own origin where it is left out. */
  url?: string | undefined
  /** Asked before every connect, so that a token can be a fresh one. */
  credentials?: () => Credentials | Promise<Credentials>
  openSocket?: OpenSocket
}

export type Handler = (...args: never[]) => void

export interface RealtimeConnection {
  readonly state: Store<Connection>
  start(): void
  stop(): void
  /** Tries at once, also after a refusal. */
  reconnect(): void
  on(event: string, handler: Handler): Off
  onConnected(handler: (recovered: boolean) => void): Off
  onDropped(handler: () => void): Off
  /** False if there is no connection: nothing is kept for later. */
  emit(event: string, ...args: unknown[]): boolean
  request<T>(event: string, payload?: unknown, timeoutMs?: number): Promise<T>
  /** Shows a new token on the live connection. */
  reauth(token: string): Promise<void>
  /** The state of account and quotes has arrived. */
  synced(): void
}

export const initialConnection: Connection = {
  state: 'closed',
  transport: null,
  attempt: 0,
  nextAttemptAt: null,
  downSince: null,
  syncing: false,
  recovered: null,
  roundTripMs: null,
  refusal: null,
  restartAt: null,
  signInEndsAt: null,
}

/** A WebSocket-first attempt is given less: what hangs is mostly the WebSocket, and polling comes next. */
const attemptMs = { websocket: 10_000, polling: 20_000 }
/** A connection that was up for less does not reset the back-off. */
const steadyMs = 5_000
const longestRestartMs = 120_000

/** idle: not wanted, or refused. waiting: for the next attempt. */
type Phase = 'idle' | 'waiting' | 'trying' | 'up'

/**
 * One connection to the engine, free of React: when to try, by which transport, and what is known of it. The retries
 * are ours and not socket.io-client's, since ours know when the next one is, honour the server's restart, and stop
 * while there is no network.
 */
export function createConnection(options: ConnectionOptions = {}): RealtimeConnection {
  const state = createStore(initialConnection)
  const handlers = new Map<string, Listeners<never[]>>()
  const connected = createListeners<[recovered: boolean]>()
  const dropped = createListeners<[]>()
  const choice = createTransportChoice()
  let loading: Promise<RealtimeSocket> | undefined
  let socket: RealtimeSocket | undefined
  let phase: Phase = 'idle'
  let running = false
  let turn = 0
  let tries = 0
  let upSince = 0
  let wasUp = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let leavePage: Off = () => {}

  const set = (patch: Partial<Connection>) => state.set({ ...state.get(), ...patch })

  const heartbeat = createHeartbeat({
    ping: withinMs => ask('ping', { timestamp: Date.now() }, withinMs),
    measured: ms => set({ roundTripMs: Math.round(ms * 10) / 10 }),
    dead: () => drop(true),
  })

  async function attempt() {
    clearTimeout(timer)
    phase = 'trying'
    const mine = ++turn
    tries ||= 1
    const { transports, upgrade } = choice.next(Date.now())
    set({
      state: wasUp || tries > 1 ? 'reconnecting' : 'connecting',
      attempt: tries,
      nextAttemptAt: null,
      refusal: null,
      downSince: state.get().downSince ?? Date.now(),
    })
    timer = setTimeout(
      () => {
        choice.timedOut()
        drop()
      },
      transports[0] === 'websocket' ? attemptMs.websocket : attemptMs.polling,
    )
    try {
      loading ??= (options.openSocket ?? openSocket)(options.url, auth).then(listen)
      socket = await loading
    } catch {
      loading = undefined
      if (mine === turn) drop()
      return
    }
    if (mine !== turn) return
    Object.assign(socket.io.opts, { transports, upgrade })
    socket.connect()
  }

  function auth(show: (credentials: Credentials) => void) {
    const mine = turn
    Promise.resolve()
      .then(() => options.credentials?.() ?? {})
      .then(credentials => {
        if (mine === turn) show(credentials)
      })
      .catch(() => {
        if (mine === turn) drop() // there may be a token at the next attempt
      })
  }

  function listen(s: RealtimeSocket) {
    s.on('connect', () => {
      if (phase === 'trying') up(s)
    })
    s.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      if (phase !== 'trying') return
      if (s.active) drop()
      else refuse(error.data?.code ?? 'REFUSED', error.message)
    })
    s.on('disconnect', () => drop(true))
    s.onAny((event, ...args) => {
      heartbeat.heard()
      hear(event, args[0] as never)
      handlers.get(event)?.tell(...(args as never[]))
    })
    return s
  }

  function up(s: RealtimeSocket) {
    clearTimeout(timer)
    phase = 'up'
    upSince = Date.now()
    const carriedBy = () => {
      const transport = s.io.engine.transport.name === 'websocket' ? 'websocket' : 'polling'
      if (transport === 'websocket') choice.opened(Date.now())
      return { transport, state: transport === 'websocket' ? 'live' : 'polling' } as const
    }
    const { engine } = s.io
    engine.on('upgrade', () => {
      if (phase === 'up' && engine === s.io.engine) set(carriedBy())
    })
    set({
      ...carriedBy(),
      attempt: 0,
      nextAttemptAt: null,
      downSince: null,
      syncing: true,
      recovered: wasUp ? s.recovered : null,
      refusal: null,
      restartAt: null,
      signInEndsAt: null,
    })
    wasUp = true
    const chanceIn = choice.chanceIn(upSince)
    if (chanceIn) timer = setTimeout(again, chanceIn)
    connected.tell(s.recovered)
    heartbeat.start()
  }

  /** What the connection itself has to know of the server's events. */
  function hear(
    event: string,
    payload: { reconnectInMs?: number; expiresAt?: number; reason?: string; code?: string } | undefined,
  ) {
    if (event === 'server:shutdown')
      set({ restartAt: Date.now() + Math.min(Math.max(Number(payload?.reconnectInMs) || 0, 0), longestRestartMs) })
    else if (event === 'token.expiring') set({ signInEndsAt: payload?.expiresAt ?? null })
    else if (event === 'connection.reauth.success') set({ signInEndsAt: null })
    else if (event === 'connection.closed')
      refuse(payload?.code ?? 'CLOSED', payload?.reason ?? 'The server ended the connection')
  }

  /** Ends whatever there is. socket.io-client tells of its end too, which nobody minds any more by then. */
  function leave(next: Phase, patch: Partial<Connection>, end: (s: RealtimeSocket) => unknown = s => s.io._close()) {
    const was = phase
    turn++
    clearTimeout(timer)
    heartbeat.stop()
    phase = next
    if (socket && was !== 'idle' && was !== 'waiting') end(socket)
    const downSince = state.get().downSince ?? Date.now()
    set({ transport: null, roundTripMs: null, syncing: false, attempt: 0, nextAttemptAt: null, downSince, ...patch })
    if (was === 'up') dropped.tell()
  }

  /** The attempt failed, or the connection is gone: wait and try again. */
  function drop(cut = false) {
    if (phase !== 'trying' && phase !== 'up') return
    const now = Date.now()
    const offline = isOffline()
    const { restartAt } = state.get()
    if (phase === 'up') {
      if (cut && !restartAt && !offline) choice.wasCut(now)
      if (now - upSince >= steadyMs) tries = 0
    }
    tries += 1
    const nextAttemptAt = offline ? null : Math.max(now + backoff(tries), restartAt ?? 0)
    leave('waiting', { state: offline ? 'offline' : 'reconnecting', attempt: tries, nextAttemptAt })
    if (nextAttemptAt) timer = setTimeout(attempt, nextAttemptAt - now)
  }

  function refuse(code: string, message: string) {
    if (phase !== 'idle') leave('idle', { state: 'refused', refusal: { code, message }, restartAt: null })
  }

  /** Tries now, whatever there is. */
  function again() {
    if (!running) return
    tries = 1
    leave('waiting', { state: 'reconnecting', attempt: tries, refusal: null })
    void attempt()
  }

  function ask(event: string, payload: unknown, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fail = (code: string, message: string) => reject(new RequestError(code, message, true))
      if (phase !== 'up' || !socket) return fail('NOT_CONNECTED', 'Not sent: there is no connection')
      socket.timeout(timeoutMs).emit(event, payload, (error: Error | null, answer: unknown) => {
        if (!error) resolve(answer)
        else if (phase === 'up') fail('TIMEOUT', `No answer to ${event} in time`)
        else fail('CONNECTION_LOST', `The connection was lost before ${event} was answered`)
      })
    })
  }

  async function request<T>(event: string, payload?: unknown, timeoutMs = 10_000): Promise<T> {
    const answer = await ask(event, payload, timeoutMs)
    const error = errorOf(answer)
    if (error) throw error
    return answer as T
  }

  return {
    state,
    start() {
      if (running) return
      running = true
      leavePage = watchPage({
        online: () => {
          if (phase === 'waiting') again()
        },
        offline: () => {
          if (phase === 'waiting') leave(phase, { state: 'offline', attempt: tries })
          else drop()
        },
        woken: () => {
          if (phase === 'up') void heartbeat.check()
          else if (phase === 'waiting' && !isOffline() && !((state.get().restartAt ?? 0) > Date.now())) again()
        },
      })
      void attempt()
    },
    stop() {
      if (!running) return
      running = false
      leavePage()
      leave('idle', initialConnection, s => s.disconnect())
      tries = 0
      wasUp = false
    },
    reconnect: again,
    on(event, handler) {
      const listeners = handlers.get(event) ?? createListeners<never[]>()
      handlers.set(event, listeners)
      return listeners.add(handler)
    },
    onConnected: connected.add,
    onDropped: dropped.add,
    emit(event, ...args) {
      if (phase !== 'up') return false
      socket?.emit(event, ...args)
      return true
    },
    request,
    async reauth(token) {
      await request('connection.reauth', { token })
      set({ signInEndsAt: null })
    },
    synced() {
      if (phase === 'up' && state.get().syncing) set({ syncing: false })
    },
  }
}
