import { formatMoney, formatPrice, formatQuantity, formatSignedMoney, formatSignedPercent } from '../format/numbers'
import { SymbolButton } from '../orders/SymbolButton'
import { type Position, usePortfolio, useQuote } from '../realtime'
import { Badge } from '../ui/Badge'
import { Card } from '../ui/Card'
import { Change } from '../ui/Change'
import { cx } from '../ui/cx'
import { Notice } from '../ui/Notice'
import { Skeleton } from '../ui/Skeleton'
import { markToMarket } from './markToMarket'

/** What the account holds, marked to the newest prices. */
export function Positions() {
  const portfolio = usePortfolio()
  const positions = portfolio?.positions
  return (
    <Card
      title="Positions"
      actions={<span className="figure text-soft">{positions?.length}</span>}
      className="@container"
    >
      {positions === undefined ? (
        <Skeleton className="m-4 h-6" />
      ) : positions.length === 0 ? (
        <Notice>No positions. What you buy stands here, with its profit or loss at the newest price.</Notice>
      ) : (
        <div className="overflow-x-auto">
          <table className="w-full table-fixed border-collapse">
            <Head />
            <tbody>
              {positions.map(position => (
                <PositionRow key={position.symbol} position={position} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  )
}

const wide = 'hidden @2xl:table-cell'

function Head() {
  return (
    <thead className="text-left text-xs text-soft">
      <tr className="h-8 border-b border-line">
        <th scope="col" className="px-3 font-normal">
          Symbol
        </th>
        <th scope="col" className={cx('w-24 text-right font-normal', wide)}>
          Entry
        </th>
        <th scope="col" className={cx('w-24 text-right font-normal', wide)}>
          Price
        </th>
        <th scope="col" className="w-26 text-right font-normal">
          Value
        </th>
        <th scope="col" className={cx('w-28 text-right font-normal', wide)}>
          Today
        </th>
        <th scope="col" className="w-32 px-3 text-right font-normal">
          P&L
        </th>
      </tr>
    </thead>
  )
}

const freshnessWords: Record<string, string> = {
  stale: 'price is stale',
  halted: 'halted',
  unknown: 'no price yet, valued at the last fill',
}

function PositionRow({ position }: { position: Position }) {
  const quote = useQuote(position.symbol)
  const p = markToMarket(position, quote)
  const aged = freshnessWords[quote?.state ?? position.state ?? '']
  const short = position.side === 'short'
  return (
    <tr className="h-13 border-b border-line last:border-b-0">
      <th scope="row" className="px-3 text-left font-normal">
        <SymbolButton symbol={p.symbol} side={short ? 'buy' : 'sell'} /> {short && <Badge>Short</Badge>}
        <span className="figure block truncate text-xs text-soft">{formatQuantity(p.quantity)}</span>
      </th>
      <td className={cx('figure text-right', wide)}>{formatPrice(p.entryPrice)}</td>
      <td className={cx('figure text-right', wide)}>{formatPrice(p.currentPrice)}</td>
      <td className="figure text-right">{formatMoney(p.marketValue)}</td>
      <td className={cx('text-right', wide)}>
        <Change value={p.dayPnL} text={formatSignedMoney(p.dayPnL)} />
      </td>
      <td className="px-3 text-right">
        <Change value={p.unrealizedPnL} text={formatSignedMoney(p.unrealizedPnL)} />
        <span className="block text-xs">
          {aged ? (
            <span className="text-warning">{aged}</span>
          ) : (
            <Change value={p.unrealizedPnLPercent} text={formatSignedPercent(p.unrealizedPnLPercent)} />
          )}
        </span>
      </td>
    </tr>
  )
}
