import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Card } from './Card'
import { Contained } from './Contained'

function Broken({ broken }: { broken: boolean }) {
  if (broken) throw new Error('on purpose')
  return 'whole'
}

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {})) // React tells what failed
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

it('leaves the other cards as they are when one fails', () => {
  render(
    <>
      <Card title="One">
        <Broken broken />
      </Card>
      <Card title="Two">still here</Card>
    </>,
  )
  expect(screen.getByRole('region', { name: 'One' })).toHaveTextContent('could not be shown')
  expect(screen.getByRole('region', { name: 'Two' })).toHaveTextContent('still here')
  expect(screen.getByRole('button', { name: 'Reload the page' })).toBeVisible()
})

it('tries again at another place', () => {
  const page = (place: string) => (
    <Contained place={place}>
      <Broken broken={place === '/history'} />
    </Contained>
  )
  const { rerender } = render(page('/history'))
  expect(screen.getByRole('alert')).toHaveTextContent('could not be shown')
  rerender(page('/'))
  expect(screen.getByText('whole')).toBeVisible()
})
