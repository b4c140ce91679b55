import { request } from './http'

/** Percentiles in milliseconds. */
export interface Percentiles {
  p50: number
  p95: number
  p99: number
  count: number
}

export type AlertState = 'normal' | 'warning' | 'critical'
export type FeedState = 'live' | 'stale' | 'down'

export interface Stats {
  now: number
  startedAt: number
  version: string
  draining: boolean
  alert: { state: AlertState; reasons: string[] }
  connections: {
    open: number
    websocket: number
    polling: number
    sessions: number
    users: number
    notReading: number
    totalConnections: number
    totalWebsocket: number
    totalPolling: number
    upgrades: number
    refused: number
    refusals: Record<string, number>
    failedShare: number
  }
  freshness: {
    budgetMs: number
    minute: Percentiles & { max: number }
    quarter: Percentiles & { max: number }
    browsers: (Percentiles & { reporters: number }) | null
    stages: (Percentiles & { name: string })[]
    feedLag: Percentiles
  }
  quotes: {
    ticksPerSecond: number
    updatesPerSecond: number
    quotesPerSecond: number
    bytesPerSecond: number
    coalescing: number
  }
  mailboxes: {
    name: string
    depth: number
    highest: number
    capacity: number
    unit: 'messages' | 'ticks' | 'commands' | 'bytes'
    overflows: number
  }[]
  slow: {
    userId: string
    socketId: string
    transport: string
    blockedMs: number
    waitingBytes: number
    freshnessP95Ms?: number
  }[]
  drops: { slowConsumers: number; mailboxOverflows: number; pingTimeouts: number; floods: number }
  feeds: {
    state: FeedState
    silenceMs: number
    sources: {
      name: string
      state: FeedState
      accepted: number
      refused: number
      ticksPerSecond: number
      lastHeard: number
    }[]
  }
  journal: {
    available: boolean
    problem?: string
    commits: number
    commitsPerSecond: number
    queued: number
    p50: number
    p95: number
    p99: number
    bytes: number
    freeBytes: number
    /** When the whole journal was last compared with itself; 0 before the first time. */
    scrubbedAt: number
    found: number
    repaired: number
    open: number
    damagedAccounts: number
    /** Some of the problems that are left, and what to do. */
    damage: string[]
    /** null where its disk bounds none. */
    freeInodes: number | null
  }
  errors: { rate: number; total: number; byKind: Record<string, number> }
  memory: { rssBytes: number; heapBytes: number; sysBytes: number; goroutines: number }
  /** Files and connections of the process; a limit of 0 is none. */
  descriptors: { open: number; limit: number; reserve: number; full: boolean }
  actors: { restarts: number; failures: number }
}

/** One sample of the engine, null where nothing was measured. */
export interface HistoryPoint {
  t: number
  p50: number | null
  p95: number | null
  p99: number | null
  ticksPerSecond: number
  updatesPerSecond: number
  coalescing: number | null
  connections: number
  websocket: number
  polling: number
  users: number
  errorRate: number
  mailboxDepth: number
  notReading: number
  journalP95: number | null
  rssBytes: number
}

export interface Setting {
  key: string
  value: string
  default: string
  origin: string
  description: string
  kind: 'duration' | 'int' | 'float' | 'bool' | 'string' | 'choice' | 'list'
  choices?: string[]
  /** Takes effect in the running engine. */
  live: boolean
  secret: boolean
}

export interface SettingChange {
  key: string
  from: string
  to: string
}

export interface AuditEntry extends SettingChange {
  at: number
  userId: string
}

export const readStats = (signal?: AbortSignal) => request<Stats>('GET', '/api/operator/stats', { signal })

export const readHistory = (minutes: number, signal?: AbortSignal) =>
  request<{ intervalMs: number; points: HistoryPoint[] }>('GET', `/api/operator/history?minutes=${minutes}`, { signal })

export const readSettings = async (signal?: AbortSignal) =>
  (await request<{ settings: Setting[] }>('GET', '/api/operator/settings', { signal })).settings

/** Applies all changes or none; a refusal is a Problem whose errors name the keys. */
export const changeSettings = async (changes: Record<string, string>) =>
  (await request<{ changed: SettingChange[] }>('PATCH', '/api/operator/settings', { body: { changes } })).changed

export const readAudit = async (limit: number, signal?: AbortSignal) =>
  (await request<{ changes: AuditEntry[] }>('GET', `/api/operator/audit?limit=${limit}`, { signal })).changes
