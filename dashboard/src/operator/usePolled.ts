import { useEffect, useState } from 'react'
import { Problem } from '../api/http'

interface Polled<T> {
  value: T | null
  /** Why the newest reading failed; the value shown is the last one that worked. */
  problem: string | null
}

/** Reads again and again while the page is looked at, one reading behind the other. */
export function usePolled<T>(read: (signal: AbortSignal) => Promise<T>, intervalMs: number): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ value: null, problem: null })
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    const turn = async () => {
      if (document.visibilityState === 'visible') {
        try {
          const value = await read(stop.signal)
          setPolled({ value, problem: null })
        } catch (failure) {
          if (stop.signal.aborted) return
          const problem = failure instanceof Problem ? failure.message : 'The engine could not be read.'
          setPolled(before => ({ ...before, problem }))
        }
      }
      if (!stop.signal.aborted) timer = setTimeout(turn, intervalMs)
    }
    const shown = () => {
      if (document.visibilityState !== 'visible') return
      clearTimeout(timer)
      timer = setTimeout(turn, 0)
    }
    void turn()
    document.addEventListener('visibilitychange', shown)
    return () => {
      stop.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', shown)
    }
  }, [read, intervalMs])
  return polled
}
