// @vitest-environment node
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Rollup } from 'vite'
import { expect, test, vi } from 'vitest'
import { leanSocketIo } from './vite'

/** The budget of the whole layer, socket.io-client included, as a browser loads it. */
const budgetBytes = 15_000

async function built() {
  vi.stubEnv('NODE_ENV', 'production') // else the library's variant for debugging is taken
  const output = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [leanSocketIo()],
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: fileURLToPath(new URL('../index.ts', import.meta.url)), formats: ['es'] },
      rollupOptions: { external: ['react', 'react/jsx-runtime'], output: { minify: true } },
    },
  })
  return [output as Rollup.RollupOutput | Rollup.RollupOutput[]]
    .flat()
    .flatMap(({ output }) => output.filter(file => file.type === 'chunk'))
}

test('the layer with socket.io-client stays within its budget, and socket.io-client is loaded apart', async () => {
  const chunks = await built()
  const sizes = chunks.map(chunk => gzipSync(chunk.code).length)
  const entry = chunks.find(chunk => chunk.isEntry)
  expect(entry?.imports).toEqual(['react', 'react/jsx-runtime'])
  expect(entry?.dynamicImports).toHaveLength(1)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(budgetBytes)
}, 60_000)
