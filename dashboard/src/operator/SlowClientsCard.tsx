import type { Stats } from '../api/operator'
import { formatBytes, formatMs } from '../format/numbers'
import { formatDuration } from '../format/times'
import { Card } from '../ui/Card'
import { Table } from './Table'

/** Browsers that do not read, the slowest first. */
export function SlowClientsCard({ slow }: { slow: Stats['slow'] }) {
  return (
    <Card title="Slow clients" className="@container">
      <Table
        label="Slow clients"
        columns={['User', 'By', 'Not reading for', 'Waiting', 'P95']}
        rows={slow.map(client => ({
          key: client.socketId,
          cells: [
            client.userId,
            client.transport,
            formatDuration(client.blockedMs),
            formatBytes(client.waitingBytes),
            formatMs(client.freshnessP95Ms),
          ],
        }))}
        empty="Every browser keeps up."
      />
    </Card>
  )
}
