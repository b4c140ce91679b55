import { useEffect, useState } from 'react'
import { formatMoney, formatSignedMoney } from '../format/numbers'
import { useConnection, usePortfolio } from '../realtime'

/** How often a screen reader hears of the portfolio; prices themselves are silent. */
const intervalMs = 30_000

/** One polite sentence from time to time for those who listen instead of look. */
export function PriceSummary() {
  const portfolio = usePortfolio()
  const { state } = useConnection()
  const [sentence, setSentence] = useState('')
  const known = portfolio !== undefined
  const next =
    portfolio && (state === 'live' || state === 'polling')
      ? `Portfolio ${formatMoney(portfolio.totalValue)}, today ${formatSignedMoney(portfolio.dayChange)}.`
      : ''
  const latest = useLatest(next)
  useEffect(() => {
    if (!known) return
    const timer = setInterval(() => setSentence(latest.current), intervalMs)
    return () => clearInterval(timer)
  }, [known, latest])
  return (
    <p aria-live="polite" className="sr-only">
      {sentence}
    </p>
  )
}

function useLatest<T>(value: T): { readonly current: T } {
  const [box] = useState({ current: value })
  useEffect(() => {
    box.current = value
  })
  return box
}
