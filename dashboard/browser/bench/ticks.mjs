// A feed for the bench: so many symbols, so many ticks a second, over one streaming request.
import { request } from 'node:http'
import { feedToken } from '../../../transport/transporttest/client/server.mjs'

/** Ticks are sent in lumps this far apart, each symbol in turn. */
const lumpMs = 10

export const symbolsOf = count => Array.from({ length: count }, (_, i) => `SYM${String(i).padStart(3, '0')}`)

/** Feeds until stop is called, which resolves to the engine's answer, or to null where the engine was ended first. */
export function feedTicks(url, symbols, perSecond) {
  const post = request(`${url}/api/ticks`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${feedToken()}`, 'Content-Type': 'application/x-ndjson' },
  })
  const answered = new Promise((resolve, reject) => {
    post.once('response', response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.once('end', () => resolve(JSON.parse(body)))
    })
    post.once('error', reject)
  }).catch(() => null)
  const began = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000)
    let lines = ''
    for (; sent < due; sent++) {
      const i = sent % symbols.length
      // a price of its own for every tick, up and down around a level of the symbol's
      const price = 100 + i + ((sent * 7919) % 200) / 100
      lines += `{"symbol":"${symbols[i]}","price":${price.toFixed(2)},"size":100,"timestamp":${Date.now()}}\n`
    }
    if (lines) post.write(lines)
  }, lumpMs)
  return {
    async stop() {
      clearInterval(timer)
      post.end()
      return answered
    },
  }
}
