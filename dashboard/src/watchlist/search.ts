import { create } from 'zustand'

interface Search {
  /** Counts the times that somebody asked for the symbol search: each moves the focus there. */
  asked: number
  ask: () => void
}

export const useSearch = create<Search>()(set => ({
  asked: 0,
  ask: () => set(({ asked }) => ({ asked: asked + 1 })),
}))
