// An engine that is ended and started again, on one address and one data directory.
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { within } from './client.mjs'
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
  launcher = [] // a command that becomes the program in its arguments
  #process
  #silent = false // no process is left that logs
  #heir = null // the process that took its place, which is no child of ours

  constructor(settings, listen, data) {
    Object.assign(this, { settings, listen, data, url: `http://${listen}` })
  }

  /** Starts the process and returns at once. */
  spawn() {
    this.#process = spawnServer(this.settings, this.listen, this.data, this.launcher)
    this.#process.serving.catch(() => {}) // start reports it
    this.#heir = null
    this.#silent = false
    const silent = this.#process.silent
    silent.then(() => { if (silent === this.#process.silent) this.#silent = true })
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
    this.#signal('SIGKILL')
    await this.#process.silent
    await this.#process.exited
  }

  /** Has another process take the engine's place, as an operator does, and returns what it logged of the gap. */
  async upgrade(t) {
    const before = this.#upgrades().length
    const { code, stdout, stderr } = await runCommand(t, ['upgrade', '--data', this.data])
    if (code !== 0) throw new Error(`outcry upgrade: exit code ${code}: ${stderr}`)
    this.#heir = Number(/process (\d+) serves/.exec(stdout)[1])
    this.starts++
    await within('the log of the upgrade', async resolve => {
      while (this.#upgrades().length === before) await delay(1)
      resolve()
    })
    return this.#upgrades().at(-1)
  }

  #upgrades() { return this.log.filter(line => line.includes('"message":"upgraded"')).map(line => JSON.parse(line)) }

  #signal(name) {
    if (this.#heir === null) this.#process.child.kill(name)
    else if (this.alive) process.kill(this.#heir, name)
  }

  /** Kills the process and starts the next one. */
  async crash() {
    await this.kill()
    await this.start()
  }

  /** Stops the process as an operator does and returns its exit code. */
  async stop() {
    const { exited, silent } = this.#process
    this.#signal('SIGTERM')
    const late = setTimeout(() => this.#signal('SIGKILL'), patience)
    const { code, signal } = await exited
    await silent
    clearTimeout(late)
    if (this.#heir === null) return code ?? signal
    return this.log.at(-1).includes('"message":"stopped"') ? 0 : `it ended with ${this.log.at(-1)}` // its exit code is not for us
  }

  /** Whether the process has neither ended nor been ended. */
  get alive() {
    if (this.#heir === null) return this.#process.child.exitCode === null && this.#process.child.signalCode === null
    return !this.#silent
  }

  /** Reads the whole journal, of an engine that has stopped: user -> [{version, key, event}], numbers as texts. */
  async journal(t) {
    await this.verify(t)
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

  /** Looks for what is wrong in the journal of an engine that does not run; fails if anything is. */
  verify(t) { return this.#command(t, 'verify') }

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

const given = new Set() // an engine that is down, or not there yet, does not hold its port

/** Finds a port for an engine to come, which no other test of this process is given. */
export async function freePort() {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * (ephemeralPorts - lowestPort))
    if (given.has(port)) continue
    given.add(port)
    const free = await new Promise(resolve => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
}
