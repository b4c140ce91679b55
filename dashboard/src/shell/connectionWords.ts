import { formatMs } from '../format/numbers'
import { formatClock } from '../format/times'
import type { Connection } from '../realtime/types'
import type { Tone } from '../ui/Badge'

export interface Words {
  tone: Tone
  /** One or two words, for the badge. */
  short: string
  /** A sentence, for those who ask. */
  long: string
}

const inSeconds = (at: number, now: number) => Math.max(0, Math.ceil((at - now) / 1000))

/** The state of the connection as a trader reads it. p95 is tick to paint, milliseconds. */
export function connectionWords(c: Connection, p95: number | null, now: number): Words {
  switch (c.state) {
    case 'live':
    case 'polling':
      return connectedWords(c, p95)
    case 'connecting':
      return { tone: 'neutral', short: 'Connecting', long: 'Connecting to the server.' }
    case 'reconnecting':
      return reconnectingWords(c, now)
    case 'offline': {
      const since = c.downSince === null ? '' : ` since ${formatClock(c.downSince)}`
      return {
        tone: 'bad',
        short: `Offline${since}`,
        long: `This device has no network${since}. Prices stand still; it reconnects by itself.`,
      }
    }
    case 'refused':
      return { tone: 'bad', short: 'Signed out', long: c.refusal?.message ?? 'The server did not let this page in.' }
    case 'closed':
      return { tone: 'neutral', short: 'Not connected', long: 'This page has closed its connection.' }
  }
}

function connectedWords(c: Connection, p95: number | null): Words {
  const figure = p95 ?? c.roundTripMs
  const measured =
    p95 !== null
      ? ` From tick to screen ${formatMs(p95)} (P95 of the last minute).`
      : c.roundTripMs !== null
        ? ` A round trip takes ${formatMs(c.roundTripMs)}.`
        : ''
  const suffix = figure === null ? '' : ` · ${formatMs(figure)}`
  if (c.state === 'live') return { tone: 'good', short: `Live${suffix}`, long: `Connected by WebSocket.${measured}` }
  return {
    tone: 'warning',
    short: `Polling${suffix}`,
    long: `Connected by polling, since a WebSocket does not get through: prices are a little slower.${measured}`,
  }
}

function reconnectingWords(c: Connection, now: number): Words {
  const attempt = c.attempt > 0 ? `attempt ${c.attempt}` : 'trying again'
  const next = c.nextAttemptAt === null ? '' : `, next try in ${inSeconds(c.nextAttemptAt, now)} s`
  const why = c.restartAt === null ? 'The connection was lost.' : 'The server restarts.'
  return { tone: 'warning', short: `Reconnecting (${attempt}${next})`, long: `${why} Reconnecting: ${attempt}${next}.` }
}
