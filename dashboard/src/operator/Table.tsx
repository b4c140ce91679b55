import type { ReactNode } from 'react'
import { cx } from '../ui/cx'

interface TableProps {
  label: string
  /** The first column names the row, the others are figures, at the right. */
  columns: readonly string[]
  rows: readonly { key: string; cells: readonly ReactNode[] }[]
  /** What stands there instead of no rows. */
  empty: string
}

/** A small table of figures. Wider than its place it scrolls in itself. */
export function Table({ label, columns, rows, empty }: TableProps) {
  if (rows.length === 0) return <p className="p-4 text-soft">{empty}</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div role="group" aria-label={label} tabIndex={0} className="overflow-x-auto">
      <table className="w-full border-collapse">
        <thead className="text-xs text-soft">
          <tr className="h-8 border-b border-line">
            {columns.map((column, i) => (
              <th key={column} scope="col" className={cx('px-3 font-normal', i === 0 ? 'text-left' : 'text-right')}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [head, ...figures] }) => (
            <tr key={key} className="h-9 border-b border-line last:border-b-0">
              <th scope="row" className="max-w-48 truncate px-3 text-left font-normal">
                {head}
              </th>
              {figures.map((cell, i) => (
                <td key={columns[i + 1]} className="figure px-3 text-right">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
