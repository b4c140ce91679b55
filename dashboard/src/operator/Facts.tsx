import type { ReactNode } from 'react'

export interface Fact {
  name: string
  value: ReactNode
  /** What it means, for those who do not know the word. */
  about?: string
}

/** Figures by name, in columns that do not move. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 p-4 @lg:grid-cols-4">
      {facts.map(({ name, value, about }) => (
        <div key={name} className="min-w-0">
          <dt className="truncate text-xs text-soft" title={about}>
            {name}
          </dt>
          <dd className="figure truncate">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
