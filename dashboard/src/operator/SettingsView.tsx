import { useCallback, useEffect, useState } from 'react'
import { toast } from 'sonner'
import { Problem } from '../api/http'
import { changeSettings, readSettings, type Setting } from '../api/operator'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import { Field } from '../ui/Field'
import { Segmented } from '../ui/Segmented'
import { Skeleton } from '../ui/Skeleton'
import { AuditCard } from './AuditCard'
import { SettingRow } from './SettingRow'

const kinds = [
  { value: 'live', text: 'Changeable now' },
  { value: 'all', text: 'All' },
] as const

type Edits = Readonly<Record<string, string>>

/** The engine's settings: what each does, what it is, and a change of those that take effect at once, all or none. */
export function SettingsView() {
  const { settings, problem, read } = useSettings()
  const [edits, setEdits] = useState<Edits>({})
  const [errors, setErrors] = useState<Edits>({})
  const [shown, setShown] = useState<'live' | 'all'>('live')
  const [filter, setFilter] = useState('')
  const [turn, setTurn] = useState(0)
  const [saving, setSaving] = useState(false)

  const edit = useCallback((key: string, value: string | null) => {
    setErrors(({ [key]: _, ...others }) => others)
    setEdits(({ [key]: _, ...others }) => (value === null ? others : { ...others, [key]: value }))
  }, [])
  const save = async () => {
    setSaving(true)
    try {
      const changed = await changeSettings(edits)
      toast.success(`${changed.length} ${changed.length === 1 ? 'setting' : 'settings'} changed`)
      setEdits({})
      setErrors({})
      setTurn(turn + 1)
      await read()
    } catch (failure) {
      const refused = failure instanceof Problem ? failure : null
      setErrors(Object.fromEntries(refused?.errors.map(({ key, message }) => [key, message]) ?? []))
      toast.error('Nothing was changed', { description: refused?.message ?? 'The engine could not be reached.' })
    } finally {
      setSaving(false)
    }
  }
  const wanted = filter.trim().toLowerCase()
  const rows = settings?.filter(
    s => (shown === 'all' || s.live) && `${s.key} ${s.description}`.toLowerCase().includes(wanted),
  )
  const count = Object.keys(edits).length
  return (
    <div className="grid gap-2 sm:gap-4">
      <Card title="Settings" className="@container">
        <div className="flex flex-wrap items-end gap-3 border-b border-line p-4">
          <div className="w-56">
            <Field
              label="Find a setting"
              type="search"
              value={filter}
              onChange={event => setFilter(event.target.value)}
            />
          </div>
          <Segmented label="Which settings" options={kinds} value={shown} onChange={setShown} />
        </div>
        {problem && (
          <p role="alert" className="p-4 text-loss">
            {problem}
          </p>
        )}
        {rows === undefined ? (
          <Skeleton className="m-4 h-64" />
        ) : (
          <ul aria-label="Settings">
            {rows.map(setting => (
              <SettingRow
                key={setting.key}
                setting={setting}
                edited={edits[setting.key]}
                error={errors[setting.key]}
                onEdit={edit}
              />
            ))}
            {rows.length === 0 && <li className="p-4 text-soft">No setting fits.</li>}
          </ul>
        )}
        <div className="sticky bottom-0 flex flex-wrap items-center justify-end gap-3 rounded-b-lg border-t border-line bg-surface px-4 py-2">
          <span role="status" className="text-xs text-soft">
            {count === 0 ? 'No changes' : `${count} not applied`}
          </span>
          <Button disabled={count === 0 || saving} onClick={() => setEdits({})}>
            Discard
          </Button>
          <Button look="primary" disabled={count === 0 || saving} onClick={save}>
            Apply all
          </Button>
        </div>
      </Card>
      <AuditCard turn={turn} />
    </div>
  )
}

function useSettings() {
  const [settings, setSettings] = useState<Setting[]>()
  const [problem, setProblem] = useState<string | null>(null)
  const read = useCallback(async () => {
    try {
      setSettings(await readSettings())
      setProblem(null)
    } catch (failure) {
      setProblem(failure instanceof Problem ? failure.message : 'The settings could not be read.')
    }
  }, [])
  useEffect(() => {
    void read()
  }, [read])
  return { settings, problem, read }
}
