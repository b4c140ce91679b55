import { act, cleanup, render } from '@testing-library/react'
import { useLayoutEffect } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TradeNotice } from '../realtime'
import { OrderToasts } from './OrderToasts'
import { type OrderRequest, type Send, useSubmissions } from './submissions'

const page = vi.hoisted(() => ({
  /** What each toast says, by its id. */
  toasts: new Map<string, string>(),
  /** Brings a notice to the page. */
  notify: (_: TradeNotice) => {},
}))

vi.mock('sonner', () => {
  const show = (title: string, { id = `own-${page.toasts.size}` } = {}) => page.toasts.set(id, title)
  return { toast: Object.assign(show, { loading: show, success: show, error: show }) }
})

vi.mock('../realtime', async original => ({
  ...(await original<typeof import('../realtime')>()),
  useTradeNotifications: (told: (notice: TradeNotice) => void) => {
    page.notify = told
  },
}))

const order: OrderRequest = { symbol: 'IBM', side: 'buy', quantity: 5, type: 'market' }
const accepts: Send = async <T,>() => ({ status: 'accepted', orderId: 'o-1' }) as T
const noticeOf = (kind: TradeNotice['kind'], title: string, orderId = 'o-1') =>
  ({ kind, id: `${kind}:${orderId}`, title, message: 'at 180.10', type: 'success', orderId }) as TradeNotice

const told = () => [...page.toasts.values()]
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms))

describe('the toast of an order', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    page.toasts.clear()
    useSubmissions.setState({ all: [] })
  })
  afterEach(() => {
    cleanup()
    vi.useRealTimers()
  })

  it('says what was filled, though the page draws the acceptance only then', async () => {
    /** Draws the acceptance, and hears of the fill before anything else is done about it. */
    function FilledWhileDrawn() {
      const accepted = useSubmissions(({ all }) => all[0]?.phase === 'accepted')
      useLayoutEffect(() => {
        if (accepted) page.notify(noticeOf('executed', 'Bought 5 IBM'))
      }, [accepted])
      return null
    }
    render(
      <>
        <OrderToasts />
        <FilledWhileDrawn />
      </>,
    )
    await act(() => useSubmissions.getState().submit(order, accepts))
    expect(told()).toEqual(['Bought 5 IBM'])
  })

  it.each([
    ['executed', 'Bought 5 IBM', 'filled', 'Bought 5 IBM'],
    ['failed', 'Trade failed', 'rejected', 'Rejected'],
  ] as const)(
    'is one, though the notice that it %s comes in one piece with the acceptance',
    async (kind, title, phase, text) => {
      render(<OrderToasts />)
      await act(async () => {
        const submitted = useSubmissions.getState().submit(order, accepts)
        page.notify(noticeOf(kind, title)) // before the answer is read
        await submitted
      })
      await pass(1_000)
      expect(told()).toEqual([text])
      expect(useSubmissions.getState().all[0]?.phase).toBe(phase)
    },
  )

  it('is not told again to who signs in next', async () => {
    const { unmount } = render(<OrderToasts />)
    await act(() => useSubmissions.getState().submit(order, accepts))
    expect(told()).toEqual(['Accepted'])
    unmount()
    page.toasts.clear()
    render(<OrderToasts />)
    await pass(1_000)
    expect(told()).toEqual([])
  })

  it('of somebody else is one for many fills, and each failure has its own', async () => {
    render(<OrderToasts />)
    for (const orderId of ['x', 'y']) page.notify(noticeOf('executed', 'Bought', orderId))
    for (const orderId of ['x', 'y']) page.notify(noticeOf('failed', 'Trade failed', orderId))
    await pass(1_000)
    expect(told()).toEqual(['2 fills', 'Trade failed', 'Trade failed'])
  })
})
