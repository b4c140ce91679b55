import { lazy, Suspense, useEffect, useLayoutEffect } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { useSubmissions } from './orders/submissions'
import { WebSocketProvider } from './realtime'
import type { Person } from './session/api'
import { SignInPage } from './session/SignInPage'
import { useSession } from './session/store'
import { Shell } from './shell/Shell'
import { useThemeOnPage } from './shell/useTheme'
import { TradePage } from './TradePage'
import { Button } from './ui/Button'
import { Contained } from './ui/Contained'
import { Notice } from './ui/Notice'

const HistoryPage = lazy(() => import('./history/HistoryPage'))
const OperatorPage = lazy(() => import('./operator/OperatorPage'))

/** The whole: who is signed in sees the pages, everybody else how to sign in. */
export function App() {
  useThemeOnPage()
  const { session, check } = useSession()
  useEffect(() => {
    void check()
  }, [check])
  switch (session.phase) {
    case 'checking':
      return <div aria-busy="true" className="min-h-dvh" />
    case 'unreachable':
      return (
        <main className="grid min-h-dvh place-items-center">
          <Notice action={<Button onClick={() => check()}>Try again</Button>}>{session.message}</Notice>
        </main>
      )
    case 'out':
      return <SignInPage ways={session.ways} notice={session.notice} />
    case 'in':
      return <Pages person={session.person} />
  }
}

function Pages({ person }: { person: Person }) {
  const { ended } = useSession()
  const [place] = useLocation()
  useLayoutEffect(() => useSubmissions.getState().belongTo(person.id), [person.id])
  return (
    <WebSocketProvider key={person.id} userId={person.id} onRefused={ended}>
      <Shell person={person}>
        <Contained place={place}>
          <Suspense fallback={<div aria-busy="true" className="min-h-dvh" />}>
            <Switch>
              <Route path="/" component={TradePage} />
              <Route path="/history" component={HistoryPage} />
              {person.isAdmin && <Route path="/operator/*?" component={OperatorPage} />}
              <Route component={NothingHere} />
            </Switch>
          </Suspense>
        </Contained>
      </Shell>
    </WebSocketProvider>
  )
}

function NothingHere() {
  return (
    <Notice
      action={
        <Link href="/" className="text-accent underline">
          Go to your portfolio
        </Link>
      }
    >
      There is no page at this address.
    </Notice>
  )
}
