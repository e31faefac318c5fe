/**
 * What one detection file says, `infra/detections/<pack>/<id>.yml`, and the words it is said in. How it is read is
 * detection-file.ts; docs/writing-detections.md tells how to write one.
 */
import type { ComparisonOperator, TreatMissingData } from '../alarm/types.ts'
import type { Purpose } from '../contracts/record.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/** The log groups a rule can watch, by their last part: `/bucketwatch/<stage>/<source>`. */
export const DETECTION_SOURCES = [...LOG_KINDS, 'pipeline'] as const
export type DetectionSource = LogKind | 'pipeline'

/** What a rule needs beyond CloudTrail's management events; without it the rule is blind, or cries wolf. */
export const REQUIREMENTS = [
  'dataEvents',
  'account',
  'trustedAccounts',
  'logBuckets',
  'allowRanges',
  'blockRanges',
  'watchedBuckets',
] as const
export type Requirement = (typeof REQUIREMENTS)[number]

export const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** The longest evaluation interval CloudWatch takes, in seconds: one day, or a week for periods of an hour and more. */
export const maxEvaluationInterval = (periodSeconds: number): number => (periodSeconds >= 3600 ? 604_800 : 86_400)

/** What CloudWatch would refuse about these three together (PutMetricAlarm, "EvaluationPeriods"). */
export function alarmConflicts(
  periodSeconds: number,
  evaluationPeriods: number,
  datapointsToAlarm: number | undefined,
): string[] {
  const conflicts: string[] = []
  if (datapointsToAlarm !== undefined && datapointsToAlarm > evaluationPeriods) {
    conflicts.push(`datapointsToAlarm (${datapointsToAlarm}) is more than evaluationPeriods (${evaluationPeriods})`)
  }
  const interval = periodSeconds * evaluationPeriods
  if (interval > maxEvaluationInterval(periodSeconds)) {
    conflicts.push(
      `periodSeconds × evaluationPeriods is ${interval} s; CloudWatch allows ${maxEvaluationInterval(periodSeconds)} s` +
        ` for a period of ${periodSeconds} s`,
    )
  }
  return conflicts
}

/** What a rule counts: records, different object keys, bytes sent, or objects deleted (a DeleteObjects is many). */
export const COUNTS = ['events', 'keys', 'bytes', 'deletes'] as const
export type Count = (typeof COUNTS)[number]

/** What a rule can count by. `account`: that of the record. `principal`: whose incident the record belongs to. */
export const ENTITY_FIELDS = ['actor', 'bucket', 'ip', 'account', 'principal'] as const
export type EntityField = (typeof ENTITY_FIELDS)[number]

interface ExampleFields {
  /** What happens in the example, in a few words. */
  readonly name: string
  /** Why it must, or must not, hit, where that is not plain. */
  readonly why?: string | undefined
  /** Part of the normalized record that must come out; `null` says that the field must be absent. */
  readonly expect?: Readonly<Record<string, unknown>> | undefined
}

interface CloudTrailExample extends ExampleFields {
  readonly kind: 'cloudtrail'
  /** A CloudTrail record; what is left out of it is filled in from a plain record, see docs. */
  readonly input: Readonly<Record<string, unknown>>
  /** true: take `input` as it is and fill nothing in. */
  readonly verbatim: boolean
}

interface AccessLogExample extends ExampleFields {
  readonly kind: 'access-log'
  /** A whole server access log line, or some of its fields (the others are filled in, see docs). */
  readonly input: string | Readonly<Record<string, string | number>>
}

interface RecordExample extends ExampleFields {
  readonly kind: 'record'
  /** A record as it stands in the log group: receipts, already normalized records. */
  readonly input: Readonly<Record<string, unknown>>
}

/** One example: what arrives, and (by the list it stands in) whether the pattern must match it. */
export type Example = RecordExample | CloudTrailExample | AccessLogExample
/** An example of one kind of logs. */
export type ExampleOf<Kind extends LogKind> = Extract<Example, { readonly kind: Kind }>

/** A detection as its file says it, defaults filled in. Field by field in docs/writing-detections.md. */
export interface DetectionFile {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly description: string
  readonly sources: readonly DetectionSource[]
  readonly requires: readonly Requirement[]
  readonly enabled: boolean
  readonly pattern: string
  /** Findings of the pattern linter, by their rule, that are meant: say why in a comment. */
  readonly acceptFindings: readonly string[]
  /** How the metric's value is found; the same for every log group the rule watches. */
  readonly metric: {
    /** A number, or a selector into the record such as `$.bytesOut`. */
    readonly value: number | string
    /** Published once for every event that does not match; leave it out unless you need the zeros. */
    readonly defaultValue?: number | undefined
    readonly unit: 'None' | 'Count' | 'Bytes' | 'Milliseconds' | 'Seconds'
  }
  /** The alarm on the metric, with CloudWatch's names and its documented limits. */
  readonly alarm: {
    readonly statistic: 'Sum' | 'SampleCount' | 'Average' | 'Minimum' | 'Maximum'
    readonly periodSeconds: number
    readonly evaluationPeriods: number
    readonly datapointsToAlarm?: number | undefined
    readonly threshold: number
    readonly comparisonOperator: ComparisonOperator
    readonly treatMissingData: TreatMissingData
  }
  /** What matching records are counted by, to tell people; `none`: the rule has a filter and an alarm only. */
  readonly by?: 'none' | readonly EntityField[] | undefined
  /** Seconds of event time that are counted together; default: what the alarm looks at. */
  readonly window?: number | undefined
  /** The count with which one entity hits; default: the alarm's. */
  readonly threshold?: number | undefined
  /** Default: `bytes` where the metric adds up a selector, else `events`. */
  readonly count?: Count | undefined
  /**
   * Of a rule that counts a day: who did as much on earlier days hits with so many times that, at the least. See
   * shared/incident/usual.ts.
   */
  readonly aboveUsual?: number | undefined
  /** Of a rule that watches for silence: rules whose hits bring it about. It is told in their incident. */
  readonly explainedBy?: readonly string[] | undefined
  /** At buckets with these purposes (see the setting `purposes`) what matches is ordinary, and is left out. */
  readonly ordinaryFor: readonly Purpose[]
  readonly mitre: readonly string[]
  readonly cis: readonly string[]
  readonly references: readonly string[]
  readonly falsePositives: readonly string[]
  readonly tuning: readonly string[]
  readonly runbook: readonly string[]
  readonly examples: { readonly hits: readonly Example[]; readonly misses: readonly Example[] }
}

/** A detection, and where it comes from: the folder names the pack. */
export interface Detection extends DetectionFile {
  readonly pack: string
  readonly file: string
}
