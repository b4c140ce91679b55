import { memo } from 'react'
import type { Setting } from '../api/operator'
import { Badge } from '../ui/Badge'
import { Button } from '../ui/Button'
import { Field, Select } from '../ui/Field'

interface SettingRowProps {
  setting: Setting
  /** The value that is not applied yet. */
  edited: string | undefined
  error: string | undefined
  /** null takes the edit back. */
  onEdit: (key: string, value: string | null) => void
}

/** One setting: what it does, where its value is from, and the value. */
export const SettingRow = memo(function SettingRow({ setting: s, edited, error, onEdit }: SettingRowProps) {
  return (
    <li className="grid gap-x-6 gap-y-2 border-b border-line px-4 py-3 last:border-b-0 @2xl:grid-cols-[minmax(0,1fr)_18rem]">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2">
          <code className="figure whitespace-normal! break-all font-semibold">{s.key}</code>
          {!s.live && <Badge>Needs a restart</Badge>}
        </p>
        <p className="mt-1 max-w-prose text-soft">{s.description}</p>
        <p className="mt-1 text-xs text-soft">
          From {s.origin}. Default <span className="figure whitespace-normal! break-all">{s.default || 'none'}</span>.
        </p>
      </div>
      <Value setting={s} edited={edited} error={error} onEdit={onEdit} />
    </li>
  )
})

function Value({ setting: s, edited, error, onEdit }: SettingRowProps) {
  if (!s.live || s.secret)
    return <p className="figure self-start whitespace-normal! break-all @2xl:text-right">{s.value || 'none'}</p>
  const value = edited ?? s.value
  const change = (next: string) => onEdit(s.key, next === s.value ? null : next)
  const choices = s.kind === 'bool' ? ['true', 'false'] : s.choices
  const hint = edited === undefined ? undefined : `Now ${s.value || 'none'}`
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        {choices && choices.length > 0 ? (
          <Select
            label={`Value of ${s.key}`}
            value={value}
            error={error}
            hint={hint}
            onChange={event => change(event.target.value)}
          >
            {choices.map(choice => (
              <option key={choice}>{choice}</option>
            ))}
          </Select>
        ) : (
          <Field
            label={`Value of ${s.key}`}
            value={value}
            error={error}
            hint={hint}
            autoComplete="off"
            spellCheck={false}
            className="figure"
            onChange={event => change(event.target.value)}
          />
        )}
      </div>
      {edited !== undefined && (
        <Button className="mt-5" onClick={() => onEdit(s.key, null)} aria-label={`Undo the change of ${s.key}`}>
          Undo
        </Button>
      )}
    </div>
  )
}
