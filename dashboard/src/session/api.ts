import { request } from '../api/http'

export interface Person {
  id: string
  username: string
  avatar?: string
  email?: string
  /** May see and change what concerns all: the role operator. */
  isAdmin: boolean
}

export interface SignInWays {
  discord: boolean
  /** Demo users, in development mode. */
  demo: string[]
}

interface Status {
  authenticated: boolean
  user: Person | null
  signIn: SignInWays
}

export const readStatus = (signal?: AbortSignal) => request<Status>('GET', '/auth/status', { signal })

export const signInAsDemo = (user: string) => request<{ userId: string }>('POST', '/auth/demo', { body: { user } })

export const signOut = () => request<{ success: boolean }>('POST', '/auth/logout')
