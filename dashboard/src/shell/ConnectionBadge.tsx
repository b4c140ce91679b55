import { useConnection, useLatency } from '../realtime'
import { Badge } from '../ui/Badge'
import { cx } from '../ui/cx'
import { connectionWords } from './connectionWords'
import { useNow } from './useNow'

/** Whether what the page shows is live, in words, with what this browser measured. */
export function ConnectionBadge() {
  const connection = useConnection()
  const latency = useLatency()
  const waiting = connection.state === 'reconnecting'
  const now = useNow(1_000, waiting)
  const words = connectionWords(connection, latency?.p95 ?? null, now)
  return (
    <span title={words.long} className="inline-flex min-w-28 justify-end">
      <Badge tone={words.tone}>
        <span
          aria-hidden="true"
          className={cx('size-2 rounded-full bg-current', connection.state === 'live' && 'animate-pulse')}
        />
        <span className="figure font-sans!">{words.short}</span>
        <span className="sr-only">{words.long}</span>
      </Badge>
    </span>
  )
}
