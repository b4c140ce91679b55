import { formatDuration } from '../format/times'
import type { Quote } from '../realtime'
import { ageOf } from '../realtime'
import { useNow } from '../shell/useNow'
import { cx } from '../ui/cx'

const words: Record<Quote['state'], string> = { live: 'Live', quiet: 'Quiet', stale: 'Stale', halted: 'Halted' }
const colours: Record<Quote['state'], string> = {
  live: 'text-profit',
  quiet: 'text-soft',
  stale: 'text-warning',
  halted: 'text-loss',
}

/**
 * How fresh one quote is, apart from the connection: a dot, a word, and its age where that says something and has room.
 */
export function Freshness({ quote }: { quote: Quote }) {
  const aged = quote.state !== 'live'
  useNow(1_000, aged)
  return (
    <span className={cx('inline-flex items-center gap-1 text-xs whitespace-nowrap', colours[quote.state])}>
      <span aria-hidden="true" className="size-1.5 rounded-full bg-current" />
      <span className="figure">
        {words[quote.state]}
        {aged && <span className="hidden @min-[22.5rem]:inline"> {formatDuration(ageOf(quote))}</span>}
      </span>
    </span>
  )
}
