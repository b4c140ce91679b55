import { LogIn } from 'lucide-react'
import { Button } from '../ui/Button'
import { Card } from '../ui/Card'
import type { SignInWays } from './api'
import { discordProblem } from './discordProblem'
import { useSession } from './store'

const name = (user: string) => {
  const word = user.replace(/^demo-/, '')
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** How to sign in, and why one has to again. */
export function SignInPage({ ways, notice }: { ways: SignInWays; notice: string | null }) {
  const { problem, signInAsDemo } = useSession()
  const wrong = problem ?? discordProblem(window.location.search)
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm">
        <h1 className="mb-1 flex items-center gap-2 text-xl font-semibold">
          <img src="/icon.svg" alt="" width={28} height={28} />
          Outcry
        </h1>
        <p className="mb-5 text-soft">Live quotes, your portfolio and your orders.</p>
        {notice && (
          <p role="status" className="mb-4 rounded-md border border-warning bg-surface p-3">
            {notice}
          </p>
        )}
        {wrong && (
          <p role="alert" className="mb-4 rounded-md border border-loss bg-surface p-3 text-loss">
            {wrong}
          </p>
        )}
        <Card title="Sign in">
          <div className="grid gap-3 p-4">
            {ways.discord && (
              <a
                href="/auth/discord"
                className="inline-flex min-h-11 items-center justify-center gap-2 rounded-md bg-accent px-4 font-semibold text-on-accent hover:brightness-110"
              >
                <LogIn size={16} aria-hidden="true" />
                Continue with Discord
              </a>
            )}
            {ways.demo.length > 0 && (
              <div className="grid gap-2">
                <p className="text-xs text-soft">
                  Demo accounts, with paper money. This server runs in development mode.
                </p>
                {ways.demo.map(user => (
                  <Button key={user} className="min-h-11" onClick={() => signInAsDemo(user)}>
                    Continue as {name(user)}
                  </Button>
                ))}
              </div>
            )}
            {!ways.discord && ways.demo.length === 0 && (
              <p className="text-soft">
                No way to sign in is set up on this server. Its operator can set DISCORD_CLIENT_ID,
                DISCORD_CLIENT_SECRET and DISCORD_REDIRECT_URL.
              </p>
            )}
          </div>
        </Card>
      </div>
    </main>
  )
}
