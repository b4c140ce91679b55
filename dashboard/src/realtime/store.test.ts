import { expect, test, vi } from 'vitest'
import { createListeners, createStore } from './store'

test('a store tells what differs, and nothing else', () => {
  const store = createStore(Number.NaN)
  const told = vi.fn()
  const off = store.subscribe(told)
  store.set(Number.NaN)
  expect(told).not.toHaveBeenCalled()
  store.set(1)
  expect(store.get()).toBe(1)
  off()
  store.set(2)
  expect(told).toHaveBeenCalledTimes(1)
})

test('one function added twice is told twice, and ended one by one', () => {
  const listeners = createListeners<[number]>()
  const heard = vi.fn()
  const off = listeners.add(heard)
  listeners.add(heard)
  listeners.tell(1)
  off()
  off()
  listeners.tell(2)
  expect(heard.mock.calls).toEqual([[1], [1], [2]])
  expect(listeners.size).toBe(1)
})

test('who leaves while others are told is not told any more of the next', () => {
  const listeners = createListeners<[]>()
  const heard: string[] = []
  const off = listeners.add(() => {
    heard.push('a')
    off()
  })
  listeners.add(() => heard.push('b'))
  listeners.tell()
  listeners.tell()
  expect(heard).toEqual(['a', 'b', 'b'])
})
