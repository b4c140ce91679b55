import { CircleHelp } from 'lucide-react'
import { type ReactNode, useMemo, useState } from 'react'
import { Toaster } from 'sonner'
import { Link, useLocation, useRoute } from 'wouter'
import { OrderToasts } from '../orders/OrderToasts'
import { useTicket } from '../orders/ticket'
import type { Person } from '../session/api'
import { IconButton } from '../ui/Button'
import { cx } from '../ui/cx'
import { useSearch } from '../watchlist/search'
import { AccountMenu } from './AccountMenu'
import { ConnectionBadge } from './ConnectionBadge'
import { ConnectionBanner } from './ConnectionBanner'
import { HelpDialog } from './HelpDialog'
import { MarketBadge } from './MarketBadge'
import { PriceSummary } from './PriceSummary'
import { SignInEnds } from './SignInEnds'
import { type Shortcut, useShortcuts } from './shortcuts'
import { useTheme } from './useTheme'

interface ShellProps {
  person: Person
  children: ReactNode
}

/** The frame of every page of somebody who is signed in. */
export function Shell({ person, children }: ShellProps) {
  const [help, setHelp] = useState(false)
  const shortcuts = useTradeShortcuts(setHelp)
  useShortcuts(shortcuts)
  const theme = useTheme()
  return (
    <div className="flex min-h-dvh flex-col">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-20 focus:bg-surface focus:p-3">
        Skip to content
      </a>
      <header className="sticky top-0 z-10 flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-surface px-3 py-1.5 sm:px-4">
        <Link href="/" className="flex items-center gap-2 font-semibold">
          <img src="/icon.svg" alt="" width={24} height={24} />
          Outcry
        </Link>
        <nav aria-label="Pages" className="flex">
          <NavLink href="/">Trade</NavLink>
          <NavLink href="/history">History</NavLink>
          {person.isAdmin && <NavLink href="/operator">Operator</NavLink>}
        </nav>
        <div className="ml-auto flex flex-wrap items-center justify-end gap-2">
          <MarketBadge />
          <ConnectionBadge />
          <IconButton label="Keyboard help" className="pointer-coarse:hidden" onClick={() => setHelp(true)}>
            <CircleHelp size={18} aria-hidden="true" />
          </IconButton>
          <AccountMenu person={person} />
        </div>
      </header>
      <ConnectionBanner />
      <SignInEnds />
      <main id="content" tabIndex={-1} className="min-w-0 flex-1 p-2 sm:p-4">
        {children}
      </main>
      <PriceSummary />
      <OrderToasts />
      <HelpDialog open={help} onClose={() => setHelp(false)} shortcuts={shortcuts} />
      <Toaster theme={theme} position="bottom-right" visibleToasts={4} closeButton />
    </div>
  )
}

/** Keys that work on every page; those of the trade page lead there first. */
function useTradeShortcuts(setHelp: (open: boolean) => void): readonly Shortcut[] {
  const [, navigate] = useLocation()
  return useMemo(() => {
    const onTradePage = (run: () => void) => () => {
      navigate('/')
      run()
    }
    return [
      { key: '/', text: 'Search a symbol', run: onTradePage(() => useSearch.getState().ask()) },
      { key: 'B', text: 'Buy', run: onTradePage(() => useTicket.getState().ask('buy')) },
      { key: 'S', text: 'Sell', run: onTradePage(() => useTicket.getState().ask('sell')) },
      { key: '?', text: 'This help', run: () => setHelp(true) },
    ]
  }, [navigate, setHelp])
}

function NavLink({ href, children }: { href: string; children: ReactNode }) {
  const [here] = useRoute(href === '/' ? '/' : `${href}/*?`)
  return (
    <Link
      href={href}
      aria-current={here ? 'page' : undefined}
      className={cx(
        'inline-flex min-h-9 items-center border-b-2 px-2.5 pointer-coarse:min-h-11',
        here ? 'border-accent text-text' : 'border-transparent text-soft hover:text-text',
      )}
    >
      {children}
    </Link>
  )
}
