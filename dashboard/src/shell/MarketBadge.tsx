import { formatClock, formatMoment } from '../format/times'
import { useMarketStatus } from '../realtime'
import type { MarketStatus } from '../realtime/types'
import { Badge, type Tone } from '../ui/Badge'

const dayMs = 86_400_000

const moment = (at: number, now: number) =>
  at - now < dayMs ? formatClock(at) : formatMoment(at, now).replace(/:\d\d$/, '')

function words(m: MarketStatus, now: number): { tone: Tone; text: string } {
  if (m.feed === 'down') return { tone: 'bad', text: 'No price feed' }
  if (m.feed === 'stale') return { tone: 'warning', text: 'Price feed is silent' }
  if (m.isOpen)
    return { tone: 'good', text: m.nextClose ? `Market open until ${moment(m.nextClose, now)}` : 'Market open' }
  return { tone: 'neutral', text: m.nextOpen ? `Market closed, opens ${moment(m.nextOpen, now)}` : 'Market closed' }
}

/** Whether the market trades and whether prices come from it. */
export function MarketBadge() {
  const status = useMarketStatus()
  if (!status) return null
  const { tone, text } = words(status, Date.now())
  return <Badge tone={tone}>{text}</Badge>
}
