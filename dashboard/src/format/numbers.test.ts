import { describe, expect, it } from 'vitest'
import * as f from './numbers'

describe('numbers', () => {
  it.each([
    [f.formatMoney(1234.5), '$1,234.50'],
    [f.formatMoney(-0.5), '−$0.50'],
    [f.formatSignedMoney(12), '+$12.00'],
    [f.formatSignedMoney(-12), '−$12.00'],
    [f.formatSignedMoney(0), '$0.00'],
    [f.formatSignedMoney(0.004), '$0.00'],
    [f.formatPrice(0.1234), '0.1234'],
    [f.formatPrice(231.1), '231.10'],
    [f.formatPrice(0), '0.00'],
    [f.formatPrice(0.05), '0.0500'],
    [f.formatPrice(0.000001234), '0.000001234'],
    [f.formatExactPrice(0), '0.00'],
    [f.formatExactPrice(231.1), '231.10'],
    [f.formatExactPrice(0.123456789), '0.123456789'],
    [f.formatExactPrice(1.1 + 2.2), '3.30'],
    [f.formatExactPrice(null), f.missing],
    [f.formatQuantity(0.486152847), '0.486152847'],
    [f.formatQuantity(1e-18), '0.000000000000000001'],
    [f.formatQuantity(0.1 + 0.2), '0.3'],
    [f.formatSignedPercent(-1.234), '−1.23%'],
    [f.formatPercent(51), '51.00%'],
    [f.formatQuantity(1234.50001), '1,234.50001'],
    [f.formatCompact(1_234_567), '1.2M'],
    [f.formatBytes(64 * 1024), '64.0 KB'],
    [f.formatMs(4.44), '4.4 ms'],
    [f.formatMs(444.4), '444 ms'],
    [f.formatMoney(Number.NaN), f.missing],
    [f.formatPrice(undefined), f.missing],
  ])('formats %s', (got, want) => {
    expect(got).toBe(want)
  })

  it('has no direction where rounding shows zero', () => {
    expect([f.direction(0.001), f.direction(-0.001), f.direction(0.01), f.direction(-3)]).toEqual([0, 0, 1, -1])
  })
})
