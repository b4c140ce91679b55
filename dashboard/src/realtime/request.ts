/**
 * Why a request failed. Codes of our own: NOT_CONNECTED (it was not sent), TIMEOUT and CONNECTION_LOST (it may have
 * been carried out: ask again with the same id); else the server's.
 */
export class RequestError extends Error {
  override name = 'RequestError'
  constructor(
    readonly code: string,
    message: string,
    /** It is about the connection: the server has not said anything. */
    readonly ours = false,
  ) {
    super(message)
  }
}

interface Answer {
  success?: boolean
  status?: string
  code?: string
  message?: string
  error?: string
}

/**
 * The error that an answer stands for. One with a status is an outcome (an order that was rejected), and no error.
 */
export function errorOf(answer: unknown): RequestError | null {
  const { success, status, code, message, error } = (answer ?? {}) as Answer
  if (success !== false || status) return null
  return new RequestError(code ?? 'REFUSED', message ?? error ?? 'The server refused the request')
}
