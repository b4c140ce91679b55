// Decimals in BigInt: nothing here is shared with the code that they check.

/** A decimal is coef / 10^scale. */
const make = (coef, scale) => {
  if (coef === 0n) return { coef: 0n, scale: 0 }
  while (scale > 0 && coef % 10n === 0n) {
    coef /= 10n
    scale--
  }
  return { coef, scale }
}

export const zero = make(0n, 0)
export const one = make(1n, 0)

/** Reads a decimal from a text or a safe number; absent is zero, as in events. */
export function decimal(value) {
  if (value === undefined || value === null) return zero
  const parts = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(String(value))
  if (!parts || parts[2] + parts[3] === '') throw new Error(`not a decimal: ${value}`)
  const [, sign, whole, fraction, exponent] = parts
  let scale = fraction.length - Number(exponent ?? 0)
  let coef = BigInt(sign + whole + fraction)
  if (scale < 0) {
    coef *= 10n ** BigInt(-scale)
    scale = 0
  }
  return make(coef, scale)
}

export function text({ coef, scale }) {
  const all = abs({ coef }).coef.toString().padStart(scale + 1, '0')
  const point = all.length - scale
  return (coef < 0n ? '-' : '') + all.slice(0, point) + (scale > 0 ? `.${all.slice(point)}` : '')
}

const align = (a, b) => {
  const scale = Math.max(a.scale, b.scale)
  return [a.coef * 10n ** BigInt(scale - a.scale), b.coef * 10n ** BigInt(scale - b.scale), scale]
}

export const negate = a => ({ coef: -a.coef, scale: a.scale })
export const abs = a => ({ coef: a.coef < 0n ? -a.coef : a.coef, scale: a.scale })
export const sign = a => (a.coef > 0n ? 1 : a.coef < 0n ? -1 : 0)
export const equal = (a, b) => compare(a, b) === 0

export function compare(a, b) {
  const [x, y] = align(a, b)
  return x < y ? -1 : x > y ? 1 : 0
}

/** Sums are exact. */
export function add(a, b) {
  const [x, y, scale] = align(a, b)
  return make(x + y, scale)
}

export const subtract = (a, b) => add(a, negate(b))

export const multiply = (a, b) => make(a.coef * b.coef, a.scale + b.scale)

/** a x b / c, exact but for the last decimal, which is rounded half to even. */
export function multiplyDivide(a, b, c, scale) {
  const up = a.coef * b.coef * 10n ** BigInt(c.scale + scale)
  const down = c.coef * 10n ** BigInt(a.scale + b.scale)
  const negative = up < 0n !== down < 0n
  const [over, under] = [up < 0n ? -up : up, down < 0n ? -down : down]
  let quotient = over / under
  const twice = 2n * (over % under)
  if (twice > under || (twice === under && quotient % 2n === 1n)) quotient++
  return make(negative ? -quotient : quotient, scale)
}
