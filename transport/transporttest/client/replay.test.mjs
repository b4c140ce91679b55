// The real trade prints of an opening, replayed while clients watch.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { connect, once, open, versions } from './client.mjs'
import { runCommand, serverFor, token } from './server.mjs'

const recording = fileURLToPath(new URL('../../../actors/feed/testdata/us-equities-20131008-open.csv.gz', import.meta.url))
const speed = 180 // half an hour in ten seconds

/** Of each symbol the day after its last print, and after each one: [price, volume]. */
function expected() {
  const symbols = {}
  const [, ...rows] = gunzipSync(readFileSync(recording)).toString().trim().split('\n')
  for (const row of rows) {
    const [, symbol, price, size] = row.split(',')
    const s = (symbols[symbol] ??= { open: +price, high: -Infinity, low: Infinity, volume: 0, prints: [] })
    s.price = +price
    s.high = Math.max(s.high, +price)
    s.low = Math.min(s.low, +price)
    s.volume += +size
    s.prints.push([s.price, s.volume])
  }
  return symbols
}

describe('replay', { concurrency: true }, () => { // most of its time is waiting for the recording
  for (const [version, io] of versions) {
    it(`ends at the exact last price, volume and count of every symbol, with socket.io-client ${version}`, { timeout: 120_000 }, async t => {
      const want = expected()
      const names = Object.keys(want).sort()
      assert.deepEqual(names, ['AIG', 'BAC', 'IBM', 'SPY'])
      const server = await serverFor(t, { OUTCRY_MARKET_FEED_SILENCE: '10s' })
      const watcher = await connect(io, server.url, token('ann'))
      const batcher = await connect(io, server.url, token('bob'))
      watcher.emit('subscribe:watchlist', names)
      batcher.emit('subscribe:watchlist', { symbols: names, batch: true })
      await watcher.await('subscribed:watchlist')
      await batcher.await('subscribed:watchlist')

      const replay = runCommand(t, ['replay', recording, '--to', server.url, '--speed', String(speed)])
      await watcher.await('watchlist:quote', q => q.symbol === 'SPY')
      // While it runs: a newcomer gets a snapshot at once, a stranger a refusal.
      const late = await connect(io, server.url, token('eve'))
      late.emit('subscribe:quote', { symbol: 'SPY' })
      const snapshot = await late.await('watchlist:quote')
      assert.ok(snapshot.merged >= 1)
      assert.equal(snapshot.state, 'live')
      const [error] = await once(open(io, server.url, { token: 'no' }), 'connect_error')
      assert.equal(error.data.code, 'INVALID_TOKEN')

      const { code, stdout, stderr } = await replay
      assert.equal(code, 0, stderr)
      const total = names.reduce((sum, name) => sum + want[name].prints.length, 0)
      assert.match((stdout + stderr).replaceAll(',', ''), new RegExp(`${total} accepted`))
      for (const name of names) {
        const { prints, ...last } = want[name]
        const complete = q => q.symbol === name && q.volume === last.volume
        const quote = await watcher.await('watchlist:quote', complete)
        const { price, high, low, open, volume } = quote
        assert.deepEqual({ price, high, low, open, volume }, last, name)
        const quotes = watcher.of('watchlist:quote').filter(q => q.symbol === name)
        let seen = 0
        for (const q of quotes) {
          seen += q.merged
          assert.deepEqual([q.price, q.volume], prints[seen - 1], `${name} after ${seen} prints`)
        }
        assert.equal(seen, prints.length, `${name}: every print is in exactly one quote`)
        const prices = new Set(quotes.map(q => q.price))
        assert.ok(prices.size > 3, `${name} moved: ${prices.size} prices`)
        assert.deepEqual(watcher.of('quote:update').filter(q => q.symbol === name).length, quotes.length)
        await batcher.await('watchlist:quotes', batch => batch.some(complete))
      }
      await late.await('watchlist:quote', q => q.volume === want.SPY.volume && q.price === want.SPY.price)
      assert.ok(late.of('watchlist:quote').every(q => q.symbol === 'SPY'))
      for (const socket of [watcher, batcher, late]) {
        assert.deepEqual(socket.of('error'), [])
        socket.close()
      }
      assert.equal(await server.stop(), 0)
    })
  }
})
