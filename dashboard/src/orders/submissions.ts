import { create } from 'zustand'
import { RequestError } from '../realtime'
import type { Side } from './ticket'

export interface OrderRequest {
  symbol: string
  side: Side
  quantity: number
  type: 'market' | 'limit'
  limitPrice?: number
}

/** unknown: no answer came, and the same order is asked for again, by the same id. */
export type Phase = 'submitting' | 'unknown' | 'accepted' | 'filled' | 'rejected'

export interface Submission extends OrderRequest {
  clientOrderId: string
  phase: Phase
  orderId?: string
  /** Why it was rejected. */
  reason?: string
  /** What an accepted order waits for, beside its price: the open of its market. */
  waits?: string
}

export type Send = <T>(event: string, payload?: unknown, timeoutMs?: number) => Promise<T>

interface Outcome {
  status: 'accepted' | 'rejected'
  orderId?: string
  reason?: string
  message?: string
}

interface Submissions {
  /** Who sent them. */
  userId: string | null
  all: readonly Submission[]
  /** Begins anew for another person on the same page: nobody sees somebody else's orders. */
  belongTo: (userId: string) => void
  /** Sends an order and sees it through: as often as it takes to know what became of it. */
  submit: (order: OrderRequest, send: Send) => Promise<Submission>
  /** The order was filled, wholly or in part. */
  filled: (orderId: string) => void
  /** The broker could not fill an accepted order. */
  failed: (orderId: string, reason: string) => void
}

const answerWithinMs = 5_000
const pausesMs = [500, 1_000, 2_000, 4_000, 8_000] as const

/** Of those that have ended, so many are kept, to tell late notices apart. */
const kept = 50

/** Codes after which the order may or may not have been taken. */
const unclear = new Set(['TIMEOUT', 'CONNECTION_LOST', 'NOT_CONNECTED'])

const isOpen = ({ phase }: Submission) => phase === 'submitting' || phase === 'unknown'

/** Orders that this page sent, until the portfolio shows what became of them. */
export const useSubmissions = create<Submissions>()((set, get) => {
  const find = (clientOrderId: string) => get().all.find(s => s.clientOrderId === clientOrderId)
  const change = (clientOrderId: string, change: Partial<Submission>) =>
    set(({ all }) => ({ all: all.map(s => (s.clientOrderId === clientOrderId ? { ...s, ...change } : s)) }))
  const byOrder = (orderId: string, update: Partial<Submission>) => {
    const found = get().all.find(s => s.orderId === orderId)
    if (found) change(found.clientOrderId, update)
  }
  return {
    userId: null,
    all: [],

    belongTo(userId) {
      if (get().userId !== userId) set({ userId, all: [] })
    },

    async submit(order, send) {
      const clientOrderId = crypto.randomUUID()
      const submission: Submission = { ...order, clientOrderId, phase: 'submitting' }
      const become = (update: Partial<Submission>): Submission => {
        change(clientOrderId, update)
        return find(clientOrderId) ?? { ...submission, ...update } // whose it is has left
      }
      set(({ all }) => ({ all: [submission, ...all.filter(isOpen), ...all.filter(s => !isOpen(s)).slice(0, kept)] }))
      for (let attempt = 0; ; attempt++) {
        try {
          const outcome = await send<Outcome>('order:place', { ...order, clientOrderId }, answerWithinMs)
          return outcome.status === 'accepted'
            ? become({
                phase: 'accepted',
                ...(outcome.orderId && { orderId: outcome.orderId }),
                ...(outcome.message && { waits: outcome.message }),
              })
            : become({ phase: 'rejected', reason: outcome.reason ?? 'The order was rejected.' })
        } catch (failure) {
          if (!(failure instanceof RequestError) || !unclear.has(failure.code)) {
            return become({ phase: 'rejected', reason: sentence(failure) })
          }
          const unknown = become({ phase: 'unknown' })
          await pause(pausesMs[Math.min(attempt, pausesMs.length - 1)] as number)
          if (!find(clientOrderId)) return unknown
        }
      }
    },

    filled: orderId => byOrder(orderId, { phase: 'filled' }),
    failed: (orderId, reason) => byOrder(orderId, { phase: 'rejected', reason }),
  }
})

const sentence = (failure: unknown) => (failure instanceof Error ? failure.message : 'The order could not be sent.')

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
