import { Link, Route, Switch, useRoute } from 'wouter'
import { usePageTitle } from '../shell/usePageTitle'
import { cx } from '../ui/cx'
import { LiveView } from './LiveView'
import { SettingsView } from './SettingsView'

/** What operators watch and tune. */
export default function OperatorPage() {
  usePageTitle('Operator')
  return (
    <div className="mx-auto max-w-[110rem]">
      <div className="mb-3 flex flex-wrap items-center gap-x-6 gap-y-1">
        <h1 className="text-lg font-semibold">Operator console</h1>
        <nav aria-label="Operator console" className="flex gap-2">
          <Tab href="/operator">Live</Tab>
          <Tab href="/operator/settings">Settings</Tab>
        </nav>
      </div>
      <Switch>
        <Route path="/operator/settings" component={SettingsView} />
        <Route component={LiveView} />
      </Switch>
    </div>
  )
}

function Tab({ href, children }: { href: string; children: string }) {
  const [here] = useRoute(href)
  return (
    <Link
      href={href}
      aria-current={here ? 'page' : undefined}
      className={cx(
        'inline-flex min-h-9 items-center rounded-md border px-3 pointer-coarse:min-h-11',
        here ? 'border-accent text-text' : 'border-control text-soft hover:text-text',
      )}
    >
      {children}
    </Link>
  )
}
