// Faults of the engine's disk: the layer that makes them, cmd/faults, and what a
// round of the crash test has of them.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { binary } from '../server.mjs'

const program = join(dirname(binary), 'faults')
const milliseconds = 1_000_000 // delays are in nanoseconds

/**
 * Starts a layer for one test, which ends it after its engines. null if the test is to
 * have none: on other systems than Linux, or with FAULTS=off.
 */
export async function faultLayerFor(t) {
  if (process.env.FAULTS === 'off' || process.platform !== 'linux') {
    t.diagnostic('kills alone, no faults of the disk: they need Linux, and FAULTS not to be off')
    return null
  }
  if (!existsSync(program)) throw new Error(`${program} is missing, which makes faults of the disk: build it (go build -o ${program} ./cmd/faults), or set FAULTS=off`)
  const folder = await mkdtemp(join(tmpdir(), 'faults-'))
  const layer = new FaultLayer(join(folder, 'layer'))
  t.after(async () => {
    await layer.close()
    await rm(folder, { recursive: true, force: true })
  })
  await layer.serving
  return layer
}

class FaultLayer {
  #process
  #waiting = new Map() // id -> what it is called with
  #injected = 0
  #plans = chosenPlans()

  constructor(socket) {
    this.launcher = [program, 'run', socket]
    this.#process = spawn(program, ['serve', socket], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process.stdin.on('error', () => {}) // it ended: its exit follows
    this.exited = new Promise(resolve => this.#process.once('exit', resolve))
    this.serving = this.#report('serving', ({ problem }) => problem === undefined)
    createInterface({ input: this.#process.stdout }).on('line', line => {
      const report = JSON.parse(line)
      this.#waiting.get(report.id)?.(report)
    })
    this.exited.then(code => { for (const take of this.#waiting.values()) take({ problem: `the fault layer ended with ${code}` }) })
  }

  /** Resolves with the first report of an id for which a condition holds. */
  #report(id, holds) {
    return new Promise((resolve, reject) => this.#waiting.set(id, report => {
      if (report.problem !== undefined) reject(new Error(`fault ${id}: ${report.problem}`))
      else if (holds(report)) resolve(report)
    }))
  }

  #order(order) { this.#process.stdin.write(`${JSON.stringify(order)}\n`) }

  /** Makes calls fail from now on. Returns {hit, end}: when the first one did, and what ends it and returns how many did. */
  async inject(fault) {
    const id = `${++this.#injected}`
    let happened
    const hit = new Promise(resolve => { happened = resolve })
    const injected = this.#report(id, report => {
      if (report.hit) happened()
      return report.injected
    })
    this.#order({ id, fault })
    await injected
    return {
      hit,
      end: async () => {
        const ended = this.#report(id, report => report.hits !== undefined)
        this.#order({ id })
        const { hits } = await ended
        this.#waiting.delete(id)
        return hits
      },
    }
  }

  /** The faults of a round. */
  plan(random) { return plans[random.pick(this.#plans)](random) }

  /** Ends the layer, whose engines have ended. */
  close() {
    this.#waiting.clear()
    this.#process.stdin.end()
    return this.exited
  }
}

const full = random => random.pick(['EMFILE', 'ENOSPC', 'EIO'])

/** What goes wrong in a round, by name: its faults, of which the round waits for the last. */
const plans = {
  table: random => [{ call: 'create', path: '*.sst', nth: random.between(1, 2), times: 1, error: full(random) }],
  tableBytes: random => [{ call: random.pick(['ftruncate', 'msync']), path: '*.sst', times: 1, error: full(random) }],
  commit: random => [{ call: 'msync', path: '*.mem', nth: random.between(1, 60), times: random.between(1, 2), error: 'EIO' }],
  everySync: () => [{ call: 'msync', nth: 40, every: 40, error: 'EIO' }],
  names: () => [{ call: 'fsync', times: 1, error: 'EIO' }],
  slow: random => [
    { call: 'fsync', every: 2, delay: random.between(10, 200) * milliseconds },
    { call: 'msync', every: random.between(3, 20), delay: random.between(10, 300) * milliseconds },
  ],
  list: random => [ // cut off in the middle, as by a disk that becomes full
    { call: 'write', path: 'MANIFEST', times: 1, short: random.between(1, 12) },
    { call: 'write', path: 'MANIFEST', nth: 2, times: 1, error: full(random) },
  ],
}

/** The names of the plans of a run: all, or those in FAULTS. */
function chosenPlans() {
  const names = process.env.FAULTS?.split(',') ?? Object.keys(plans)
  for (const name of names) {
    if (!(name in plans)) throw new Error(`FAULTS: "${name}" is not known: use off, or some of ${Object.keys(plans).join(',')}`)
  }
  return names
}
