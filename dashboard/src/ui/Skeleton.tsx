import { cx } from './cx'

/** A grey place for what is on its way, of the size it will have. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cx('block animate-pulse rounded bg-raised', className)} />
}
