import type { Off } from './store'

/** What the browser tells of the network and of the page. */
export interface PageEvents {
  online(): void
  offline(): void
  /** The page shows again, or the machine has slept: what was open may be dead without anybody having said so. */
  woken(): void
}

/** A page that was away for less has not lost its connection in silence. */
const longGapMs = 20_000
const tickMs = 5_000

/** Only where the browser is sure of it: without navigator, as in Node, there is a network. */
export const isOffline = () => typeof navigator !== 'undefined' && navigator.onLine === false

export const isHidden = () => typeof document !== 'undefined' && document.visibilityState === 'hidden'

/** Calls back when the page goes out of sight and comes back. */
export function watchVisibility(changed: (hidden: boolean) => void): Off {
  if (typeof document === 'undefined') return () => {}
  const listener = () => changed(isHidden())
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}

export function watchPage(events: PageEvents): Off {
  let lastSeen = Date.now()
  /** Timers stand still while the machine sleeps: a tick that comes much too late says so. */
  const look = () => {
    const gap = Date.now() - lastSeen
    lastSeen = Date.now()
    if (gap >= longGapMs) events.woken()
  }
  const ticker = setInterval(() => {
    if (!isHidden()) look() // timers of hidden pages are late anyway
  }, tickMs)
  const shown = watchVisibility(hidden => {
    if (!hidden) look()
  })
  const restored = (event: Event) => {
    // Out of the back-forward cache, which closes sockets.
    if ((event as PageTransitionEvent).persisted) events.woken()
  }
  const listeners = { online: events.online, offline: events.offline, pageshow: restored }
  const inBrowser = typeof window !== 'undefined'
  if (inBrowser) for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener)
  return () => {
    clearInterval(ticker)
    shown()
    if (inBrowser) for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener)
  }
}
