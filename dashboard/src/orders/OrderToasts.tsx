import { useEffect, useRef } from 'react'
import { toast } from 'sonner'
import { type TradeNotice, useTradeNotifications } from '../realtime'
import { type Submission, useSubmissions } from './submissions'
import { orderInWords } from './words'

const successMs = 5_000

/** Fills that come within this time are told in one toast. */
const groupMs = 400

/**
 * One toast an order, from the moment that it is sent: Submitting, Accepted, then Filled or Rejected. What others did
 * with this account (an executor, another tab) is told too; many fills at once in one toast. Failures stay until they
 * are dismissed.
 */
export function OrderToasts() {
  useSubmissionToasts()
  useNoticeToasts()
  return null
}

/** Listens to the store and not to React, whose render may come late: Accepted would then stand over what was filled. */
function useSubmissionToasts(): void {
  useEffect(
    () =>
      useSubmissions.subscribe(({ all }, { all: before }) => {
        const told = new Map(before.map(({ clientOrderId, phase }) => [clientOrderId, phase]))
        for (const submission of all) {
          if (told.get(submission.clientOrderId) !== submission.phase) tell(submission)
        }
      }),
    [],
  )
}

function tell(submission: Submission): void {
  const id = submission.clientOrderId
  const description = orderInWords(submission)
  switch (submission.phase) {
    case 'submitting':
      toast.loading('Submitting', { id, description })
      return
    case 'unknown':
      toast.loading('Unknown, checking', {
        id,
        description: `${description}. No answer came: the same order is asked for again.`,
      })
      return
    case 'accepted':
      toast.success(submission.waits ? 'Accepted, and waits' : 'Accepted', {
        id,
        description: submission.waits ? `${description}: ${submission.waits}.` : description,
        duration: successMs,
      })
      return
    case 'filled':
      return // the notice of the fill says at what price, in the same toast
    case 'rejected':
      toast.error('Rejected', {
        id,
        description: `${description}. ${submission.reason ?? ''}`,
        duration: Number.POSITIVE_INFINITY,
      })
  }
}

function useNoticeToasts(): void {
  const waiting = useRef<TradeNotice[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  useTradeNotifications(notice => {
    if (tellOwn(notice)) return
    waiting.current.push(notice)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      const group = waiting.current
      waiting.current = []
      // Whose acknowledgement came in one piece with the notice is known by now.
      tellGroup(group.filter(notice => !tellOwn(notice)))
    }, groupMs)
  })
}

/** Tells what became of an order of this page in the order's toast, and whether it is one. */
function tellOwn({ kind, orderId, title, message }: TradeNotice): boolean {
  const { all, filled, failed } = useSubmissions.getState()
  const own = all.find(submission => submission.orderId !== undefined && submission.orderId === orderId)
  if (!own || !orderId) return false
  if (kind === 'executed') {
    filled(orderId)
    toast.success(title, { id: own.clientOrderId, description: message, duration: successMs })
  } else if (kind === 'failed') failed(orderId, message)
  else return false
  return true
}

function tellGroup(group: readonly TradeNotice[]): void {
  const fills = group.filter(({ kind }) => kind === 'executed')
  const failures = group.filter(({ kind }) => kind === 'failed')
  const others = group.filter(({ kind }) => kind !== 'executed' && kind !== 'failed')
  const [first] = fills
  if (first && fills.length === 1) toast.success(first.title, { description: first.message, duration: successMs })
  if (fills.length > 1) {
    const symbols = [...new Set(fills.map(({ symbol }) => symbol))].join(', ')
    toast.success(`${fills.length} fills${first?.missed ? ' while you were away' : ''}`, {
      description: symbols,
      duration: successMs,
    })
  }
  for (const { title, message } of failures)
    toast.error(title, { description: message, duration: Number.POSITIVE_INFINITY })
  for (const { type, title, message } of others.slice(-3)) {
    if (type === 'error') toast.error(title, { description: message, duration: Number.POSITIVE_INFINITY })
    else toast(title, { description: message, duration: successMs })
  }
}
