import { useEffect } from 'react'
import { formatSignedMoney } from '../format/numbers'
import { usePortfolio } from '../realtime'

/** The day's result in the tab's title, so that it is seen from another tab. */
export function usePageTitle(view: string): void {
  const dayChange = usePortfolio()?.dayChange
  const figure = dayChange === undefined ? '' : `${formatSignedMoney(dayChange)} · `
  useEffect(() => {
    document.title = `${figure}${view} · Outcry`
  }, [figure, view])
}
