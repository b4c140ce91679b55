/** What the engine refused or failed at, RFC 9457: a sentence for a person and what it concerns. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Of the settings or fields that are not right. */
    readonly errors: { key: string; message: string }[] = [],
    /** Milliseconds after which to try again, where the engine says so. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message)
    this.name = 'Problem'
  }

  /** The sign-in is missing or has ended. */
  get signedOut(): boolean {
    return this.status === 401
  }
}

/** Requests that take longer than this failed for a person who waits. */
const timeoutMs = 15_000

interface RequestOptions {
  body?: unknown
  signal?: AbortSignal | undefined
}

/** Asks the engine, with the sign-in cookie of this page. It throws a Problem for everything that is not an answer. */
export async function request<T>(method: string, path: string, { body, signal }: RequestOptions = {}): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new Problem(
      0,
      timeout.aborted ? 'TIMEOUT' : 'UNREACHABLE',
      'The server cannot be reached. Check the connection.',
    )
  }
  const answer = await readJSON(response)
  if (!response.ok) throw problemOf(response, answer)
  return answer as T
}

async function readJSON(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return text === '' ? null : JSON.parse(text)
  } catch {
    throw new Problem(
      response.status,
      'UNREADABLE',
      `The server answered ${response.status} with something unreadable.`,
    )
  }
}

function problemOf(response: Response, answer: unknown): Problem {
  const about = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>
  const text = (...names: string[]) =>
    names.map(name => about[name]).find(value => typeof value === 'string') as string | undefined
  const seconds = Number(response.headers.get('Retry-After'))
  return new Problem(
    response.status,
    text('code') ?? String(response.status),
    text('detail', 'reason', 'message', 'title') ?? `The server answered ${response.status}.`,
    Array.isArray(about.errors) ? about.errors : [],
    seconds > 0 ? seconds * 1000 : null,
  )
}
