// An engine that is ended and started again, on one address and one data directory.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, spawnServer } from './server.mjs'
import { exactJSON } from './checks/ledger-model.mjs'

const patience = 20_000 // only bounds a test that fails

/**
 * Makes an engine for one test, which ends it whatever happens. Without a data
 * directory of the caller's it has one of its own, which goes with the test.
 */
export async function durableServerFor(t, settings = {}, data) {
  const own = data ?? await mkdtemp(join(tmpdir(), 'outcry-'))
  const server = new DurableServer(settings, `127.0.0.1:${await freePort()}`, own)
  t.after(async () => {
    await server.kill()
    if (!data) await rm(own, { recursive: true, force: true })
  })
  return server
}

class DurableServer {
  log = []
  starts = 0
  #process

  constructor(settings, listen, data) {
    Object.assign(this, { settings, listen, data, url: `http://${listen}` })
  }

  /** Starts the process and returns at once. */
  spawn() {
    this.#process = spawnServer(this.settings, this.listen, this.data)
    this.#process.serving.catch(() => {}) // start reports it
    this.log = this.#process.log
    this.starts++
  }

  /** Starts the process and waits until it serves. */
  async start() {
    this.spawn()
    await this.#process.serving
  }

  /** Ends the process at once, as a crash does. */
  async kill() {
    if (!this.#process) return
    this.#process.child.kill('SIGKILL')
    await this.#process.exited
  }

  /** Kills the process and starts the next one. */
  async crash() {
    await this.kill()
    await this.start()
  }

  /** Stops the process as an operator does and returns its exit code. */
  async stop() {
    const { child, exited } = this.#process
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), patience)
    const { code, signal } = await exited
    clearTimeout(late)
    return code ?? signal
  }

  /** Whether the process has neither ended nor been ended. */
  get alive() { return this.#process.child.exitCode === null && this.#process.child.signalCode === null }

  /** Reads the whole journal, of an engine that has stopped: user -> [{version, key, event}], numbers as texts. */
  async journal(t) {
    await this.#command(t, 'verify')
    const accounts = new Map()
    for (const line of (await this.#command(t, 'export')).trim().split('\n')) {
      const { stream, version, key, event } = exactJSON(line)
      const user = /^portfolio\/(.*)$/.exec(stream)?.[1]
      if (user === undefined) continue
      if (!accounts.has(user)) accounts.set(user, [])
      accounts.get(user).push({ version: Number(version), key, event })
    }
    return accounts
  }

  async #command(t, name) {
    const { code, stdout, stderr } = await runCommand(t, ['journal', name, '--data', this.data])
    if (code !== 0) throw new Error(`outcry journal ${name}: exit code ${code}: ${stdout.slice(-1000)}${stderr}`)
    return stdout
  }
}

// Systems give outgoing connections ports from here on, unless told otherwise.
// A client that tries a port of theirs while nobody listens may be given the
// very same one, and so connect to itself.
const [lowestPort, ephemeralPorts] = [20_000, 32_000]

async function freePort() {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * (ephemeralPorts - lowestPort))
    const free = await new Promise(resolve => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
}
