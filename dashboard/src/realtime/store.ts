/**
 * The two forms of telling that everything here is built of: a list of listeners,
 * and a value whose changes are told, as useSyncExternalStore reads it.
 */

export type Off = () => void

export interface Listeners<A extends unknown[]> {
  /** The same function added twice is called twice. */
  add(listener: (...args: A) => void): Off
  tell(...args: A): void
  readonly size: number
}

export function createListeners<A extends unknown[]>(): Listeners<A> {
  const all = new Set<{ listener: (...args: A) => void }>()
  return {
    add(listener) {
      const entry = { listener }
      all.add(entry)
      return () => {
        all.delete(entry)
      }
    },
    tell(...args) {
      for (const { listener } of [...all]) {
        try {
          listener(...args)
        } catch (error) {
          // One page's mistake shall not keep the others from hearing; it still shows as uncaught.
          queueMicrotask(() => {
            throw error
          })
        }
      }
    },
    get size() {
      return all.size
    },
  }
}

export interface Store<T> {
  get(): T
  /** Tells only what differs. */
  set(next: T): void
  subscribe(listener: () => void): Off
}

export function createStore<T>(value: T): Store<T> {
  const listeners = createListeners<[]>()
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return
      value = next
      listeners.tell()
    },
    subscribe: listeners.add,
  }
}
