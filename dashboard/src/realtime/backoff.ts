const shortestMs = 500
const longestMs = 10_000
/** Half of the delay either way, so that browsers cut off together do not come back together. */
const jitter = 0.5

/** How long to wait before the n-th attempt in a row, from 1. */
export const backoff = (attempt: number, random = Math.random) =>
  Math.min(longestMs, shortestMs * 2 ** (attempt - 1)) * (1 + jitter * (2 * random() - 1))
