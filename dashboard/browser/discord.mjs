// A stand-in of Discord's sign-in: OAuth 2.0 code flow with PKCE (RFC 6749, 7636). It asks in a page of its own, and
// holds the engine to what Discord would.
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

const client = { id: 'outcry-test', secret: 'secret-of-the-application' }

/** Starts the stand-in, and returns it with the settings of an engine that signs people in by it. */
export async function discordFor(t, user) {
  const codes = new Map()
  const tokens = new Set()
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://discord')
    const body = new URLSearchParams((await request.toArray()).join(''))
    const answer = (status, value) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /authorize': {
        const asked = Object.fromEntries(url.searchParams)
        const code = randomUUID()
        codes.set(code, asked)
        const back = parameters => `${asked.redirect_uri}?${new URLSearchParams({ ...parameters, state: asked.state })}`
        response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!DOCTYPE html><title>Stand-in of Discord</title>
          <p>${asked.client_id} asks for: ${asked.scope}</p>
          <a href="${back({ code })}">Authorize</a> <a href="${back({ error: 'access_denied' })}">Cancel</a>`)
        return
      }
      case 'POST /token': {
        const asked = codes.get(body.get('code'))
        codes.delete(body.get('code')) // a code is good for once
        const challenge = createHash('sha256')
          .update(body.get('code_verifier') ?? '')
          .digest('base64url')
        const basic = `Basic ${btoa(`${client.id}:${client.secret}`)}`
        const known =
          request.headers.authorization === basic ||
          (body.get('client_id') === client.id && body.get('client_secret') === client.secret)
        if (
          !asked ||
          !known ||
          asked.code_challenge_method !== 'S256' ||
          asked.code_challenge !== challenge ||
          asked.redirect_uri !== body.get('redirect_uri')
        )
          return answer(400, { error: 'invalid_grant' })
        const token = randomUUID()
        tokens.add(token)
        return answer(200, { access_token: token, token_type: 'Bearer', expires_in: 600, scope: asked.scope })
      }
      case 'GET /users/@me':
        if (!tokens.has(request.headers.authorization?.replace('Bearer ', '')))
          return answer(401, { message: '401: Unauthorized' })
        return answer(200, user)
      default:
        return answer(404, { message: '404: Not Found' })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${server.address().port}`
  return {
    settingsOf: engineURL => ({
      DISCORD_CLIENT_ID: client.id,
      DISCORD_CLIENT_SECRET: client.secret,
      DISCORD_REDIRECT_URL: `${engineURL}/auth/discord/callback`,
      OUTCRY_DISCORD_AUTHORIZE_URL: `${url}/authorize`,
      OUTCRY_DISCORD_TOKEN_URL: `${url}/token`,
      OUTCRY_DISCORD_USER_URL: `${url}/users/@me`,
    }),
  }
}
