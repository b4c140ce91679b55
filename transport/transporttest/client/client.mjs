// Browsers for tests: each supported version of the unmodified socket.io-client,
// over each way to the engine.
import { io as io475 } from 'socket.io-client-4.7.5'
import { io as io484 } from 'socket.io-client-4.8.4'

const supported = [
  ['4.7.5', io475],
  ['4.8.4', io484],
]

/** CLIENT=4.8.4 tests with that version alone. */
const clients = supported.filter(([version]) => [version, undefined].includes(process.env.CLIENT))

/** Whether a browser has the newest version: for what depends on the engine alone. */
export const isNewest = browser => browser.includes(supported.at(-1)[0])

/** The transports of each way: upgrade begins by polling, as clients do that are not told otherwise. */
const ways = { websocket: ['websocket'], polling: ['polling'], upgrade: ['polling', 'websocket'] }

const over = (io, transports) => (url, options) => io(url, { transports, ...options })

/** Each version, over WebSocket. */
export const versions = clients.map(([version, io]) => [version, over(io, ways.websocket)])

/** Each version over each way: its name, how it connects, and the way. */
export const browsers = clients.flatMap(([version, io]) => Object.entries(ways).map(([way, transports]) =>
  [`socket.io-client ${version} over ${way}`, over(io, transports), way]))

/** Options of a client that comes back by itself, and soon. */
export const reconnecting = { reconnection: true, reconnectionDelay: 40, reconnectionDelayMax: 100 }

const patience = 15_000 // only bounds a test that fails

/** Opens a client that records every event it gets. */
export function open(io, url, auth, options = {}) {
  const socket = io(url, { forceNew: true, reconnection: false, auth, ...options })
  socket.got = []
  const waiting = new Set()
  socket.onAny((event, ...args) => {
    socket.got.push({ event, args })
    for (const look of waiting) look()
  })
  /** Waits until an event passes the test and returns its first argument. */
  socket.await = (event, passes = () => true) =>
    within(`${event} on ${socket.id}`, resolve => {
      const look = () => {
        const found = socket.got.find(g => g.event === event && passes(g.args[0]))
        if (found) {
          waiting.delete(look)
          resolve(found.args[0])
        }
      }
      waiting.add(look)
      look()
    }, () => `it got ${JSON.stringify(socket.got).slice(0, 2000)}`)
  socket.of = event => socket.got.filter(g => g.event === event).map(g => g.args[0])
  return socket
}

/** Opens a client and waits until it is let in. */
export async function connect(io, url, token, options) {
  const socket = open(io, url, { token }, options)
  await within('connect', (resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
  return socket
}

/** Waits until a client is on the transport that it ends up with. */
export async function upgraded({ io: { engine, opts } }) {
  if (engine.transport.name !== opts.transports.at(-1)) await once(engine, 'upgrade')
}

/** Waits for one emission of a socket's own events, such as connect_error. */
export const once = (emitter, event) =>
  within(event, resolve => emitter.once(event, (...args) => resolve(args)))

/** A promise that fails loudly instead of hanging a test. */
export function within(what, start, explain = () => '') {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${patience} ms for ${what}; ${explain()}`)), patience)
    const settle = done => value => {
      clearTimeout(timer)
      done(value)
    }
    start(settle(resolve), settle(reject))
  })
}

/** Emits and waits for the acknowledgement. */
export const ask = (socket, ...args) => within(`ack of ${args[0]}`, resolve => socket.emit(...args, resolve))

/**
 * Waits until the engine has saved what it recovers a browser by. It saves in
 * order, one state of a session at a time: the second round is behind what
 * changed during the first. The user's watchlist is empty afterwards.
 */
export async function saved(socket) {
  for (let i = 0; i < 2; i++) await ask(socket, 'watchlist:set', [])
}
