import { useState } from 'react'
import { formatQuantity } from '../format/numbers'
import { formatClockSeconds } from '../format/times'
import { type OpenOrder, usePortfolio, useWebSocket } from '../realtime'
import { Badge } from '../ui/Badge'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Notice } from '../ui/Notice'
import { Skeleton } from '../ui/Skeleton'
import { type Submission, useSubmissions } from './submissions'
import { orderInWords } from './words'

/** Orders that wait: those that the server has, and those of this page that it has not confirmed yet. */
export function OpenOrders() {
  const portfolio = usePortfolio()
  const all = useSubmissions(submissions => submissions.all)
  const pending = all.filter(({ phase }) => phase === 'submitting' || phase === 'unknown')
  const orders = portfolio?.orders ?? []
  return (
    <Card title="Open orders" actions={<span className="figure text-soft">{orders.length + pending.length}</span>}>
      {portfolio === undefined ? (
        <Skeleton className="m-4 h-6" />
      ) : orders.length + pending.length === 0 ? (
        <Notice>No order waits. Limit orders stand here until they are filled or cancelled.</Notice>
      ) : (
        <ul>
          {pending.map(submission => (
            <PendingRow key={submission.clientOrderId} submission={submission} />
          ))}
          {orders.map(order => (
            <OrderRow key={order.orderId} order={order} />
          ))}
        </ul>
      )}
    </Card>
  )
}

const rowClass = 'flex min-h-13 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5 last:border-b-0'

function PendingRow({ submission }: { submission: Submission }) {
  return (
    <li className={rowClass}>
      <span className="min-w-0 flex-1">{orderInWords(submission)}</span>
      <Badge tone={submission.phase === 'unknown' ? 'warning' : 'neutral'}>
        {submission.phase === 'unknown' ? 'Unknown, checking' : 'Submitting'}
      </Badge>
    </li>
  )
}

function OrderRow({ order }: { order: OpenOrder }) {
  const { request } = useWebSocket()
  const [state, setState] = useState<{ cancelling: boolean; problem: string | null }>({
    cancelling: false,
    problem: null,
  })
  const cancel = async () => {
    setState({ cancelling: true, problem: null })
    try {
      const answer = await request<{ status?: string; reason?: string }>('order:cancel', { orderId: order.orderId })
      setState({
        cancelling: answer.status !== 'rejected',
        problem: answer.status === 'rejected' ? (answer.reason ?? 'It could not be cancelled.') : null,
      })
    } catch (failure) {
      setState({
        cancelling: false,
        problem: failure instanceof Error ? failure.message : 'It could not be cancelled.',
      })
    }
  }
  const words = orderInWords(order)
  return (
    <li className={rowClass}>
      <span className="min-w-0 flex-1">
        {words}
        <span className="block text-xs text-soft">
          <span className="figure">{formatClockSeconds(order.timestamp)}</span>
          {order.filledQuantity > 0 && ` · ${formatQuantity(order.filledQuantity)} filled`}
        </span>
        {state.problem && (
          <span role="alert" className="block text-xs text-loss">
            {state.problem}
          </span>
        )}
      </span>
      <Badge>Accepted</Badge>
      <Button onClick={cancel} disabled={state.cancelling} aria-label={`Cancel: ${words}`}>
        {state.cancelling ? 'Cancelling' : 'Cancel'}
      </Button>
    </li>
  )
}
