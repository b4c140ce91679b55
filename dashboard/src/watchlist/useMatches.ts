import { useEffect, useState } from 'react'
import { Problem, request } from '../api/http'

export interface Match {
  symbol: string
  /** Not there for a symbol without a quote. */
  price?: number
}

/** A pause in typing that is worth a question. */
const pauseMs = 120

/** What may be a symbol, once trimmed: the engine's own rule is the last word. */
export const mayBeSymbol = /^(?:[^\p{C}\p{Z}\p{Quotation_Mark}`\\<>]| ){1,32}$/u

const none: Match[] = []

/** Symbols that fit what was typed; the text itself comes last, so that a symbol can be watched before its first quote. */
export function useMatches(text: string): { matches: readonly Match[]; problem: string | null } {
  const query = text.trim().toUpperCase()
  const [found, setFound] = useState({ query: '', matches: none, problem: null as string | null })
  useEffect(() => {
    if (query === '') return
    const stop = new AbortController()
    const timer = setTimeout(async () => {
      try {
        const { symbols } = await request<{ symbols: Match[] }>(
          'GET',
          `/api/symbols?limit=8&query=${encodeURIComponent(query)}`,
          { signal: stop.signal },
        )
        const exact = symbols.some(({ symbol }) => symbol === query)
        const matches = exact || !mayBeSymbol.test(query) ? symbols : [...symbols, { symbol: query }]
        setFound({ query, matches, problem: matches.length > 0 ? null : 'No symbol fits.' })
      } catch (failure) {
        if (stop.signal.aborted) return
        setFound({ query, matches: none, problem: failure instanceof Problem ? failure.message : 'The search failed.' })
      }
    }, pauseMs)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [query])
  return found.query === query ? found : { matches: none, problem: null }
}
