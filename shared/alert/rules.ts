/**
 * What the alert function knows of the rules: written to one JSON file when the stack is built, packaged beside the
 * bundle, read at cold start.
 */
import type { ComparisonOperator } from '../alarm/types.ts'
import type { CompiledRule } from '../detection/compile.ts'
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { compileSequences, type Sequence, type SequenceRule } from '../detection/sequence.ts'
import { DEFAULT_INCIDENT_SETTINGS, type IncidentSettings } from '../settings/incidents.ts'

/** One rule, as far as an alert speaks of it. */
export interface AlertRule {
  readonly id: string
  readonly pack: string
  readonly title: string
  readonly severity: Severity
  readonly description: string
  readonly runbook: readonly string[]
  readonly falsePositives: readonly string[]
  readonly mitre: readonly string[]
  readonly references: readonly string[]
  /** With placeholders and allow-lists put in, as in the metric filters. */
  readonly pattern: string
  readonly logGroupNames: readonly string[]
  /** A number, or the selector whose values the metric adds up. */
  readonly metricValue: string
  readonly unit: string
  /** What the rule counts by; empty where it does not count. */
  readonly by: readonly string[]
  /** Whether its matches become incidents; of others the alarm alone tells. */
  readonly hits: boolean
  /** Rules whose hits bring about the silence that this one waits for. */
  readonly explainedBy: readonly string[]
  readonly alarm: {
    readonly alarmName: string
    readonly statistic: string
    /** Seconds. */
    readonly period: number
    readonly evaluationPeriods: number
    readonly datapointsToAlarm: number
    readonly threshold: number
    readonly comparisonOperator: ComparisonOperator
    readonly treatMissingData: string
  }
}

/** The file. */
export interface AlertRules {
  readonly version: 1
  readonly rules: readonly AlertRule[]
  /** Rules over incidents. */
  readonly sequences: readonly SequenceRule[]
  readonly incidents: IncidentSettings
}

/**
 * The enabled rules, and how incidents are told, for the alert function's file. Pure; `JSON.stringify` of the result is the file.
 *
 * @param compiled the result of compileDetections, or anything else that holds its rules.
 * @example
 * writeFileSync('dist/functions/alert-rules.json', JSON.stringify(compileAlertRules(compiled, settings.incidents)))
 */
export function compileAlertRules(
  compiled: { readonly rules: readonly CompiledRule[] },
  incidents: IncidentSettings = DEFAULT_INCIDENT_SETTINGS,
  sequences: readonly Sequence[] = [],
): AlertRules {
  const on = new Set(compiled.rules.map(({ detection }) => detection.id))
  return {
    version: 1,
    rules: compiled.rules.map(toAlertRule),
    sequences: compileSequences(sequences, (rule) => on.has(rule)).sequences,
    incidents,
  }
}

function toAlertRule({ detection, severity, pattern, metricFilters, alarm, counting }: CompiledRule): AlertRule {
  const { id, pack, title, description, runbook, falsePositives, mitre, references, explainedBy } = detection
  const [transformation] = metricFilters[0]?.metricTransformations ?? []
  return {
    id,
    pack,
    title,
    severity,
    description,
    runbook,
    falsePositives,
    mitre,
    references,
    pattern,
    logGroupNames: metricFilters.map(({ logGroupName }) => logGroupName),
    metricValue: transformation?.metricValue ?? '1',
    unit: transformation?.unit ?? 'None',
    by: [...(counting?.by ?? [])],
    hits: counting !== undefined,
    explainedBy: [...(explainedBy ?? [])],
    alarm: {
      alarmName: alarm.alarmName,
      statistic: alarm.statistic,
      period: alarm.period,
      evaluationPeriods: alarm.evaluationPeriods,
      datapointsToAlarm: alarm.datapointsToAlarm ?? alarm.evaluationPeriods,
      threshold: alarm.threshold,
      comparisonOperator: alarm.comparisonOperator,
      treatMissingData: alarm.treatMissingData ?? 'missing',
    },
  }
}

/** The rule that an alarm is of. Names are unique: `bucketwatch-<stage>-<id>`. */
export function findRule(rules: readonly AlertRule[], alarmName: string): AlertRule | undefined {
  return rules.find(({ alarm }) => alarm.alarmName === alarmName)
}

/** Whether the rule goes off because nothing (or too little) comes. */
export function watchesSilence({ alarm }: AlertRule): boolean {
  return alarm.comparisonOperator === 'LessThanThreshold' || alarm.comparisonOperator === 'LessThanOrEqualToThreshold'
}

/** The worst of several severities; undefined of none. */
export function worstSeverity(severities: Iterable<Severity>): Severity | undefined {
  let worst = -1
  for (const severity of severities) worst = Math.max(worst, SEVERITIES.indexOf(severity))
  return SEVERITIES[worst]
}
