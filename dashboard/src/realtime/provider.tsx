import { createContext, type ReactNode, use, useEffect, useMemo, useRef } from 'react'
import { createRealtime, type Realtime } from './realtime'
import type { Credentials } from './socket'
import type { Refusal } from './types'

const Context = createContext<Realtime | null>(null)

export interface WebSocketProviderProps {
  /** Of the engine; the page's own origin where it is left out. */
  url?: string | undefined
  /** {token}, {sessionID, userId}, or a function that is asked before every connect; nothing where a cookie says it. */
  auth?: Credentials | (() => Credentials | Promise<Credentials>) | undefined
  /** Whose account it is: another user gets a connection and stores of its own. */
  userId?: string | null | undefined
  /** False: no connection, as long as nobody is signed in. */
  enabled?: boolean | undefined
  /** Why the server let this browser not in, or no longer: sign in again. */
  onRefused?: ((refusal: Refusal) => void) | undefined
  children?: ReactNode
}

/** Holds one connection for everything below it, from mount to unmount. */
export function WebSocketProvider({ url, auth, userId, enabled = true, onRefused, children }: WebSocketProviderProps) {
  const latest = useRef({ auth, onRefused })
  useEffect(() => {
    latest.current = { auth, onRefused }
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another user is another connection
  const realtime = useMemo(
    () =>
      createRealtime({
        url,
        credentials: () => {
          const { auth } = latest.current
          return typeof auth === 'function' ? auth() : (auth ?? {})
        },
      }),
    [url, userId],
  )
  useEffect(() => {
    if (!enabled) return
    const { state } = realtime.connection
    let told: Refusal | null = null
    const off = state.subscribe(() => {
      const { refusal } = state.get()
      if (refusal && refusal !== told) latest.current.onRefused?.(refusal)
      told = refusal
    })
    const stop = realtime.start()
    return () => {
      off()
      stop()
    }
  }, [realtime, enabled])
  return <Context value={realtime}>{children}</Context>
}

export function useRealtime(): Realtime {
  const realtime = use(Context)
  if (!realtime) throw new Error('No <WebSocketProvider> above: put one around the components that use realtime data')
  return realtime
}
