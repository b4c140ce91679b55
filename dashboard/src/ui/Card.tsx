import { type ReactNode, useId } from 'react'
import { Contained } from './Contained'
import { cx } from './cx'

interface CardProps {
  title: string
  /** Beside the title: buttons, a count. */
  actions?: ReactNode
  children: ReactNode
  className?: string
}

/** A titled region of a page, which fails alone. */
export function Card({ title, actions, children, className }: CardProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={cx('min-w-0 rounded-lg border border-line bg-surface', className)}>
      <header className="flex min-h-12 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {actions}
      </header>
      <Contained>{children}</Contained>
    </section>
  )
}
