import { expect, it } from 'vitest'
import { discordProblem } from './discordProblem'

it('shows only what the server can say', () => {
  expect(discordProblem('')).toBeNull()
  expect(discordProblem('?error=Discord+did+not+sign+you+in')).toContain('another account')
  expect(discordProblem('?error=Call+this+number')).toBe('The sign-in did not work. Try again.')
})
