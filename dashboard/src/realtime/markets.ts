import type { MarketPhase, MarketStatus } from './types'

/** The market of a symbol: the first that has a pattern for it, else the main one. */
export function marketOf(status: MarketStatus | undefined, symbol: string): MarketPhase | undefined {
  const other = status?.markets?.find(({ symbols = [] }) => symbols.some(pattern => matches([...pattern], [...symbol])))
  return other ?? status
}

/** In a pattern "*" is any text, "?" any one character, and everything else itself. */
function matches([first, ...rest]: string[], symbol: string[]): boolean {
  if (first === undefined) return symbol.length === 0
  if (first === '*') return matches(rest, symbol) || (symbol.length > 0 && matches([first, ...rest], symbol.slice(1)))
  return symbol.length > 0 && (first === '?' || first === symbol[0]) && matches(rest, symbol.slice(1))
}
