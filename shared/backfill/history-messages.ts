/**
 * Event history as messages of the stack's own queue: the events themselves, as CloudWatch Logs would bring them, so that
 * no bucket is needed.
 */
import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { isObject } from '../basics/is-object.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { HISTORY_DAYS } from './event-history.ts'
import type { TimeWindow } from './window.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** aws: CloudTrail User Guide, "Viewing events with Event history": an event may show some minutes after the call. */
const LAG_MS = 15 * 60_000
/** What a message holds before it is compressed. Characters. */
const MAX_PLAIN = 1_500_000
/** aws: SQS takes 1 MiB. */
const MAX_BODY = 1_000_000
/** What stands for the bucket in receipts; no bucket can have such a name. */
const SOURCE = 'cloudtrail:LookupEvents'

/** Events of one hour, all of them. */
export interface HistoryHour {
  /** Its beginning, ms since the epoch. */
  readonly hour: number
  /** JSON texts. */
  readonly records: readonly string[]
}

/**
 * The whole hours that a time touches, of those that are over for so long that their events show, and that Event history
 * still has in whole. Whole, since the same hour must be the same messages whenever it is looked up.
 *
 * @param from, to ms since the epoch; default: all there is.
 * @throws BucketwatchError USAGE where no hour is left.
 * @example
 * wholeHours({ from: Date.parse('2026-03-17T08:10Z'), to: Date.parse('2026-03-17T08:20Z'), now }) // 08:00 to 09:00
 */
export function wholeHours(given: { readonly from?: number; readonly to?: number; readonly now: number }): TimeWindow {
  const oldest = Math.ceil((given.now - HISTORY_DAYS * DAY_MS) / HOUR_MS) * HOUR_MS
  const latest = Math.floor((given.now - LAG_MS) / HOUR_MS) * HOUR_MS
  const from = Math.max(Math.floor((given.from ?? oldest) / HOUR_MS) * HOUR_MS, oldest)
  const to = Math.min(Math.ceil((given.to ?? latest) / HOUR_MS) * HOUR_MS, latest)
  if (from < to) return { from, to }
  throw new BucketwatchError(
    'USAGE',
    `no whole hour is in that time: Event history is sent from ${new Date(oldest).toISOString()} to ${new Date(latest).toISOString()}, and --from must be before --to.`,
  )
}

/**
 * Puts records that come latest first together by hours. An hour is given out once an earlier one has begun, the last by
 * `end`. A record whose time cannot be read stays with the hour it came in.
 *
 * @param to the end of the time, ms since the epoch, a whole hour.
 */
export function createHours(to: number) {
  let hour = to - HOUR_MS
  let held: string[] = []
  function end(): HistoryHour[] {
    const whole = held.length === 0 ? [] : [{ hour, records: held }]
    held = []
    return whole
  }
  return {
    add(records: readonly string[]): HistoryHour[] {
      const whole: HistoryHour[] = []
      for (const record of records) {
        const time = timeOf(record)
        const own = time === undefined ? hour : Math.floor(time / HOUR_MS) * HOUR_MS
        if (own < hour) {
          whole.push(...end())
          hour = own
        }
        held.push(record)
      }
      return whole
    },
    end,
  }
}

/**
 * An hour as messages for the queue of the CloudTrail function, for the group `history`. The same records give the same
 * messages, in whatever order they came, and the ledger knows a message by what it holds.
 *
 * @param owner account and Region.
 * @example
 * historyMessages({ hour, records }, { accountId: '111122223333', region: 'eu-central-1' })
 * // ['{"bucketwatch":{"group":"history","awslogs":{"data":"H4sI…"}}}']
 */
export function historyMessages(
  { hour, records }: HistoryHour,
  owner: { readonly accountId: string; readonly region: string },
): string[] {
  const sorted = records
    .map((text) => ({ text, time: timeOf(text) ?? hour }))
    .sort((a, b) => a.time - b.time || (a.text < b.text ? -1 : 1))
  const place = `${owner.accountId}/${owner.region}/${new Date(hour).toISOString().slice(0, 13)}`
  return chunks(sorted).flatMap((chunk) => bodies(chunk, place))
}

interface Timed {
  readonly text: string
  readonly time: number
}

function chunks(records: readonly Timed[]): Timed[][] {
  const all: Timed[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const record of records) {
    if (size + record.text.length > MAX_PLAIN) {
      all.push([])
      size = 0
    }
    all.at(-1)!.push(record)
    size += record.text.length
  }
  return all
}

/** What compresses badly goes in halves. A single record always fits: CloudTrail's are 256 KB at the most. */
function bodies(records: readonly Timed[], place: string): string[] {
  const id = hash('sha256', JSON.stringify(records.map(({ text }) => text)), 'base64url').slice(0, 22)
  const payload = {
    messageType: 'DATA_MESSAGE',
    owner: place.split('/', 1)[0],
    logGroup: SOURCE,
    logStream: place,
    subscriptionFilters: [],
    logEvents: records.map(({ text, time }, index) => ({
      id: index === 0 ? id : `${id}-${index}`,
      timestamp: time,
      message: text,
    })),
  }
  const data = gzipSync(JSON.stringify(payload)).toString('base64')
  // Not at the top: a function of before would take that for a live subscription, and alarm. This it refuses.
  const body = JSON.stringify({ bucketwatch: { group: 'history', awslogs: { data } } })
  if (body.length <= MAX_BODY || records.length === 1) return [body]
  const half = Math.ceil(records.length / 2)
  return [...bodies(records.slice(0, half), place), ...bodies(records.slice(half), place)]
}

/** `eventTime`, ms since the epoch; undefined where it cannot be read. */
function timeOf(text: string): number | undefined {
  try {
    const record: unknown = JSON.parse(text)
    const time = isObject(record) && typeof record.eventTime === 'string' ? Date.parse(record.eventTime) : Number.NaN
    return Number.isNaN(time) ? undefined : time
  } catch {
    return undefined
  }
}
