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

test('the layer takes nothing but itself, React and socket.io-client', async () => {
  const layer = fileURLToPath(new URL('..', import.meta.url))
  const modules = (await built()).flatMap(chunk => Object.keys(chunk.modules))
  const foreign = /^(\0|.*node_modules\/(@?socket\.io|engine\.io))/
  expect(modules.filter(id => !id.startsWith(layer) && !foreign.test(id))).toEqual([])
}, 60_000)

test('a version of socket.io-client that is cut another way fails the build', () => {
  const { load, buildEnd } = leanSocketIo() as unknown as { load(id: string): unknown; buildEnd(error?: Error): void }
  expect(() => buildEnd()).not.toThrow() // a build without the library
  load('/node_modules/socket.io-client/build/esm/manager.js')
  expect(() => buildEnd()).toThrow('socket.io-client has no engine.io-client/build/esm/transports/webtransport.js')
  expect(() => buildEnd(new Error('failed before'))).not.toThrow()
})
