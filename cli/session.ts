import { errorMessage } from '../shared/contracts/errors.ts'
import type { LogEvent, ObjectStore } from '../shared/contracts/ports.ts'
import { loadDetections, loadSettings } from '../shared/files/detections.ts'
import type { Receipt } from '../shared/forward/receipt.ts'
import type { Io } from './io.ts'
import { type AlarmClock, createLocalAlarms, renderAlarms } from './local-alarms.ts'
import { createLocalRun, type FunctionName, LOCAL_ROOT } from './local-run.ts'
import { bytes, count, duration, type Paint, plural, receiptLine, table } from './render.ts'

export interface StartOptions {
  readonly settings: string | undefined
  readonly clock: AlarmClock
  /** The folders of rules. */
  readonly rules: readonly string[]
}

export interface Session {
  readonly receipts: readonly Receipt[]
  /** Invokes a function; what went wrong is printed, not thrown. */
  invoke(functionName: FunctionName, event: unknown): Promise<void>
  /** Prints the totals, a few records, and the alarms that went off. */
  summarize(): Promise<void>
}

/** A run of the pipeline on this machine with its output for people: `npm start` in all its forms. */
export async function createSession(
  options: StartOptions,
  io: Io,
  given: {
    readonly store: ObjectStore
    readonly now: () => number
    readonly paint: Paint
    /** What each line begins with. */
    readonly stamp?: (() => string) | undefined
    /** Part of the log group names, default `local`. */
    readonly stage?: string | undefined
    /** Only lines about what is not as it should be. */
    readonly quiet?: boolean | undefined
  },
): Promise<Session> {
  const { store, now, paint, stamp = () => '', quiet = false } = given
  const receipts: Receipt[] = []
  const delivered: Delivered = new Map()
  const settings = await loadSettings(options.settings)
  const detections = await loadDetections(...options.rules)
  const say = (line: string) => void io.out(stamp() + line)
  const run = createLocalRun({
    store,
    environment: settings.environment,
    env: given.stage === undefined ? io.env : { ...io.env, BUCKETWATCH_STAGE: given.stage },
    now,
    onReceipt(receipt) {
      receipts.push(receipt)
      if (!quiet || receipt.status === 'failed' || receipt.status === 'quarantined') say(receiptLine(receipt, paint))
    },
    onIgnored({ reason, key }) {
      if (!quiet)
        say(
          `${paint('dim', 'ignored'.padEnd(11))} ${reason}${key === undefined ? '' : `  ${paint('dim', key.slice(key.lastIndexOf('/') + 1))}`}`,
        )
    },
    onFailed({ messageId, error }) {
      const what = messageId === undefined ? '' : `message ${messageId} would come again: `
      say(`${paint('red', 'failed'.padEnd(11))} ${what}${errorMessage(error)}`)
    },
    onLogEvents(logGroupName, events) {
      alarms.ingest(logGroupName, events)
      remember(delivered, logGroupName, events)
    },
  })
  const alarms = createLocalAlarms({
    detections,
    settings,
    stage: run.stage,
    logGroupPrefix: run.logGroupPrefix,
    clock: options.clock,
    start: now(),
  })

  return {
    receipts,
    async invoke(functionName, event) {
      // What failed was told by onFailed; Lambda or SQS would try again.
      await run.invoke(functionName, event).catch(() => {})
    },
    async summarize() {
      await printTotals(receipts, paint, io)
      await printRecords(delivered, paint, io)
      const fired = alarms.finish(now())
      const rules = new Set(fired.map(({ rule }) => rule.detection.id)).size
      const clock = options.clock === 'event' ? 'on event time' : 'on processing time, as in the cloud'
      await io.out(
        `\n${paint('bold', `${plural(rules, 'alarm')} of ${count(alarms.rules.length)} enabled rules went off`)} ${paint('dim', `(${clock})`)}`,
      )
      for (const line of renderAlarms(fired, paint)) await io.out(line)
      for (const warning of alarms.warnings) io.err(`note: ${warning}`)
    },
  }
}

async function printTotals(receipts: readonly Receipt[], paint: Paint, io: Io): Promise<void> {
  const total = (pick: (receipt: Receipt) => number) => receipts.reduce((sum, receipt) => sum + pick(receipt), 0)
  const inflated = total((receipt) => receipt.bytesInflated)
  const out = total((receipt) => receipt.bytesOut)
  await io.out(`\n${paint('bold', plural(receipts.length, 'object'))}`)
  const rows = [
    ['records in', total((receipt) => receipt.recordsIn)],
    ['  delivered', total((receipt) => receipt.delivered)],
    ['  filtered', total((receipt) => receipt.filtered)],
    ['  duplicates', total((receipt) => receipt.duplicates)],
    ['  quarantined', total((receipt) => receipt.quarantined)],
    ['  undelivered', total((receipt) => receipt.undelivered)],
  ]
  for (const line of table(rows)) await io.out(`  ${line}`)
  const share = inflated === 0 ? '' : ` (${Math.round((100 * out) / inflated)} %)`
  const stored = total((receipt) => receipt.bytesIn)
  await io.out(`  ${bytes(stored)} stored, ${bytes(inflated)} inflated, ${bytes(out)} delivered${share}`)
  const lags = receipts.flatMap(({ lagSecondsP50 }) => lagSecondsP50 ?? []).sort((a, b) => a - b)
  if (lags.length > 0) {
    await io.out(
      `  lag from event to delivery: ${duration(lags[0]!)} to ${duration(lags.at(-1)!)} (medians of the objects)`,
    )
  }
}

/** What reached each log group in this run: how many events, and the newest. (The files may hold gigabytes.) */
type Delivered = Map<string, { events: number; newest: LogEvent }>

function remember(delivered: Delivered, logGroupName: string, events: readonly LogEvent[]): void {
  const last = events.at(-1)
  if (last === undefined) return
  const group = delivered.get(logGroupName)
  if (group === undefined) delivered.set(logGroupName, { events: events.length, newest: last })
  else {
    group.events += events.length
    if (last.timestamp >= group.newest.timestamp) group.newest = last
  }
}

/** The newest record of each log group, and where to find the others. */
async function printRecords(delivered: Delivered, paint: Paint, io: Io): Promise<void> {
  // The receipts, which are about all others, come last.
  const groups = [...delivered].sort(([a], [b]) => Number(a.endsWith('/pipeline')) - Number(b.endsWith('/pipeline')))
  for (const [name, { events, newest }] of groups) {
    await io.out(
      `\n${paint('bold', name)} ${paint('dim', `(${LOCAL_ROOT}/log-groups), newest of ${plural(events, 'log event')}:`)}`,
    )
    await io.out(newest.message)
  }
}
