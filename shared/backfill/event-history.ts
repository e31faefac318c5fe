/**
 * Reads CloudTrail's Event history from its end to its beginning, within the service's limits, and so that an
 * interrupted reading goes on where it was.
 *
 * Sources: CloudTrail API Reference, LookupEvents (90 days, 50 events a page, two requests a second an account and
 * Region, latest event first, both times inclusive).
 */

import { BucketwatchError } from '../contracts/errors.ts'
import type { EventHistory, HistoryEvent, LookupResult } from '../contracts/event-history.ts'

/** How far back Event history goes. */
export const HISTORY_DAYS = 90
const DAY_MS = 86_400_000
/** Two requests a second, and a little less, since clocks and networks jitter. */
const SPACING_MS = 550
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000
/** So many refusals in a row are some ten minutes: somebody else uses up the account's rate. */
const MAX_REFUSALS = 15

/** Where a reading is. Plain JSON, to be kept in a file. */
export interface HistoryCursor {
  /** What is asked for, ms since the epoch, both inclusive. `until` moves down where a token was lost. */
  readonly from: number
  readonly until: number
  readonly nextToken?: string | undefined
  /** The second of the oldest event read, and the ids of that second: what a new beginning would bring again. */
  readonly oldest?: number | undefined
  readonly ids: readonly string[]
  /** Events read so far, those that came twice, and those that CloudTrail gave no record of. */
  readonly events: number
  readonly repeated: number
  readonly withoutRecord: number
  readonly done: boolean
}

/** Records that were read, as JSON texts and latest first, and where to go on once they are safe. */
export interface HistoryPage {
  readonly records: readonly string[]
  readonly cursor: HistoryCursor
}

export interface ReadHistoryOptions {
  readonly history: EventHistory
  /** Where to begin: {@link startHistory}, or the cursor of the last page that was kept. */
  readonly cursor: HistoryCursor
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  /** [0, 1) */
  readonly random: () => number
}

/**
 * A reading that has not begun.
 *
 * @param from, to ms since the epoch; `to` is not part of it.
 * @throws BucketwatchError USAGE where `from` is not before `to`, or all of it is older than Event history is.
 */
export function startHistory({ from, to, now }: { from: number; to: number; now: number }): HistoryCursor {
  const oldest = now - HISTORY_DAYS * DAY_MS
  if (from >= to) throw new BucketwatchError('USAGE', 'the beginning must be before the end.')
  if (to <= oldest) throw new BucketwatchError('USAGE', `Event history goes back ${HISTORY_DAYS} days, and no further.`)
  return {
    from: Math.max(from, oldest),
    // Inclusive, and in whole seconds.
    until: Math.ceil(to / 1000) * 1000 - 1000,
    ids: [],
    events: 0,
    repeated: 0,
    withoutRecord: 0,
    done: false,
  }
}

/**
 * The pages of Event history, latest first. An event comes once: where a token is lost, reading begins again at the
 * second it had come to, without the events of that second that it had already.
 *
 * @throws BucketwatchError AWS_CALL where CloudTrail refuses for good, or stays too busy.
 * @example
 * for await (const { records, cursor } of readEventHistory({ history, cursor: startHistory({ from, to, now }), … })) keep(records, cursor)
 */
export async function* readEventHistory(options: ReadHistoryOptions): AsyncGenerator<HistoryPage, void, undefined> {
  const call = pacedLookup(options)
  let { cursor } = options
  while (!cursor.done) {
    const { from, until, nextToken } = cursor
    const result = await call({ from, until, nextToken })
    if (result.kind === 'staleToken') {
      if (nextToken === undefined)
        throw new BucketwatchError('AWS_CALL', 'cloudtrail:LookupEvents: it refuses a token that was not given.')
      cursor = { ...cursor, nextToken: undefined, until: cursor.oldest ?? until }
      continue
    }
    const { fresh, next } = take(cursor, result)
    cursor = next
    yield { records: fresh.flatMap(({ record }) => record ?? []), cursor }
  }
}

type Page = Extract<LookupResult, { kind: 'page' }>

function take(cursor: HistoryCursor, { events, nextToken }: Page): { fresh: HistoryEvent[]; next: HistoryCursor } {
  const seen = new Set(cursor.ids)
  const fresh = events.filter(({ id }) => !seen.has(id) && seen.add(id))
  const oldest = fresh.reduce((least, { time }) => Math.min(least, time), cursor.oldest ?? Number.POSITIVE_INFINITY)
  const ids = fresh.filter(({ time }) => time === oldest).map(({ id }) => id)
  return {
    fresh,
    next: {
      ...cursor,
      nextToken,
      oldest: oldest === Number.POSITIVE_INFINITY ? undefined : oldest,
      ids: oldest === cursor.oldest ? [...cursor.ids, ...ids] : ids,
      events: cursor.events + fresh.length,
      repeated: cursor.repeated + events.length - fresh.length,
      withoutRecord: cursor.withoutRecord + fresh.filter(({ record }) => record === undefined).length,
      done: nextToken === undefined,
    },
  }
}

/** Calls with the time between them that the service asks for, and waits where it is too busy. */
function pacedLookup({ history, now, sleep, random }: ReadHistoryOptions) {
  let last = Number.NEGATIVE_INFINITY
  return async (
    input: Parameters<EventHistory['lookup']>[0],
  ): Promise<Exclude<LookupResult, { kind: 'throttled' }>> => {
    for (let refusals = 0; refusals < MAX_REFUSALS; refusals++) {
      const wait = last + SPACING_MS - now()
      if (wait > 0) await sleep(wait)
      last = now()
      const result = await history.lookup(input)
      if (result.kind !== 'throttled') return result
      await sleep(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** refusals) * (0.5 + random() / 2))
    }
    throw new BucketwatchError(
      'AWS_CALL',
      'cloudtrail:LookupEvents: the account’s two requests a second are used up by others; the same command goes on later.',
      { action: 'cloudtrail:LookupEvents', name: 'ThrottlingException' },
    )
  }
}
