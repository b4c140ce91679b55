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
  /** The server has not confirmed a change yet. */
  saving: boolean
  /** What could not be read or saved. */
  problem: string | null
  /** Before the list was read, what is added waits for it. */
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
  const [saving, setSaving] = useState(0)
  const changes = useRef({ made: 0, saved: 0 })
  const early = useRef<string[]>([])
  const tabs = useRef<BroadcastChannel>(null)

  useEffect(() => {
    if (!connected) return
    let wanted = true
    const read = async () => {
      const { made, saved } = changes.current
      if (document.visibilityState === 'hidden' || made > saved) return
      try {
        const answer = await request<Answer>('watchlist:get', {})
        // The answer may be from before a change that was made meanwhile, and come behind it.
        if (wanted && made === changes.current.made)
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
      setSaving(count => count + 1)
      changes.current.made++
      try {
        await request<Answer>('watchlist:set', { symbols: after })
        tabs.current?.postMessage(null) // that there is something to read
      } catch (failure) {
        setSymbols(current => (current === after ? before : current))
        const why = failure instanceof Error ? ` ${failure.message}` : ''
        setProblem(`The watchlist could not be saved, so the change is taken back.${why}`)
      } finally {
        changes.current.saved++
        setSaving(count => count - 1)
      }
    },
    [request],
  )

  const insert = useCallback(
    (wanted: readonly string[], index: number) => {
      if (symbols === null) {
        early.current.push(...wanted)
        return
      }
      const added = wanted.filter(symbol => !symbols.includes(symbol))
      if (added.length === 0) return
      if (symbols.length + added.length > maxSymbols) {
        setProblem(`A watchlist has at most ${maxSymbols} symbols: remove one first.`)
        return
      }
      void change(symbols, symbols.toSpliced(index, 0, ...added))
    },
    [symbols, change],
  )

  useEffect(() => {
    if (symbols === null || early.current.length === 0) return
    insert([...new Set(early.current)], symbols.length)
    early.current = []
  }, [symbols, insert])

  return {
    symbols,
    saving: saving > 0,
    problem,
    add: useCallback(symbol => insert([symbol], symbols?.length ?? 0), [insert, symbols]),
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
    restore: useCallback((symbol, index) => insert([symbol], index), [insert]),
  }
}

const same = (a: readonly string[] | null, b: readonly string[]) =>
  a !== null && a.length === b.length && a.every((symbol, i) => symbol === b[i])
