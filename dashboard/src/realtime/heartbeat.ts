const everyMs = 15_000
const answerWithinMs = 10_000

interface HeartbeatOptions {
  /** Sends a ping; resolves with its answer, rejects after a time without one. */
  ping(withinMs: number): Promise<unknown>
  measured(roundTripMs: number): void
  dead(): void
}

/**
 * Measures the round trip and finds connections that are dead in silence, long before the heartbeat of Engine.IO does
 * (85 s). A server that is only busy still sends something else: whatever was heard meanwhile counts.
 */
export function createHeartbeat({ ping, measured, dead }: HeartbeatOptions) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let turn = 0
  let heard = false

  async function beat(withinMs: number, tolerated: number) {
    clearTimeout(timer)
    const mine = ++turn
    const sentAt = performance.now()
    heard = false
    let answered = true
    await ping(withinMs).catch(() => {
      answered = false
    })
    if (mine !== turn) return
    if (answered) measured(performance.now() - sentAt)
    else if (!heard && !tolerated) return dead()
    // Once unanswered may be a hiccup: ask again at once.
    const again = answered || heard
    timer = setTimeout(() => beat(answerWithinMs, again ? 1 : 0), again ? everyMs : 0)
  }

  return {
    start: () => beat(answerWithinMs, 1),
    /** Is it still alive? Asked after the machine has slept; the answer is wanted soon. */
    check: () => beat(3_000, 0),
    heard() {
      heard = true
    },
    stop() {
      turn++
      clearTimeout(timer)
    },
  }
}
