import { lazy, Suspense } from 'react'
import { formatCount, formatMoney, formatPercent, formatSignedMoney, formatSignedPercent } from '../format/numbers'
import { type Portfolio, usePortfolio } from '../realtime'
import { Badge } from '../ui/Badge'
import { Card } from '../ui/Card'
import { Change } from '../ui/Change'
import { Contained } from '../ui/Contained'
import { Skeleton } from '../ui/Skeleton'

const EquityCurve = lazy(() => import('./EquityCurve'))

/** What the account is worth, and how it came to that. */
export function Overview() {
  const portfolio = usePortfolio()
  return (
    <Card
      title="Portfolio"
      actions={
        portfolio?.incomplete ? (
          <Badge tone="warning">Some positions have no price: totals are incomplete</Badge>
        ) : (
          portfolio?.stale && <Badge tone="warning">Some values rest on prices that are not fresh</Badge>
        )
      }
    >
      <div className="grid lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="border-line p-4 lg:border-r">
          <Total portfolio={portfolio} />
          <Figures portfolio={portfolio} />
        </div>
        <Contained>
          <Suspense fallback={<div className="h-80 sm:h-70" />}>
            <EquityCurve />
          </Suspense>
        </Contained>
      </div>
    </Card>
  )
}

function Total({ portfolio }: { portfolio: Portfolio | undefined }) {
  return (
    <>
      <p className="text-xs text-soft">Total value</p>
      <p className="figure h-9 text-2xl font-semibold">
        {portfolio ? formatMoney(portfolio.totalValue) : <Skeleton className="h-8 w-44" />}
      </p>
      <p className="h-6">
        {portfolio && (
          <>
            <Change
              value={portfolio.dayChange}
              text={`${formatSignedMoney(portfolio.dayChange)} ${formatSignedPercent(portfolio.dayChangePercent)}`}
              inColumn={false}
            />{' '}
            <span className="text-xs text-soft">today</span>
          </>
        )}
      </p>
    </>
  )
}

function Figures({ portfolio: p }: { portfolio: Portfolio | undefined }) {
  return (
    <dl className="mt-3 grid grid-cols-2 gap-x-4 gap-y-2">
      <Figure name="Cash">{p && formatMoney(p.cash)}</Figure>
      <Figure name="Buying power">{p && formatMoney(p.buyingPower)}</Figure>
      <Figure name="Unrealised P&L">
        {p && <Change value={p.unrealizedPnL} text={formatSignedMoney(p.unrealizedPnL)} inColumn={false} />}
      </Figure>
      <Figure name="Realised P&L">
        {p && <Change value={p.realizedPnL} text={formatSignedMoney(p.realizedPnL)} inColumn={false} />}
      </Figure>
      <Figure name="Win rate">{p && (p.closedTrades > 0 ? formatPercent(p.winRate, 1) : 'No closed trade')}</Figure>
      <Figure name="Trades">{p && formatCount(p.totalTrades)}</Figure>
    </dl>
  )
}

function Figure({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-soft">{name}</dt>
      <dd className="figure h-5 truncate">{children ?? <Skeleton className="h-4 w-20" />}</dd>
    </div>
  )
}
