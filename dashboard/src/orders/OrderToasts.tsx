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

function useSubmissionToasts(): void {
  const all = useSubmissions(submissions => submissions.all)
  const told = useRef(new Map<string, string>())
  useEffect(() => {
    const before = told.current
    told.current = new Map(all.map(({ clientOrderId, phase }) => [clientOrderId, phase]))
    for (const submission of all) {
      if (before.get(submission.clientOrderId) !== submission.phase) tell(submission)
    }
  }, [all])
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
      toast.success('Accepted', { id, description, duration: successMs })
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
    const { all, filled, failed } = useSubmissions.getState()
    const own = all.find(({ orderId }) => orderId !== undefined && orderId === notice.orderId)
    if (notice.kind === 'executed' && own) {
      filled(own.orderId as string)
      toast.success(notice.title, { id: own.clientOrderId, description: notice.message, duration: successMs })
      return
    }
    if (notice.kind === 'failed') {
      if (own) failed(own.orderId as string, notice.message)
      else toast.error(notice.title, { description: notice.message, duration: Number.POSITIVE_INFINITY })
      return
    }
    waiting.current.push(notice)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      const group = waiting.current
      waiting.current = []
      tellGroup(group)
    }, groupMs)
  })
}

function tellGroup(group: readonly TradeNotice[]): void {
  const fills = group.filter(({ kind }) => kind === 'executed')
  const others = group.filter(({ kind }) => kind !== 'executed')
  const [first] = fills
  if (first && fills.length === 1) toast.success(first.title, { description: first.message, duration: successMs })
  if (fills.length > 1) {
    const symbols = [...new Set(fills.map(({ symbol }) => symbol))].join(', ')
    toast.success(`${fills.length} fills${first?.missed ? ' while you were away' : ''}`, {
      description: symbols,
      duration: successMs,
    })
  }
  for (const { type, title, message } of others.slice(-3)) {
    if (type === 'error') toast.error(title, { description: message, duration: Number.POSITIVE_INFINITY })
    else toast(title, { description: message, duration: successMs })
  }
}
