import type { ReactNode } from 'react'
import { ErrorBoundary } from 'react-error-boundary'
import { Button } from './Button'
import { Notice } from './Notice'

interface ContainedProps {
  children: ReactNode
  /** Another one has the part tried again. */
  place?: string
}

/**
 * A part of the page that fails alone: the rest stays live. Mostly that is code which is fetched when it is needed, and
 * which the server no longer has since it was upgraded.
 */
export function Contained({ children, place = '' }: ContainedProps) {
  return (
    <ErrorBoundary fallback={<Failed />} resetKeys={[place]}>
      {children}
    </ErrorBoundary>
  )
}

function Failed() {
  return (
    <div role="alert">
      <Notice action={<Button onClick={() => window.location.reload()}>Reload the page</Button>}>
        This part could not be shown. The server may have a newer version of it, which comes with a reload.
      </Notice>
    </div>
  )
}
