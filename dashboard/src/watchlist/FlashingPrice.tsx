import { useEffect, useRef } from 'react'
import { formatPrice } from '../format/numbers'
import type { Quote } from '../realtime'

/** At most one flash in this time: more would flicker, WCAG 2.3.1. */
const restMs = 600

const still = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches

/**
 * The price. Its background flashes by the direction since the last tick; what it says against the day before is the
 * text colour's of the change beside it.
 */
export function FlashingPrice({ quote }: { quote: Quote }) {
  const overlay = useRef<HTMLSpanElement>(null)
  const last = useRef({ price: quote.price, at: Number.NEGATIVE_INFINITY })
  useEffect(() => {
    const before = last.current
    const moved = (quote.price ?? 0) - (before.price ?? quote.price ?? 0)
    before.price = quote.price
    if (moved === 0 || quote.snapshot || quote.receivedAt - before.at < restMs || still()) return
    before.at = quote.receivedAt
    const element = overlay.current
    if (!element) return
    element.style.backgroundColor = moved > 0 ? 'var(--profit)' : 'var(--loss)'
    element.animate?.([{ opacity: 0.35 }, { opacity: 0 }], { duration: 500, easing: 'ease-out' })
  }, [quote])
  return (
    <span className="figure relative block text-right">
      {formatPrice(quote.price)}
      {/* After the text: what is painted over a layer that is animated needs a layer, too. */}
      <span ref={overlay} aria-hidden="true" className="absolute -inset-x-1 inset-y-0 rounded opacity-0" />
    </span>
  )
}
