// What a page costs, as Chromium counts it.

/** Opens the debugger of a page. */
export async function meterOf(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const metrics = async () =>
    Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]))
  return {
    slowDown: rate => session.send('Emulation.setCPUThrottlingRate', { rate }),
    /** Bytes of the JavaScript heap that are in use, after what nobody needs was collected. */
    async heap() {
      await session.send('HeapProfiler.collectGarbage')
      return (await metrics()).JSHeapUsedSize
    },
    /** Over so many milliseconds: the share of the main thread, frames a second, and those that took too long. */
    async watch(ms) {
      const before = await metrics()
      const frames = await page.evaluate(
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
      const after = await metrics()
      const spent = after.Timestamp - before.Timestamp
      const gaps = frames.slice(1).map((time, i) => time - frames[i])
      return {
        mainThread: (after.TaskDuration - before.TaskDuration) / spent,
        script: (after.ScriptDuration - before.ScriptDuration) / spent,
        layouts: (after.LayoutCount - before.LayoutCount) / spent,
        framesPerSecond: gaps.length / ((frames.at(-1) - frames[0]) / 1000),
        longFrames: gaps.filter(gap => gap > 25).length,
        frames: gaps.length,
      }
    },
  }
}

export const percent = share => `${(100 * share).toFixed(1)} %`

export const kilobytes = bytes => `${(bytes / 1024).toFixed(1)} KB`

export const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
