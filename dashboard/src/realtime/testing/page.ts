import { vi } from 'vitest'

/** What the browser says of the network, with the event that goes with it. */
export function setOnline(online: boolean) {
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(online)
  window.dispatchEvent(new Event(online ? 'online' : 'offline'))
}

export function setHidden(hidden: boolean) {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(hidden ? 'hidden' : 'visible')
  document.dispatchEvent(new Event('visibilitychange'))
}

/** Time passes without a timer running, as while a laptop sleeps. */
export const sleepFor = (ms: number) => vi.setSystemTime(Date.now() + ms)

export const settle = () => vi.advanceTimersByTimeAsync(0)
