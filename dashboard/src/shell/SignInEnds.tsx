import { formatClock } from '../format/times'
import { useConnection } from '../realtime'

/** Says that the sign-in is about to end, before it does. */
export function SignInEnds() {
  const { signInEndsAt } = useConnection()
  if (signInEndsAt === null) return null
  return (
    <div role="status" className="border-b border-warning bg-raised px-4 py-2 text-center text-sm">
      Your sign-in ends at {formatClock(signInEndsAt)}. Sign out and in again to go on without a break.
    </div>
  )
}
