import { useId } from 'react'
import { cx } from './cx'

interface SegmentedProps<T extends string> {
  label: string
  options: readonly { value: T; text: string }[]
  value: T
  onChange: (value: T) => void
  className?: string
}

/** One of a few: radio buttons that look like a switch, with their keyboard. */
export function Segmented<T extends string>({ label, options, value, onChange, className }: SegmentedProps<T>) {
  const name = useId()
  return (
    <fieldset className={cx('inline-flex flex-wrap rounded-md border border-line bg-page p-0.5', className)}>
      <legend className="sr-only">{label}</legend>
      {options.map(option => (
        <label
          key={option.value}
          className={cx(
            'flex min-h-7 flex-1 cursor-pointer items-center justify-center whitespace-nowrap rounded px-2.5 text-xs pointer-coarse:min-h-11',
            'has-focus-visible:outline-2 has-focus-visible:outline-focus',
            option.value === value ? 'bg-raised font-semibold text-text' : 'text-soft hover:text-text',
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.text}
        </label>
      ))}
    </fieldset>
  )
}
