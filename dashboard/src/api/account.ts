import { request } from './http'

export const equityRanges = ['1D', '1W', '1M', '3M', '1Y', 'ALL'] as const
export type EquityRange = (typeof equityRanges)[number]

export interface EquityPoint {
  t: number
  value: number
}

export const readEquity = async (range: EquityRange, signal?: AbortSignal) =>
  (await request<{ points: EquityPoint[] }>('GET', `/api/portfolio/history?range=${range}`, { signal })).points
