/**
 * The shape of one detection file, `infra/detections/<pack>/<id>.yml`. docs/writing-detections.md tells how to write
 * one; unknown keys are errors, and every problem is reported at once (see document.ts).
 */
import * as z from 'zod/mini'
import { COMPARISON_OPERATORS, TREAT_MISSING_DATA } from '../alarm/types.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import { PURPOSES } from '../settings/environment.ts'

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
const MITRE = /^T\d{4}(\.\d{3})?$/
/** Value selectors of a metric filter take no wildcard (aws: CloudWatch Logs guide, "Publish numerical values"). */
const METRIC_SELECTOR =
  /^\$(?:\.[A-Za-z0-9_-]+(?:\[\d+\])?(?:\.[A-Za-z0-9_-]+(?:\[\d+\])?)*|[A-Za-z][A-Za-z0-9_]*|\d+)$/

const METRIC_VALUE = 'expected a number, or a selector without wildcard such as "$.bytesOut"'

const text = (max: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(max))
const texts = z.array(text(1000))

/** How the metric's value is found; the same for every log group the rule watches. */
const metric = z.strictObject({
  /** A number, or a selector into the record such as `$.bytesOut`. */
  value: z._default(
    z.union([z.number(), z.string().check(z.regex(METRIC_SELECTOR, METRIC_VALUE))], { error: METRIC_VALUE }),
    1,
  ),
  /** Published once for every event that does not match; leave it out unless you need the zeros. */
  defaultValue: z.optional(z.number()),
  unit: z._default(z.enum(['None', 'Count', 'Bytes', 'Milliseconds', 'Seconds']), 'None'),
})

/** The longest evaluation interval CloudWatch takes, in seconds: one day, or a week for periods of an hour and more. */
export const maxEvaluationInterval = (periodSeconds: number): number => (periodSeconds >= 3600 ? 604_800 : 86_400)

export const alarmFields = {
  statistic: z._default(z.enum(['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum']), 'Sum'),
  periodSeconds: z._default(
    z.number().check(
      z.refine((seconds) => Number.isInteger(seconds) && seconds >= 60 && seconds % 60 === 0, {
        error: 'expected a whole number of minutes in seconds (60, 300, 3600 …)',
      }),
    ),
    300,
  ),
  evaluationPeriods: z._default(z.int().check(z.minimum(1)), 1),
  datapointsToAlarm: z.optional(z.int().check(z.minimum(1))),
  threshold: z._default(z.number(), 1),
  comparisonOperator: z._default(z.enum(COMPARISON_OPERATORS), 'GreaterThanOrEqualToThreshold'),
  treatMissingData: z._default(z.enum(TREAT_MISSING_DATA), 'notBreaching'),
}

/** The alarm on the metric, with CloudWatch's names and its documented limits. */
const alarm = z.strictObject(alarmFields).check((context) => {
  const { periodSeconds, evaluationPeriods, datapointsToAlarm } = context.value
  for (const message of alarmConflicts(periodSeconds, evaluationPeriods, datapointsToAlarm)) {
    context.issues.push({ code: 'custom', message, path: ['evaluationPeriods'], input: context.value })
  }
})

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

const json: z.ZodMiniType<unknown> = z.unknown()
const object = z.record(z.string(), json)

/** Some fields of an access-log line, by name; load.ts checks the names. */
const accessLogFields = z.record(z.string(), z.union([z.string(), z.number()]))

const exampleFields = {
  /** What happens in the example, in a few words. */
  name: text(120),
  /** Why it must, or must not, hit, where that is not plain. */
  why: z.optional(text(1000)),
  /** Part of the normalized record that must come out; `null` says that the field must be absent. */
  expect: z.optional(object),
}

/** What an example of each kind says; example-input.ts makes a whole record of it. */
const ofKind = {
  cloudtrail: z.strictObject({
    ...exampleFields,
    kind: z.literal('cloudtrail'),
    /** A CloudTrail record; what is left out of it is filled in from a plain record, see docs. */
    input: object,
    /** true: take `input` as it is and fill nothing in. */
    verbatim: z._default(z.boolean(), false),
  }),
  'access-log': z.strictObject({
    ...exampleFields,
    kind: z.literal('access-log'),
    /** A whole server access log line, or some of its fields (the others are filled in, see docs). */
    input: z.union([z.string(), accessLogFields], {
      error: 'expected an access-log line (text), or a mapping of some of its fields, each a text or a number',
    }),
  }),
} satisfies Readonly<Record<LogKind, unknown>>

const record = z.strictObject({
  ...exampleFields,
  kind: z.literal('record'),
  /** A record as it stands in the log group: receipts, already normalized records. */
  input: object,
})

/** One example: what arrives, and (by the list it stands in) whether the pattern must match it. */
const example = z.discriminatedUnion('kind', [record, ...Object.values(ofKind)])
export type Example = z.output<typeof example>
/** An example of one kind of logs. */
export type ExampleOf<Kind extends LogKind> = Extract<Example, { readonly kind: Kind }>

const examples = z.strictObject({
  hits: z.array(example).check(z.minLength(2)),
  misses: z.array(example).check(z.minLength(2)),
})

/** One detection file. Field by field in docs/writing-detections.md. */
export const detectionSchema = z.strictObject({
  id: z.string().check(z.maxLength(63), z.regex(ID, 'expected lower-case words joined by hyphens: s3-policy-deleted')),
  title: text(100),
  severity: z.enum(SEVERITIES),
  description: text(2000),
  sources: z.array(z.enum(DETECTION_SOURCES)).check(z.minLength(1)),
  requires: z._default(z.array(z.enum(REQUIREMENTS)), []),
  enabled: z._default(z.boolean(), true),
  pattern: text(4096),
  /** Findings of the pattern linter, by their rule, that are meant: say why in a comment. */
  acceptFindings: z._default(z.array(text(60)), []),
  metric: z._default(metric, { value: 1, unit: 'None' }),
  alarm: z._default(alarm, {
    statistic: 'Sum',
    periodSeconds: 300,
    evaluationPeriods: 1,
    threshold: 1,
    comparisonOperator: 'GreaterThanOrEqualToThreshold',
    treatMissingData: 'notBreaching',
  }),
  /** What matching records are counted by, to tell people; `none`: the rule has a filter and an alarm only. */
  by: z.optional(z.union([z.literal('none'), z.array(z.enum(ENTITY_FIELDS)).check(z.minLength(1))])),
  /** Seconds of event time that are counted together; default: what the alarm looks at. */
  window: z.optional(z.int().check(z.minimum(1), z.maximum(604_800))),
  /** The count with which one entity hits; default: the alarm's. */
  threshold: z.optional(z.number().check(z.positive())),
  /** Default: `bytes` where the metric adds up a selector, else `events`. */
  count: z.optional(z.enum(COUNTS)),
  /**
   * Of a rule that counts a day: who did as much on earlier days hits with so many times that, at the least. See
   * shared/incident/usual.ts.
   */
  aboveUsual: z.optional(z.number().check(z.minimum(1))),
  /** Of a rule that watches for silence: rules whose hits bring it about. It is told in their incident. */
  explainedBy: z.optional(z.array(text(63)).check(z.minLength(1))),
  /** At buckets with these purposes (see the setting `purposes`) what matches is ordinary, and is left out. */
  ordinaryFor: z._default(z.array(z.enum(PURPOSES, `expected ${PURPOSES.join(', ')}`)), []),
  mitre: z._default(
    z.array(z.string().check(z.regex(MITRE, 'expected a MITRE ATT&CK technique such as T1530 or T1562.008'))),
    [],
  ),
  cis: z._default(z.array(text(60)), []),
  references: z._default(z.array(z.url({ error: 'expected a URL' })), []),
  falsePositives: texts.check(z.minLength(1)),
  tuning: z._default(texts, []),
  runbook: texts.check(z.minLength(1)),
  examples,
})

/** A detection as its file says it, defaults filled in. */
export type DetectionFile = z.output<typeof detectionSchema>

/** A detection, and where it comes from: the folder names the pack. */
export interface Detection extends DetectionFile {
  readonly pack: string
  readonly file: string
}
