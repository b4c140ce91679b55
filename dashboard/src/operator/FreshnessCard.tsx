import { useCallback, useMemo, useState } from 'react'
import { type HistoryPoint, readHistory, type Stats } from '../api/operator'
import { formatCount, formatMs } from '../format/numbers'
import { Card } from '../ui/Card'
import { LineChart } from '../ui/LineChart'
import { Segmented } from '../ui/Segmented'
import { Table } from './Table'
import { usePolled } from './usePolled'

const ranges = [
  { value: '15', text: '15 min' },
  { value: '60', text: '1 h' },
] as const

const intervalMs = 5_000

type Freshness = Stats['freshness']

/** How old quotes are when they leave, against the budget, now and over time; by stage, and as browsers see it. */
export function FreshnessCard({ freshness }: { freshness: Freshness }) {
  const [minutes, setMinutes] = useState<'15' | '60'>('15')
  const read = useCallback((signal: AbortSignal) => readHistory(Number(minutes), signal), [minutes])
  const { value: history, problem } = usePolled(read, intervalMs)
  return (
    <Card
      title="Freshness"
      actions={<Segmented label="Range of the chart" options={ranges} value={minutes} onChange={setMinutes} />}
    >
      <div className="grid lg:grid-cols-2">
        <div className="min-w-0 p-4">
          <p className="min-h-5 text-xs text-soft">{problem ?? sentence(freshness)}</p>
          <div className="h-56">
            {history && history.points.length > 0 && <Chart points={history.points} budgetMs={freshness.budgetMs} />}
          </div>
          <Legend budgetMs={freshness.budgetMs} />
        </div>
        <div className="min-w-0 border-line lg:border-l">
          <Table
            label="Freshness by window and stage"
            columns={['Measured', 'P50', 'P95', 'P99', 'Count']}
            rows={rowsOf(freshness)}
            empty="Nothing was measured yet."
          />
        </div>
      </div>
    </Card>
  )
}

const sentence = ({ minute, budgetMs }: Freshness) =>
  minute.count === 0
    ? 'No quote was sent in the last minute.'
    : `P95 of the last minute ${formatMs(minute.p95)}, ${minute.p95 <= budgetMs ? 'within' : 'over'} the budget of ${formatMs(budgetMs)}.`

const colours = { p50: '--soft', p95: '--accent', p99: '--focus' } as const

function Chart({ points, budgetMs }: { points: readonly HistoryPoint[]; budgetMs: number }) {
  const times = useMemo(() => points.map(({ t }) => t), [points])
  const lines = useMemo(
    () => [
      { name: 'P50', values: points.map(({ p50 }) => p50), colour: colours.p50 },
      { name: 'P95', values: points.map(({ p95 }) => p95), colour: colours.p95 },
      { name: 'P99', values: points.map(({ p99 }) => p99), colour: colours.p99 },
      { name: 'Budget', values: points.map(() => budgetMs), colour: '--loss', dashed: true },
    ],
    [points, budgetMs],
  )
  return (
    <LineChart
      times={times}
      lines={lines}
      formatValue={formatMs}
      fromZero
      label="Freshness over time against the budget"
    />
  )
}

function Legend({ budgetMs }: { budgetMs: number }) {
  const entries = [
    { text: 'P50', colour: colours.p50 },
    { text: 'P95', colour: colours.p95 },
    { text: 'P99', colour: colours.p99 },
    { text: `Budget ${formatMs(budgetMs)}`, colour: '--loss' },
  ]
  return (
    <ul className="flex flex-wrap gap-4 text-xs text-soft">
      {entries.map(({ text, colour }) => (
        <li key={text} className="flex items-center gap-1.5">
          <span aria-hidden="true" className="h-0.5 w-4" style={{ backgroundColor: `var(${colour})` }} />
          {text}
        </li>
      ))}
    </ul>
  )
}

const stageNames: Record<string, string> = {
  ingest: 'Receipt to publication',
  flush: 'Publication to flush',
  write: 'Flush to socket',
}

function rowsOf(f: Freshness) {
  const row = (name: string, p: { p50: number; p95: number; p99: number; count: number }) => ({
    key: name,
    cells:
      p.count === 0
        ? [name, formatMs(null), formatMs(null), formatMs(null), formatCount(0)]
        : [name, formatMs(p.p50), formatMs(p.p95), formatMs(p.p99), formatCount(p.count)],
  })
  return [
    row('Last minute', f.minute),
    row('Last 15 minutes', f.quarter),
    ...f.stages.map(stage => row(stageNames[stage.name] ?? stage.name, stage)),
    row('Feed to engine', f.feedLag),
    ...(f.browsers
      ? [
          row(
            `Tick to screen (${formatCount(f.browsers.reporters)} ${f.browsers.reporters === 1 ? 'browser' : 'browsers'})`,
            f.browsers,
          ),
        ]
      : []),
  ]
}
