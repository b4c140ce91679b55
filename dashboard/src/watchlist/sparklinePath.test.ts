import { expect, it } from 'vitest'
import { sparklinePath } from './sparklinePath'

const ys = (path: string) => path.split(' ').map(point => Number(point.split(',')[1]))

it('ends at the right edge, whatever there is of it', () => {
  const path = sparklinePath([1, 2, 3], 59, 20, 60)
  expect(path.split(' ').map(point => point.split(',')[0])).toEqual(['57.0', '58.0', '59.0'])
})

it('is high where the price is', () => {
  const [first, second, third] = ys(sparklinePath([1, 3, 2], 60, 20, 60)) as [number, number, number]
  expect(second).toBeLessThan(third)
  expect(third).toBeLessThan(first)
})

it('is quiet in a quiet market', () => {
  const all = ys(sparklinePath([100, 100.001, 100], 60, 20, 60))
  expect(Math.max(...all) - Math.min(...all)).toBeLessThan(3)
})

it('is nothing of a single price', () => {
  expect(sparklinePath([1], 60, 20, 60)).toBe('')
})
