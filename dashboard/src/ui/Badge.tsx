import type { ReactNode } from 'react'
import { cx } from './cx'

export type Tone = 'neutral' | 'good' | 'warning' | 'bad'

const tones: Record<Tone, string> = {
  neutral: 'border-control text-soft',
  good: 'border-profit text-profit',
  warning: 'border-warning text-warning',
  bad: 'border-loss text-loss',
}

/** A word about a state; its tone is never the only thing that tells. */
export function Badge({ tone = 'neutral', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={cx('inline-flex items-center gap-1.5 rounded-full border px-2 text-xs leading-5', tones[tone])}>
      {children}
    </span>
  )
}
