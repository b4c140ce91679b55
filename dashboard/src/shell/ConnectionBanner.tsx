import { useEffect, useRef, useState } from 'react'
import { toast } from 'sonner'
import { useConnection, useWebSocket } from '../realtime'
import { Button } from '../ui/Button'
import { connectionWords } from './connectionWords'
import { useNow } from './useNow'

/** A drop that is over sooner says nothing: it is not worth a trader's eyes. */
const silentMs = 3_000

/** One banner while the connection is away, one toast when it is back. */
export function ConnectionBanner() {
  const connection = useConnection()
  const { reconnect } = useWebSocket()
  const away = connection.state === 'reconnecting' || connection.state === 'offline'
  const now = useNow(500, away)
  const shown = away && connection.downSince !== null && now - connection.downSince >= silentMs
  const back = useToastOnRecovery(
    shown,
    connection.state === 'live' || connection.state === 'polling',
    connection.syncing,
  )
  if (!shown && !back) return null
  return (
    <div
      role="status"
      className="flex flex-wrap items-center justify-center gap-x-4 gap-y-2 border-b border-warning bg-raised px-4 py-2 text-sm"
    >
      {back ? (
        'Reconnected. Syncing portfolio…'
      ) : (
        <>
          <span>{connectionWords(connection, null, now).long} Prices shown are the last known.</span>
          <Button onClick={reconnect}>Try now</Button>
        </>
      )}
    </div>
  )
}

/** Returns true from the end of a shown drop until everything is in place again, which a toast says. */
function useToastOnRecovery(shown: boolean, connected: boolean, syncing: boolean): boolean {
  const wasShown = useRef(false)
  const [back, setBack] = useState(false)
  useEffect(() => {
    if (shown) wasShown.current = true
    if (!connected || !wasShown.current) return
    setBack(syncing)
    if (syncing) return
    wasShown.current = false
    toast.success('Reconnected. Everything is up to date.', { id: 'reconnected' })
  }, [shown, connected, syncing])
  return back
}
