import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { actorName, isNamed } from '../incident/actor-name.ts'
import type { Ranking } from '../incident/tally.ts'
import { type AlarmChange, alarmNameOf } from './alarm-message.ts'
import type { Evidence } from './evidence.ts'
import { actedBy, alarmUrl, athenaUrl, insightsFilter, logsInsightsUrl, oneOf, recordsQuery } from './insights.ts'
import { type AlertRule, findRule, watchesSilence, worstSeverity } from './rules.ts'

/**
 * `alarm`: it went on. `closed`: it is over, with all that matched from first to last. `noData`: CloudWatch has no data,
 * and the rule watches for silence.
 */
export type AlertKind = 'alarm' | 'closed' | 'noData'

/** An alert, as machines get it (JSON); docs/alerts.md lists the members. Times are ISO 8601. */
export interface Alert {
  readonly version: 1
  readonly kind: AlertKind
  readonly severity: Severity | 'unknown'
  readonly title: string
  /** One line: what, on which bucket, by whom. */
  readonly summary: string
  readonly stage: string
  /** The account of the records, where they agree on one; else the alarm's. */
  readonly account: string
  readonly region: string
  /** Absent for alarms that are no rule's. */
  readonly detection?: {
    readonly id: string
    readonly pack: string
    readonly mitre: readonly string[]
    readonly references: readonly string[]
    readonly watchesSilence: boolean
    /** What the metric adds up, where it is no plain count: `$.bytesOut`, in `unit`. */
    readonly metricValue: string
    readonly unit: string
  }
  readonly description: string
  readonly runbook: readonly string[]
  readonly falsePositives: readonly string[]
  readonly alarm: {
    readonly name: string
    readonly arn: string
    readonly accountId: string
    readonly oldState: string
    readonly newState: string
    readonly stateChangeTime: string
    readonly reason: string
  }
  /** Of composite alarms: what is behind them, as far as it is known. */
  readonly children?: readonly { readonly alarmName: string; readonly detection?: string; readonly title?: string }[]
  /** Of `closed`: how long the alarm was on. Without `startedAt`, that is not known. */
  readonly incident?: { readonly startedAt?: string; readonly endedAt: string }
  /** Absent where there is no rule, so nothing to look for. */
  readonly evidence?: Evidence
  /** Of `alarm`: matching records that no incident has told; absent where that is not known. */
  readonly untold?: number
  readonly links: {
    readonly alarm?: string
    /** Logs Insights: what matched. */
    readonly records?: string
    /** Logs Insights: all that the same actors (or addresses) did from an hour before to an hour after. */
    readonly around?: string
    /** Athena, where the stack has tables. */
    readonly athena?: string
  }
}

export interface BuildAlertOptions {
  readonly kind: AlertKind
  readonly change: AlarmChange
  readonly rules: readonly AlertRule[]
  readonly rule: AlertRule | undefined
  readonly evidence: Evidence | undefined
  readonly stage: string
  /** Where to look for what else an actor did. */
  readonly recordGroups: readonly string[]
  /** Athena's workgroup, where the stack has one. */
  readonly athenaWorkgroup?: string | undefined
  /** Of `closed`: when the alarm went on, ms since the epoch. */
  readonly startedAt?: number | undefined
  /** Of `alarm`: matching records that no incident has told. */
  readonly untold?: number | undefined
}

/** How many actors the link to all they did names. */
const ACTORS_IN_LINK = 5
const HOUR_MS = 3_600_000
/** Browsers and mail programs take this much for certain. */
const MAX_URL = 4000

/** Puts an alert together from what is known. Pure; the texts are rendered by render.ts. */
export function buildAlert(options: BuildAlertOptions): Alert {
  const { kind, change, rules, rule, evidence, stage, recordGroups, startedAt, untold } = options
  const children = change.children.map((arn) => {
    const alarmName = alarmNameOf(arn)
    const child = findRule(rules, alarmName)
    return { alarmName, ...(child === undefined ? {} : { detection: child.id, title: child.title }) }
  })
  const title = rule?.title ?? titleOfUnknown(change)
  return {
    version: 1,
    kind,
    severity: rule?.severity ?? severityOfUnknown(change, rules),
    title,
    summary: summarize(title, evidence),
    stage,
    account: only(evidence?.accounts) ?? change.accountId,
    region: change.region,
    ...(rule === undefined ? {} : { detection: detectionOf(rule) }),
    description: rule?.description ?? change.alarmDescription,
    runbook: rule?.runbook ?? [],
    falsePositives: rule?.falsePositives ?? [],
    alarm: {
      name: change.alarmName,
      arn: change.alarmArn,
      accountId: change.accountId,
      oldState: change.oldState,
      newState: change.newState,
      stateChangeTime: new Date(change.stateChangeTime).toISOString(),
      reason: change.reason,
    },
    ...(change.composite ? { children } : {}),
    ...(kind === 'closed'
      ? {
          incident: {
            ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt).toISOString() }),
            endedAt: new Date(change.stateChangeTime).toISOString(),
          },
        }
      : {}),
    ...(evidence === undefined ? {} : { evidence }),
    ...(untold === undefined ? {} : { untold }),
    links: withoutUndefined({
      alarm: alarmUrl(change, change.alarmName),
      ...(rule === undefined || evidence === undefined ? {} : evidenceLinks(change, rule, evidence, recordGroups)),
      athena: options.athenaWorkgroup === undefined ? undefined : athenaUrl(change),
    }),
  }
}

function detectionOf(rule: AlertRule): NonNullable<Alert['detection']> {
  const { id, pack, mitre, references, metricValue, unit } = rule
  return { id, pack, mitre, references, watchesSilence: watchesSilence(rule), metricValue, unit }
}

/** An alarm that is no rule's speaks for itself: by its name, a composite one by its description. */
function titleOfUnknown(change: AlarmChange): string {
  return (change.composite && change.alarmDescription.split('\n')[0]) || `Alarm ${change.alarmName}`
}

/** Of a roll-up `…-severity-<severity>`, its own; else the worst of its children's; else it is not known. */
function severityOfUnknown({ alarmName, children }: AlarmChange, rules: readonly AlertRule[]): Severity | 'unknown' {
  const named = /-severity-([a-z]+)/.exec(alarmName)?.[1]
  const own = SEVERITIES.find((severity) => severity === named)
  const found = children.flatMap((arn) => findRule(rules, alarmNameOf(arn))?.severity ?? [])
  return own ?? worstSeverity(found) ?? 'unknown'
}

/** The value of a ranking that holds one only. */
export function only(ranking: Ranking | undefined): string | undefined {
  return ranking?.distinct === 1 && ranking.capped === undefined ? ranking.top[0]?.value : undefined
}

/** `Bucket policy made public: customer-data by user legacy-report-export`. */
function summarize(title: string, evidence: Evidence | undefined): string {
  if (evidence === undefined || evidence.total === 0) return title
  const { buckets, actors } = evidence
  const where = only(buckets) ?? (buckets.distinct > 1 ? `${buckets.distinct} buckets` : undefined)
  const [actor] = actors.top
  const who = actor === undefined ? undefined : actors.distinct === 1 ? actorName(actor) : `${actors.distinct} actors`
  const said = [where, who === undefined ? undefined : `by ${who}`].filter((part) => part !== undefined)
  return said.length === 0 ? title : `${title}: ${said.join(' ')}`
}

function evidenceLinks(
  change: AlarmChange,
  rule: AlertRule,
  evidence: Evidence,
  recordGroups: readonly string[],
): Alert['links'] {
  const window = { start: Date.parse(evidence.windowStart), end: Date.parse(evidence.windowEnd) }
  const matching = (filter: string | undefined) =>
    logsInsightsUrl(change, { query: recordsQuery(filter), logGroupNames: rule.logGroupNames, window })
  let records = matching(insightsFilter(rule.pattern))
  if (records !== undefined && records.length > MAX_URL) {
    const names = evidence.eventNames.top.map(({ value }) => value)
    records = matching(names.length === 0 ? undefined : oneOf('eventName', names))
  }
  const actors = evidence.actors.top.filter(isNamed)
  const ranked = actors.length > 0 ? actors : evidence.addresses.top
  const values = ranked.slice(0, ACTORS_IN_LINK).map(({ value }) => value)
  const around =
    values.length === 0
      ? undefined
      : logsInsightsUrl(change, {
          query: recordsQuery(actors.length > 0 ? actedBy(values) : oneOf('sourceIPAddress', values)),
          logGroupNames: recordGroups,
          window: { start: window.start - HOUR_MS, end: window.end + HOUR_MS },
        })
  return withoutUndefined({ records, around: around !== undefined && around.length > MAX_URL ? undefined : around })
}

function withoutUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never
}
