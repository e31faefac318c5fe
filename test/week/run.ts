/**
 * The week through the very pipeline that is deployed: objects are read, normalized, matched, counted, made incidents,
 * told; and the alarms of the same rules run beside it. Everything in memory, on a clock that stands at each delivery.
 */
import { createSimulation } from '../../shared/alarm/simulate.ts'
import { compileAlertRules } from '../../shared/alert/rules.ts'
import { createTeller } from '../../shared/alert/tell.ts'
import { saysSomething } from '../../shared/alert/topic-target.ts'
import type { LogEvent, LogsPort, OperatorLog } from '../../shared/contracts/ports.ts'
import { compileDetections, logGroupNames } from '../../shared/detection/compile.ts'
import type { Detection, Severity } from '../../shared/detection/schema.ts'
import type { Settings } from '../../shared/detection/settings.ts'
import { loadSequences } from '../../shared/files/detections.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import type { Finding } from '../../shared/incident/finding.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import { createStateDossiers } from '../../shared/incident/state-dossiers.ts'
import { createMetricFilter } from '../../shared/metric/filter.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { DAY, WEEK_START } from './cast.ts'
import type { WeekObject } from './objects.ts'

const STAGE = 'prod'
const QUIET: OperatorLog = { debug() {}, info() {}, warn() {}, error() {} }

/** An incident as it stands at the end of the week. */
export interface WeekIncident {
  readonly id: string
  readonly principal: string
  readonly severity: Severity
  /** When people were told first, ms since the epoch. */
  readonly openedAt: number
  readonly rules: readonly string[]
}

/** What became of the week. */
export interface WeekResult {
  readonly objects: number
  readonly records: number
  readonly bytes: number
  /** Records that were forwarded. */
  readonly delivered: number
  /** Records that did not arrive, of all objects. */
  readonly lost: number
  readonly incidents: readonly WeekIncident[]
  readonly findings: readonly Finding[]
  readonly hits: readonly Hit[]
  /** Hits that a suppression of the settings kept out. */
  readonly suppressed: number
  /** Alarms that went off, and how long each rule's was in ALARM; milliseconds. */
  readonly alarms: readonly { readonly rule: string; readonly severity: Severity; readonly at: number }[]
  readonly inAlarm: ReadonlyMap<string, number>
  readonly from: number
  readonly until: number
}

export interface RunOptions {
  readonly objects: Iterable<WeekObject>
  readonly detections: readonly Detection[]
  readonly settings: Settings
  readonly days?: number
  /** Default `matching`: what no rule matches sets off no alarm, so that only what matches need reach the alarms. */
  readonly forward?: 'all' | 'matching'
}

/** Runs the objects in the order in which they come. */
export async function runWeek(options: RunOptions): Promise<WeekResult> {
  const { detections, settings, days = 7, forward = 'matching' } = options
  const compiled = compileDetections({ detections, settings, stage: STAGE })
  if (compiled.problems.length > 0) throw new Error(compiled.problems.map(({ message }) => message).join('; '))
  const clock = { time: WEEK_START }
  const now = () => clock.time
  const alerts = compileAlertRules(compiled, settings.incidents, await loadSequences(detections, 'infra/detections'))
  const findings: Finding[] = []
  const hits: Hit[] = []
  const teller = createTeller({
    rules: alerts.rules,
    sequences: alerts.sequences,
    settings: settings.incidents,
    stage: STAGE,
    logGroupPrefix: `/bucketwatch/${STAGE}`,
    accountId: settings.environment.account ?? '',
    region: 'eu-central-1',
    partition: 'aws',
    dossiers: createStateDossiers({ state: createMemoryState({ now }), stage: STAGE, now, log: QUIET }),
    record: { name: 'findings', send: async () => {} },
    targets: [
      {
        name: 'mail',
        async send(finding) {
          if (saysSomething(finding)) findings.push(finding)
        },
      },
    ],
    now,
    sleep: async () => {},
    random: () => 0.5,
    log: QUIET,
  })
  let suppressed = 0
  const sink = {
    async put(more: readonly Hit[]) {
      hits.push(...more)
      const taken = await teller.take(more)
      suppressed += taken.suppressed
      for (const error of taken.failed.values()) throw error
    },
  }
  const alarms = createAlarms(compiled.rules)
  const bodies = new Map<string, Uint8Array>()
  const state = createMemoryState({ now })
  const config = readConfig({ BUCKETWATCH_STAGE: STAGE, BUCKETWATCH_FORWARD: forward })
  const pipelineOf = (functionName: string) =>
    createPipeline({
      functionName,
      instanceId: 'week',
      config,
      environment: settings.environment,
      store: {
        open: async ({ key }) => ({
          body: (async function* () {
            yield bodies.get(key)!
          })(),
        }),
      },
      logs: alarms.logs,
      state,
      rules: compileHitRules(compiled).rules,
      hits: sink,
      now,
      sleep: async () => {},
      random: () => 0.5,
      log: QUIET,
    })
  const pipelines = { cloudtrail: pipelineOf('cloudtrail'), 'access-log': pipelineOf('access-log') }

  /** Lets the time go on, and does what is due on the way. */
  async function pass(until: number): Promise<void> {
    for (;;) {
      const due = await teller.nextDue()
      if (due === undefined || due > until) break
      clock.time = Math.max(clock.time + 1, due)
      await teller.tick()
    }
    clock.time = Math.max(clock.time, until)
    alarms.advance(clock.time)
  }

  const counts = { objects: 0, records: 0, bytes: 0, delivered: 0, lost: 0 }
  for (const { kind, bucket, key, body, records, deliveredAt } of options.objects) {
    await pass(deliveredAt)
    bodies.set(key, body)
    const { receipt, error } = await pipelines[kind].process({ bucket, key, eTag: key })
    if (error !== undefined) throw error
    await pipelines[kind].flushReceipts()
    bodies.delete(key)
    counts.objects += 1
    counts.records += records
    counts.bytes += receipt.bytesInflated
    counts.delivered += receipt.delivered
    counts.lost += records - receipt.delivered - receipt.filtered - receipt.duplicates
  }
  const until = WEEK_START + days * DAY
  await pass(until + DAY)
  return {
    ...counts,
    incidents: incidentsOf(findings),
    findings,
    hits,
    suppressed,
    alarms: alarms.fired,
    inAlarm: alarms.inAlarm(until),
    from: WEEK_START,
    until,
  }
}

/** Incidents as people know them: what was told of each. */
function incidentsOf(findings: readonly Finding[]): WeekIncident[] {
  return [...Map.groupBy(findings, ({ incidentId }) => incidentId)].map(([id, told]) => {
    const last = told.at(-1)!
    return {
      id,
      principal: last.principal,
      severity: last.severity,
      openedAt: Date.parse(told[0]!.time),
      rules: last.rules.map((rule) => rule.id),
    }
  })
}

function createAlarms(rules: ReturnType<typeof compileDetections>['rules']) {
  const simulation = createSimulation({
    alarms: rules.map(({ alarm }) => alarm),
    filters: rules.flatMap(({ metricFilters }) => metricFilters.map(createMetricFilter)),
    start: WEEK_START,
    evidenceLimit: 0,
  })
  const byName = new Map(rules.map((rule) => [rule.alarm.alarmName, rule]))
  const groups = new Set(Object.values(logGroupNames(STAGE)))
  const fired: WeekResult['alarms'][number][] = []
  const spans = new Map<string, { since: number | undefined; total: number }>()

  function advance(time: number): void {
    for (const { alarm, newState, timestamp } of simulation.advance(time)) {
      const { detection, severity } = byName.get(alarm.alarmName)!
      const span = spans.get(detection.id) ?? { since: undefined, total: 0 }
      spans.set(detection.id, span)
      if (newState === 'ALARM') {
        fired.push({ rule: detection.id, severity, at: timestamp })
        span.since = timestamp
      } else if (span.since !== undefined) {
        span.total += timestamp - span.since
        span.since = undefined
      }
    }
  }

  const logs: LogsPort = {
    async putLogEvents({ logGroupName, logEvents }) {
      if (!groups.has(logGroupName)) return {}
      for (const { timestamp, message } of logEvents as readonly LogEvent[]) {
        advance(timestamp)
        simulation.ingest({ logGroupName, timestamp, message })
      }
      return {}
    },
    getLogEvents: async () => ({ events: [] }),
    createLogGroup: async () => {},
    createLogStream: async () => {},
  }
  return {
    logs,
    fired,
    advance,
    inAlarm: (until: number) =>
      new Map(
        [...spans].map(([rule, { since, total }]) => [
          rule,
          Math.min(until - WEEK_START, total + (since === undefined ? 0 : Math.max(0, until - since))),
        ]),
      ),
  }
}
