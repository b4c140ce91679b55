import { useEffect } from 'react'
import { usePreferences } from './preferences'

export interface Shortcut {
  key: string
  /** What it does, for the help. */
  text: string
  run: () => void
}

/** Keys typed into something are that thing's. */
const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('dialog[open]') !== null)

/** Listens for single keys, unless this person switched them off (WCAG 2.1.4). */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const enabled = usePreferences(preferences => preferences.singleKeys)
  useEffect(() => {
    if (!enabled) return
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return
      const shortcut = shortcuts.find(({ key }) => key.toLowerCase() === event.key.toLowerCase())
      if (!shortcut) return
      event.preventDefault()
      shortcut.run()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [enabled, shortcuts])
}
