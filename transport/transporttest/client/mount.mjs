// File systems of tests' own, where mounting is permitted.
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rmdir, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const run = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' })

/** Mounts a file system in memory for one test, or skips the test and returns null. */
export async function mountFor(t, megabytes) {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-mount-'))
  const { status, stderr, error } = run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder)
  if (status !== 0) {
    await rmdir(folder)
    t.skip(`mounting is not permitted here: ${stderr ?? error}`)
    return null
  }
  t.after(async () => {
    run('umount', '--lazy', folder) // what uses it ends with the test, too
    await rmdir(folder)
  })
  const remount = option => {
    const result = run('mount', '-o', `remount,${option}`, folder)
    if (result.status !== 0) throw new Error(`remount ${option}: ${result.stderr}`)
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    /** Leaves no room at all. */
    fill() {
      const file = openSync(ballast, 'w')
      try {
        for (const size of [1 << 20, 4096]) {
          const block = Buffer.alloc(size, 1)
          while (writeSync(file, block) === size);
        }
      } catch (error) {
        if (error.code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free: () => unlink(ballast),
    readOnly: () => remount('ro'),
    writable: () => remount('rw'),
  }
}
