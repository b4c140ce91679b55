// Starts the real binary for a test file and stops it at its end.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import jwt from 'jsonwebtoken'
import { within } from './client.mjs'

export const secret = 'a-secret-for-the-client-tests'
export const binary = process.env.TEST_BINARY
if (!binary) throw new Error('TEST_BINARY is not set: run `make test-client`')

const environment = { PATH: process.env.PATH, HOME: process.env.HOME, JWT_SECRET: secret, OUTCRY_LOG_FORMAT: 'json', OUTCRY_SERVER_DRAIN_TIME: '0s', OUTCRY_MARKET_HOURS: 'always' }
// A whole run may serve sockets in another way than by default.
const mode = process.env.OUTCRY_NETPOLL_MODE
if (mode) environment.OUTCRY_NETPOLL_MODE = mode

const patience = 15_000 // only bounds a test that fails

/** Starts an engine for one test, which ends it whatever happens: one left behind would keep the test file from ending. */
export async function serverFor(t, settings, listen) {
  const server = await startServer(settings, listen)
  t.after(() => server.kill())
  return server
}

/** Starts an engine; settings are OUTCRY_ variables, and dev for development mode. Resolves once it serves. */
export async function startServer(settings = {}, listen = '127.0.0.1:0') {
  const data = await mkdtemp(join(tmpdir(), 'outcry-'))
  const { child, exited, serving, log } = spawnServer(settings, listen, data)
  const url = await serving
  return {
    url,
    log,
    address: new URL(url),
    /** Stops the engine as an operator does and returns its exit code. */
    async stop() {
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), patience)
      const { code, signal } = await exited
      clearTimeout(late)
      await rm(data, { recursive: true, force: true })
      return code ?? signal
    },
    /** Ends the engine at once, as a crash does. After stop it does nothing. */
    async kill() {
      child.kill('SIGKILL')
      await exited
      await rm(data, { recursive: true, force: true })
    },
    health: async () => (await fetch(`${url}/health`)).json(),
  }
}

/**
 * Starts an engine in a data directory of the caller, who ends it. serving is its URL, once it does;
 * silent is when neither it nor one that took its place is left to log. launcher is a command that
 * becomes the program in its arguments.
 */
export function spawnServer({ dev, ...settings }, listen, data, launcher = []) {
  const [program, ...args] = [...launcher, binary, 'serve', '--listen', listen, '--data', data, ...dev ? ['--dev'] : []]
  const child = spawn(program, args, {
    env: { ...environment, ...settings },
    stdio: ['ignore', dev ? 'ignore' : 'inherit', 'pipe'],
  })
  const exited = new Promise(resolve => child.once('exit', (code, signal) => resolve({ code, signal })))
  const log = []
  const lines = createInterface({ input: child.stderr })
  const silent = new Promise(resolve => lines.once('close', resolve))
  const serving = new Promise((resolve, reject) => {
    lines.on('line', line => {
      log.push(line)
      if (line.includes('"message":"serving"')) resolve(JSON.parse(line).url)
    })
    exited.then(() => reject(new Error(`the server ended before it served:\n${log.join('\n')}`)))
  })
  return { child, exited, serving, silent, log }
}

/** Waits until a condition of the engine's health holds. */
export function healthy(server, what, holds) {
  let health
  return within(what, async resolve => {
    while (!holds(health = await server.health())) await delay(20)
    resolve()
  }, () => `its health was ${JSON.stringify(health)}`)
}

/** A token of a user, good for an hour unless claims say otherwise. */
export const token = (user, claims = {}, options = {}) =>
  jwt.sign({ userId: user, type: 'access', ...claims }, options.secret ?? secret, {
    algorithm: 'HS256',
    ...('exp' in claims ? {} : { expiresIn: '1h' }),
    ...options.sign,
  })

export const feedToken = () => token('test-feed', { roles: ['feed'] })
export const operatorToken = () => token('op', { roles: ['operator'] })

/** Posts ticks as one short feed and returns the final answer. */
export async function postTicks(url, ticks) {
  const response = await fetch(`${url}/api/ticks`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${feedToken()}`, 'Content-Type': 'application/x-ndjson' },
    body: ticks.map(tick => (typeof tick === 'string' ? tick : JSON.stringify(tick))).join('\n'),
  })
  return response.json()
}

/** Asks for changes of settings, as an operator unless headers say who asks, and returns the answer with its HTTP status. */
export async function changeSettings({ url }, changes, headers = { authorization: `Bearer ${operatorToken()}` }) {
  const response = await fetch(`${url}/api/operator/settings`, {
    method: 'PATCH', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ changes }),
  })
  return { status: response.status, ...await response.json() }
}

/** Runs another command of the binary to its end, or to the end of the test. */
export async function runCommand(t, args, env = {}) {
  const child = spawn(binary, args, { env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => { stdout += chunk })
  child.stderr.on('data', chunk => { stderr += chunk })
  const code = await new Promise(resolve => child.once('close', resolve))
  return { code, stdout, stderr }
}
