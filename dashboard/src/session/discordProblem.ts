/**
 * What the server says on the way back from Discord. Only what it can say is shown: anybody can make a link with an
 * error in it.
 */
const sentences: Record<string, string> = {
  'the sign-in was not begun in this browser, or took too long':
    'The sign-in was not begun in this browser, or took too long. Try again.',
  'Discord did not sign you in': 'Discord did not sign you in. Try again, or use another account.',
  'Discord could not be asked who you are': 'Discord could not be asked who you are. Try again in a while.',
}

/** The sentence for the query of this page, null where nothing went wrong. */
export function discordProblem(query: string): string | null {
  const error = new URLSearchParams(query).get('error')
  if (error === null) return null
  return sentences[error] ?? 'The sign-in did not work. Try again.'
}
