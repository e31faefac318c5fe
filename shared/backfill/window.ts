import { type LogKind, reading } from '../kinds/kinds.ts'
import { type ClassifiedKey, classifyKey } from '../object/key.ts'

/** A stretch of time, ms since the epoch: `from` belongs to it, `to` does not. */
export interface TimeWindow {
  readonly from: number
  readonly to: number
}

const DAY_MS = 86_400_000

/**
 * Reads a time as the command line takes it: a day (`2026-01-31`, its UTC midnight) or an ISO 8601 time with a zone.
 *
 * @returns undefined where it is neither.
 * @example
 * readTime('2026-01-31') // 1769817600000
 */
export function readTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const time = Date.parse(text)
  // Date rolls 30 February over to March.
  return Number.isNaN(time) ||
    new Date(Date.parse(`${text.slice(0, 10)}T00:00Z`)).toISOString().slice(0, 10) !== text.slice(0, 10)
    ? undefined
    : time
}

/** Why an object is not sent. */
export type Left = 'otherTime' | 'otherKind' | 'digest' | 'unknown' | 'folder'

/**
 * Whether an object belongs to a backfill: by the time in its name (delivery, or the day of a partition), else by its
 * age in the bucket.
 *
 * @example
 * leftOut({ key: 'cdn2026-03-17-08-03-33-30F88D35BD30907A', size: 10, lastModified: 0 }, { kind: 'access-log', window })
 */
export function leftOut(
  object: { readonly key: string; readonly size: number; readonly lastModified: number },
  wanted: {
    readonly kind: LogKind
    readonly window: TimeWindow
    readonly unknownToo?: boolean | undefined
  },
): Left | undefined {
  const { key, size, lastModified } = object
  if (key.endsWith('/') && size === 0) return 'folder'
  const classified = classifyKey(key)
  if (classified.kind === 'unknown') {
    if (wanted.unknownToo !== true) return 'unknown'
  } else {
    const { kind, skip } = reading(classified.kind)
    if (skip !== undefined) return 'digest'
    if (kind !== wanted.kind) return 'otherKind'
  }
  const { from, to } = timeOf(classified, lastModified)
  return from < wanted.window.to && to >= wanted.window.from ? undefined : 'otherTime'
}

/** A partition by event time names the day only: it may hold any time of it. */
function timeOf({ time, bucket }: ClassifiedKey, lastModified: number): TimeWindow {
  if (time === undefined) return { from: lastModified, to: lastModified }
  const from = Date.parse(time)
  return { from, to: bucket !== undefined && time.endsWith('T00:00:00Z') ? from + DAY_MS - 1 : from }
}

/**
 * False for folders of days, months or years that cannot hold anything of the window, so that they need not be listed.
 * A day is allowed at both ends, since a folder's day and the time in a name may differ around midnight.
 *
 * @example
 * mayHold('AWSLogs/111122223333/CloudTrail/eu-west-1/2024/', { from: Date.parse('2026-01-01'), to: … }) // false
 */
export function mayHold(folder: string, window: TimeWindow): boolean {
  if (/(?:^|\/)CloudTrail-Digest\/$/.test(folder)) return false
  const [, year, month, day] = /(?:^|\/)(20\d\d)(?:\/(\d\d)(?:\/(\d\d))?)?\/$/.exec(folder) ?? []
  if (year === undefined) return true
  const first = Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1))
  const next =
    month === undefined
      ? Date.UTC(Number(year) + 1, 0, 1)
      : day === undefined
        ? Date.UTC(Number(year), Number(month), 1)
        : first + DAY_MS
  return first - DAY_MS < window.to && next + DAY_MS > window.from
}

/**
 * The same of an object by the time in its name; true of one that has none there.
 *
 * @example
 * objectMayHold('logs/2024-03-17-08-03-33-30F88D35BD30907A', { from: Date.parse('2026-01-01'), to: … }) // false
 */
export function objectMayHold(key: string, { from, to }: TimeWindow): boolean {
  const { time } = classifyKey(key)
  if (time === undefined) return true
  const at = Date.parse(time)
  return at + DAY_MS > from && at - DAY_MS < to
}
