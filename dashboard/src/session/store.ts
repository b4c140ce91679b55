import { create } from 'zustand'
import { Problem } from '../api/http'
import type { Refusal } from '../realtime/types'
import { type Person, readStatus, type SignInWays, signInAsDemo, signOut } from './api'

/** Why somebody who was signed in is not any more, in words for them. */
const explanations: Record<string, string> = {
  TOKEN_EXPIRED: 'Your sign-in has expired. Sign in again to go on where you were.',
  SIGNED_OUT: 'You have signed out in another tab. Sign in again to go on where you were.',
  INVALID_SESSION: 'Your sign-in has ended, here or in another tab. Sign in again to go on where you were.',
  USER_MISMATCH: 'You are signed in as somebody else in another tab. Sign in again.',
  NO_SESSION_ID: 'Sign in to see your portfolio and live prices.',
}

type Session =
  | { phase: 'checking' }
  | { phase: 'unreachable'; message: string }
  | { phase: 'out'; ways: SignInWays; notice: string | null }
  | { phase: 'in'; person: Person }

interface SessionStore {
  session: Session
  /** What failed of the last sign-in or sign-out, for the person. */
  problem: string | null
  /** This page is signing out, which ends its connection. */
  leaving: boolean
  check: (notice?: string | null) => Promise<void>
  signInAsDemo: (user: string) => Promise<void>
  signOut: () => Promise<void>
  /** The server let this page not in, or no longer. */
  ended: (refusal: Refusal) => Promise<void>
}

const inWords = (failure: unknown) =>
  failure instanceof Problem ? failure.message : 'Something went wrong. Try again.'

/** Who is signed in on this page. */
export const useSession = create<SessionStore>()((set, get) => ({
  session: { phase: 'checking' },
  problem: null,
  leaving: false,

  async check(notice = null) {
    try {
      const { user, signIn } = await readStatus()
      set({ session: user ? { phase: 'in', person: user } : { phase: 'out', ways: signIn, notice } })
    } catch (failure) {
      set({ session: { phase: 'unreachable', message: inWords(failure) } })
    }
  },

  async signInAsDemo(user) {
    set({ problem: null })
    try {
      await signInAsDemo(user)
      await get().check()
    } catch (failure) {
      set({ problem: inWords(failure) })
    }
  },

  async signOut() {
    set({ problem: null, leaving: true })
    try {
      await signOut()
      await get().check('You are signed out.')
    } catch (failure) {
      set({ problem: inWords(failure) })
    } finally {
      set({ leaving: false })
    }
  },

  async ended(refusal) {
    if (get().leaving) return // this page asked for it
    await get().check(explanations[refusal.code] ?? refusal.message)
    // A cookie that the page's requests still accept and its socket does not: a sign-in again is what helps.
    if (get().session.phase === 'in') {
      await get().signOut()
      const { session } = get()
      if (session.phase === 'out')
        set({ session: { ...session, notice: explanations[refusal.code] ?? refusal.message } })
    }
  },
}))
