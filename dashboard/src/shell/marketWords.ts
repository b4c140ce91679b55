import { formatClock, formatMoment } from '../format/times'
import type { MarketPhase, MarketStatus } from '../realtime/types'
import type { Tone } from '../ui/Badge'

const dayMs = 86_400_000

const moment = (at: number, now: number) =>
  at - now < dayMs ? formatClock(at) : formatMoment(at, now).replace(/:\d\d$/, '')

interface Words {
  tone: Tone
  /** For narrow pages. */
  short: string
  long: string
  /** The other markets, a sentence each. */
  others: string[]
}

/** Whether the market trades and whether prices come from it. */
export function marketWords(m: MarketStatus, now: number): Words {
  const others = (m.markets ?? []).slice(1).map(other => phaseWords(other.market, other, now))
  if (m.feed === 'down') return { tone: 'bad', short: 'No feed', long: 'No price feed', others }
  if (m.feed === 'stale') return { tone: 'warning', short: 'Silent feed', long: 'Price feed is silent', others }
  const long = phaseWords('Market', m, now)
  return m.isOpen ? { tone: 'good', short: 'Open', long, others } : { tone: 'neutral', short: 'Closed', long, others }
}

function phaseWords(name: string, phase: Pick<MarketPhase, 'isOpen' | 'nextOpen' | 'nextClose'>, now: number): string {
  if (phase.isOpen) return `${name} open${phase.nextClose ? ` until ${moment(phase.nextClose, now)}` : ''}`
  return `${name} closed${phase.nextOpen ? `, opens ${moment(phase.nextOpen, now)}` : ''}`
}
