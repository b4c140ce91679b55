import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { usePreferences } from '../shell/preferences'
import { useTheme } from '../shell/useTheme'

export interface Line {
  name: string
  /** One a time; null leaves a gap. */
  values: readonly (number | null)[]
  /** The name of a theme's colour, such as --accent. */
  colour: string
  dashed?: boolean
}

interface LineChartProps {
  /** Unix milliseconds, ascending. */
  times: readonly number[]
  lines: readonly Line[]
  formatValue: (value: number) => string
  /** Begins at zero, for amounts; otherwise the range follows the values, for prices. */
  fromZero?: boolean
  /** What it shows; a sentence or table beside it says the values. */
  label: string
}

const colourOf = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** A single value is shown at the end of so many seconds. */
const shortestSpan = 600

/** What is shown of the times; around a single one uPlot would show years. */
function spanned({ data: [times] }: uPlot, from: number, to: number): [number, number] {
  const only = times.length === 1 ? times[0] : undefined
  if (only !== undefined) return [only - shortestSpan, only]
  return [Math.min(from, to - shortestSpan), to]
}

/** Air above and below, and at least a thousandth of the value, so that cents are no cliffs. */
function padded(low: number, high: number): [number, number] {
  const middle = (low + high) / 2
  const half = Math.max(((high - low) / 2) * 1.1, Math.abs(middle) * 0.0005, 0.01)
  return [middle - half, middle + half]
}

type Look = Pick<LineChartProps, 'lines' | 'formatValue' | 'fromZero'>

function optionsOf(place: HTMLElement, { lines, formatValue, fromZero }: Look): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colourOf('--soft'),
    font: '11px ui-monospace, Menlo, Consolas, monospace',
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { time: true, range: spanned },
      y: { range: (_, low, high) => (fromZero ? [0, Math.max(high * 1.1, 1)] : padded(low, high)) },
    },
    axes: [axis, { ...axis, size: 84, values: (_, values) => values.map(value => formatValue(value)) }],
    series: [
      {},
      ...lines.map(({ name, colour, dashed }) => ({
        label: name,
        stroke: colourOf(colour),
        width: 2,
        points: { show: (plot: uPlot) => plot.data[0].length === 1 },
        ...(dashed && { dash: [6, 4] }),
      })),
    ],
  }
}

const dataOf = ({ times, lines }: Pick<LineChartProps, 'times' | 'lines'>): uPlot.AlignedData => [
  times.map(t => t / 1000),
  ...lines.map(({ values }) => [...values]),
]

/** Lines over time, as wide as their place. They are drawn again in the colours of another theme. */
export function LineChart({ times, lines, formatValue, fromZero = false, label }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const newest = useRef({ times, lines, formatValue, fromZero })
  const theme = useTheme()
  const palette = usePreferences(preferences => preferences.palette)
  const shape = lines.map(({ name, colour }) => name + colour).join()

  useEffect(() => {
    newest.current = { times, lines, formatValue, fromZero }
    if (chart.current?.series.length === lines.length + 1) chart.current.setData(dataOf({ times, lines }))
  }, [times, lines, formatValue, fromZero])

  // biome-ignore lint/correctness/useExhaustiveDependencies: these three change what is read in it
  useEffect(() => {
    const element = place.current
    if (!element) return
    const plot = new uPlot(optionsOf(element, newest.current), dataOf(newest.current), element)
    chart.current = plot
    const resized = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: element.clientHeight })
    })
    resized.observe(element)
    return () => {
      resized.disconnect()
      plot.destroy()
      chart.current = undefined
    }
  }, [theme, palette, shape])

  return <div ref={place} role="img" aria-label={label} className="h-full min-w-0" />
}
