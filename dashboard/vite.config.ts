/// <reference types="vitest/config" />
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { leanSocketIo } from './src/realtime/lean/vite.ts'

/**
 * Takes the inline style out of sonner: our Content-Security-Policy blocks it, so
 * its stylesheet is imported instead. The build fails where there is nothing to
 * take out, so that a new version of it is noticed.
 */
function withoutInlineStyle(): Plugin {
  return {
    name: 'without-inline-style',
    enforce: 'pre',
    transform(code, id) {
      if (!/sonner\/dist\/index\.mjs/.test(id)) return null
      const without = code.replace(/^__insertCSS\(".*"\);?$/m, '')
      if (without === code) throw new Error('sonner injects its style in another way than expected: see vite.config.ts')
      return { code: without, map: null }
    },
  }
}

const engine = process.env.OUTCRY_URL ?? 'http://localhost:8080'

export default defineConfig({
  plugins: [react(), tailwindcss(), withoutInlineStyle(), leanSocketIo()],
  build: {
    outDir: 'dist/site',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  optimizeDeps: { exclude: ['sonner'] },
  server: {
    proxy: {
      '/socket.io': { target: engine, ws: true },
      '/api': engine,
      '/auth': engine,
      '/health': engine,
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test-setup.ts'],
    restoreMocks: true,
  },
})
