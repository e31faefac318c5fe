import { rm } from 'node:fs/promises'
import path from 'node:path'
import { BucketwatchError, errorMessage } from '../shared/contracts/errors.ts'
import { type LogEvent, LogsPortError, type ObjectStore } from '../shared/contracts/ports.ts'
import { loadDetections, loadSequences, loadSettings } from '../shared/files/detections.ts'
import type { Receipt } from '../shared/forward/receipt.ts'
import type { Finding } from '../shared/incident/finding.ts'
import { scanLogEvents } from '../shared/local/logs.ts'
import { writeFault } from '../shared/local/run-folder.ts'
import { countIncidents, renderAlerts, renderIncidents, timeFormat, toldOf, writeTexts } from './alert-screen.ts'
import { interruptible } from './interrupt.ts'
import type { Io } from './io.ts'
import { type AlarmClock, createLocalAlerts, type FiredAlarm, type LocalAlert } from './local-alerts.ts'
import { createLocalIncidents } from './local-incidents.ts'
import { LOCAL_ROOT } from './local-root.ts'
import { createLocalRun, type FunctionName } from './local-run.ts'
import { localConfig } from './local-stage.ts'
import { clip, count, type Paint, plural, receiptLine } from './render.ts'
import { createFailures, printTotals } from './totals.ts'

/** Where records go that are only looked at again; cleared before each run. */
const againRoot = (stage: string): string => path.join(LOCAL_ROOT, 'again', stage)

export interface StartOptions {
  readonly settings: string | undefined
  readonly clock: AlarmClock
  /** The folders of rules. */
  readonly rules: readonly string[]
  /** A line for every object, and the newest record of each log group. */
  readonly verbose: boolean
}

export interface Session {
  readonly receipts: readonly Receipt[]
  /** Invokes a function; what went wrong is printed, not thrown. */
  invoke(functionName: FunctionName, event: unknown): Promise<void>
  /** Prints what people are told up to now, and were not yet: findings, and alarms that no incident has told. */
  tell(): Promise<void>
  /** Lets the time go on, for the findings that time alone brings about; `set` puts the clock forward. */
  pass(until: number, set: (now: number) => void): Promise<void>
  /** LOCAL_WRITE once nothing more can be delivered. */
  fault(): BucketwatchError | undefined
  /** Prints the incidents, the worst last, and the totals. */
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
    /** Objects of an earlier run are looked at again for their alerts. */
    readonly lookAgain?: boolean | undefined
  },
): Promise<Session> {
  const { now, paint, stamp = () => '' } = given
  const store = interruptible(given.store, io.signal)
  const { verbose } = options
  const { width } = io
  const receipts: Receipt[] = []
  const failures = createFailures()
  const delivered: Delivered = new Map()
  const settings = await loadSettings(options.settings)
  const detections = await loadDetections(...options.rules)
  const sequences = await loadSequences(detections, ...options.rules)
  const say = (line: string) => void io.out(stamp() + line)
  // The alarms are compiled for the stage that the run will have.
  const env = given.stage === undefined ? io.env : { ...io.env, BUCKETWATCH_STAGE: given.stage }
  const { stage, logGroupPrefix } = localConfig(env)
  const alerts = createLocalAlerts({
    detections,
    sequences,
    settings,
    stage,
    logGroupPrefix,
    clock: options.clock,
    start: now(),
  })
  const incidents = createLocalIncidents({
    rules: alerts.alertRules,
    stage,
    logGroupPrefix,
    accountId: settings.environment.account ?? '',
    root: LOCAL_ROOT,
    now,
  })
  const matching = { rules: alerts.hitRules, hits: incidents }
  const run = createLocalRun({
    ...matching,
    store,
    environment: settings.environment,
    env,
    now,
    onReceipt(receipt) {
      receipts.push(receipt)
      failures.ofReceipt(receipt)
      const odd = receipt.status === 'failed' || receipt.status === 'quarantined'
      if (verbose || odd) say(receiptLine(receipt, paint, verbose ? undefined : width - stamp().length))
    },
    onIgnored({ reason, key }) {
      if (!verbose) return
      const name = key === undefined ? '' : `  ${paint('dim', key.slice(key.lastIndexOf('/') + 1))}`
      say(`${paint('dim', 'ignored'.padEnd(11))} ${reason}${name}`)
    },
    onFailed({ messageId, error }) {
      // Told once, when the run ends for it.
      if (io.signal.aborted || run.fault() !== undefined) return
      failures.ofMessage(error)
      const again = messageId === undefined ? '' : ` (message ${messageId} would come again)`
      const text = `${codeOf(error)}${errorMessage(error)}${again}`
      say(`${paint('red', 'failed'.padEnd(11))} ${verbose ? text : clip(text, width - 12 - stamp().length)}`)
    },
    onLogEvents(logGroupName, events) {
      alerts.ingest(logGroupName, events)
      remember(delivered, logGroupName, events)
    },
  })
  /** Receipts of objects that were looked at again. */
  const lookedAt = new Map<string, Receipt>()
  // What an earlier run has delivered is not delivered again, but whoever asks for it wants its alerts.
  const again =
    given.lookAgain === true
      ? createLocalRun({
          ...matching,
          store,
          environment: settings.environment,
          env: io.env,
          now,
          root: againRoot(run.stage),
          onReceipt: (receipt) => void lookedAt.set(receipt.key, receipt),
          onLogEvents: (logGroupName, events) => alerts.ingest(logGroupName, events),
        })
      : undefined
  if (again !== undefined) await rm(againRoot(run.stage), { recursive: true, force: true })
  let fault: BucketwatchError | undefined
  const fired: FiredAlarm[] = []
  const explained: LocalAlert[] = []

  /** Only what this run has written: logs of earlier runs are no evidence of this one. */
  async function* source(logGroupName: string): AsyncGenerator<LogEvent> {
    const own = { root: LOCAL_ROOT, isOwnStream: run.isOwnStream }
    const parts = again === undefined ? [own] : [own, { root: againRoot(run.stage), isOwnStream: again.isOwnStream }]
    for (const { root, isOwnStream } of parts) {
      try {
        yield* scanLogEvents(root, logGroupName, isOwnStream)
      } catch (error) {
        // Nothing was delivered to it: the rule waited for something that never came.
        if (!(error instanceof LogsPortError && error.failure === 'notFound')) throw error
      }
    }
  }

  async function explain(told: readonly FiredAlarm[]): Promise<LocalAlert[]> {
    if (told.length === 0) return []
    io.progress(`looking up what set off ${plural(told.length, 'alarm')}`)
    const found = await alerts.explain(told, source, incidents)
    io.progress('')
    explained.push(...found)
    return found
  }

  async function printIncidents(current: readonly Finding[], untold: readonly LocalAlert[]): Promise<void> {
    const times = current.flatMap(({ firstTime, lastTime }) => [Date.parse(firstTime), Date.parse(lastTime)])
    const { day } = timeFormat(times)
    if (current.length > 0) {
      const said = day === '' ? '' : `, times of ${day} (UTC)`
      await io.out('')
      await io.out(paint('bold', `INCIDENTS by severity, the worst last${said}`))
      await io.out('')
      for (const line of renderIncidents(current, { paint, width })) await io.out(line)
    }
    if (untold.length > 0) {
      await io.out('')
      await io.out(paint('bold', 'ALARMS that no incident has told'))
      await io.out('')
      for (const line of renderAlerts(untold, { paint, width })) await io.out(line)
    }
  }

  return {
    receipts,
    fault: () => run.fault() ?? again?.fault() ?? fault,
    async invoke(functionName, event) {
      const before = receipts.length
      // What failed was told by onFailed; Lambda or SQS would try again.
      await run.invoke(functionName, event).catch(() => {})
      const isOfEarlierRun = ({ status, key }: Receipt) =>
        status === 'duplicate' && !receipts.slice(0, before).some((receipt) => receipt.key === key)
      if (again !== undefined && receipts.slice(before).some(isOfEarlierRun)) {
        await again.invoke(functionName, event).catch(() => {})
        for (const [index, receipt] of receipts.entries())
          if (index >= before) receipts[index] = withQuarantined(receipt, lookedAt.get(receipt.key))
      }
    },
    async tell() {
      await incidents.pass(now())
      for (const line of renderIncidents(incidents.news(), { paint, width })) await io.out(line)
      const more = alerts.advance(now())
      fired.push(...more)
      const untold = (await explain(more)).filter(({ isTold }) => !isTold)
      for (const line of renderAlerts(untold, { paint, width })) await io.out(line)
    },
    async pass(until, set) {
      const more = alerts.advance(until)
      fired.push(...more)
      for (const alarm of more.filter(alerts.isForIncident)) {
        await incidents.pass(alarm.change.timestamp, set)
        await explain([alarm])
      }
      await incidents.pass(until, set)
    },
    async summarize() {
      fired.push(...alerts.finish(now()))
      const known = new Set(explained.map(({ change }) => change))
      await explain(toldOf(fired).filter(({ change }) => !known.has(change)))
      if (verbose) await printRecords(delivered, paint, io)
      for (const problem of alerts.problems) io.err(`${paint('red', 'rule left out:')} ${problem}`)
      const current = await incidents.current()
      const untold = explained.filter(({ isTold }) => !isTold)
      await printIncidents(current, untold)
      const folder = path.join(LOCAL_ROOT, 'alerts', stage)
      await writeTexts(folder, incidents.told, untold).catch((error) => {
        fault ??= writeFault(LOCAL_ROOT, error)
      })
      await printTotals(receipts, failures.counts, paint, io)
      if (lookedAt.size > 0)
        await io.out(`  ${plural(lookedAt.size, 'object')} of an earlier run: looked at again, not delivered again`)
      await io.out(paint('bold', `${countIncidents(current)}; ${countMessages(incidents.told.length, untold.length)}`))
      await io.out(`  of ${plural(alerts.rules.length, 'rule')} that are on`)
      await io.out(`  ${plural(fired.length, 'alarm')} went off, by ${CLOCK_WORDS[options.clock]}`)
      if (alerts.lacking > 0)
        await io.out(
          `  ${plural(alerts.lacking, 'rule')} ${alerts.lacking === 1 ? 'waits' : 'wait'} for a setting: bucketwatch detections list tells which`,
        )
      if (incidents.told.length + untold.length > 0 && fault === undefined)
        await io.out(`  whole texts, with what to do: ${folder}/`)
      await io.out(`  records: ${LOCAL_ROOT}/log-groups/${verbose ? '' : '   every object: --verbose'}`)
    },
  }
}

/** What was put aside the first time was not delivered, and is no duplicate of anything. */
function withQuarantined(receipt: Receipt, again: Receipt | undefined): Receipt {
  if (receipt.status !== 'duplicate' || again === undefined || again.status !== 'quarantined') return receipt
  const { quarantined, quarantinedBy, error } = again
  const duplicates = Math.max(0, receipt.duplicates - quarantined)
  return { ...receipt, status: 'quarantined', duplicates, quarantined, quarantinedBy, error }
}

const CLOCK_WORDS: Readonly<Record<AlarmClock, string>> = {
  processing: 'the time records were forwarded, as in the cloud',
  event: 'the time things happened',
}

/** `6 messages, 2 of them alarms`: what would have been mailed. */
function countMessages(findings: number, alarms: number): string {
  const all = plural(findings + alarms, 'message')
  return alarms === 0 ? all : `${all}, ${count(alarms)} of them ${alarms === 1 ? 'an alarm' : 'alarms'}`
}

const codeOf = (error: unknown): string => (error instanceof BucketwatchError ? `${error.code}: ` : '')

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
    await io.out('')
    await io.out(`${paint('bold', name)} ${paint('dim', `newest of ${plural(events, 'log event')}:`)}`)
    await io.out(newest.message)
  }
}
