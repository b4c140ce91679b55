// What a page costs, as Chromium counts it.

/**
 * Opens the debugger of a page. Shares are of the time that the main thread ran itself: what the machine did beside it
 * does not count.
 */
export async function meterOf(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const metrics = async () =>
    Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]))
  return {
    slowDown: rate => session.send('Emulation.setCPUThrottlingRate', { rate }),
    /** Bytes of the JavaScript heap that are in use, after what nobody needs was collected. */
    async heap() {
      await session.send('HeapProfiler.collectGarbage')
      return (await metrics()).JSHeapUsedSize
    },
    /** Over so many milliseconds, with nothing else in the page: the shares of the main thread, and layouts a second. */
    async load(ms) {
      const before = await metrics()
      await new Promise(resolve => setTimeout(resolve, ms))
      const after = await metrics()
      const spent = after.Timestamp - before.Timestamp
      return {
        mainThread: (after.TaskDuration - before.TaskDuration) / spent,
        script: (after.ScriptDuration - before.ScriptDuration) / spent,
        layouts: (after.LayoutCount - before.LayoutCount) / spent,
      }
    },
    /** Over so many milliseconds: frames a second, and those that took too long. Asking for every frame is work itself. */
    async frames(ms) {
      const times = await page.evaluate(
        ms =>
          new Promise(resolve => {
            const times = []
            const end = performance.now() + ms
            const frame = now => {
              times.push(now)
              if (now < end) requestAnimationFrame(frame)
              else resolve(times)
            }
            requestAnimationFrame(frame)
          }),
        ms,
      )
      const gaps = times.slice(1).map((time, i) => time - times[i])
      return {
        perSecond: gaps.length / ((times.at(-1) - times[0]) / 1000),
        long: gaps.filter(gap => gap > 25).length,
        count: gaps.length,
      }
    },
  }
}

export const percent = share => `${(100 * share).toFixed(1)} %`

export const kilobytes = bytes => `${(bytes / 1024).toFixed(1)} KB`

export const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
