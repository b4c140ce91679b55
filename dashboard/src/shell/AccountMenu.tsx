import { LogOut, Settings2 } from 'lucide-react'
import { useState } from 'react'
import type { Person } from '../session/api'
import { useSession } from '../session/store'
import { Button, IconButton } from '../ui/Button'
import { Dialog } from '../ui/Dialog'
import { Segmented } from '../ui/Segmented'
import { type Palette, type Theme, usePreferences } from './preferences'

const themes = [
  { value: 'system', text: 'System' },
  { value: 'dark', text: 'Dark' },
  { value: 'light', text: 'Light' },
] as const satisfies readonly { value: Theme; text: string }[]

const palettes = [
  { value: 'standard', text: 'Green and red' },
  { value: 'colour-blind', text: 'Blue and orange' },
] as const satisfies readonly { value: Palette; text: string }[]

/** Who is signed in, how the page looks, and the way out. */
export function AccountMenu({ person }: { person: Person }) {
  const [open, setOpen] = useState(false)
  const { theme, palette, set } = usePreferences()
  const { signOut, problem } = useSession()
  return (
    <>
      <IconButton label="Account and appearance" onClick={() => setOpen(true)}>
        <Settings2 size={18} aria-hidden="true" />
      </IconButton>
      <Dialog title={person.username} open={open} onClose={() => setOpen(false)}>
        <div className="grid gap-4">
          {person.email && <p className="text-soft">{person.email}</p>}
          <div>
            <p className="mb-1 text-xs text-soft">Theme</p>
            <Segmented label="Theme" options={themes} value={theme} onChange={value => set({ theme: value })} />
          </div>
          <div>
            <p className="mb-1 text-xs text-soft">Colours of profit and loss</p>
            <Segmented
              label="Colours of profit and loss"
              options={palettes}
              value={palette}
              onChange={value => set({ palette: value })}
            />
          </div>
          {problem && (
            <p role="alert" className="text-loss">
              {problem}
            </p>
          )}
          <Button className="min-h-11" onClick={signOut}>
            <LogOut size={16} aria-hidden="true" />
            Sign out
          </Button>
        </div>
      </Dialog>
    </>
  )
}
