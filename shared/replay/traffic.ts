/** The traffic of a replay, matching or not. */
import type { LogKind } from '../kinds/kinds.ts'

/** Columns of the traffic, a number for each entry of `time`. */
export const TRAFFIC_COLUMNS = [
  'requests',
  'bytesOut',
  'bytesIn',
  'clientErrors',
  'serverErrors',
  'denied',
  'anonymous',
  'writes',
] as const
export type TrafficColumn = (typeof TRAFFIC_COLUMNS)[number]

export type TrafficSeries = { readonly time: readonly number[] } & Readonly<Record<TrafficColumn, readonly number[]>>

export interface Traffic {
  /** Seconds: a minute, or as much as keeps the series short. */
  readonly step: number
  readonly kinds: Readonly<Partial<Record<LogKind, TrafficSeries>>>
  /** Requests by day of the week (0: Sunday) and hour, UTC, of all kinds. */
  readonly grid: readonly (readonly number[])[]
}
