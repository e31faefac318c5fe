/**
 * What the alert function knows of the rules: written to one JSON file when the stack is built, packaged beside the
 * bundle, read at cold start.
 */
import * as z from 'zod/mini'
import { COMPARISON_OPERATORS } from '../alarm/types.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { CompiledRule } from '../detection/compile.ts'
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { compileSequences, type Sequence, type SequenceRule } from '../detection/sequence.ts'
import { DEFAULT_INCIDENT_SETTINGS, type IncidentSettings } from '../settings/incidents.ts'

const text = z.string()
const texts = z.array(text)
const number = z.number()

const alertRule = z.object({
  id: text,
  pack: text,
  title: text,
  severity: z.enum(SEVERITIES),
  description: text,
  runbook: texts,
  falsePositives: texts,
  mitre: texts,
  references: texts,
  /** With placeholders and allow-lists put in, as in the metric filters. */
  pattern: text,
  logGroupNames: texts,
  /** A number, or the selector whose values the metric adds up. */
  metricValue: text,
  unit: text,
  /** What the rule counts by; empty where it does not count. */
  by: texts,
  /** Whether its matches become incidents; of others the alarm alone tells. */
  hits: z.boolean(),
  /** Rules whose hits bring about the silence that this one waits for. */
  explainedBy: texts,
  alarm: z.object({
    alarmName: text,
    statistic: text,
    /** Seconds. */
    period: number,
    evaluationPeriods: number,
    datapointsToAlarm: number,
    threshold: number,
    comparisonOperator: z.enum(COMPARISON_OPERATORS),
    treatMissingData: text,
  }),
})

/** One rule, as far as an alert speaks of it. */
export type AlertRule = Readonly<z.output<typeof alertRule>>

const suppression = z.object({
  rule: z.optional(text),
  actor: z.optional(text),
  person: z.optional(text),
  key: z.optional(text),
  bucket: z.optional(text),
  until: number,
  reason: text,
})

const sequence = z.object({
  id: text,
  title: text,
  severity: z.enum(SEVERITIES),
  description: text,
  steps: z.array(texts),
  within: number,
  mitre: texts,
  falsePositives: texts,
  runbook: texts,
})

const alertRules = z.object({
  version: z.literal(1),
  rules: z.array(alertRule),
  /** Absent in a file of an older version. */
  sequences: z._default(z.array(sequence), []),
  incidents: z.object({ quietMinutes: number, remindHours: number, suppressions: z.array(suppression) }),
})

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

/**
 * Reads the file's text.
 *
 * @throws BucketwatchError CONFIG_INVALID: the file is not one that compileAlertRules wrote.
 */
export function parseAlertRules(json: string, file: string): AlertRules {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `${file} is not JSON: ${errorMessage(error)}`, { file })
  }
  const result = alertRules.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`)
  throw new BucketwatchError('CONFIG_INVALID', problems.join('; '), { problems })
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
