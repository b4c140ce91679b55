// `outcry validate` as an operator runs it, against whole engines.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { newCertificate } from './certificate.mjs'
import { browsers, connect } from './client.mjs'
import { freePort } from './durable-server.mjs'
import { binary, healthy, runCommand, serverFor, token } from './server.mjs'

const all = ['health', 'dashboard', 'api', 'websocket', 'polling', 'headers', 'tls']

describe('validate', { concurrency: true }, () => {
  /** Runs the command and returns its report with its exit code. */
  async function validate(t, ...args) {
    const { code, stdout, stderr } = await runCommand(t, ['validate', '--json', ...args])
    const report = stdout && JSON.parse(stdout)
    return { code, stderr, report, of: name => report.checks.find(c => c.check === name) }
  }
  const outcomes = report => Object.fromEntries(report.checks.map(c => [c.check, c.outcome]))
  const expected = changes => ({ ...Object.fromEntries(all.map(name => [name, 'good'])), ...changes })

  it('finds nothing wrong with an engine', async t => {
    const server = await serverFor(t)
    const nobody = await validate(t, server.url)
    assert.deepEqual(outcomes(nobody.report), expected(), JSON.stringify(nobody.report))
    assert.deepEqual([nobody.code, nobody.stderr, nobody.report.passed], [0, '', true])
    assert.match(nobody.of('websocket').found, /refuses who shows no credentials/)

    const ann = await validate(t, server.url, '--token', token('ann'))
    assert.deepEqual([ann.code, outcomes(ann.report)], [0, expected()], JSON.stringify(ann.report))
    assert.ok(ann.report.roundTripMs > 0 && ann.report.roundTripMs < 10_000, `${ann.report.roundTripMs}`)
    for (const way of ['websocket', 'polling']) assert.match(ann.of(way).found, /^signed in; round trip \d+\.\d\d ms at the median of 5/)

    const table = await runCommand(t, ['validate', server.url])
    assert.match(table.stdout, /^headers +good +6 security headers$/m)
    assert.match(table.stdout, /: 7 good, 0 to look at, 0 failed\n$/)
  })

  it('takes the port of this machine without an address', async t => {
    const server = await serverFor(t)
    const { code, stdout } = await runCommand(t, ['validate', '--only', 'health'], { PORT: server.address.port })
    assert.equal(code, 0)
    assert.match(stdout, /^health +good +healthy/)
  })

  it('leaves no connection behind', async t => {
    const server = await serverFor(t)
    await validate(t, server.url, '--token', token('ann'))
    await healthy(server, 'every connection to be gone', h => h.websocket.connections === 0 && h.websocket.totalConnections >= 2)
  })

  it('says that a token is refused, and fails', async t => {
    const server = await serverFor(t)
    const { code, report, stderr, of } = await validate(t, server.url, '--token', token('ann', { exp: 1_000_000_000 }))
    assert.deepEqual([code, outcomes(report)], [1, expected({ websocket: 'failed', polling: 'failed' })])
    assert.match(of('polling').found, /TOKEN_EXPIRED/)
    assert.equal(stderr, 'outcry: 2 of 7 checks failed: websocket, polling\n')
  })

  it('trusts an authority of your own, and warns before the certificate ends', async t => {
    const pair = await newCertificate()
    const directory = await mkdtemp(join(tmpdir(), 'outcry-validate-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const [cert, key] = [join(directory, 'cert'), join(directory, 'key')]
    await Promise.all([writeFile(cert, pair.cert), writeFile(key, pair.key, { mode: 0o600 })])
    const server = await serverFor(t, { OUTCRY_SERVER_TLS_CERT_FILE: cert, OUTCRY_SERVER_TLS_KEY_FILE: key })

    const trusted = await validate(t, server.url, '--ca', cert, '--token', token('ann'))
    assert.deepEqual([trusted.code, outcomes(trusted.report)], [0, expected({ tls: 'warning' })], JSON.stringify(trusted.report))
    assert.match(trusted.of('tls').found, /in 1 days/)
    const strange = await validate(t, server.url)
    assert.deepEqual([strange.code, strange.report.checks.every(c => c.outcome === 'failed' && c.do.includes('--ca FILE'))], [1, true])
  })

  it('fails an engine that drains', async t => {
    const server = await serverFor(t, { OUTCRY_SERVER_DRAIN_TIME: '10s' })
    const sockets = await Promise.all(Array.from({ length: 8 }, (_, i) => connect(browsers[0][1], server.url, token(`u${i}`))))
    t.after(() => sockets.forEach(s => s.close()))
    const stopped = server.stop()
    await Promise.all(sockets.map(s => s.await('server:shutdown')))
    const { code, report, of } = await validate(t, server.url)
    assert.deepEqual([code, outcomes(report)], [1, expected({ health: 'failed', websocket: 'failed', polling: 'failed' })], JSON.stringify(report))
    assert.match(of('health').found, /shutting down/)
    sockets.forEach(s => s.close())
    assert.equal(await stopped, 0)
  })

  it('says that nobody is there', async t => {
    const address = `127.0.0.1:${await freePort()}`
    const { code, of } = await validate(t, `http://${address}`)
    assert.deepEqual([code, of('health').found], [1, `nobody listens at ${address}`])
  })

  it('tells wrong usage from a check that failed', async t => {
    for (const args of [['nonsense'], ['http://localhost', '--only', 'helth'], ['http://localhost', '--ca', '/nowhere'], ['http://localhost', '--ca', binary], ['http://localhost', '--watch', '--every', '1ms']]) {
      assert.equal((await validate(t, ...args)).code, 2, args.join(' '))
    }
  })

  /** A watch: what it writes, line by line, and how it ends. */
  function watch(t, ...args) {
    const child = spawn(binary, ['validate', '--watch', '--json', '--every', '1s', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => child.kill('SIGKILL'))
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const ended = new Promise(resolve => child.once('exit', resolve))
    return { child, ended, next: async () => JSON.parse((await lines.next()).value) }
  }

  it('watches until it is interrupted, and no refusal is on its account', async t => {
    const server = await serverFor(t)
    const { child, ended, next } = watch(t, server.url)
    const looks = [await next(), await next()]
    // no feed is connected, which is a reason of the engine's own and not of a watch
    assert.deepEqual(looks.map(l => l.state), ['normal', 'normal'], JSON.stringify(looks))
    child.kill('SIGINT')
    let summary
    while (!summary) ({ summary } = await next()) // a machine that stands still may let it look once more
    assert.deepEqual([summary.interrupted, summary.rollback, await ended], [true, '', 0])
    assert.equal((await server.health()).limits.credentials, 0)
  })

  it('is critical when the engine dies', async t => {
    const server = await serverFor(t, {}, `127.0.0.1:${await freePort()}`) // which nobody else listens at then
    const { next } = watch(t, server.url, '--token', token('ann'))
    const look = await next()
    assert.deepEqual([look.state, look.reasons, look.roundTripMs > 0], ['normal', [], true])
    await server.kill()
    const dead = after => /health: nobody listens/.test(after.reasons[0])
    let after = await next()
    if (!dead(after)) after = await next() // it was begun before
    assert.equal(after.state, 'critical')
    assert.ok(dead(after), JSON.stringify(after))
  })
})
