import { createSimulation, type Simulation, type StateChange } from '../shared/alarm/simulate.ts'
import type { LogEvent } from '../shared/contracts/ports.ts'
import { type CompiledRule, compileDetections, logGroupNames } from '../shared/detection/compile.ts'
import type { Detection, Severity } from '../shared/detection/schema.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { createMetricFilter } from '../shared/metric/filter.ts'
import { bytes, count, duration, type Paint, plural, type Style, table } from './render.ts'

/** `processing`: as in the cloud, on the log events' own timestamps. `event`: as if each record had come at once. */
export type AlarmClock = 'processing' | 'event'

/** One rule's alarm that went off, with what set it off. */
export interface FiredAlarm {
  readonly rule: CompiledRule
  readonly change: StateChange
}

export interface LocalAlarms {
  readonly rules: readonly CompiledRule[]
  /** What the rules lack in the settings, and what keeps some of them from being compiled. */
  readonly warnings: readonly string[]
  /** Takes log events as they reach a group, in the order of their arrival. */
  ingest(logGroupName: string, events: readonly LogEvent[]): void
  /** Lets the time go on to `end`, and returns every alarm that went off, in order. */
  finish(end: number): FiredAlarm[]
}

/** How many matching events of an alarm are looked at for its evidence. */
const EVIDENCE_LIMIT = 500

const MINUTE_MS = 60_000

/**
 * The enabled metric filters and alarms, running on this machine over what is delivered, as CloudWatch would run them.
 *
 * @param options.start when the alarms are created, ms since the epoch.
 */
export function createLocalAlarms(options: {
  readonly detections: readonly Detection[]
  readonly settings: Settings
  readonly stage: string
  readonly logGroupPrefix: string
  readonly clock: AlarmClock
  readonly start: number
}): LocalAlarms {
  const { detections, settings, stage, logGroupPrefix, clock } = options
  const names = logGroupNames(stage)
  const own = (source: keyof typeof names) => `${logGroupPrefix}/${source}`
  const compiled = compileDetections({
    detections,
    settings,
    stage,
    logGroupNames: { cloudtrail: own('cloudtrail'), 'access-log': own('access-log'), pipeline: own('pipeline') },
  })
  const byAlarm = new Map(compiled.rules.map((rule) => [rule.alarm.alarmName, rule]))
  const changes: StateChange[] = []
  // On the event clock, everything has to be sorted first.
  const waiting: { timestamp: number; logGroupName: string; message: string }[] = []

  function simulation(start: number): Simulation {
    return createSimulation({
      alarms: compiled.rules.map(({ alarm }) => alarm),
      filters: compiled.rules.flatMap(({ metricFilters }) => metricFilters.map(createMetricFilter)),
      start,
      evidenceLimit: EVIDENCE_LIMIT,
    })
  }

  let running: Simulation | undefined = clock === 'processing' ? simulation(options.start) : undefined

  function take(to: Simulation, logGroupName: string, { timestamp, message }: LogEvent): void {
    changes.push(...to.advance(timestamp))
    to.ingest({ logGroupName, timestamp, message })
  }

  return {
    rules: compiled.rules,
    warnings: [...compiled.problems, ...compiled.warnings].map(({ file, message }) => `${file}: ${message}`),
    ingest(logGroupName, events) {
      for (const event of events) {
        if (running !== undefined) take(running, logGroupName, event)
        else waiting.push({ logGroupName, message: event.message, timestamp: eventTime(event) })
      }
    },
    finish(end) {
      let last = end
      if (running === undefined) {
        waiting.sort((a, b) => a.timestamp - b.timestamp)
        running = simulation((waiting[0]?.timestamp ?? end) - MINUTE_MS)
        for (const event of waiting) take(running, event.logGroupName, event)
        last = waiting.at(-1)?.timestamp ?? end
      }
      // The minute of the last event has to end, and to be looked at.
      changes.push(...running.advance(last + 2 * MINUTE_MS, true))
      return changes.flatMap((change) => {
        const rule = byAlarm.get(change.alarm.alarmName)
        return rule === undefined || change.newState !== 'ALARM' || isBeginning(rule, change) ? [] : [{ rule, change }]
      })
    },
  }
}

/** Of the time before the run nothing is known: that nothing came then is no silence. */
function isBeginning({ alarm }: CompiledRule, { timestamp, configuredAt, evidence }: StateChange): boolean {
  if (alarm.treatMissingData !== 'breaching' || evidence.total > 0) return false
  return timestamp < configuredAt + alarm.period * alarm.evaluationPeriods * 1000
}

function eventTime(event: LogEvent): number {
  const time = Date.parse(member(parse(event.message), 'eventTime') ?? '')
  return Number.isFinite(time) ? time : event.timestamp
}

const SEVERITY_STYLE: Readonly<Record<Severity, Style>> = {
  critical: ['bold', 'red'],
  high: 'red',
  medium: 'yellow',
  low: 'blue',
  info: 'dim',
}

/** The alarms for people: one block a rule, with when, how many, and who did what from where. */
export function renderAlarms(fired: readonly FiredAlarm[], paint: Paint): string[] {
  const byRule = Map.groupBy(fired, ({ rule }) => rule.detection.id)
  const lines: string[] = []
  for (const alarms of byRule.values()) {
    const { rule, change } = alarms[0] as FiredAlarm
    const { evidence } = change
    const again = alarms.slice(1).map((alarm) => clockTime(alarm.change.timestamp))
    const window = duration(rule.alarm.period * rule.alarm.evaluationPeriods)
    lines.push(
      '',
      `${clockTime(change.timestamp)}  ${paint(SEVERITY_STYLE[rule.severity], rule.severity.toUpperCase().padEnd(8))}  ${paint('bold', rule.detection.id)}  ${rule.detection.title}`,
    )
    const what =
      evidence.total === 0 ? `no records within ${window}` : `${plural(evidence.total, 'record')} within ${window}`
    lines.push(`       ${what}${again.length === 0 ? '' : `; again at ${again.join(', ')}`}`)
    for (const line of renderEvidence(evidence.events, summedField(rule))) lines.push(`       ${paint('dim', line)}`)
  }
  return lines
}

/** What a rule adds up, where that is not just the number of records: a top-level field, and how to say its sum. */
function summedField({ detection }: CompiledRule): { field: string; say: (value: number) => string } | undefined {
  const { value, unit } = detection.metric
  if (typeof value !== 'string' || !/^\$\.\w+$/.test(value)) return undefined
  return { field: value.slice(2), say: unit === 'Bytes' ? bytes : count }
}

/** One matching record, as far as its evidence line tells of it. */
interface Match {
  readonly actor: string
  readonly name: string
  readonly bucket: string
  readonly key: string | undefined
  readonly ip: string
  readonly amount: number
}

/** So many lines of evidence; when more are needed, the calls of one actor from one address are told together. */
const EVIDENCE_LINES = 4

/** Matching records, the same ones counted together: count or sum, actor, calls, bucket/key, address. */
function renderEvidence(
  events: readonly { readonly message: string }[],
  value: ReturnType<typeof summedField>,
): string[] {
  const matches = events.map(({ message }) => readMatch(parse(message), value?.field))
  const exact = group(matches, ({ actor, name, bucket, ip }) => [actor, name, bucket, ip].join(' '))
  const groups = exact.length <= EVIDENCE_LINES ? exact : group(matches, ({ actor, ip }) => `${actor} ${ip}`)
  const rows = groups.slice(0, EVIDENCE_LINES).map(({ members, sum }) => {
    const [{ actor, ip } = { actor: '', ip: '' }] = members
    const times = `${count(members.length)} ×`
    return [value === undefined ? times : `${value.say(sum)} in ${times}`, actor, calls(members), objects(members), ip]
  })
  const rest = groups.length - rows.length
  return rest > 0 ? [...table(rows), `and ${plural(rest, 'other')}`] : table(rows)
}

function readMatch(record: unknown, field: string | undefined): Match {
  const parameters = (record as { requestParameters?: unknown } | undefined)?.requestParameters
  const amount = field === undefined ? 1 : (record as Record<string, unknown> | undefined)?.[field]
  return {
    actor: member(record, 'actor') ?? anonymousActor(record) ?? member(record, 'kind') ?? '',
    name: member(record, 'eventName') ?? member(record, 'reason') ?? '',
    bucket: member(parameters, 'bucketName') ?? member(record, 'bucket') ?? '',
    key: member(parameters, 'key') ?? member(record, 'key'),
    ip: member(record, 'sourceIPAddress') ?? '',
    amount: typeof amount === 'number' ? amount : 0,
  }
}

/** Groups, the one with the largest sum first. */
function group(matches: readonly Match[], by: (match: Match) => string): { members: Match[]; sum: number }[] {
  return [...Map.groupBy(matches, by).values()]
    .map((members) => ({ members, sum: members.reduce((sum, { amount }) => sum + amount, 0) }))
    .sort((a, b) => b.sum - a.sum)
}

/** `GetObject`, or `GetBucketAcl, GetBucketPolicy and 5 others`. */
function calls(members: readonly Match[]): string {
  const names = [...new Set(members.map(({ name }) => name))]
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} others`
}

/** `bucket/key`, `bucket (5 keys)`, `7 buckets`. */
function objects(members: readonly Match[]): string {
  const buckets = new Set(members.map(({ bucket }) => bucket).filter((bucket) => bucket !== ''))
  const keys = new Set(members.flatMap(({ key }) => key ?? []))
  const [bucket = ''] = buckets
  const [key] = keys
  if (buckets.size > 1) return `${count(buckets.size)} buckets`
  if (key === undefined) return bucket
  return keys.size === 1 ? `${bucket}/${key}` : `${bucket} (${count(keys.size)} keys)`
}

function anonymousActor(record: unknown): string | undefined {
  return (record as { anonymous?: unknown } | undefined)?.anonymous === true ? 'anonymous' : member(record, 'actorType')
}

function clockTime(time: number): string {
  return new Date(time).toISOString().slice(11, 16)
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    return undefined
  }
}

function member(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found = (value as Record<string, unknown>)[name]
  return typeof found === 'string' ? found : undefined
}
