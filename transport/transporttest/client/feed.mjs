// A feed that stays: one streaming POST /api/ticks, read by the engine as it arrives.
import { request } from 'node:http'
import { within } from './client.mjs'
import { feedToken } from './server.mjs'

/** Opens a feed for one test, which ends it whatever happens. */
export function openFeed(t, url, token = feedToken()) {
  const stream = request(`${url}/api/ticks`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-ndjson' },
  })
  const answer = new Promise((resolve, reject) => {
    stream.once('error', reject)
    stream.once('response', response => {
      let body = ''
      response.setEncoding('utf8').on('data', chunk => { body += chunk })
      response.once('end', () => resolve({ status: response.statusCode, ...JSON.parse(body) }))
    })
  })
  answer.catch(() => {}) // close reports it
  stream.flushHeaders()
  t.after(() => stream.destroy())
  return {
    /** Sends one line: a tick, or text as it is. */
    send: line => stream.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
    /** Ends the stream and returns the final answer with its HTTP status. */
    close() {
      stream.end()
      return within('the final answer to a feed', (resolve, reject) => answer.then(resolve, reject))
    },
  }
}
