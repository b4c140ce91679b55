import { expect, test } from 'vitest'
import { mayBeSymbol } from './useMatches'

test('a symbol is what exchanges use', () => {
  const symbols = ['AAPL', 'M&M', 'NIFTY 50', 'AAPL  251219C00200000', '.SPX', '贵州茅台', '茅'.repeat(32)]
  expect(symbols.filter(symbol => !mayBeSymbol.test(symbol))).toEqual([])
  const others = ['', 'A"', "A'", '”', 'A\\B', '<B>', 'A\nB', 'A\u200bB', 'A\u00a0B', 'A'.repeat(33)]
  expect(others.filter(symbol => mayBeSymbol.test(symbol))).toEqual([])
})
