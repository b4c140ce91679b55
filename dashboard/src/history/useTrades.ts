import { useCallback, useEffect, useState } from 'react'
import { Problem } from '../api/http'
import { useConnection, useTradeNotifications } from '../realtime'
import { readTrades, type TradePage, type TradeQuery } from './trades'

interface Result {
  page: TradePage | null
  /** A newer page is on its way; the one shown stays until then. */
  reading: boolean
  problem: string | null
}

/** Trades that come within this time after one another cause one read. */
const settleMs = 300

/** A page of the history, read again when a trade comes in or the connection is back. */
export function useTrades(query: TradeQuery): Result {
  const [result, setResult] = useState<Result>({ page: null, reading: true, problem: null })
  const [turn, setTurn] = useState(0)
  const { state } = useConnection()
  const connected = state === 'live' || state === 'polling'
  const key = JSON.stringify(query)

  useTradeNotifications(
    useCallback(({ kind }) => {
      if (kind !== 'notification') setTurn(n => n + 1)
    }, []),
  )

  useEffect(() => {
    if (!connected) return
    const stop = new AbortController()
    setResult(before => ({ ...before, reading: true }))
    const timer = setTimeout(
      async () => {
        try {
          const page = await readTrades(JSON.parse(key) as TradeQuery, stop.signal)
          setResult({ page, reading: false, problem: null })
        } catch (failure) {
          if (stop.signal.aborted) return
          const problem = failure instanceof Problem ? failure.message : 'The history could not be read.'
          setResult(before => ({ ...before, reading: false, problem }))
        }
      },
      turn === 0 ? 0 : settleMs,
    )
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [key, turn, connected])
  return result
}
