import { type Side, useTicket } from './ticket'

/** A symbol's name, which opens the order ticket for it. */
export function SymbolButton({ symbol, side = 'buy' }: { symbol: string; side?: Side }) {
  const ask = useTicket(ticket => ticket.ask)
  return (
    <button
      type="button"
      aria-label={`Trade ${symbol}`}
      title={`Trade ${symbol}`}
      className="max-w-full truncate rounded font-semibold underline-offset-4 hover:underline"
      onClick={() => ask(side, symbol)}
    >
      {symbol}
    </button>
  )
}
