import { formatExactPrice, formatQuantity, formatSignedMoney, missing } from '../format/numbers'
import { formatMoment } from '../format/times'
import { Badge, type Tone } from '../ui/Badge'
import { Change } from '../ui/Change'
import { cx } from '../ui/cx'
import type { SortKey, Trade } from './trades'

interface TradeTableProps {
  trades: readonly Trade[]
  sortBy: SortKey
  sortOrder: 'asc' | 'desc'
  onSort: (key: SortKey) => void
}

const columns: { key: SortKey | 'side' | 'status'; text: string; sortable: boolean; className: string }[] = [
  { key: 'timestamp', text: 'Time', sortable: true, className: 'w-40' },
  { key: 'symbol', text: 'Symbol', sortable: true, className: 'w-24' },
  { key: 'side', text: 'Side', sortable: false, className: 'w-16' },
  { key: 'quantity', text: 'Quantity', sortable: true, className: 'w-24 text-right' },
  { key: 'price', text: 'Price', sortable: true, className: 'w-24 text-right' },
  { key: 'profit', text: 'Profit', sortable: true, className: 'w-28 text-right' },
  { key: 'status', text: 'Outcome', sortable: false, className: 'min-w-40' },
]

/** Trades, newest first unless sorted otherwise. Wider than its place it scrolls in itself. */
export function TradeTable({ trades, sortBy, sortOrder, onSort }: TradeTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div role="group" aria-label="Trades" tabIndex={0} className="overflow-x-auto">
      <table className="w-full min-w-[44rem] border-collapse">
        <thead className="text-left text-xs text-soft">
          <tr className="h-9 border-b border-line">
            {columns.map(({ key, text, sortable, className }) => {
              const sorted = key === sortBy
              return (
                <th
                  key={key}
                  scope="col"
                  className={cx('px-3 font-normal', className)}
                  aria-sort={sorted ? (sortOrder === 'asc' ? 'ascending' : 'descending') : undefined}
                >
                  {sortable ? (
                    <button type="button" className="min-h-9 hover:text-text" onClick={() => onSort(key as SortKey)}>
                      {text}
                      <span aria-hidden="true" className="inline-block w-4 text-center">
                        {sorted ? (sortOrder === 'asc' ? '▲' : '▼') : ''}
                      </span>
                    </button>
                  ) : (
                    text
                  )}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {trades.map(trade => (
            <Row key={trade.id} trade={trade} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

const outcomes: Record<string, { text: string; tone: Tone }> = {
  executed: { text: 'Executed', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
  cancelled: { text: 'Cancelled', tone: 'neutral' },
  expired: { text: 'Expired', tone: 'neutral' },
  rejected: { text: 'Rejected', tone: 'warning' },
}

function Row({ trade }: { trade: Trade }) {
  const { text, tone } = outcomes[trade.status] ?? { text: trade.status, tone: 'neutral' }
  return (
    <tr className="h-10 border-b border-line last:border-b-0">
      <td className="figure px-3">{formatMoment(trade.timestamp)}</td>
      <th scope="row" className="px-3 text-left font-semibold">
        {trade.symbol}
      </th>
      <td className="px-3 capitalize">{trade.side}</td>
      <td className="figure px-3 text-right">{formatQuantity(trade.quantity)}</td>
      <td className="figure px-3 text-right">{formatExactPrice(trade.price ?? trade.limitPrice)}</td>
      <td className="px-3 text-right">
        {typeof trade.profit === 'number' ? (
          <Change value={trade.profit} text={formatSignedMoney(trade.profit)} />
        ) : (
          missing
        )}
      </td>
      <td className="px-3">
        <Badge tone={tone}>{text}</Badge>
        {trade.reason && <span className="ml-2 text-xs text-soft">{trade.reason}</span>}
      </td>
    </tr>
  )
}
