// What no browser does: bytes on a TCP connection, and what comes back.
import { connect as dial } from 'node:net'
import { within } from './client.mjs'

/** Opens a TCP connection to the engine; it is gone after the test. said is the first that it sends. */
export function dialFor(t, { address }, said = '') {
  const socket = dial({ host: address.hostname, port: address.port })
  socket.on('error', () => {}) // a reset is a fine end, too
  t.after(() => socket.destroy())
  socket.heard = ''
  socket.setEncoding('latin1').on('data', chunk => { socket.heard += chunk })
  if (said) socket.write(said)
  return socket
}

/** Waits until the engine said so on a connection, and returns all that it had said. */
export const heard = (socket, text) => within(JSON.stringify(text), resolve => {
  const look = () => {
    if (!socket.heard.includes(text)) return
    socket.off('data', look)
    resolve(socket.heard)
  }
  socket.on('data', look)
  look()
}, () => `it heard ${socket.heard.slice(0, 500)}`)

/** Waits until the engine ended a connection, and returns what it had said. */
export const ended = socket => within('the end of a connection', resolve => {
  if (socket.closed) resolve(socket.heard)
  socket.once('close', () => resolve(socket.heard))
}, () => `it heard ${socket.heard.slice(0, 500)}`)

/** The handshake of a browser that polls. */
export const handshake = (url, headers = {}) => fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers })

/** An upgrade request. */
export const upgrade = (...lines) => ['GET /socket.io/?EIO=4&transport=websocket HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade',
  'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', ...lines, '', ''].join('\r\n')
