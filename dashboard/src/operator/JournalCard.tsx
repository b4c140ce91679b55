import type { Stats } from '../api/operator'
import { formatBytes, formatCount, formatMs } from '../format/numbers'
import { formatMoment } from '../format/times'
import { Badge } from '../ui/Badge'
import { Card } from '../ui/Card'
import { Facts } from './Facts'

/** How saving goes. */
export function JournalCard({ journal: j }: { journal: Stats['journal'] }) {
  return (
    <Card
      title="Journal"
      className="@container"
      actions={<Badge tone={j.available ? 'good' : 'bad'}>{j.available ? 'Available' : 'Unavailable'}</Badge>}
    >
      {j.problem && <p className="px-4 pt-3 text-loss">{j.problem}</p>}
      {j.damage.map(problem => (
        <p key={problem} className="px-4 pt-3 text-loss">
          {problem}
        </p>
      ))}
      <Facts
        facts={[
          { name: 'Commit P50', value: formatMs(j.p50) },
          { name: 'Commit P95', value: formatMs(j.p95) },
          { name: 'Commit P99', value: formatMs(j.p99) },
          { name: 'Commits', value: `${formatCount(j.commitsPerSecond)}/s` },
          { name: 'Waiting', value: formatCount(j.queued) },
          { name: 'Since the start', value: formatCount(j.commits) },
          { name: 'Size', value: formatBytes(j.bytes) },
          { name: 'Free on its disk', value: formatBytes(j.freeBytes) },
          ...(j.freeInodes === null ? [] : [{ name: 'Free inodes', value: formatCount(j.freeInodes) }]),
          {
            name: 'Last examined',
            value: j.scrubbedAt ? formatMoment(j.scrubbedAt) : 'Not yet',
            about: 'When all of the journal was last read and compared with itself',
          },
          {
            name: 'Repaired',
            value: formatCount(j.repaired),
            about: 'Problems that other entries of the journal could mend',
          },
          { name: 'Open problems', value: formatCount(j.open) },
          {
            name: 'Damaged accounts',
            value: formatCount(j.damagedAccounts),
            about: 'Their trades and orders are refused',
          },
        ]}
      />
    </Card>
  )
}
