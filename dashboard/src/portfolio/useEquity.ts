import { useEffect, useState } from 'react'
import { type EquityPoint, type EquityRange, readEquity } from '../api/account'
import { Problem } from '../api/http'
import { useConnection } from '../realtime'

interface Equity {
  range: EquityRange | null
  points: readonly EquityPoint[]
  problem: string | null
}

/** How often the curve is read again; its newest point comes live from the portfolio. */
const readAgainMs = 60_000

/** The account's value over a range, read again after a reconnect and once a minute. */
export function useEquity(range: EquityRange): Equity {
  const [equity, setEquity] = useState<Equity>({ range: null, points: [], problem: null })
  const { state } = useConnection()
  const connected = state === 'live' || state === 'polling'
  useEffect(() => {
    if (!connected) return
    const stop = new AbortController()
    const read = async () => {
      try {
        setEquity({ range, points: await readEquity(range, stop.signal), problem: null })
      } catch (failure) {
        if (stop.signal.aborted) return
        const problem = failure instanceof Problem ? failure.message : 'The curve could not be read.'
        setEquity(before => ({ range, points: before.range === range ? before.points : [], problem }))
      }
    }
    void read()
    const timer = setInterval(read, readAgainMs)
    return () => {
      stop.abort()
      clearInterval(timer)
    }
  }, [range, connected])
  return equity
}
