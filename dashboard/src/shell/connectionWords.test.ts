import { describe, expect, it } from 'vitest'
import type { Connection } from '../realtime/types'
import { connectionWords } from './connectionWords'

const connection = (change: Partial<Connection>): Connection => ({
  state: 'live',
  transport: 'websocket',
  attempt: 0,
  nextAttemptAt: null,
  downSince: null,
  syncing: false,
  recovered: null,
  roundTripMs: null,
  refusal: null,
  restartAt: null,
  signInEndsAt: null,
  ...change,
})

describe('the connection in words', () => {
  it('says live with what was measured', () => {
    expect(connectionWords(connection({ roundTripMs: 12 }), null, 0).short).toBe('Live · 12 ms')
    expect(connectionWords(connection({ roundTripMs: 12 }), 34, 0).short).toBe('Live · 34 ms')
  })

  it('says that it polls, and that this is slower', () => {
    const words = connectionWords(connection({ state: 'polling', transport: 'polling' }), null, 0)
    expect(words.short).toBe('Polling')
    expect(words.long).toContain('slower')
  })

  it('says which attempt comes when', () => {
    const words = connectionWords(connection({ state: 'reconnecting', attempt: 3, nextAttemptAt: 5_400 }), null, 1_000)
    expect(words.short).toBe('Reconnecting (attempt 3, next try in 5 s)')
  })

  it('says since when there is no network', () => {
    const since = new Date(2026, 10, 26, 14, 5).getTime()
    expect(connectionWords(connection({ state: 'offline', downSince: since }), null, since).short).toBe(
      'Offline since 14:05',
    )
  })

  it('says that a restart is the reason', () => {
    expect(connectionWords(connection({ state: 'reconnecting', restartAt: 1 }), null, 0).long).toContain(
      'server restarts',
    )
  })

  it('says why the server does not let it in', () => {
    const refusal = { code: 'TOKEN_EXPIRED', message: 'Authentication failed: JWT token expired' }
    expect(connectionWords(connection({ state: 'refused', refusal }), null, 0).long).toBe(refusal.message)
  })
})
