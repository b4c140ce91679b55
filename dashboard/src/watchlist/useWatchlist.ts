import { useCallback, useEffect, useRef, useState } from 'react'
import { useConnection, useWebSocket } from '../realtime'

/** As many as one socket may watch, less what positions need. */
export const maxSymbols = 100

/** By which tabs of one browser tell each other that they saved a watchlist. */
const channelName = 'outcry-watchlist'

interface Answer {
  symbols: string[]
}

export interface Watchlist {
  /** null until it was read. */
  symbols: readonly string[] | null
  /** What could not be read or saved. */
  problem: string | null
  add: (symbol: string) => void
  remove: (symbol: string) => void
  /** Puts a symbol back where it was. */
  restore: (symbol: string, index: number) => void
}

/**
 * This user's watchlist, saved on the server. A change shows at once; one that could not be saved is taken back, and
 * the person told. What another tab saved is read at once by the tabs of this browser that are looked at, by others when
 * they are looked at again.
 */
export function useWatchlist(): Watchlist {
  const { request } = useWebSocket()
  const { state } = useConnection()
  const connected = state === 'live' || state === 'polling'
  const [symbols, setSymbols] = useState<readonly string[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const saving = useRef(0)
  const tabs = useRef<BroadcastChannel>(null)

  useEffect(() => {
    if (!connected) return
    let wanted = true
    const read = async () => {
      if (document.visibilityState === 'hidden' || saving.current > 0) return
      try {
        const answer = await request<Answer>('watchlist:get', {})
        if (wanted && saving.current === 0)
          setSymbols(current => (same(current, answer.symbols) ? current : answer.symbols))
      } catch {
        if (wanted) setProblem('The watchlist could not be read. It is tried again when the page is looked at.')
      }
    }
    void read()
    const channel = new BroadcastChannel(channelName)
    channel.onmessage = read
    tabs.current = channel
    document.addEventListener('visibilitychange', read)
    window.addEventListener('focus', read)
    return () => {
      wanted = false
      channel.close()
      tabs.current = null
      document.removeEventListener('visibilitychange', read)
      window.removeEventListener('focus', read)
    }
  }, [connected, request])

  const change = useCallback(
    async (before: readonly string[], after: readonly string[]) => {
      setSymbols(after)
      setProblem(null)
      saving.current++
      try {
        await request<Answer>('watchlist:set', { symbols: after })
        tabs.current?.postMessage(null) // that there is something to read
      } catch (failure) {
        setSymbols(current => (current === after ? before : current))
        const why = failure instanceof Error ? ` ${failure.message}` : ''
        setProblem(`The watchlist could not be saved, so the change is taken back.${why}`)
      } finally {
        saving.current--
      }
    },
    [request],
  )

  const insert = useCallback(
    (symbol: string, index: number) => {
      if (symbols === null || symbols.includes(symbol)) return
      if (symbols.length >= maxSymbols) {
        setProblem(`A watchlist has at most ${maxSymbols} symbols: remove one first.`)
        return
      }
      void change(symbols, symbols.toSpliced(index, 0, symbol))
    },
    [symbols, change],
  )

  return {
    symbols,
    problem,
    add: useCallback(symbol => insert(symbol, symbols?.length ?? 0), [insert, symbols]),
    remove: useCallback(
      symbol => {
        if (symbols !== null)
          void change(
            symbols,
            symbols.filter(other => other !== symbol),
          )
      },
      [symbols, change],
    ),
    restore: insert,
  }
}

const same = (a: readonly string[] | null, b: readonly string[]) =>
  a !== null && a.length === b.length && a.every((symbol, i) => symbol === b[i])
