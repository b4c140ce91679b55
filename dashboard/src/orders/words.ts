import { formatExactPrice, formatQuantity } from '../format/numbers'

interface Described {
  symbol: string
  side: string
  quantity: number
  type: string
  limitPrice?: number | undefined
}

/** Buy 10 AAPL at market; Sell 5 SPY at 585.04 or better. */
export function orderInWords({ symbol, side, quantity, type, limitPrice }: Described): string {
  const verb = side.charAt(0).toUpperCase() + side.slice(1)
  const price = type === 'limit' ? `at ${formatExactPrice(limitPrice)} or better` : 'at market'
  return `${verb} ${formatQuantity(quantity)} ${symbol} ${price}`
}
