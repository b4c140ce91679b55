import { useLayoutEffect, useSyncExternalStore } from 'react'
import { usePreferences } from './preferences'

const prefersLight = () => window.matchMedia('(prefers-color-scheme: light)')

function subscribe(changed: () => void): () => void {
  const query = prefersLight()
  query.addEventListener('change', changed)
  return () => query.removeEventListener('change', changed)
}

/** The theme in force: the chosen one, else the system's. */
export function useTheme(): 'dark' | 'light' {
  const chosen = usePreferences(preferences => preferences.theme)
  const systemLight = useSyncExternalStore(subscribe, () => prefersLight().matches)
  if (chosen !== 'system') return chosen
  return systemLight ? 'light' : 'dark'
}

/** Gives the page its theme and palette, before anything reads colours from it. */
export function useThemeOnPage(): void {
  const theme = useTheme()
  const palette = usePreferences(preferences => preferences.palette)
  useLayoutEffect(() => {
    const page = document.documentElement
    page.dataset.theme = theme
    page.dataset.palette = palette
    const colour = getComputedStyle(page).getPropertyValue('--page').trim()
    if (colour) document.querySelector('meta[name="theme-color"]')?.setAttribute('content', colour)
  }, [theme, palette])
}
