import { useCallback, useEffect, useRef } from 'react'
import { toast } from 'sonner'
import { Card } from '../ui/Card'
import { cx } from '../ui/cx'
import { Notice } from '../ui/Notice'
import { Skeleton } from '../ui/Skeleton'
import { columns, QuoteRow, wideOnly } from './QuoteRow'
import { SymbolSearch } from './SymbolSearch'
import { useWatchlist, type Watchlist } from './useWatchlist'

/** The symbols that this user watches. */
export function WatchlistCard() {
  const list = useWatchlist()
  const remove = useRemoveWithUndo(list)
  return (
    <Card title="Watchlist" actions={<SymbolSearch onChoose={list.add} />} className="@container">
      {list.problem && (
        <p role="alert" className="border-b border-line px-4 py-2 text-loss">
          {list.problem}
        </p>
      )}
      {list.symbols?.length === 0 ? (
        <Notice>Nothing is watched yet. Add a symbol above, or press / and type one.</Notice>
      ) : (
        <div role="table" aria-label="Watched symbols" aria-busy={list.symbols === null || list.saving}>
          <Head />
          {list.symbols?.map(symbol => <QuoteRow key={symbol} symbol={symbol} onRemove={remove} />) ?? <Waiting />}
        </div>
      )}
    </Card>
  )
}

/** Removes at once, and offers for a while to undo it. */
function useRemoveWithUndo(list: Watchlist): (symbol: string) => void {
  const current = useRef(list)
  useEffect(() => {
    current.current = list
  })
  return useCallback((symbol: string) => {
    const index = current.current.symbols?.indexOf(symbol) ?? -1
    if (index < 0) return
    current.current.remove(symbol)
    toast(`${symbol} removed`, {
      duration: 8_000,
      action: { label: 'Undo', onClick: () => current.current.restore(symbol, index) },
    })
  }, [])
}

const heads = [
  { text: 'Symbol', className: '' },
  { text: 'Minute', className: wideOnly },
  { text: 'Price', className: 'text-right' },
  { text: 'Change', className: 'text-right' },
  { text: 'Volume', className: cx(wideOnly, 'text-right') },
  { text: 'Spread', className: cx(wideOnly, 'text-right') },
]

function Head() {
  return (
    <div role="row" className={cx(columns, 'h-8 border-b border-line text-xs text-soft')}>
      {heads.map(({ text, className }) => (
        <div key={text} role="columnheader" tabIndex={-1} className={className}>
          {text}
        </div>
      ))}
      <div role="columnheader" tabIndex={-1} className="sr-only">
        Actions
      </div>
    </div>
  )
}

function Waiting() {
  return ['a', 'b', 'c', 'd'].map(row => (
    <div key={row} className="flex h-13 items-center border-b border-line px-3 last:border-b-0">
      <Skeleton className="h-4 w-full" />
    </div>
  ))
}
