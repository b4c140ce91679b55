import type { ComponentProps } from 'react'
import { cx } from './cx'

type Look = 'primary' | 'plain' | 'quiet' | 'buy' | 'sell'

const looks: Record<Look, string> = {
  primary: 'bg-accent text-on-accent font-semibold hover:brightness-110',
  plain: 'bg-raised text-text border border-control hover:border-text',
  quiet: 'text-soft hover:text-text hover:bg-raised',
  buy: 'border-2 border-profit text-profit font-semibold hover:bg-raised',
  sell: 'border-2 border-loss text-loss font-semibold hover:bg-raised',
}

/** A button, large enough for a finger (44 px) on touch screens. */
export function Button({ look = 'plain', className, ...rest }: ComponentProps<'button'> & { look?: Look }) {
  return (
    <button
      type="button"
      {...rest}
      className={cx(
        'inline-flex min-h-9 items-center justify-center gap-2 rounded-md px-3 text-sm pointer-coarse:min-h-11',
        'disabled:opacity-60 disabled:cursor-not-allowed',
        looks[look],
        className,
      )}
    />
  )
}

/** A button that shows an icon only; label is what it is called. */
export function IconButton({ label, className, ...rest }: ComponentProps<'button'> & { label: string }) {
  return (
    <Button
      look="quiet"
      aria-label={label}
      title={label}
      {...rest}
      className={cx('min-w-9 px-2! pointer-coarse:min-w-11', className)}
    />
  )
}
