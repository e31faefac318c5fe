/** What logs like these would cost: dollars a month, from what a replay has counted. */
import { LOG_EVENT_BYTES, PRICES, PRICES_OF } from '../basics/prices.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import type { KindTotals, ReplayModel } from './model.ts'

/** A day of one kind of logs. */
export interface DayOf {
  readonly objects: number
  /** As stored, and inflated. */
  readonly bytes: number
  readonly inflatedBytes: number
  readonly records: number
  readonly recordBytes: number
  readonly matchingRecords: number
  readonly matchingBytes: number
}

/** A line of the bill, a month. */
export interface EstimateLine {
  readonly what: string
  /** Undefined: it was not measured. */
  readonly dollars: number | undefined
  /** By what it comes to that. */
  readonly by: string
}

export interface Estimate {
  readonly kind: 'estimate'
  readonly version: 1
  /** The month of the prices, us-east-1. */
  readonly prices: string
  /** Seconds that the records span: a month is so many times as much. */
  readonly span: number
  readonly days: Readonly<Partial<Record<LogKind, DayOf>>>
  /** What is forwarded, each a whole bill with what follows. */
  readonly forwarded: readonly EstimateLine[]
  /** What comes to each of them. */
  readonly besides: readonly EstimateLine[]
  /** What one pays for having the logs, and what others would cost. */
  readonly others: readonly EstimateLine[]
  /** `forwarded` with `besides`. */
  readonly totals: readonly EstimateLine[]
}

export interface EstimateOptions {
  /** Bytes of `detail: full` for each byte of `lean`, by kind; what is not there was not measured. */
  readonly fullRatio?: Readonly<Partial<Record<LogKind, number>>> | undefined
  /** Months that records are kept. */
  readonly retentionMonths?: number | undefined
}

const DAY = 86_400
const MONTH_DAYS = 30
const GB = 1e9
const MILLION = 1e6
/** A month is not told from less than this many seconds. */
const LEAST_SPAN = 600
/** Alarms of the pipeline itself, composite ones, and metrics of the functions: as deployed, whatever the rules. */
const FIXED = { alarms: 15, composites: 5, metrics: 30 } as const

/**
 * From a span that is not ordinary the month is not ordinary either: give a whole week.
 *
 * @throws BucketwatchError ESTIMATE_EMPTY where there is no record, ESTIMATE_SPAN where they span less than ten minutes.
 * @example
 * estimateOf(model).totals.find(({ what }) => what === 'lean')?.dollars
 */
export function estimateOf(model: ReplayModel, options: EstimateOptions = {}): Estimate {
  const { retentionMonths = 3, fullRatio = {} } = options
  const span = spanOf(model)
  const kinds = LOG_KINDS.flatMap((kind) => {
    const of = model.totals.kinds[kind]
    return of === undefined ? [] : [[kind, scaled(of, DAY / span)] as const]
  })
  const month = (name: keyof DayOf) => kinds.reduce((sum, [, of]) => sum + of[name] * MONTH_DAYS, 0)
  const stored = (bytes: number, records: number): number => {
    const gigabytes = (bytes + records * LOG_EVENT_BYTES) / GB
    return gigabytes * (PRICES.logsIngestionGb + PRICES.logsStorageGb * retentionMonths)
  }
  const isMeasured = kinds.length > 0 && kinds.every(([kind]) => fullRatio[kind] !== undefined)
  const fullBytes = kinds.reduce((sum, [kind, of]) => sum + of.recordBytes * MONTH_DAYS * (fullRatio[kind] ?? 1), 0)
  const kept = `$${PRICES.logsIngestionGb} a GB, kept for ${retentionMonths} months`
  const forwarded: EstimateLine[] = [
    {
      what: 'lean',
      dollars: stored(month('recordBytes'), month('records')),
      by: `${gb(month('recordBytes'))} of records, ${kept}`,
    },
    {
      what: 'full',
      dollars: isMeasured ? stored(fullBytes, month('records')) : undefined,
      by: isMeasured ? `${gb(fullBytes)} of records, ${kept}` : 'not measured: give the logs themselves',
    },
    {
      what: 'forward: matching',
      dollars: stored(month('matchingBytes'), month('matchingRecords')),
      by: `${gb(month('matchingBytes'))} of records that some rule matches, ${kept}`,
    },
  ]
  const besides = besidesOf(model, { objects: month('objects'), records: month('records'), span })
  const sum = besides.reduce((total, { dollars = 0 }) => total + dollars, 0)
  return {
    kind: 'estimate',
    version: 1,
    prices: PRICES_OF,
    span,
    days: Object.fromEntries(kinds),
    forwarded,
    besides,
    others: othersOf(model, new Map(kinds), span, isMeasured ? fullRatio : undefined),
    totals: forwarded.map(({ what, dollars }) => ({
      what,
      dollars: dollars === undefined ? undefined : dollars + sum,
      by: 'with all that comes to it',
    })),
  }
}

function spanOf({ span, totals }: ReplayModel): number {
  if (totals.records === 0) {
    const beside =
      totals.outOfSpan === 0
        ? ''
        : `; ${count(totals.outOfSpan)} ${totals.outOfSpan === 1 ? 'record is' : 'records are'} outside of what was asked for`
    throw new BucketwatchError(
      'ESTIMATE_EMPTY',
      `Objects looked at: ${count(totals.objects + totals.skipped)}; with nothing in them: ${count(totals.skipped)}${beside}.`,
    )
  }
  const seconds = span === undefined ? 0 : (Date.parse(span.last) - Date.parse(span.first)) / 1000
  if (seconds >= LEAST_SPAN) return seconds
  throw new BucketwatchError('ESTIMATE_SPAN', `They span ${Math.round(seconds)} seconds; give a day, or better a week.`)
}

function scaled(of: KindTotals, factor: number): DayOf {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, value * factor])) as unknown as DayOf
}

/** What comes to the records: objects, alarms, metrics, what runs whatever comes. */
function besidesOf(
  model: ReplayModel,
  { objects, records, span }: { readonly objects: number; readonly records: number; readonly span: number },
): EstimateLine[] {
  const perObject = PRICES.sqs + PRICES.s3Get + PRICES.receipts + PRICES.state
  const on = model.rules.filter(({ isEnabled }) => isEnabled).length
  const hours = model.rules.reduce(
    (sum, { series }) => sum + new Set(series.time.map((time) => Math.floor(time / 3_600_000))).size,
    0,
  )
  // A custom metric is billed for the hours in which it gets data.
  const metrics = hours / Math.max(1, span / 3600)
  return [
    line('objects: SQS, S3 GET, state table, receipts', (objects / MILLION) * perObject, `${count(objects)} objects`),
    line(
      'Lambda',
      (objects / MILLION) * PRICES.lambda + (records / MILLION) * PRICES.lambdaRecords,
      `${count(objects)} objects, ${count(records)} records`,
    ),
    line(
      'alarms of rules',
      on * PRICES.alarm,
      `${on} rules that are on, $${PRICES.alarm} each; metric filters are free`,
    ),
    line('metrics of rules', metrics * PRICES.metric, `${metrics.toFixed(1)} in use at a time, $${PRICES.metric} each`),
    line(
      'whatever comes: alarms and metrics of the pipeline, dashboard, key',
      FIXED.alarms * PRICES.alarm +
        FIXED.composites * PRICES.compositeAlarm +
        FIXED.metrics * PRICES.metric +
        PRICES.dashboard +
        PRICES.key,
      `${FIXED.alarms} alarms, ${FIXED.composites} composite ones, ${FIXED.metrics} metrics`,
    ),
  ]
}

function othersOf(
  { totals }: ReplayModel,
  days: ReadonlyMap<LogKind, DayOf>,
  span: number,
  fullRatio: EstimateOptions['fullRatio'],
): EstimateLine[] {
  const lines: EstimateLine[] = []
  const trail = days.get('cloudtrail')
  if (trail !== undefined) {
    const dataEvents = (totals.dataEvents * DAY * MONTH_DAYS) / span
    const native = trail.inflatedBytes * MONTH_DAYS + trail.records * MONTH_DAYS * LOG_EVENT_BYTES
    lines.push(
      line(
        'data events, delivered by CloudTrail',
        (dataEvents / MILLION) * PRICES.dataEvents,
        `${count(dataEvents)} events, $${PRICES.dataEvents.toFixed(2)} a million; paid in any case`,
      ),
      line(
        'CloudTrail’s own delivery to CloudWatch Logs',
        (native / GB) * PRICES.trailDeliveryGb,
        `${gb(native)} of whole records, $${PRICES.trailDeliveryGb} a GB; in place of ours, without derived fields`,
      ),
    )
  }
  const access = days.get('access-log')
  if (access !== undefined) {
    const bytes =
      access.recordBytes * MONTH_DAYS * (fullRatio?.['access-log'] ?? 1) + access.records * MONTH_DAYS * LOG_EVENT_BYTES
    lines.push({
      what: 'access logs’ native delivery to CloudWatch Logs',
      dollars: fullRatio === undefined ? undefined : (bytes / GB) * PRICES.logsIngestionGb,
      by:
        fullRatio === undefined
          ? 'not measured: give the logs themselves'
          : `about ${gb(bytes)} of whole records as JSON, $${PRICES.logsIngestionGb} a GB as vended logs`,
    })
  }
  const inStore = [...days.values()].reduce((sum, { bytes }) => sum + bytes * MONTH_DAYS, 0)
  lines.push(
    line(
      'a month of log objects in S3',
      (inStore / GB) * PRICES.s3StorageGb,
      `${gb(inStore)}, $${PRICES.s3StorageGb} a GB and month; paid in any case`,
    ),
  )
  return lines
}

const line = (what: string, dollars: number, by: string): EstimateLine => ({ what, dollars, by })
const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const gb = (bytes: number): string => {
  const gigabytes = bytes / GB
  return gigabytes < 0.1 ? `${(gigabytes * 1000).toFixed(1)} MB` : `${gigabytes.toFixed(1)} GB`
}
