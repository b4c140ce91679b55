// The engine with a certificate of its own, and one that changes while browsers stay.
import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { after, before, describe, it } from 'node:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTCP } from 'node:net'
import { connect as connectTLS } from 'node:tls'
import { ask, browsers, connect, upgraded } from './client.mjs'
import { newCertificate } from './certificate.mjs'
import { serverFor, token } from './server.mjs'

const patience = 15_000 // only bounds a test that fails

describe('TLS', { concurrency: true }, () => {
  let first, second
  before(async () => { [first, second] = await Promise.all([newCertificate(), newCertificate()]) })

  /** An engine that serves the first certificate and looks for another often. */
  async function scene(t, settings) {
    const directory = await mkdtemp(join(tmpdir(), 'outcry-tls-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    /** Puts a certificate there as a careful operator does: each file at once. */
    const put = async pair => {
      for (const [name, text] of [['key', pair.key], ['cert', pair.cert]]) {
        await writeFile(join(directory, `${name}.new`), text, { mode: 0o600 })
        await rename(join(directory, `${name}.new`), join(directory, name))
      }
    }
    await put(first)
    const server = await serverFor(t, {
      OUTCRY_SERVER_TLS_CERT_FILE: join(directory, 'cert'),
      OUTCRY_SERVER_TLS_KEY_FILE: join(directory, 'key'),
      OUTCRY_SERVER_TLS_CHECK_INTERVAL: '100ms',
      ...settings,
    })
    return { server, put }
  }

  const tick = (server, price) => answered(server, '/api/ticks', { method: 'POST', headers: { Authorization: `Bearer ${token('test-feed', { roles: ['feed'] })}`, 'Content-Type': 'application/x-ndjson' } },
    `${JSON.stringify({ symbol: 'SAFE', price })}\n`)

  /** One request over https, by whichever certificate is served. */
  function answered({ address }, path, options = {}, body) {
    return new Promise((resolve, reject) => {
      const asking = request({ host: address.hostname, port: address.port, path, ca: [first.cert, second.cert], agent: false, ...options }, answer => {
        const served = answer.socket.getPeerCertificate().serialNumber
        let text = ''
        answer.setEncoding('utf8').on('data', chunk => { text += chunk }).on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text, served }))
      })
      asking.on('error', reject)
      asking.end(body)
    })
  }

  for (const [browser, io, way] of browsers) {
    it(`serves ${browser}, and goes on when the certificate changes`, async t => {
      const { server, put } = await scene(t)
      assert.ok(server.url.startsWith('https://'), server.url)
      const socket = await connect(io, server.url, token('ann'), { ca: first.cert })
      t.after(() => socket.close())
      if (way === 'upgrade') await upgraded(socket)
      assert.deepEqual(await ask(socket, 'subscribe:watchlist', { symbols: ['SAFE'] }), { success: true })
      assert.equal((await tick(server, 10)).status, 200)
      await socket.await('watchlist:quote', q => q.price === 10)
      const before = await answered(server, '/health')
      assert.equal(before.served, first.serial)
      assert.equal(new Date(JSON.parse(before.text).tls.certificateExpiresAt).getTime(), first.ends.getTime())

      await put(second)
      const late = Date.now() + patience
      while ((await answered(server, '/health')).served !== second.serial) assert.ok(Date.now() < late, 'the new certificate is not served')
      assert.equal((await tick(server, 11)).status, 200)
      // one that polls opens new connections, and trusts the first certificate alone
      if (way !== 'polling') await socket.await('watchlist:quote', q => q.price === 11)
      const newcomer = await connect(io, server.url, token('bea'), { ca: second.cert })
      t.after(() => newcomer.close())
      assert.equal(newcomer.connected, true)
      await assert.rejects(connect(io, server.url, token('cid'), { ca: first.cert }), 'a stranger to the new certificate')
      newcomer.close()
      socket.close()
      assert.equal(await server.stop(), 0)
    })
  }

  for (const mode of ['epoll', 'goroutine']) {
    it(`closes who opens and says nothing, and tells plain HTTP what is wrong, with netpoll ${mode}`, async t => {
      const { server } = await scene(t, { OUTCRY_NETPOLL_MODE: mode, OUTCRY_WEBSOCKET_HEADER_TIMEOUT: '2s' })
      const { hostname: host, port } = server.address
      const plain = await fetch(`http://${host}:${port}/health`)
      assert.equal(plain.status, 400)
      assert.match(await plain.text(), /use https/)
      
      await Promise.all([
        new Promise(resolve => connectTCP({ host, port }).on('close', resolve).on('error', () => {}).resume()), // not even a TLS greeting
        new Promise(resolve => connectTLS({ host, port, ca: first.cert }).on('close', resolve).on('error', () => {}).resume()), // no request
      ])
      assert.equal((await answered(server, '/live')).status, 200)
      assert.equal(await server.stop(), 0)
    })
  }

  it('gives session cookies for https alone, also in development mode', async t => {
    const { server } = await scene(t, { dev: true })
    const { status, headers } = await answered(server, '/auth/demo', { method: 'POST', headers: { 'Content-Type': 'application/json', Origin: server.url } }, '{"user":"demo-alice"}')
    assert.equal(status, 200)
    assert.match(headers['set-cookie'][0], /; Secure/)
    assert.match(headers['set-cookie'][0], /; HttpOnly/)
    assert.match(headers['strict-transport-security'], /max-age=/)
    assert.equal(await server.stop(), 0)
  })
})
