import { X } from 'lucide-react'
import { memo, type RefObject, useEffect, useRef } from 'react'
import {
  formatCompact,
  formatPrice,
  formatSignedPercent,
  formatSignedPrice,
  missing,
  priceDigits,
} from '../format/numbers'
import { SymbolButton } from '../orders/SymbolButton'
import { useTicket } from '../orders/ticket'
import { type Quote, useQuote } from '../realtime'
import { Button, IconButton } from '../ui/Button'
import { Change } from '../ui/Change'
import { cx } from '../ui/cx'
import { FlashingPrice } from './FlashingPrice'
import { Freshness } from './Freshness'
import { Sparkline } from './Sparkline'

/**
 * Where the cells of head and rows are: nothing moves when numbers change, and narrow cards leave out what matters
 * least.
 */
export const columns =
  'grid items-center gap-x-2 px-3 grid-cols-[minmax(4rem,1fr)_4.5rem_5rem_2.75rem] @xl:gap-x-3 @xl:grid-cols-[minmax(4rem,1fr)_4.5rem_5rem_9rem_4rem_4.5rem_5.75rem]'
/** The class of cells that only wide cards have. */
export const wideOnly = 'hidden @xl:block'

interface QuoteRowProps {
  symbol: string
  onRemove: (symbol: string) => void
}

/** One watched symbol. Its size is fixed and its own, so that a price never lays out the page again. */
export const QuoteRow = memo(function QuoteRow({ symbol, onRemove }: QuoteRowProps) {
  const quote = useQuote(symbol)
  const newest = useRef(quote)
  useEffect(() => {
    newest.current = quote
  })
  const old = quote?.state === 'stale' || quote?.state === 'halted'
  return (
    <div
      role="row"
      aria-label={symbol}
      className={cx(columns, 'h-13 border-b border-line contain-strict last:border-b-0', old && 'opacity-70')}
    >
      <div role="rowheader" className="min-w-0">
        <span className="block truncate">
          <SymbolButton symbol={symbol} />
        </span>
        {quote ? <Freshness quote={quote} /> : <span className="text-xs text-soft">No price</span>}
      </div>
      <QuoteCells symbol={symbol} quote={quote} newest={newest} />
      <div role="cell" className="flex justify-end">
        <RowActions symbol={symbol} onRemove={onRemove} />
      </div>
    </div>
  )
})

interface CellsProps {
  symbol: string
  quote: Quote | undefined
  newest: RefObject<Quote | undefined>
}

function QuoteCells({ symbol, quote, newest }: CellsProps) {
  const spread = quote?.bid !== undefined && quote.ask !== undefined ? quote.ask - quote.bid : undefined
  const digits = priceDigits(quote?.price ?? 0)
  return (
    <>
      <Cell className={wideOnly}>
        <Sparkline symbol={symbol} newest={newest} />
      </Cell>
      <Cell className="text-right">{quote ? <FlashingPrice quote={quote} /> : missing}</Cell>
      <Cell className="text-right">
        {quote ? (
          <>
            <span className={wideOnly}>
              <Change
                value={quote.change}
                text={`${formatSignedPrice(quote.change, digits)} ${formatSignedPercent(quote.changePercent)}`}
              />
            </span>
            <span className="@xl:hidden">
              <Change value={quote.changePercent} text={formatSignedPercent(quote.changePercent)} />
            </span>
          </>
        ) : (
          missing
        )}
      </Cell>
      <Cell className={cx(wideOnly, 'figure text-right text-soft')}>{formatCompact(quote?.volume)}</Cell>
      <Cell className={cx(wideOnly, 'figure text-right text-soft')}>
        {spread === undefined ? missing : formatPrice(spread)}
      </Cell>
    </>
  )
}

function Cell({ className, children }: { className?: string; children: React.ReactNode }) {
  return (
    <div role="cell" className={cx('min-w-0', className)}>
      {children}
    </div>
  )
}

function RowActions({ symbol, onRemove }: QuoteRowProps) {
  const ask = useTicket(ticket => ticket.ask)
  return (
    <>
      <span className="hidden @xl:inline">
        <Button look="quiet" className="px-2!" tabIndex={-1} aria-hidden="true" onClick={() => ask('buy', symbol)}>
          Trade
        </Button>
      </span>
      <IconButton label={`Remove ${symbol}`} className="px-1! min-w-7!" onClick={() => onRemove(symbol)}>
        <X size={14} aria-hidden="true" />
      </IconButton>
    </>
  )
}
