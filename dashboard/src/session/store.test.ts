import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useSession } from './store'

const ways = { discord: false, demo: ['demo-alice'] }
const alice = { id: 'demo-alice', username: 'demo-alice', isAdmin: false }

/** A server that knows who is signed in. */
function server() {
  const at = { user: null as typeof alice | null, calls: [] as string[] }
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, { method }: RequestInit) => {
      at.calls.push(`${method} ${path}`)
      if (path === '/auth/demo') at.user = alice
      if (path === '/auth/logout') at.user = null
      return Response.json({ authenticated: at.user !== null, user: at.user, signIn: ways })
    }),
  )
  return at
}

describe('the sign-in', () => {
  beforeEach(() => {
    useSession.setState({ session: { phase: 'checking' }, problem: null })
  })

  it('asks the server who is here', async () => {
    server()
    await useSession.getState().check()
    expect(useSession.getState().session).toEqual({ phase: 'out', ways, notice: null })
  })

  it('signs a demo user in and out', async () => {
    server()
    await useSession.getState().signInAsDemo('demo-alice')
    expect(useSession.getState().session).toEqual({ phase: 'in', person: alice })
    await useSession.getState().signOut()
    expect(useSession.getState().session).toEqual({ phase: 'out', ways, notice: 'You are signed out.' })
  })

  it('explains an expired sign-in', async () => {
    server()
    await useSession.getState().ended({ code: 'TOKEN_EXPIRED', message: 'Authentication failed: JWT token expired' })
    expect(useSession.getState().session).toMatchObject({
      phase: 'out',
      notice: expect.stringContaining('has expired'),
    })
  })

  it('signs out a page that requests still know and the socket does not', async () => {
    const at = server()
    at.user = alice
    await useSession.getState().ended({ code: 'USER_MISMATCH', message: 'Authentication failed: User ID mismatch' })
    expect(at.calls).toContain('POST /auth/logout')
    expect(useSession.getState().session).toMatchObject({
      phase: 'out',
      notice: expect.stringContaining('somebody else'),
    })
  })

  it('does not blame another tab for its own sign-out', async () => {
    const at = server()
    at.user = alice
    const leaving = useSession.getState().signOut()
    await useSession.getState().ended({ code: 'SIGNED_OUT', message: 'You have signed out' })
    await leaving
    expect(useSession.getState().session).toMatchObject({ phase: 'out', notice: 'You are signed out.' })
  })

  it('says what failed, and stays', async () => {
    vi.stubGlobal('fetch', () => Response.json({ detail: 'too many sign-ins from this address' }, { status: 429 }))
    await useSession.getState().signInAsDemo('demo-alice')
    expect(useSession.getState().problem).toBe('too many sign-ins from this address')
  })

  it('says that the server cannot be reached', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')))
    await useSession.getState().check()
    expect(useSession.getState().session).toMatchObject({
      phase: 'unreachable',
      message: expect.stringContaining('reached'),
    })
  })
})
