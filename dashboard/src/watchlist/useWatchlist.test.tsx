import { act, renderHook, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { maxSymbols, useWatchlist } from './useWatchlist'

const server = vi.hoisted(() => ({ saved: [] as string[], fails: false, state: 'live' }))

vi.mock('../realtime', () => {
  const request = async (event: string, payload: { symbols: string[] }) => {
    if (server.fails) throw new Error('The disk is full.')
    if (event === 'watchlist:set') server.saved = payload.symbols
    return { success: true, symbols: server.saved }
  }
  return { useWebSocket: () => ({ request }), useConnection: () => ({ state: server.state }) }
})

describe('the watchlist', () => {
  beforeEach(() => {
    Object.assign(server, { saved: ['IBM', 'SPY'], fails: false, state: 'live' })
  })

  const read = async () => {
    const hook = renderHook(() => useWatchlist())
    await waitFor(() => expect(hook.result.current.symbols).not.toBeNull())
    return hook.result
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

  it('shows what another tab saved once it is looked at', async () => {
    const list = await read()
    server.saved = ['BAC']
    await act(async () => {
      window.dispatchEvent(new Event('focus'))
    })
    expect(list.current.symbols).toEqual(['BAC'])
  })
})
