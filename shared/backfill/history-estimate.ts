import { LOG_EVENT_BYTES, PRICES } from '../basics/prices.ts'
import { type HistoryPage, type ReadHistoryOptions, readEventHistory, startHistory } from './event-history.ts'
import type { TimeWindow } from './window.ts'

/** aws: LookupEvents, 50 events a page, two pages a second; and what the reader makes of it. */
const EVENTS_PER_SECOND = 50 / 0.55
const PER_PAGE = 50
const SAMPLES = 4
const SPACING_MS = 550
/** Of a record's bytes, what a lean one keeps; measured on mixed traffic. */
const KEPT = 0.75
/** Bytes of a management event where none was seen. */
const USUAL_BYTES = 1_400

/** What a backfill from Event history comes to. */
export interface HistoryEstimate {
  readonly events: number
  /** All there is was seen: the number is no guess. */
  readonly isExact: boolean
  readonly seconds: number
  readonly dollars: number
}

/**
 * Looks at a few pages, spread over the time, and tells from how close their events are how many there are. Traffic comes in
 * bursts: it may be wrong by a multiple.
 *
 * @throws BucketwatchError AWS_CALL
 */
export async function estimateHistory(
  options: Omit<ReadHistoryOptions, 'cursor'>,
  { from, to }: TimeWindow,
): Promise<HistoryEstimate> {
  const densities: number[] = []
  let records: string[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    const end = Math.round(to - ((to - from) * sample) / SAMPLES)
    if (sample > 0) await options.sleep(SPACING_MS)
    const page = await firstPage({ ...options, cursor: startHistory({ from, to: end, now: options.now() }) })
    records = [...records, ...page.records]
    if (sample === 0 && page.cursor.done) return estimateOf(page.cursor.events, records, true)
    const { done, events, oldest } = page.cursor
    densities.push(events / Math.max(1_000, end - (done ? from : (oldest ?? from))))
  }
  const mean = densities.reduce((sum, density) => sum + density, 0) / SAMPLES
  return estimateOf(Math.max(PER_PAGE, Math.round(mean * (to - from))), records, false)
}

async function firstPage(options: ReadHistoryOptions): Promise<HistoryPage> {
  for await (const page of readEventHistory(options)) return page
  return { records: [], cursor: options.cursor }
}

function estimateOf(events: number, seen: readonly string[], isExact: boolean): HistoryEstimate {
  const bytes = seen.length === 0 ? USUAL_BYTES : seen.reduce((sum, { length }) => sum + length, 0) / seen.length
  const ingested = events * (bytes * KEPT + LOG_EVENT_BYTES)
  return {
    events,
    isExact,
    seconds: Math.ceil(events / EVENTS_PER_SECOND),
    dollars: (ingested / 1e9) * PRICES.logsIngestionGb,
  }
}
