import { create } from 'zustand'
import { persist } from 'zustand/middleware'

export type Theme = 'system' | 'dark' | 'light'
export type Palette = 'standard' | 'colour-blind'

interface Preferences {
  theme: Theme
  palette: Palette
  /** Shortcuts of a single key; off for those whose voice or switch control types letters. */
  singleKeys: boolean
  set: (change: Partial<Pick<Preferences, 'theme' | 'palette' | 'singleKeys'>>) => void
}

/** What this person chose on this machine. public/theme.js reads the same before the first paint. */
export const usePreferences = create<Preferences>()(
  persist(
    set => ({
      theme: 'system',
      palette: 'standard',
      singleKeys: true,
      set: change => set(change),
    }),
    { name: 'outcry.preferences' },
  ),
)
