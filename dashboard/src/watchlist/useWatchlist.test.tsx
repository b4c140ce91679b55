import { act, renderHook, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { maxSymbols, useWatchlist } from './useWatchlist'

const server = vi.hoisted(() => ({
  saved: [] as string[],
  fails: false,
  state: 'live',
  /** What a kind of request waits for before its answer is sent. */
  answers: {} as Record<string, Promise<void>>,
}))

vi.mock('../realtime', () => {
  const request = async (event: string, payload: { symbols: string[] }) => {
    if (server.fails) throw new Error('The disk is full.')
    if (event === 'watchlist:set') server.saved = payload.symbols
    const answer = { success: true, symbols: server.saved }
    await server.answers[event]
    return answer
  }
  return { useWebSocket: () => ({ request }), useConnection: () => ({ state: server.state }) }
})

describe('the watchlist', () => {
  beforeEach(() => {
    Object.assign(server, { saved: ['IBM', 'SPY'], fails: false, state: 'live', answers: {} })
  })

  const read = async () => {
    const hook = renderHook(() => useWatchlist())
    await waitFor(() => expect(hook.result.current.symbols).not.toBeNull())
    return hook.result
  }

  /** Keeps the answers to a kind of request back until the returned function is called. */
  const keepBack = (event: string) => {
    let send = () => {}
    server.answers[event] = new Promise(resolve => {
      send = resolve
    })
    return () => act(async () => send())
  }

  it('is read, changed, and saved', async () => {
    const list = await read()
    expect(list.current.symbols).toEqual(['IBM', 'SPY'])
    await act(async () => list.current.add('AIG'))
    await act(async () => list.current.remove('IBM'))
    expect(server.saved).toEqual(['SPY', 'AIG'])
    expect(list.current.symbols).toEqual(['SPY', 'AIG'])
  })

  it('puts a removed symbol back where it was', async () => {
    const list = await read()
    await act(async () => list.current.remove('IBM'))
    await act(async () => list.current.restore('IBM', 0))
    expect(server.saved).toEqual(['IBM', 'SPY'])
  })

  it('takes a change back that could not be saved, and says so', async () => {
    const list = await read()
    server.fails = true
    await act(async () => list.current.add('AIG'))
    expect(list.current.symbols).toEqual(['IBM', 'SPY'])
    expect(list.current.problem).toContain('The disk is full.')
  })

  it('has no symbol twice, and not too many', async () => {
    server.saved = Array.from({ length: maxSymbols }, (_, i) => `S${i}`)
    const list = await read()
    await act(async () => list.current.add('S5'))
    expect(list.current.symbols).toHaveLength(maxSymbols)
    await act(async () => list.current.add('ONE-MORE'))
    expect(list.current.symbols).toHaveLength(maxSymbols)
    expect(list.current.problem).toContain('at most')
  })

  it('takes what is added before it was read, once it is', async () => {
    const answer = keepBack('watchlist:get')
    const { result: list } = renderHook(() => useWatchlist())
    for (const symbol of ['AIG', 'SPY', 'AIG', 'BAC']) await act(async () => list.current.add(symbol))
    expect(list.current.symbols).toBeNull()
    await answer()
    expect(list.current.symbols).toEqual(['IBM', 'SPY', 'AIG', 'BAC'])
    expect(server.saved).toEqual(['IBM', 'SPY', 'AIG', 'BAC'])
  })

  it('is not taken back by an answer from before a change', async () => {
    const list = await read()
    const answer = keepBack('watchlist:get')
    window.dispatchEvent(new Event('focus'))
    await act(async () => list.current.add('AIG'))
    await answer()
    expect(list.current.symbols).toEqual(['IBM', 'SPY', 'AIG'])
  })

  it('says while a change is not saved yet', async () => {
    const list = await read()
    const answer = keepBack('watchlist:set')
    await act(async () => list.current.add('AIG'))
    expect(list.current.saving).toBe(true)
    await answer()
    expect(list.current.saving).toBe(false)
  })

  it('shows what another tab saved once it is looked at', async () => {
    const list = await read()
    server.saved = ['BAC']
    await act(async () => {
      window.dispatchEvent(new Event('focus'))
    })
    expect(list.current.symbols).toEqual(['BAC'])
  })
})
