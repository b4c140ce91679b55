import { Dialog } from '../ui/Dialog'
import { usePreferences } from './preferences'
import type { Shortcut } from './shortcuts'

interface HelpDialogProps {
  open: boolean
  onClose: () => void
  shortcuts: readonly Shortcut[]
}

/** The keys that there are, and the switch for them. */
export function HelpDialog({ open, onClose, shortcuts }: HelpDialogProps) {
  const { singleKeys, set } = usePreferences()
  return (
    <Dialog title="Keyboard" open={open} onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {[...shortcuts, { key: 'Esc', text: 'Close what is open' }].map(({ key, text }) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="figure rounded border border-control px-2 py-0.5">{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label className="mt-4 flex min-h-11 items-center gap-2 border-t border-line pt-3">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={singleKeys}
          onChange={event => set({ singleKeys: event.target.checked })}
        />
        Shortcuts of a single key
      </label>
    </Dialog>
  )
}
