import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatMoney } from '../format/numbers'
import { usePreferences } from '../shell/preferences'
import { useTheme } from '../shell/useTheme'

interface LineChartProps {
  points: readonly { t: number; value: number }[]
  /** What it shows; the sentence and the table beside it say the values. */
  label: string
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

const axisFont = '11px ui-monospace, Menlo, Consolas, monospace'

function optionsOf(width: number, height: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour('--soft'),
    font: axisFont,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false },
    scales: {
      x: { time: true, range: (_, from, to) => atLeast(from, to, shortestSpan) },
      y: { range: (_, low, high) => padded(low, high) },
    },
    axes: [axis, { ...axis, size: 84, values: (_, values) => values.map(value => formatMoney(value)) }],
    series: [{}, { stroke: colour('--accent'), width: 2, points: { show: false } }],
  }
}

/** A single value is shown in the middle of so many seconds. */
const shortestSpan = 600

function atLeast(from: number, to: number, span: number): [number, number] {
  if (to - from >= span) return [from, to]
  return [to - span, to]
}

/** Air above and below, and at least a thousandth of the value, so that cents are no cliffs. */
function padded(low: number, high: number): [number, number] {
  const middle = (low + high) / 2
  const half = Math.max(((high - low) / 2) * 1.1, Math.abs(middle) * 0.0005, 0.01)
  return [middle - half, middle + half]
}

/** A line over time, as wide as its place. It is drawn again in the colours of another theme. */
export function LineChart({ points, label }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const newest = useRef(points)
  const theme = useTheme()
  const palette = usePreferences(preferences => preferences.palette)

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme and palette change the colours that are read
  useEffect(() => {
    const element = place.current
    if (!element) return
    const plot = new uPlot(optionsOf(element.clientWidth, element.clientHeight), dataOf(newest.current), element)
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
  }, [theme, palette])

  useEffect(() => {
    newest.current = points
    chart.current?.setData(dataOf(points))
  }, [points])

  return <div ref={place} role="img" aria-label={label} className="h-full min-w-0" />
}

const dataOf = (points: LineChartProps['points']): uPlot.AlignedData => [
  points.map(({ t }) => t / 1000),
  points.map(({ value }) => value),
]
