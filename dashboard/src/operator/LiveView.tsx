import { readStats, type Stats } from '../api/operator'
import { formatBytes, formatCount } from '../format/numbers'
import { formatDuration } from '../format/times'
import { Badge, type Tone } from '../ui/Badge'
import { Card } from '../ui/Card'
import { Skeleton } from '../ui/Skeleton'
import { ConnectionsCard } from './ConnectionsCard'
import { Facts } from './Facts'
import { FeedsCard } from './FeedsCard'
import { FreshnessCard } from './FreshnessCard'
import { JournalCard } from './JournalCard'
import { MailboxesCard } from './MailboxesCard'
import { SlowClientsCard } from './SlowClientsCard'
import { ThroughputCard } from './ThroughputCard'
import { usePolled } from './usePolled'

const intervalMs = 2_000

/** The engine as it is now, and over the last minutes. */
export function LiveView() {
  const { value: stats, problem } = usePolled(readStats, intervalMs)
  return (
    <div className="grid gap-2 sm:gap-4">
      {problem && (
        <p role="alert" className="rounded-md border border-loss bg-surface p-3 text-loss">
          {problem} What is shown is the last that could be read.
        </p>
      )}
      {stats ? <Cards stats={stats} /> : <Skeleton className="h-96" />}
    </div>
  )
}

function Cards({ stats }: { stats: Stats }) {
  return (
    <>
      <AlertCard stats={stats} />
      <FreshnessCard freshness={stats.freshness} />
      <div className="grid min-w-0 items-start gap-2 sm:gap-4 xl:grid-cols-2">
        <ConnectionsCard connections={stats.connections} drops={stats.drops} />
        <ThroughputCard quotes={stats.quotes} errors={stats.errors} />
        <MailboxesCard mailboxes={stats.mailboxes} actors={stats.actors} />
        <JournalCard journal={stats.journal} />
        <FeedsCard feeds={stats.feeds} now={stats.now} />
        <SlowClientsCard slow={stats.slow} />
      </div>
    </>
  )
}

const tones: Record<Stats['alert']['state'], Tone> = { normal: 'good', warning: 'warning', critical: 'bad' }

function AlertCard({ stats }: { stats: Stats }) {
  const { alert, memory, descriptors } = stats
  return (
    <Card
      title="Alert state"
      className="@container"
      actions={
        <span role="status">
          <Badge tone={tones[alert.state]}>
            <span className="capitalize">{alert.state}</span>
          </Badge>
        </span>
      }
    >
      <ul className="min-h-6 px-4 pt-3">
        {alert.reasons.length === 0 && (
          <li className="text-soft">Error rate, latency and connections are within their limits.</li>
        )}
        {alert.reasons.map(reason => (
          <li key={reason}>{reason}</li>
        ))}
        {stats.draining && <li>The engine is shutting down: browsers are being sent away.</li>}
      </ul>
      <Facts
        facts={[
          { name: 'Running for', value: formatDuration(stats.now - stats.startedAt) },
          { name: 'Memory (RSS)', value: formatBytes(memory.rssBytes) },
          { name: 'Go heap', value: formatBytes(memory.heapBytes) },
          { name: 'Goroutines', value: formatCount(memory.goroutines) },
          ...(descriptors.limit === 0
            ? []
            : [
                { name: 'Descriptors', value: `${formatCount(descriptors.open)} of ${formatCount(descriptors.limit)}` },
              ]),
          { name: 'Version', value: stats.version },
        ]}
      />
    </Card>
  )
}
