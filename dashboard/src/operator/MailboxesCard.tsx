import type { Stats } from '../api/operator'
import { formatBytes, formatCount } from '../format/numbers'
import { Card } from '../ui/Card'
import { Facts } from './Facts'
import { Table } from './Table'

interface MailboxesCardProps {
  mailboxes: Stats['mailboxes']
  actors: Stats['actors']
}

/** Bytes are written as such, whatever else waits is counted. */
const inUnit = (unit: string) => (unit === 'bytes' ? formatBytes : formatCount)

/** What waits before actors. */
export function MailboxesCard({ mailboxes, actors }: MailboxesCardProps) {
  return (
    <Card title="Mailboxes" className="@container">
      <Table
        label="Mailboxes"
        columns={['Mailbox', 'Waiting', 'Highest', 'Room for', 'Overflows']}
        rows={mailboxes.map(m => ({
          key: m.name,
          cells: [
            <span key="name" className="capitalize">
              {m.name}
            </span>,
            inUnit(m.unit)(m.depth),
            inUnit(m.unit)(m.highest),
            inUnit(m.unit)(m.capacity),
            formatCount(m.overflows),
          ],
        }))}
        empty="No mailbox is open."
      />
      <Facts
        facts={[
          { name: 'Actors restarted', value: formatCount(actors.restarts) },
          { name: 'Actors failed', value: formatCount(actors.failures) },
        ]}
      />
    </Card>
  )
}
