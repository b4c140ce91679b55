// A reverse proxy with bad habits, between browsers and an engine: some kill
// WebSockets, some cut them, all of them can fail. Requests and upgrades share
// kept-alive connections to the engine, as they do behind real ones.
import { Agent, createServer, request, STATUS_CODES } from 'node:http'
import { Transform } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { within } from './client.mjs'

/**
 * Opens a proxy for one test, which closes it whatever happens. habits:
 *   websockets    'pass', or 'refuse' (400), or 'drop' (the connection ends)
 *   cutAfter      milliseconds that a WebSocket may live
 *   latency       milliseconds that everything takes, each way
 *   gather        milliseconds between the lumps in which it hands bytes on
 *   forwardedFor  the address it claims for browsers, instead of theirs
 */
export async function proxyFor(t, address, habits = {}) {
  const proxy = new ReverseProxy(address, habits)
  await proxy.open()
  t.after(() => proxy.close())
  return proxy
}

class ReverseProxy {
  upgrades = 0 // asked for, whatever became of them
  bytesDown = 0 // of bodies and frames, towards browsers
  #connections = new Set()
  #carried = new Set() // polls that are on their way to the engine or at it, and open WebSockets
  #held = null // requests that wait, while held

  constructor(address, habits) {
    this.address = address
    this.habits = { websockets: 'pass', latency: 0, gather: 0, ...habits }
    this.agent = new Agent({ keepAlive: true })
    this.server = createServer((req, res) => this.#admit(req, () => this.#forward(req, res)))
    this.server.on('upgrade', (req, socket, head) => this.#admit(req, () => this.#upgrade(req, socket, head)))
    this.server.on('connection', socket => {
      this.#connections.add(socket)
      socket.on('error', () => {}) // close follows
      socket.once('close', () => this.#connections.delete(socket))
    })
  }

  async open() {
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${this.server.address().port}`
  }

  close() {
    this.server.close()
    this.cut()
    this.agent.destroy()
  }

  /** Cuts every connection of a browser, without a goodbye. */
  cut() {
    for (const socket of this.#connections) socket.destroy()
  }

  /** Waits until so many polls or WebSockets of browsers are at the engine: a cut between two polls goes unnoticed. */
  carries(count) {
    return within(`${count} polls or WebSockets`, async resolve => {
      while (this.#carried.size < count) await delay(1)
      resolve()
    }, () => `the proxy carries ${this.#carried.size}`)
  }

  /** Keeps requests that come from now on from the engine. */
  hold() { this.#held ??= [] }

  /** How many requests are kept back. */
  get holding() { return this.#held?.length ?? 0 }

  /** Holds, and waits until a browser polls in vain; answer makes the engine answer the poll that it has by then. */
  async paused(answer) {
    await this.carries(1)
    this.hold()
    await answer()
    await within('a poll', async resolve => {
      while (this.holding === 0) await delay(1)
      resolve()
    })
  }

  /** Hands on what was kept back, and holds nothing more. */
  release() {
    const held = this.#held ?? []
    this.#held = null
    for (const { req, forward } of held) if (!req.socket.destroyed) forward()
  }

  #admit(req, forward) {
    if (this.#held) this.#held.push({ req, forward })
    else forward()
  }

  /** Asks the engine what a browser asked. */
  #ask(req) {
    const { hostname: host, port } = this.address
    const forwarded = [req.headers['x-forwarded-for'], this.habits.forwardedFor ?? req.socket.remoteAddress].filter(Boolean).join(', ')
    return request({
      host, port, agent: this.agent, method: req.method, path: req.url,
      headers: { ...req.headers, 'x-forwarded-for': forwarded },
    })
  }

  /** A stretch of the way: it delays what it carries, and counts what goes to browsers. */
  #line(count) {
    const { latency, gather } = this.habits
    const queue = []
    const wait = () => latency + (gather && gather - (performance.now() % gather))
    const line = new Transform({
      transform: (chunk, _, done) => {
        if (count) this.bytesDown += chunk.length
        if (!latency && !gather) return done(null, chunk)
        queue.push(chunk)
        setTimeout(() => line.push(queue.shift()), wait())
        done()
      },
      flush: done => {
        const end = () => (queue.length > 0 ? setTimeout(end, 1) : done())
        end()
      },
    })
    line.on('error', () => {}) // close follows
    return line
  }

  #forward(req, res) {
    const asked = this.#ask(req)
    if (req.method === 'GET') asked.once('finish', () => { if (!asked.destroyed) this.#carried.add(asked) })
    asked.once('response', answer => {
      this.#carried.delete(asked) // a slow line may keep the answer from the browser for a while
      res.writeHead(answer.statusCode, answer.rawHeaders)
      answer.pipe(this.#line(true)).pipe(res)
      answer.once('error', () => res.destroy())
    })
    asked.once('error', () => res.destroy())
    res.once('close', () => {
      this.#carried.delete(asked)
      asked.destroy() // the browser left, or has its answer
    })
    req.pipe(this.#line(false)).pipe(asked)
  }

  #upgrade(req, socket, head) {
    this.upgrades++
    const { websockets, cutAfter } = this.habits
    if (websockets === 'drop') return socket.destroy()
    if (websockets === 'refuse') return socket.end(headOf(400, ['Content-Length', '0', 'Connection', 'close']))
    const asked = this.#ask(req)
    asked.once('response', answer => {
      socket.write(headOf(answer.statusCode, answer.rawHeaders))
      answer.pipe(socket)
    })
    asked.once('upgrade', (answer, engine, first) => {
      if (socket.destroyed) return engine.destroy()
      const end = () => { socket.destroy(); engine.destroy() }
      for (const side of [socket, engine]) side.once('close', end).on('error', end)
      this.#carried.add(socket)
      socket.once('close', () => this.#carried.delete(socket))
      socket.write(headOf(answer.statusCode, answer.rawHeaders))
      if (first.length > 0) engine.unshift(first)
      if (head.length > 0) socket.unshift(head)
      engine.pipe(this.#line(true)).pipe(socket)
      socket.pipe(this.#line(false)).pipe(engine)
      if (cutAfter) setTimeout(end, cutAfter)
    })
    asked.once('error', () => socket.destroy())
    asked.end()
  }
}

/** The head of an answer; headers are names and values in turn. */
function headOf(status, headers) {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`]
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
