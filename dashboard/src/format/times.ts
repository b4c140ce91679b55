import { missing } from './numbers'

const clock = new Intl.DateTimeFormat('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const clockSeconds = new Intl.DateTimeFormat('en-US', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const day = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric' })
const dayYear = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', year: 'numeric' })

/** 14:05 */
export const formatClock = (ms: number) => clock.format(ms)

/** 14:05:09 */
export const formatClockSeconds = (ms: number) => clockSeconds.format(ms)

/** Nov 26, 14:05:09; with the year where it is another one. */
export function formatMoment(ms: number, now = Date.now()): string {
  const date = new Date(ms).getFullYear() === new Date(now).getFullYear() ? day.format(ms) : dayYear.format(ms)
  return `${date}, ${formatClockSeconds(ms)}`
}

export const formatDay = (ms: number) => dayYear.format(ms)

const steps: [milliseconds: number, unit: string][] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
]

/** 3 s, 12 min, 2 h: the largest unit that fits. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return missing
  for (const [size, unit] of steps) {
    if (ms >= size) return `${Math.floor(ms / size)} ${unit}`
  }
  return '0 s'
}
