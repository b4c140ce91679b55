import { useMarketStatus } from '../realtime'
import { Badge } from '../ui/Badge'
import { marketWords } from './marketWords'

/** Whether the main market trades, and whether prices come; the others on hover and for screen readers. */
export function MarketBadge() {
  const status = useMarketStatus()
  if (!status) return null
  const { tone, short, long, others } = marketWords(status, Date.now())
  return (
    <span title={[long, ...others].join('\n')}>
      <Badge tone={tone}>
        <span aria-hidden="true" className="md:hidden">
          {short}
        </span>
        <span className="max-md:sr-only">{long}</span>
        {others.length > 0 && <span className="sr-only">. {others.join('. ')}</span>}
      </Badge>
    </span>
  )
}
