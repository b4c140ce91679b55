/** Numbers as traders read them. All of them take finite numbers and say "–" for those that are missing. */

export const missing = '–'

const locale = 'en-US'
const minus = '−' // as wide as a plus sign, so signed columns line up

type Maybe = number | null | undefined

const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)

const cache = new Map<string, Intl.NumberFormat>()

function formatter(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options)
  let found = cache.get(key)
  if (!found) {
    found = new Intl.NumberFormat(locale, options)
    cache.set(key, found)
  }
  return found
}

const fixed = (value: number, digits: number) =>
  formatter({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)

/** Digits behind the point of a price: pennies from a dollar on, more below, and four that say something of tiny ones. */
export function priceDigits(price: number): number {
  const size = Math.abs(price)
  if (size >= 1 || size === 0) return 2
  return size >= 0.01 ? 4 : Math.min(3 - Math.floor(Math.log10(size)), mostDigits)
}

/** More than prices and quantities have; the last of a number's 17 digits are noise. */
const mostDigits = 18
const exact = (value: number) => Number(value.toPrecision(15))

export function formatPrice(value: Maybe): string {
  return known(value) ? signFirst(value, fixed(Math.abs(value), priceDigits(value))) : missing
}

/** A price of an order or a trade, with every digit that it has. */
export function formatExactPrice(value: Maybe): string {
  if (!known(value)) return missing
  const options = { minimumFractionDigits: priceDigits(value), maximumFractionDigits: mostDigits }
  return signFirst(value, formatter(options).format(exact(Math.abs(value))))
}

export function formatMoney(value: Maybe): string {
  return known(value) ? signFirst(value, `$${fixed(Math.abs(value), 2)}`) : missing
}

/** With a sign also where it is positive. Zero has none. */
export function formatSignedMoney(value: Maybe): string {
  return known(value) ? signed(value, `$${fixed(Math.abs(value), 2)}`, 2) : missing
}

export function formatSignedPrice(value: Maybe, digits = 2): string {
  return known(value) ? signed(value, fixed(Math.abs(value), digits), digits) : missing
}

export function formatPercent(value: Maybe, digits = 2): string {
  return known(value) ? signFirst(value, `${fixed(Math.abs(value), digits)}%`) : missing
}

export function formatSignedPercent(value: Maybe, digits = 2): string {
  return known(value) ? signed(value, `${fixed(Math.abs(value), digits)}%`, digits) : missing
}

/** Shares, also the smallest fractions of them, without zeros that say nothing. */
export function formatQuantity(value: Maybe): string {
  if (!known(value)) return missing
  return signFirst(value, formatter({ maximumFractionDigits: mostDigits }).format(exact(Math.abs(value))))
}

export function formatCount(value: Maybe): string {
  return known(value) ? formatter({ maximumFractionDigits: 0 }).format(value) : missing
}

/** 1.2K, 3.4M. */
export function formatCompact(value: Maybe): string {
  return known(value) ? formatter({ notation: 'compact', maximumFractionDigits: 1 }).format(value) : missing
}

export function formatBytes(value: Maybe): string {
  if (!known(value)) return missing
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let amount = value
  let unit = 0
  while (Math.abs(amount) >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return `${fixed(amount, unit === 0 ? 0 : 1)} ${units[unit]}`
}

/** Milliseconds, with as many digits as one reads at that size. */
export function formatMs(value: Maybe): string {
  if (!known(value)) return missing
  if (value >= 10_000) return `${fixed(value / 1000, 0)} s`
  return `${fixed(value, value < 10 ? 1 : 0)} ms`
}

/** -1, 0 or 1: zero too where rounding shows a zero. */
export function direction(value: Maybe, digits = 2): -1 | 0 | 1 {
  if (!known(value) || Math.abs(value) < 0.5 * 10 ** -digits) return 0
  return value > 0 ? 1 : -1
}

const signFirst = (value: number, text: string) => (value < 0 ? minus + text : text)

function signed(value: number, text: string, digits: number): string {
  return ['', '+', minus].at(direction(value, digits)) + text
}
