// The engine is killed again and again while clients trade and listen: nothing
// that was acknowledged is lost, nothing is there twice, and browsers that come
// back miss nothing. Meanwhile calls of its file system fail. CRASHES says how
// often, SEED repeats the plan of a run, FAULTS=off leaves the faults out, and
// FAULTS=commit,slow has only these.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { faultLayerFor } from './crash/faults.mjs'
import { CrashRun, settings } from './crash/run.mjs'
import { durableServerFor } from './durable-server.mjs'

const crashes = Number(process.env.CRASHES ?? 20)
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32))
const roundCrashes = 200 // of one data directory: everything is kept until the check
const mostProblems = 20 // of those that are printed

for (let done = 0; done < crashes; done += roundCrashes) round(seed + done / roundCrashes, Math.min(roundCrashes, crashes - done))

function round(seed, kills) {
  it(`keeps every acknowledged fact and every notice over ${kills} kills, seed ${seed}`, { timeout: 120_000 + kills * 5_000 }, async t => {
    const server = await durableServerFor(t, settings)
    const faults = await faultLayerFor(t)
    if (faults) server.launcher = faults.launcher
    const run = new CrashRun(server, seed, { faults })
    t.after(() => run.abandon())
    try {
      await run.begin()
      await run.crash(t, kills)
      run.check(await run.end(t))
    } catch (error) {
      run.problem(`${error.stack}\nthe engine's last words:\n${server.log.slice(-10).join('\n')}`)
    }
    t.diagnostic(`seed ${seed}: ${Object.entries(run.counts).map(([what, n]) => `${n} ${what}`).join(', ')}`)
    assert.ok(run.problems.length === 0, `${run.problems.length} problems; repeat with SEED=${seed} CRASHES=${kills}\n${run.problems.slice(0, mostProblems).join('\n')}`)
  })
}
