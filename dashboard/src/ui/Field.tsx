import { type ComponentProps, type ReactNode, useId } from 'react'
import { cx } from './cx'

const control =
  'w-full min-h-9 pointer-coarse:min-h-11 rounded-md border bg-page px-2.5 text-text disabled:opacity-60 aria-invalid:border-loss border-control'

interface Labelled {
  label: string
  /** What is wrong with the value; shown and announced. */
  error?: string | undefined
  hint?: ReactNode
}

/** A labelled input. */
export function Field({ label, error, hint, className, ...rest }: ComponentProps<'input'> & Labelled) {
  const id = useId()
  return (
    <Frame id={id} label={label} error={error} hint={hint}>
      <input id={id} {...described(id, error, hint)} {...rest} className={cx(control, className)} />
    </Frame>
  )
}

/** A labelled list to choose from. */
export function Select({ label, error, hint, className, ...rest }: ComponentProps<'select'> & Labelled) {
  const id = useId()
  return (
    <Frame id={id} label={label} error={error} hint={hint}>
      <select id={id} {...described(id, error, hint)} {...rest} className={cx(control, className)} />
    </Frame>
  )
}

function described(id: string, error: string | undefined, hint: ReactNode) {
  return {
    'aria-invalid': error ? true : undefined,
    'aria-describedby': error || hint ? `${id}-about` : undefined,
  }
}

function Frame({ id, label, error, hint, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-xs text-soft">
        {label}
      </label>
      {children}
      {(error || hint) && (
        <p id={`${id}-about`} className={cx('mt-1 text-xs', error ? 'text-loss' : 'text-soft')}>
          {error ?? hint}
        </p>
      )}
    </div>
  )
}
