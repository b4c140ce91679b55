import type { Stats } from '../api/operator'
import { formatBytes, formatCount, formatPercent, formatQuantity, missing } from '../format/numbers'
import { Card } from '../ui/Card'
import { Facts } from './Facts'
import { Table } from './Table'

interface ThroughputCardProps {
  quotes: Stats['quotes']
  errors: Stats['errors']
}

/** What goes through, how much coalescing saves, and what fails. */
export function ThroughputCard({ quotes: q, errors }: ThroughputCardProps) {
  return (
    <Card title="Throughput and errors" className="@container">
      <Facts
        facts={[
          { name: 'Ticks in', value: `${formatCount(q.ticksPerSecond)}/s` },
          {
            name: 'Updates',
            value: `${formatCount(q.updatesPerSecond)}/s`,
            about: 'Ticks that reached a subscriber, alone or merged',
          },
          { name: 'Quotes out', value: `${formatCount(q.quotesPerSecond)}/s` },
          {
            name: 'Coalescing',
            value: q.coalescing > 0 ? `${formatQuantity(Math.round(q.coalescing * 100) / 100)} : 1` : missing,
            about: 'Updates that one quote stands for',
          },
          { name: 'Bytes out', value: `${formatBytes(q.bytesPerSecond)}/s` },
          {
            name: 'Error rate',
            value: formatPercent(errors.rate * 100, 2),
            about: 'Of requests and events in the last minute; 1 % warns, 5 % is critical',
          },
          { name: 'Errors', value: formatCount(errors.total) },
        ]}
      />
      <Table
        label="Errors by kind"
        columns={['Errors since the start', 'Count']}
        rows={Object.entries(errors.byKind).map(([kind, n]) => ({ key: kind, cells: [kind, formatCount(n)] }))}
        empty="No request and no event failed since the start."
      />
    </Card>
  )
}
