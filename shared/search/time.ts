import { readTime } from '../backfill/window.ts'

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/**
 * A length of time: minutes, hours, days or weeks, in ms.
 *
 * @returns undefined where it is none.
 * @example
 * readSpan('15m') // 900000
 */
export function readSpan(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

/**
 * A point in time: a day, an ISO 8601 time with its zone, or how long ago. ms since the epoch.
 *
 * @returns undefined where it is none.
 * @example
 * readMoment('24h', now) // now - 86400000
 */
export function readMoment(text: string, now: number): number | undefined {
  const ago = readSpan(text)
  return ago === undefined ? readTime(text) : now - ago
}
