import { direction } from '../format/numbers'
import { cx } from './cx'

interface ChangeProps {
  /** What decides about the direction. */
  value: number | null | undefined
  /** The same, formatted with its sign. */
  text: string
  className?: string
  /** Keeps the arrow's place where there is none, so that a column stays in line. */
  inColumn?: boolean
}

const colours = ['text-soft', 'text-profit', 'text-loss']
const arrows = ['', '▲', '▼']

/** A change: its direction by arrow and sign, and by colour besides. */
export function Change({ value, text, className, inColumn = true }: ChangeProps) {
  const way = direction(value)
  return (
    <span className={cx('figure', colours.at(way), className)}>
      {(inColumn || way !== 0) && (
        <span aria-hidden="true" className="inline-block w-[1.2em] text-center text-[0.7em]">
          {arrows.at(way)}
        </span>
      )}
      {text}
    </span>
  )
}
