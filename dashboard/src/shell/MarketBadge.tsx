import { formatClock, formatMoment } from '../format/times'
import { useMarketStatus } from '../realtime'
import type { MarketStatus } from '../realtime/types'
import { Badge, type Tone } from '../ui/Badge'

const dayMs = 86_400_000

const moment = (at: number, now: number) =>
  at - now < dayMs ? formatClock(at) : formatMoment(at, now).replace(/:\d\d$/, '')

interface Words {
  tone: Tone
  /** For narrow pages. */
  short: string
  long: string
}

function words(m: MarketStatus, now: number): Words {
  if (m.feed === 'down') return { tone: 'bad', short: 'No feed', long: 'No price feed' }
  if (m.feed === 'stale') return { tone: 'warning', short: 'Silent feed', long: 'Price feed is silent' }
  if (m.isOpen) {
    const until = m.nextClose ? ` until ${moment(m.nextClose, now)}` : ''
    return { tone: 'good', short: 'Open', long: `Market open${until}` }
  }
  const opens = m.nextOpen ? `, opens ${moment(m.nextOpen, now)}` : ''
  return { tone: 'neutral', short: 'Closed', long: `Market closed${opens}` }
}

/** Whether the market trades and whether prices come from it. */
export function MarketBadge() {
  const status = useMarketStatus()
  if (!status) return null
  const { tone, short, long } = words(status, Date.now())
  return (
    <span title={long}>
      <Badge tone={tone}>
        <span aria-hidden="true" className="md:hidden">
          {short}
        </span>
        <span className="max-md:sr-only">{long}</span>
      </Badge>
    </span>
  )
}
