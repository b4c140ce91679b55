// The figures of the dashboard, in Debian's Chromium beside the engine on one
// machine: `make bench-browser`. Each states its load, and fails where it misses what it
// has to hold. MINUTES is how long the memory is watched (30); ONLY=name runs one.
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { binary, secret } from '../../../transport/transporttest/client/server.mjs'
import { closeBrowser, engineFor, openBrowser, pageFor, signIn, traderFor, until, watch } from '../kit.mjs'
import { kilobytes, median, meterOf, percent } from './measure.mjs'
import { feedTicks, symbolsOf } from './ticks.mjs'

const minutes = Number(process.env.MINUTES ?? 30)
const settings = { OUTCRY_LIMIT_DIALS_PER_SECOND: '0' }

/** An engine that is fed ticks of so many symbols, and a page that watches them all. */
async function watchedFeed(t, count, perSecond, moreSettings = {}) {
  const engine = await engineFor(t, { ...settings, ...moreSettings })
  const symbols = symbolsOf(count)
  const feed = feedTicks(engine.url, symbols, perSecond)
  t.after(() => feed.stop())
  const page = await traderFor(t, engine.url, {
    viewport: { width: 1440, height: 2600 },
    reducedMotion: 'no-preference',
  })
  await watch(page, symbols)
  return { engine, feed, page }
}

/** Ends a feed: had it broken off, nothing would have been measured. */
async function endOf(t, feed) {
  const answer = await feed.stop()
  if (!(answer?.accepted > 0 && answer.rejected === 0))
    throw new Error(`the feed did not last: ${JSON.stringify(answer)}`)
  t.diagnostic(`${answer.accepted} ticks were fed`)
}

/** Says what came out, and fails the test where it misses. */
function report(t, name, value, text, limit) {
  t.diagnostic(`${name}: ${text}`)
  if (!(value <= limit)) throw new Error(`${name} is ${text}: the limit is ${limit}`)
}

const latencyOf = async page => {
  const text = await page.getByTitle(/From tick to screen/).getAttribute('title')
  return Number(text.match(/From tick to screen ([\d.]+) ms/)?.[1] ?? Number.NaN)
}

describe(`dashboard on ${cpus().length} cores, ${cpus()[0].model}`, { concurrency: false }, () => {
  before(openBrowser)
  after(closeBrowser)
  const figure = (name, options, body) =>
    it(name, { ...options, skip: process.env.ONLY && process.env.ONLY !== name }, body)

  figure('load', {}, async t => {
    const engine = await engineFor(t, settings)
    const page = await pageFor(t, 'about:blank')
    const sizes = []
    page.on('requestfinished', async request => {
      const { responseBodySize } = await request.sizes()
      if (/\.(js|css|html|svg)$|\/$/.test(new URL(request.url()).pathname)) sizes.push(responseBodySize)
    })
    await page.goto(engine.url)
    await signIn(page)
    await page.getByText('Watchlist').waitFor()
    const total = sizes.reduce((sum, size) => sum + size, 0)
    report(t, 'first load, compressed, chart and socket.io-client included', total / 1024, kilobytes(total), 150)
  })

  figure('paint', {}, async t => {
    const engine = await engineFor(t, settings)
    const paints = []
    for (let i = 0; i < 5; i++) {
      const page = await pageFor(t, 'about:blank')
      await (await meterOf(page)).slowDown(4)
      await page.goto(engine.url)
      await page.getByRole('button', { name: 'Continue as Alice' }).waitFor()
      paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime))
    }
    report(
      t,
      'first contentful paint, processor four times slower, median of 5',
      median(paints),
      `${Math.round(median(paints))} ms`,
      1000,
    )
  })

  figure('rows', { timeout: 300_000 }, async t => {
    const { feed, page } = await watchedFeed(t, 40, 2000)
    const meter = await meterOf(page)
    await meter.load(5_000)
    const { mainThread, script, layouts } = await meter.load(20_000)
    const frames = await meter.frames(20_000)
    await endOf(t, feed)
    t.diagnostic(
      `script ${percent(script)}, ${layouts.toFixed(0)} layouts a second, ${frames.long} of ${frames.count} frames over 25 ms`,
    )
    report(t, '40 rows at 2,000 updates/s: main thread', mainThread, percent(mainThread), 0.2)
    report(
      t,
      '40 rows at 2,000 updates/s: frames missing of 60 a second',
      60 - frames.perSecond,
      (60 - frames.perSecond).toFixed(1),
      1.5,
    )
  })

  figure('chain', { timeout: 300_000 }, async t => {
    const { engine, feed, page } = await watchedFeed(t, 20, 200, { OUTCRY_LIMIT_SOCKETS_PER_USER: '0' })
    const load = spawn(
      binary,
      ['bench', '--to', engine.url, '--dashboards', '1000', '--rates', '10', '--duration', '60s'],
      {
        env: { PATH: process.env.PATH, JWT_SECRET: secret },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    let output = ''
    load.stdout.on('data', chunk => {
      output += chunk
    })
    await new Promise(resolve => load.once('exit', resolve))
    t.diagnostic(output.trim())
    const p95 = await until(async () => (await latencyOf(page)) || null, 'a measured latency')
    await endOf(t, feed)
    report(
      t,
      'tick to paint, P95 of the last minute, beside 200,000 updates/s to 1,000 dashboards',
      p95,
      `${p95} ms`,
      200,
    )
  })

  figure('memory', { timeout: minutes * 60_000 + 300_000 }, async t => {
    const { feed, page } = await watchedFeed(t, 40, 2000)
    const meter = await meterOf(page)
    await meter.load(60_000)
    const heaps = [await meter.heap()]
    for (let minute = 1; minute <= minutes; minute++) {
      await new Promise(resolve => setTimeout(resolve, 60_000))
      heaps.push(await meter.heap())
    }
    await endOf(t, feed)
    t.diagnostic(`heap each minute: ${heaps.map(kilobytes).join(', ')}`)
    const third = Math.max(1, Math.floor(heaps.length / 3))
    const growth = median(heaps.slice(-third)) / median(heaps.slice(0, third)) - 1
    report(t, `heap after ${minutes} minutes against the first third, medians`, growth, percent(growth), 0.1)
  })
})
