import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RequestError } from '../realtime'
import { type OrderRequest, type Send, useSubmissions } from './submissions'

const order: OrderRequest = { symbol: 'AAPL', side: 'buy', quantity: 10, type: 'market' }

/** Answers one order after the other; an error is thrown. */
function answers(...outcomes: unknown[]) {
  const asked: { clientOrderId: string }[] = []
  const send = async (_event: string, payload: unknown) => {
    asked.push(payload as { clientOrderId: string })
    const outcome = outcomes.shift()
    if (outcome instanceof Error) throw outcome
    return outcome
  }
  return { asked, send: send as Send }
}

const phases = () => useSubmissions.getState().all.map(({ phase }) => phase)

describe('an order of this page', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    useSubmissions.setState({ all: [] })
  })
  afterEach(() => vi.useRealTimers())

  it('is submitting until it is accepted', async () => {
    const { send } = answers({ status: 'accepted', orderId: 'o1' })
    const done = useSubmissions.getState().submit(order, send)
    expect(phases()).toEqual(['submitting'])
    expect(await done).toMatchObject({ phase: 'accepted', orderId: 'o1' })
  })

  it('is accepted with what it waits for', async () => {
    const message = 'the market us_equities is closed: the order is queued until it opens'
    const { send } = answers({ status: 'accepted', orderId: 'o1', queued: true, opensAt: 5, message })
    expect(await useSubmissions.getState().submit(order, send)).toMatchObject({ phase: 'accepted', waits: message })
  })

  it('is rejected with the reason that the server gives', async () => {
    const { send } = answers({ status: 'rejected', reason: 'the order needs more' })
    expect(await useSubmissions.getState().submit(order, send)).toMatchObject({
      phase: 'rejected',
      reason: 'the order needs more',
    })
  })

  it('is unknown without an answer, and asked for again by the same id', async () => {
    const { asked, send } = answers(new RequestError('TIMEOUT', ''), new RequestError('CONNECTION_LOST', ''), {
      status: 'accepted',
      orderId: 'o1',
    })
    const done = useSubmissions.getState().submit(order, send)
    await vi.advanceTimersByTimeAsync(0)
    expect(phases()).toEqual(['unknown'])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await done).toMatchObject({ phase: 'accepted' })
    expect(asked).toHaveLength(3)
    expect(new Set(asked.map(({ clientOrderId }) => clientOrderId)).size).toBe(1)
  })

  it('is of nobody else, and not asked for again when another person is there', async () => {
    const { asked, send } = answers(new RequestError('TIMEOUT', ''), new RequestError('TIMEOUT', ''))
    useSubmissions.getState().belongTo('ann')
    const done = useSubmissions.getState().submit(order, send)
    await vi.advanceTimersByTimeAsync(0)
    useSubmissions.getState().belongTo('ann')
    expect(phases()).toEqual(['unknown'])
    useSubmissions.getState().belongTo('bob')
    expect(phases()).toEqual([])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await done).toMatchObject({ phase: 'unknown' })
    expect(asked).toHaveLength(1)
  })

  it('is not asked for again after a refusal', async () => {
    const { asked, send } = answers(new RequestError('RATE_LIMIT', 'too many events'))
    expect(await useSubmissions.getState().submit(order, send)).toMatchObject({
      phase: 'rejected',
      reason: 'too many events',
    })
    expect(asked).toHaveLength(1)
  })

  it('is filled once, and stays so', async () => {
    const { send } = answers({ status: 'accepted', orderId: 'o1' })
    await useSubmissions.getState().submit(order, send)
    useSubmissions.getState().filled('o1')
    useSubmissions.getState().filled('another')
    expect(phases()).toEqual(['filled'])
  })

  it('keeps what is open and forgets what ended long ago', async () => {
    for (let i = 0; i < 60; i++) {
      await useSubmissions.getState().submit(order, answers({ status: 'accepted', orderId: `o${i}` }).send)
    }
    const { send } = answers(new Promise(() => {}))
    void useSubmissions.getState().submit(order, send)
    expect(useSubmissions.getState().all).toHaveLength(51)
    expect(phases()[0]).toBe('submitting')
  })
})
