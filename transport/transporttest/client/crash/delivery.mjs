// Requests that are sent until they are answered, as careful clients do.
import { setTimeout as delay } from 'node:timers/promises'

const retryInterval = 25
// Longer than an engine lets a request wait. About once in a thousand kills a
// connection that was being opened when the engine died stays open with nobody
// behind it; its client gives up, as careful clients do.
const answerTimeout = 12_000

/** Sends an HTTP request, the same again after every failure that may pass. Returns {status, body}. */
export async function deliver(run, method, path, token, body, type = 'application/json') {
  for (;;) {
    const { starts } = run.server
    try {
      const response = await fetch(run.url + path, {
        method, body,
        headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': type }) },
        signal: AbortSignal.timeout(answerTimeout),
      })
      const answer = { status: response.status, body: await response.json() }
      if (response.status !== 503) return answer
      run.counts.unavailable++
    } catch (error) {
      const late = error.name === 'TimeoutError'
      if (late && run.server.starts === starts) throw new Error(`${method} ${path} was not answered in ${answerTimeout} ms`)
      if (late) run.counts.stuck++
      else if (error.name !== 'TypeError' && error.name !== 'SyntaxError') throw error // fetch and a cut answer fail with these
    }
    if (run.failed) throw new Error(`${method} ${path} given up: the run has failed`)
    run.counts.retries++
    await delay(retryInterval)
  }
}

/** Emits an event until it is acknowledged, the same again after the connection was lost and while the journal is unavailable. */
export async function deliverEvent(run, socket, event, argument) {
  for (;;) {
    const { starts } = run.server
    try {
      const answer = await socket.timeout(answerTimeout).emitWithAck(event, argument)
      if (answer.code !== 'UNAVAILABLE') return answer
      run.counts.unavailable++
    } catch {
      if (socket.connected && run.server.starts === starts && !run.down) throw new Error(`${event} was not acknowledged in ${answerTimeout} ms`)
    }
    if (run.failed) throw new Error(`${event} given up: the run has failed`)
    run.counts.retries++
    await delay(retryInterval)
  }
}
