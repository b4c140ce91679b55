import { useMemo, useState } from 'react'
import { type EquityPoint, type EquityRange, equityRanges } from '../api/account'
import { formatMoney, formatSignedMoney, formatSignedPercent } from '../format/numbers'
import { formatMoment } from '../format/times'
import { usePortfolio } from '../realtime'
import { Button } from '../ui/Button'
import { LineChart } from '../ui/LineChart'
import { Segmented } from '../ui/Segmented'
import { useEquity } from './useEquity'

const options = equityRanges.map(range => ({ value: range, text: range === 'ALL' ? 'All' : range }))

/** The account's value over time: a line, the same in a sentence, and as a table for those who ask for it. */
export default function EquityCurve() {
  const [range, setRange] = useState<EquityRange>('1D')
  const [table, setTable] = useState(false)
  const equity = useEquity(range)
  const read = equity.range === range
  const points = useWithLiveEnd(equity.points, read)
  return (
    <div className="flex min-w-0 flex-col gap-2 p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Segmented label="Range of the equity curve" options={options} value={range} onChange={setRange} />
        <Button look="quiet" className="ml-auto" aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? 'Chart' : 'Table'}
        </Button>
      </div>
      <p className="min-h-5 text-xs text-soft">{equity.problem ?? summary(points)}</p>
      <div className="h-44">{table ? <EquityTable points={points} /> : <Curve points={points} range={range} />}</div>
    </div>
  )
}

function Curve({ points, range }: { points: readonly EquityPoint[]; range: EquityRange }) {
  const times = useMemo(() => points.map(({ t }) => t), [points])
  const lines = useMemo(
    () => [{ name: 'Value', values: points.map(({ value }) => value), colour: '--accent' }],
    [points],
  )
  if (points.length === 0) return null
  return <LineChart times={times} lines={lines} formatValue={formatMoney} label={`Value of the account, ${range}`} />
}

/** The curve's last point is the value that the page shows now; where none was recorded before, it is the only one. */
function useWithLiveEnd(points: readonly EquityPoint[], read: boolean): readonly EquityPoint[] {
  const portfolio = usePortfolio()
  const value = portfolio?.totalValue
  const minute = portfolio ? Math.floor(portfolio.timestamp / 10_000) * 10_000 : 0
  return useMemo(() => {
    const last = points.at(-1)
    if (!read || value === undefined || (last && minute <= last.t)) return points
    return [...points, { t: minute, value }]
  }, [points, read, value, minute])
}

function summary(points: readonly EquityPoint[]): string {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return ''
  if (points.length === 1) return `${formatMoney(first.value)}, recorded from now on.`
  const change = last.value - first.value
  const percent = first.value === 0 ? 0 : (change / first.value) * 100
  const values = points.map(({ value }) => value)
  return `${formatSignedMoney(change)} (${formatSignedPercent(percent)}), between ${formatMoney(Math.min(...values))} and ${formatMoney(Math.max(...values))}.`
}

/** So many rows are read; the curve's shape is kept by taking them evenly. */
const rows = 50

function EquityTable({ points }: { points: readonly EquityPoint[] }) {
  const every = Math.max(1, Math.ceil(points.length / rows))
  const shown = points.filter((_, i) => (points.length - 1 - i) % every === 0).toReversed()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div role="group" aria-label="Values of the equity curve" tabIndex={0} className="h-full overflow-y-auto">
      <table className="w-full">
        <thead className="text-left text-xs text-soft">
          <tr>
            <th scope="col" className="font-normal">
              Time
            </th>
            <th scope="col" className="text-right font-normal">
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ t, value }) => (
            <tr key={t} className="h-6">
              <td className="figure">{formatMoment(t)}</td>
              <td className="figure text-right">{formatMoney(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
