import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Quote } from '../realtime'
import { Trends, trendIntervalMs, trendPoints } from './trend'

const quoteAt = (price: number) => ({ symbol: 'AAPL', price }) as Quote

describe('recent prices', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('keep the last minute and nothing older', () => {
    const trends = new Trends()
    for (let price = 1; price <= trendPoints + 5; price++) trends.sample('AAPL', quoteAt(price))
    expect(trends.of('AAPL')).toHaveLength(trendPoints)
    expect(trends.of('AAPL').at(0)).toBe(6)
    expect(trends.sample('AAPL', undefined).at(-1)).toBe(trendPoints + 5)
  })

  it('are drawn in one beat, whenever each row came', () => {
    const trends = new Trends()
    const drawn: string[] = []
    const offs = ['AAPL', 'MSFT', 'NVDA'].map(symbol => {
      const off = trends.onBeat(() => drawn.push(symbol))
      vi.advanceTimersByTime(100)
      return off
    })
    vi.advanceTimersByTime(trendIntervalMs - 301)
    expect(drawn).toEqual([])
    vi.advanceTimersByTime(1)
    expect(drawn).toEqual(['AAPL', 'MSFT', 'NVDA'])
    for (const off of offs) off()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('rest while the page is hidden', () => {
    const trends = new Trends()
    const beat = vi.fn()
    trends.onBeat(beat)
    const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    vi.advanceTimersByTime(3 * trendIntervalMs)
    expect(beat).not.toHaveBeenCalled()
    hidden.mockReturnValue('visible')
    vi.advanceTimersByTime(trendIntervalMs)
    expect(beat).toHaveBeenCalledOnce()
    hidden.mockRestore()
  })
})
