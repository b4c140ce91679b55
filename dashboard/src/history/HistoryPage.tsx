import { useState } from 'react'
import { usePageTitle } from '../shell/usePageTitle'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Field } from '../ui/Field'
import { Notice } from '../ui/Notice'
import { Segmented } from '../ui/Segmented'
import { Skeleton } from '../ui/Skeleton'
import { TradeTable } from './TradeTable'
import type { SortKey, StatusFilter, TradeQuery } from './trades'
import { useTrades } from './useTrades'

const rowsPerPage = 25

const statuses = [
  { value: '', text: 'All' },
  { value: 'executed', text: 'Executed' },
  { value: 'failed', text: 'Failed' },
  { value: 'cancelled', text: 'Cancelled' },
  { value: 'rejected', text: 'Rejected' },
] as const satisfies readonly { value: StatusFilter; text: string }[]

const first: TradeQuery = {
  page: 1,
  limit: rowsPerPage,
  sortBy: 'timestamp',
  sortOrder: 'desc',
  symbol: '',
  status: '',
}

/** What this account traded, and its orders that came to no trade: filtered, sorted, in pages, and new ones at once. */
export default function HistoryPage() {
  usePageTitle('History')
  const [query, setQuery] = useState(first)
  const { page, reading, problem } = useTrades(query)
  const change = (part: Partial<TradeQuery>) => setQuery({ ...query, page: 1, ...part })
  const sort = (sortBy: SortKey) =>
    change({ sortBy, sortOrder: query.sortBy === sortBy && query.sortOrder === 'desc' ? 'asc' : 'desc' })
  return (
    <div className="mx-auto max-w-[110rem]">
      <h1 className="mb-3 text-lg font-semibold">Trade history</h1>
      <Card title="Trades" actions={<Count page={page} reading={reading} />}>
        <div className="flex flex-wrap items-end gap-3 border-b border-line p-4">
          <div className="w-32">
            <Field
              label="Symbol"
              value={query.symbol}
              maxLength={32}
              autoComplete="off"
              spellCheck={false}
              className="uppercase"
              onChange={event => change({ symbol: event.target.value.trim().toUpperCase() })}
            />
          </div>
          <Segmented label="Outcome" options={statuses} value={query.status} onChange={status => change({ status })} />
        </div>
        {problem && (
          <p role="alert" className="border-b border-line px-4 py-2 text-loss">
            {problem}
          </p>
        )}
        {page === null ? (
          <Waiting />
        ) : page.trades.length === 0 ? (
          <Notice>{query.symbol || query.status ? 'No trade fits this filter.' : 'No trades yet.'}</Notice>
        ) : (
          <TradeTable trades={page.trades} sortBy={query.sortBy} sortOrder={query.sortOrder} onSort={sort} />
        )}
        <Pages
          page={query.page}
          pages={page?.pagination.totalPages ?? 1}
          onTurn={number => setQuery({ ...query, page: number })}
        />
      </Card>
    </div>
  )
}

function Count({ page, reading }: { page: ReturnType<typeof useTrades>['page']; reading: boolean }) {
  return (
    <span role="status" className="figure text-xs text-soft">
      {reading && page === null ? 'Reading' : `${page?.pagination.totalItems ?? 0} trades`}
    </span>
  )
}

function Waiting() {
  return (
    <div className="grid gap-3 p-4">
      {['a', 'b', 'c', 'd', 'e', 'f'].map(row => (
        <Skeleton key={row} className="h-6" />
      ))}
    </div>
  )
}

function Pages({ page, pages, onTurn }: { page: number; pages: number; onTurn: (page: number) => void }) {
  return (
    <nav
      aria-label="Pages of the history"
      className="flex items-center justify-end gap-3 border-t border-line px-4 py-2"
    >
      <Button disabled={page <= 1} onClick={() => onTurn(page - 1)}>
        Newer
      </Button>
      <span className="figure text-xs text-soft">
        Page {page} of {Math.max(1, pages)}
      </span>
      <Button disabled={page >= pages} onClick={() => onTurn(page + 1)}>
        Older
      </Button>
    </nav>
  )
}
