import { create } from 'zustand'

export type Side = 'buy' | 'sell'

interface Ticket {
  symbol: string
  side: Side
  /** Counts the times that somebody asked for the ticket: each moves the focus there. */
  asked: number
  /** Shows the ticket for a symbol (the one that it has, if none is named) and a side. */
  ask: (side: Side, symbol?: string) => void
  choose: (change: Partial<Pick<Ticket, 'symbol' | 'side'>>) => void
}

/** What the order ticket is set to; rows, positions and keys set it. */
export const useTicket = create<Ticket>()(set => ({
  symbol: '',
  side: 'buy',
  asked: 0,
  ask: (side, symbol) => set(ticket => ({ side, symbol: symbol ?? ticket.symbol, asked: ticket.asked + 1 })),
  choose: change => set(change),
}))
