import type { ReactNode } from 'react'

/** What stands in a card where there is nothing to show, or nothing could be read, and what to do about it. */
export function Notice({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="flex flex-col items-center justify-center gap-3 px-4 py-10 text-center text-soft">
      <p className="max-w-prose">{children}</p>
      {action}
    </div>
  )
}
