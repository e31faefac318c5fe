import { BucketwatchError } from '../contracts/errors.ts'
import { MINUTE_MS } from '../metric/store.ts'

const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS

/**
 * Where an alarm's periods lie (CloudWatch API, `EvaluationWindow`): backwards from each evaluation, or along the
 * calendar of a time zone. The zone is an IANA name, a fixed offset (`+05:30`) or `UTC+05:30`; default UTC.
 */
export type EvaluationWindow =
  | { readonly slidingWindow: Readonly<Record<string, never>> }
  | { readonly wallClockWindow: { readonly timezone?: string | undefined } }

/** The periods that CloudWatch takes a wall-clock window for, in seconds: 1 minute, 5 minutes, 1 hour, 1 day, 1 week. */
export const WALL_CLOCK_PERIODS: readonly number[] = [60, 300, 3600, 86_400, 604_800]

/** One period of an alarm: half-open, ms since the epoch. */
export interface Period {
  readonly start: number
  readonly end: number
}

/** The calendar periods of one length in one time zone. */
export interface WallClock {
  /** The start of the period that `time` lies in. */
  startOf(time: number): number
}

/**
 * The calendar of a wall-clock window. Minutes and hours begin at whole ones of the zone's clock, days at midnight, weeks
 * on Monday at midnight; a day on which clocks change has 23 or 25 hours. Where midnight is skipped the day begins with
 * its first instant.
 *
 * Errors: CONFIG_INVALID for a period that CloudWatch takes no wall-clock window for, and for a zone that is none.
 *
 * Source: CloudWatch API Reference, "WallClockWindow"; guide, "Alarm evaluation window". That weeks begin on Monday is
 * chosen.
 *
 * @example
 * createWallClock(86_400, 'America/New_York').startOf(Date.parse('2026-03-08T12:00:00Z')) // 2026-03-08T05:00:00Z
 */
export function createWallClock(periodSeconds: number, timezone = 'UTC'): WallClock {
  if (!WALL_CLOCK_PERIODS.includes(periodSeconds)) {
    const periods = WALL_CLOCK_PERIODS.join(', ')
    throw new BucketwatchError(
      'CONFIG_INVALID',
      `A wall-clock window takes periods of ${periods} seconds, not ${periodSeconds}.`,
    )
  }
  const offsetAt = zoneOffset(timezone)
  const period = periodSeconds * 1000
  // The epoch was a Thursday.
  const shift = period === WEEK_MS ? 3 * DAY_MS : 0
  return {
    startOf(time) {
      const offset = offsetAt(time)
      const local = Math.floor((time + offset + shift) / period) * period - shift
      const start = local - offset
      if (period <= HOUR_MS) return start
      // Clocks may have changed since midnight.
      const before = offsetAt(start)
      if (before === offset) return start
      const corrected = local - before
      return offsetAt(corrected) === before ? corrected : Math.max(start, corrected)
    },
  }
}

/** The newest `count` whole periods that have ended by `now`, oldest first. */
export function wallClockPeriods(clock: WallClock, now: number, count: number): Period[] {
  const periods: Period[] = []
  let end = clock.startOf(now)
  while (periods.length < count) {
    const start = clock.startOf(end - 1)
    periods.push({ start, end })
    end = start
  }
  return periods.reverse()
}

/** The newest `count` periods of `length` ms that end at `end`, oldest first. */
export function slidingPeriods(length: number, end: number, count: number): Period[] {
  return Array.from({ length: count }, (_, index) => {
    const start = end - (count - index) * length
    return { start, end: start + length }
  })
}

const FIXED_OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?$/

/** The zone's offset from UTC at an instant, ms. */
function zoneOffset(timezone: string): (time: number) => number {
  if (/^(?:UTC|GMT|Z)$/.test(timezone)) return () => 0
  const fixed = FIXED_OFFSET.exec(timezone)
  if (fixed !== null) {
    const [, sign, hours, minutes = '0'] = fixed
    const total = Number(hours) * 60 + Number(minutes)
    if (total > 18 * 60 || Number(minutes) > 59 || total % 5 !== 0) throw notAZone(timezone)
    return () => (sign === '-' ? -total : total) * MINUTE_MS
  }
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' })
  } catch {
    throw notAZone(timezone)
  }
  // Offsets change at whole quarters of an hour; asking for one is slow.
  const known = new Map<number, number>()
  return (time) => {
    const quarter = Math.floor(time / (15 * MINUTE_MS))
    let offset = known.get(quarter)
    if (offset === undefined) {
      offset = readOffset(format, quarter * 15 * MINUTE_MS)
      if (known.size > 10_000) known.clear()
      known.set(quarter, offset)
    }
    return offset
  }
}

function readOffset(format: Intl.DateTimeFormat, time: number): number {
  const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d+)(?::(\d+))?)?/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS
}

function notAZone(timezone: string): BucketwatchError {
  return new BucketwatchError(
    'CONFIG_INVALID',
    `A wall-clock window's time zone is an IANA name or an offset such as +05:30, not ${JSON.stringify(timezone)}.`,
  )
}
