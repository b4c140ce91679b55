/**
 * Which transports an attempt begins with. WebSocket, and polling where it fails at once, is the rule;
 * two things that proxies do to WebSockets need more:
 *
 * - they let the handshake hang: the attempt times out, and the next begins with polling and changes over
 *   only to a WebSocket that has proven itself;
 * - they let it open and cut it again and again: after two such connections in a row polling it is, for some
 *   minutes, and then one WebSocket is given a chance.
 */
export interface Attempt {
  transports: string[]
  upgrade: boolean
}

const shortLivedMs = 5_000
const pollingForMs = 5 * 60_000

export function createTransportChoice() {
  let cut = 0
  let hung = false
  let pollingUntil = 0
  let openedAt: number | null = null
  return {
    next(now: number): Attempt {
      openedAt = null
      if (now < pollingUntil) return { transports: ['polling'], upgrade: false }
      return { transports: hung || pollingUntil ? ['polling', 'websocket'] : ['websocket', 'polling'], upgrade: true }
    },
    /** A WebSocket carries the connection from now on. */
    opened(now: number) {
      openedAt = now
      hung = false
    },
    /** The attempt got no answer at all. */
    timedOut() {
      hung = true
    },
    /** The connection was cut by neither side. */
    wasCut(now: number) {
      if (openedAt === null) return
      if (now - openedAt >= shortLivedMs) {
        cut = 0
        pollingUntil = 0
      } else if (++cut >= 2) {
        pollingUntil = now + pollingForMs
        cut = 1 // the one that is given a chance then has but one
      }
      openedAt = null
    },
    /** In how many milliseconds a connection by polling alone gives WebSocket a chance; 0 if it is not such. */
    chanceIn: (now: number) => Math.max(pollingUntil - now, 0),
  }
}
