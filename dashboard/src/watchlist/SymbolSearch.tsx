import { useEffect, useId, useRef, useState } from 'react'
import { formatPrice } from '../format/numbers'
import { cx } from '../ui/cx'
import { useSearch } from './search'
import { useMatches } from './useMatches'

interface SymbolSearchProps {
  onChoose: (symbol: string) => void
}

/** Finds a symbol to watch: type, arrow keys, Enter. What nobody has heard of yet can be added as well. */
export function SymbolSearch({ onChoose }: SymbolSearchProps) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const [open, setOpen] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const asked = useSearch(search => search.asked)
  const id = useId()
  const { matches, problem } = useMatches(text)
  useEffect(() => {
    if (asked > 0) input.current?.focus()
  }, [asked])

  const choose = (symbol: string) => {
    onChoose(symbol)
    setText('')
    setOpen(false)
  }
  const pressed = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && matches.length > 0) {
      event.preventDefault()
      setOpen(true)
      setAt((at + step + matches.length) % matches.length)
    }
    const chosen = matches[at]?.symbol
    if (event.key === 'Enter' && chosen) choose(chosen)
    if (event.key === 'Escape') {
      setOpen(false)
      setText('')
    }
  }
  const listed = open && matches.length > 0
  return (
    <div className="relative">
      <input
        ref={input}
        role="combobox"
        aria-label="Add a symbol"
        aria-expanded={listed}
        aria-controls={`${id}-list`}
        aria-activedescendant={listed ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder="Add a symbol"
        value={text}
        maxLength={32}
        className="min-h-9 w-36 rounded-md border border-control bg-page px-2.5 text-sm uppercase placeholder:normal-case placeholder:text-soft pointer-coarse:min-h-11"
        onChange={event => {
          setText(event.target.value)
          setAt(0)
          setOpen(true)
        }}
        onBlur={() => setOpen(false)}
        onKeyDown={pressed}
      />
      <div
        role="listbox"
        id={`${id}-list`}
        aria-label="Matching symbols"
        tabIndex={-1}
        hidden={!listed}
        className="absolute right-0 z-10 mt-1 max-h-72 w-52 overflow-y-auto rounded-md border border-line bg-surface py-1 shadow-lg"
      >
        {matches.map(({ symbol, price }, i) => (
          <div
            key={symbol}
            id={`${id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            className={cx(
              'flex min-h-9 cursor-pointer items-center justify-between px-3 pointer-coarse:min-h-11',
              i === at && 'bg-raised',
            )}
            // before the input loses the focus and closes the list
            onPointerDown={event => {
              event.preventDefault()
              choose(symbol)
            }}
          >
            <span className="font-semibold">{symbol}</span>
            <span className="figure text-soft">{price === undefined ? 'not seen yet' : formatPrice(price)}</span>
          </div>
        ))}
      </div>
      <p role="status" className={problem ? 'absolute right-0 mt-1 text-xs text-loss' : 'sr-only'}>
        {problem ?? (listed ? `${matches.length} symbols found` : '')}
      </p>
    </div>
  )
}
