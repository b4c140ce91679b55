import type { FeedState, Stats } from '../api/operator'
import { formatCount } from '../format/numbers'
import { formatDuration } from '../format/times'
import { Badge, type Tone } from '../ui/Badge'
import { Card } from '../ui/Card'
import { Table } from './Table'

const tones: Record<FeedState, Tone> = { live: 'good', stale: 'warning', down: 'bad' }

/** Where ticks come from, and whether they come. */
export function FeedsCard({ feeds, now }: { feeds: Stats['feeds']; now: number }) {
  return (
    <Card title="Feeds" className="@container" actions={<Badge tone={tones[feeds.state]}>{feeds.state}</Badge>}>
      <Table
        label="Feeds"
        columns={['Feed', 'State', 'Ticks', 'Accepted', 'Refused', 'Last heard']}
        rows={feeds.sources.map((source, i) => ({
          key: `${source.name} ${i}`,
          cells: [
            source.name,
            <Badge key="state" tone={tones[source.state]}>
              {source.state}
            </Badge>,
            `${formatCount(source.ticksPerSecond)}/s`,
            formatCount(source.accepted),
            formatCount(source.refused),
            `${formatDuration(Math.max(0, now - source.lastHeard))} ago`,
          ],
        }))}
        empty="No feed is connected: prices stand still. Feeds post ticks to /api/ticks."
      />
    </Card>
  )
}
