import { formatMoney, formatPrice } from '../format/numbers'
import { formatDuration } from '../format/times'
import { ageOf, type ConnectionState, type Portfolio, type Quote } from '../realtime'
import type { Side } from './ticket'

export interface TicketInput {
  symbol: string
  side: Side
  type: 'market' | 'limit'
  /** As typed. */
  quantity: string
  limitPrice: string
}

export interface TicketCheck {
  quantity: number | null
  limitPrice: number | null
  /** What a buy costs or a sale brings at today's price, before fees; null where it cannot be known. */
  estimate: number | null
  /** Why it cannot be sent, in words; null where it can. */
  blocked: string | null
  /** Of single fields, once something was typed. */
  errors: { quantity?: string; limitPrice?: string }
}

/** Reads a positive decimal as people type it, with commas for thousands. */
export function parseAmount(text: string): number | null {
  const plain = text.trim().replaceAll(',', '')
  if (!/^\d*\.?\d+$/.test(plain)) return null
  const value = Number(plain)
  return Number.isFinite(value) && value > 0 ? value : null
}

/** What a ticket says before it is sent. The engine decides again; this saves the round trip and names the reason. */
export function checkTicket(
  input: TicketInput,
  quote: Quote | undefined,
  portfolio: Portfolio | undefined,
  connection: ConnectionState,
  isOpen = true,
): TicketCheck {
  const quantity = parseAmount(input.quantity)
  const limitPrice = input.type === 'limit' ? parseAmount(input.limitPrice) : null
  const market = input.side === 'buy' ? (quote?.ask ?? quote?.price) : (quote?.bid ?? quote?.price)
  const price = input.type === 'limit' ? limitPrice : (market ?? null)
  const estimate = quantity !== null && price !== null ? quantity * price : null
  const errors: TicketCheck['errors'] = {}
  if (input.quantity.trim() !== '' && quantity === null) errors.quantity = 'A positive number, such as 10 or 0.5.'
  if (input.type === 'limit' && input.limitPrice.trim() !== '' && limitPrice === null) {
    errors.limitPrice = 'A positive price, such as 231.05.'
  }
  const blocked =
    blockedByConnection(connection) ??
    blockedByQuote(input, quote, isOpen) ??
    (quantity === null ? 'Enter a quantity.' : null) ??
    (input.type === 'limit' && limitPrice === null ? 'Enter a limit price.' : null) ??
    blockedByPower(input.side, estimate, portfolio)
  return { quantity, limitPrice, estimate, blocked, errors }
}

function blockedByConnection(state: ConnectionState): string | null {
  if (state === 'live' || state === 'polling') return null
  return state === 'offline' ? 'Offline: orders cannot be sent.' : 'Not connected: orders cannot be sent right now.'
}

/** While the market is closed orders wait for the open: how old the price is says nothing then. */
function blockedByQuote({ symbol, type }: TicketInput, quote: Quote | undefined, isOpen: boolean): string | null {
  if (symbol === '') return 'Choose a symbol.'
  if (!quote) return `There is no price of ${symbol} yet.`
  if (!isOpen) return null
  if (quote.state === 'halted') return `${symbol} is halted.`
  if (quote.state === 'stale' && type === 'market') {
    return `The price of ${symbol} is ${formatDuration(ageOf(quote))} old: a market order would be blind. Use a limit.`
  }
  return null
}

function blockedByPower(side: Side, estimate: number | null, portfolio: Portfolio | undefined): string | null {
  if (side !== 'buy' || estimate === null || !portfolio || estimate <= portfolio.buyingPower) return null
  return `It needs about ${formatMoney(estimate)}, and your buying power is ${formatMoney(portfolio.buyingPower)}.`
}

/** The price that an order would meet now, for the ticket's head. */
export const marketInWords = (quote: Quote | undefined, isOpen = true) =>
  `${quote ? `Bid ${formatPrice(quote.bid)} · Ask ${formatPrice(quote.ask)}` : 'No price yet'}${isOpen ? '' : ' · Market closed'}`
