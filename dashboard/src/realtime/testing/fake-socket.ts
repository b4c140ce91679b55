import type { Credentials, OpenSocket, RealtimeSocket } from '../socket'
import { createListeners, type Listeners } from '../store'

export interface Sent {
  event: string
  payload: unknown
  answer?: ((answer: unknown) => void) | undefined
}

type Ack = (error: Error | null, answer?: unknown) => void

/** Stands in for a socket of socket.io-client, with the test as its server. */
export class FakeSocket implements RealtimeSocket {
  connected = false
  active = false
  recovered = false
  /** With which transports each attempt was made. */
  attempts: unknown[] = []
  sent: Sent[] = []
  credentials: Credentials[] = []
  left = 0
  /** Whether pings are answered. */
  answersPings = true
  auth: Parameters<OpenSocket>[1] = show => show({})
  #upgrades = createListeners<[]>()
  #listeners = new Map<string, Listeners<never[]>>()
  #any = createListeners<[string, ...unknown[]]>()
  #waiting = new Set<Ack>()

  io = {
    opts: {},
    engine: this.#engine('websocket'),
    _close: () => this.cut('forced close'),
  }

  #engine(name: string) {
    return { transport: { name }, on: (_upgrade: 'upgrade', listener: () => void) => this.#upgrades.add(listener) }
  }

  connect() {
    this.active = true
    this.attempts.push({ ...this.io.opts })
    this.auth(credentials => this.credentials.push(credentials))
  }

  disconnect() {
    this.left++
    this.active = false
    this.cut('io client disconnect')
  }

  on(event: string, listener: (...args: never[]) => void) {
    const listeners = this.#listeners.get(event) ?? createListeners<never[]>()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
  }

  onAny(listener: (event: string, ...args: unknown[]) => void) {
    this.#any.add(listener)
  }

  emit(event: string, payload?: unknown) {
    this.sent.push({ event, payload })
  }

  timeout(ms: number) {
    return {
      emit: (event: string, payload: unknown, ack: Ack) => {
        const once: Ack = (error, answer) => {
          clearTimeout(timer)
          if (this.#waiting.delete(once)) ack(error, answer)
        }
        const timer = setTimeout(() => once(new Error('operation has timed out')), ms)
        this.#waiting.add(once)
        this.sent.push({ event, payload, answer: answer => once(null, answer) })
        if (event === 'ping' && this.answersPings) Promise.resolve().then(() => once(null, { message: 'pong' }))
      },
    }
  }

  #tell(event: string, ...args: unknown[]) {
    this.#listeners.get(event)?.tell(...(args as never[]))
  }

  /** The server lets it in. */
  accept({ transport = 'websocket', recovered = false } = {}) {
    this.io.engine = this.#engine(transport)
    this.connected = true
    this.recovered = recovered
    this.#tell('connect')
  }

  /** Polling has become a WebSocket. */
  upgrade() {
    this.io.engine.transport.name = 'websocket'
    this.#upgrades.tell()
  }

  /** The attempt came to nothing. */
  fail() {
    this.#tell('connect_error', new Error('websocket error'))
  }

  /** The server does not let it in. */
  refuse(code: string, message: string) {
    this.active = false
    this.#tell('connect_error', Object.assign(new Error(message), { data: { code } }))
  }

  /** The connection is gone. */
  cut(reason = 'transport close') {
    if (!this.connected) return
    this.connected = false
    if (reason === 'io server disconnect') this.active = false
    this.#tell('disconnect', reason)
    for (const ack of [...this.#waiting]) ack(new Error('socket has been disconnected'))
  }

  /** The server sends an event. */
  serve(event: string, ...args: unknown[]) {
    this.#any.tell(event, ...args)
  }

  sentOf(event: string) {
    return this.sent.filter(sent => sent.event === event)
  }

  /** Answers the newest request of a name. */
  answer(event: string, answer: unknown = { success: true }) {
    this.sentOf(event).at(-1)?.answer?.(answer)
  }

  open: OpenSocket = async (_url, auth) => {
    this.auth = auth
    return this
  }
}

export const rawQuote = (symbol: string, price: number, more = {}) => ({
  symbol,
  price,
  change: 1,
  changePercent: 0.5,
  volume: 100,
  timestamp: 1,
  merged: 1,
  state: 'live',
  age: 20,
  ...more,
})
