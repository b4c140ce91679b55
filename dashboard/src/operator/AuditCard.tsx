import { useEffect, useState } from 'react'
import { Problem } from '../api/http'
import { type AuditEntry, readAudit } from '../api/operator'
import { formatMoment } from '../format/times'
import { Card } from '../ui/Card'
import { Skeleton } from '../ui/Skeleton'
import { Table } from './Table'

const shown = 50

/** Who changed which setting when; read again at each turn. */
export function AuditCard({ turn }: { turn: number }) {
  const [entries, setEntries] = useState<AuditEntry[]>()
  const [problem, setProblem] = useState<string | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn is why it is read again
  useEffect(() => {
    const stop = new AbortController()
    readAudit(shown, stop.signal).then(
      read => {
        setEntries(read)
        setProblem(null)
      },
      failure => {
        if (!stop.signal.aborted)
          setProblem(failure instanceof Problem ? failure.message : 'The changes could not be read.')
      },
    )
    return () => stop.abort()
  }, [turn])
  return (
    <Card title="Changes">
      {problem && (
        <p role="alert" className="p-4 text-loss">
          {problem}
        </p>
      )}
      {entries === undefined ? (
        problem === null && <Skeleton className="m-4 h-24" />
      ) : (
        <Table
          label="Changes of settings"
          columns={['Setting', 'From', 'To', 'By', 'When']}
          rows={entries.map((entry, i) => ({
            key: `${entry.at} ${entry.key} ${i}`,
            cells: [entry.key, entry.from || 'none', entry.to || 'none', entry.userId, formatMoment(entry.at)],
          }))}
          empty="Nothing was changed in the running engine yet."
        />
      )}
    </Card>
  )
}
