import { type FormEvent, useEffect, useRef, useState } from 'react'
import { formatMoney, formatPrice } from '../format/numbers'
import { marketOf, useConnection, useMarketStatus, usePortfolio, useQuote, useWebSocket } from '../realtime'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Field } from '../ui/Field'
import { Segmented } from '../ui/Segmented'
import { Freshness } from '../watchlist/Freshness'
import { checkTicket, marketInWords, type TicketCheck } from './checkTicket'
import { type OrderRequest, useSubmissions } from './submissions'
import { type Side, useTicket } from './ticket'
import { orderInWords } from './words'

const sides = [
  { value: 'buy', text: 'Buy' },
  { value: 'sell', text: 'Sell' },
] as const satisfies readonly { value: Side; text: string }[]

const types = [
  { value: 'market', text: 'Market' },
  { value: 'limit', text: 'Limit' },
] as const

/** Places paper orders. It says what an order costs and how old its price is, and why it cannot be sent. */
export function OrderTicket() {
  const { symbol: typed, side, choose } = useTicket()
  const symbol = typed.trim() // while it is typed it may end in a blank that stands within it later
  const [type, setType] = useState<'market' | 'limit'>('market')
  const [quantity, setQuantity] = useState('')
  const [limitPrice, setLimitPrice] = useState('')
  const quote = useQuote(symbol)
  const portfolio = usePortfolio()
  const { state } = useConnection()
  const { request } = useWebSocket()
  const submit = useSubmissions(submissions => submissions.submit)
  const quantityInput = useFocusWhenAsked()
  const isOpen = marketOf(useMarketStatus(), symbol)?.isOpen ?? true
  const check = checkTicket({ symbol, side, type, quantity, limitPrice }, quote, portfolio, state, isOpen)

  const send = (event: FormEvent) => {
    event.preventDefault()
    const order = orderOf(symbol, side, type, check)
    if (!order) return
    setQuantity('')
    void submit(order, request)
  }
  return (
    <Card title="Order" actions={quote && <Freshness quote={quote} />}>
      <form className="grid gap-3 p-4" onSubmit={send} noValidate>
        <Segmented label="Side" options={sides} value={side} onChange={value => choose({ side: value })} />
        <Field
          label="Symbol"
          value={typed}
          maxLength={32}
          autoComplete="off"
          spellCheck={false}
          className="uppercase"
          hint={<span className="figure">{marketInWords(quote, isOpen)}</span>}
          onChange={event => choose({ symbol: event.target.value.trimStart().toUpperCase() })}
        />
        <Segmented label="Order type" options={types} value={type} onChange={setType} />
        <Field
          ref={quantityInput}
          label="Quantity"
          inputMode="decimal"
          autoComplete="off"
          value={quantity}
          error={check.errors.quantity}
          className="figure text-right"
          onChange={event => setQuantity(event.target.value)}
        />
        {type === 'limit' && (
          <Field
            label="Limit price"
            inputMode="decimal"
            autoComplete="off"
            value={limitPrice}
            placeholder={formatPrice(quote?.price)}
            error={check.errors.limitPrice}
            className="figure text-right"
            onChange={event => setLimitPrice(event.target.value)}
          />
        )}
        <Estimate side={side} check={check} buyingPower={portfolio?.buyingPower} />
        <Button
          type="submit"
          look={side === 'buy' ? 'buy' : 'sell'}
          className="min-h-11"
          disabled={check.blocked !== null}
          aria-describedby="ticket-reason"
        >
          {submitText(symbol, side, type, check)}
        </Button>
        <p id="ticket-reason" className="min-h-10 text-xs text-soft">
          {check.blocked ?? 'Paper order: filled at the prices shown, no real money.'}
        </p>
      </form>
    </Card>
  )
}

/** Moves the focus to the returned element whenever somebody asked for the ticket. */
function useFocusWhenAsked() {
  const element = useRef<HTMLInputElement>(null)
  const asked = useTicket(ticket => ticket.asked)
  useEffect(() => {
    if (asked > 0) element.current?.focus()
  }, [asked])
  return element
}

function Estimate({ side, check, buyingPower }: { side: Side; check: TicketCheck; buyingPower: number | undefined }) {
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-y-1 text-xs">
      <dt className="text-soft">{side === 'buy' ? 'Estimated cost' : 'Estimated proceeds'}</dt>
      <dd className="figure text-right">{formatMoney(check.estimate)}</dd>
      <dt className="text-soft">Buying power</dt>
      <dd className="figure text-right">{formatMoney(buyingPower)}</dd>
    </dl>
  )
}

function orderOf(symbol: string, side: Side, type: 'market' | 'limit', check: TicketCheck): OrderRequest | null {
  if (check.blocked !== null || check.quantity === null) return null
  return {
    symbol,
    side,
    type,
    quantity: check.quantity,
    ...(check.limitPrice !== null && { limitPrice: check.limitPrice }),
  }
}

function submitText(symbol: string, side: Side, type: 'market' | 'limit', check: TicketCheck): string {
  const order = orderOf(symbol, side, type, check)
  return order ? orderInWords(order) : side === 'buy' ? 'Buy' : 'Sell'
}
