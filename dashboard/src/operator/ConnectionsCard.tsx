import type { Stats } from '../api/operator'
import { formatCount, formatPercent } from '../format/numbers'
import { Card } from '../ui/Card'
import { Facts } from './Facts'
import { Table } from './Table'

interface ConnectionsCardProps {
  connections: Stats['connections']
  drops: Stats['drops']
}

/** Who is connected and how, and who was not let in or was cut off. */
export function ConnectionsCard({ connections: c, drops }: ConnectionsCardProps) {
  const connected = c.websocket + c.polling
  const adoption = connected === 0 ? null : (100 * c.websocket) / connected
  const refusals = Object.entries(c.refusals).sort(([, a], [, b]) => b - a)
  return (
    <Card title="Connections" className="@container">
      <Facts
        facts={[
          { name: 'Open', value: formatCount(c.open) },
          { name: 'Users', value: formatCount(c.users) },
          { name: 'WebSocket', value: formatCount(c.websocket) },
          { name: 'Polling', value: formatCount(c.polling) },
          { name: 'On WebSocket', value: formatPercent(adoption, 1), about: 'Share of open connections' },
          { name: 'Not reading', value: formatCount(c.notReading), about: 'Browsers that do not keep up right now' },
          { name: 'Failed connects', value: formatPercent(c.failedShare * 100, 1), about: 'Of the last minute' },
          { name: 'Since the start', value: formatCount(c.totalConnections) },
        ]}
      />
      <Table
        label="Refused and cut off since the start"
        columns={['Since the start', 'Count']}
        rows={[
          ...refusals.map(([cause, n]) => ({ key: cause, cells: [`Refused: ${cause}`, formatCount(n)] })),
          { key: 'slow', cells: ['Cut off: did not read', formatCount(drops.slowConsumers)] },
          { key: 'full', cells: ['Cut off: mailbox full', formatCount(drops.mailboxOverflows)] },
          { key: 'ping', cells: ['Cut off: no answer to a ping', formatCount(drops.pingTimeouts)] },
          { key: 'flood', cells: ['Cut off: too many events', formatCount(drops.floods)] },
        ]}
        empty=""
      />
    </Card>
  )
}
