import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

/**
 * What of socket.io-client 4.8 an Outcry dashboard never runs, by module, and what stands in its place. Nothing of it
 * is reached: the transports are named, every packet is text, and the retries are ours.
 */
const instead: Record<string, string> = {
  'engine.io-client/build/esm/transports/webtransport.js': 'export class WT {}',
  'engine.io-parser/build/esm/encodePacket.browser.js': `
    import { PACKET_TYPES } from './commons.js'
    export const encodePacket = ({ type, data }, _binary, done) => done(PACKET_TYPES[type] + (data || ''))
    export const encodePacketToBinary = undefined`,
  'engine.io-parser/build/esm/decodePacket.browser.js': `
    import { ERROR_PACKET, PACKET_TYPES_REVERSE } from './commons.js'
    export const decodePacket = text => {
      const type = typeof text === 'string' && PACKET_TYPES_REVERSE[text[0]]
      return type ? { type, data: text.slice(1) } : ERROR_PACKET
    }`,
  'engine.io-client/build/esm/contrib/parseuri.js': `
    export const parse = text => {
      const { hostname, protocol, port, search } = new URL(text, location.href)
      return { host: hostname.replace(/[[\\]]/g, ''), protocol: protocol.slice(0, -1), port, query: search.slice(1) }
    }`,
  'engine.io-client/build/esm/contrib/parseqs.js': `
    export const encode = query => new URLSearchParams(query).toString()
    export const decode = text => Object.fromEntries(new URLSearchParams(text))`,
  'engine.io-client/build/esm/util.js': `
    export const pick = (from, ...names) => Object.fromEntries(names.filter(name => Object.hasOwn(from, name)).map(name => [name, from[name]]))
    export const installTimerFunctions = on => {
      on.setTimeoutFn = setTimeout.bind(self)
      on.clearTimeoutFn = clearTimeout.bind(self)
    }
    export const byteLength = text => new TextEncoder().encode(text).length
    export const randomString = () => Date.now().toString(36) + Math.random().toString(36).slice(2, 7)`,
  'socket.io-client/build/esm/contrib/backo2.js':
    'export class Backoff { setMin() {} setMax() {} setJitter() {} reset() {} }',
  'socket.io-client/build/esm/index.js': `export { Manager } from './manager.js'`,
  'socket.io-parser/build/esm/index.js': `export * from ${JSON.stringify(fileURLToPath(new URL('./parser.ts', import.meta.url)))}`,
}

/**
 * Leaves a quarter of socket.io-client out of a build. The build fails where a module is not found any more, so that a
 * new version of the library is noticed.
 */
export function leanSocketIo(): Plugin {
  let bundled = false
  const replaced = new Set<string>()
  return {
    name: 'lean-socket.io',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      if (/socket\.io-client\/build\/esm\/manager\.js/.test(id)) bundled = true
      const name = Object.keys(instead).find(name => id.replaceAll('\\', '/').endsWith(`/${name}`))
      if (!name) return null
      replaced.add(name)
      return instead[name] ?? null
    },
    buildEnd(error) {
      const missing = Object.keys(instead).filter(name => !replaced.has(name))
      if (!error && bundled && missing.length) {
        throw new Error(`socket.io-client has no ${missing.join(', ')} any more: see realtime/lean/vite.ts`)
      }
    },
  }
}
