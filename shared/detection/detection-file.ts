/**
 * How one detection file is read: the schema of what schema.ts describes, with every default. Unknown keys are errors, and
 * every problem is reported at once (see document.ts).
 */
import * as z from 'zod/mini'
import { COMPARISON_OPERATORS, TREAT_MISSING_DATA } from '../alarm/types.ts'
import type { LogKind } from '../kinds/kinds.ts'
import { PURPOSES } from '../settings/environment.ts'
import { alarmConflicts, COUNTS, DETECTION_SOURCES, ENTITY_FIELDS, ID, REQUIREMENTS, SEVERITIES } from './schema.ts'

const MITRE = /^T\d{4}(\.\d{3})?$/
/** Value selectors of a metric filter take no wildcard (aws: CloudWatch Logs guide, "Publish numerical values"). */
const METRIC_SELECTOR =
  /^\$(?:\.[A-Za-z0-9_-]+(?:\[\d+\])?(?:\.[A-Za-z0-9_-]+(?:\[\d+\])?)*|[A-Za-z][A-Za-z0-9_]*|\d+)$/

const METRIC_VALUE = 'expected a number, or a selector without wildcard such as "$.bytesOut"'

const text = (max: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(max))
const texts = z.array(text(1000))

/** How the metric's value is found; the same for every log group the rule watches. */
const metric = z.strictObject({
  value: z._default(
    z.union([z.number(), z.string().check(z.regex(METRIC_SELECTOR, METRIC_VALUE))], { error: METRIC_VALUE }),
    1,
  ),
  defaultValue: z.optional(z.number()),
  unit: z._default(z.enum(['None', 'Count', 'Bytes', 'Milliseconds', 'Seconds']), 'None'),
})

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

const json: z.ZodMiniType<unknown> = z.unknown()
const object = z.record(z.string(), json)

/** Some fields of an access-log line, by name; load.ts checks the names. */
const accessLogFields = z.record(z.string(), z.union([z.string(), z.number()]))

const exampleFields = {
  name: text(120),
  why: z.optional(text(1000)),
  expect: z.optional(object),
}

/** What an example of each kind says; example-input.ts makes a whole record of it. */
const ofKind = {
  cloudtrail: z.strictObject({
    ...exampleFields,
    kind: z.literal('cloudtrail'),
    input: object,
    verbatim: z._default(z.boolean(), false),
  }),
  'access-log': z.strictObject({
    ...exampleFields,
    kind: z.literal('access-log'),
    input: z.union([z.string(), accessLogFields], {
      error: 'expected an access-log line (text), or a mapping of some of its fields, each a text or a number',
    }),
  }),
} satisfies Readonly<Record<LogKind, unknown>>

const record = z.strictObject({
  ...exampleFields,
  kind: z.literal('record'),
  input: object,
})

/** One example: what arrives, and (by the list it stands in) whether the pattern must match it. */
const example = z.discriminatedUnion('kind', [record, ...Object.values(ofKind)])

const examples = z.strictObject({
  hits: z.array(example).check(z.minLength(2)),
  misses: z.array(example).check(z.minLength(2)),
})

/** One detection file, as DetectionFile says it. */
export const detectionSchema = z.strictObject({
  id: z.string().check(z.maxLength(63), z.regex(ID, 'expected lower-case words joined by hyphens: s3-policy-deleted')),
  title: text(100),
  severity: z.enum(SEVERITIES),
  description: text(2000),
  sources: z.array(z.enum(DETECTION_SOURCES)).check(z.minLength(1)),
  requires: z._default(z.array(z.enum(REQUIREMENTS)), []),
  enabled: z._default(z.boolean(), true),
  pattern: text(4096),
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
  by: z.optional(z.union([z.literal('none'), z.array(z.enum(ENTITY_FIELDS)).check(z.minLength(1))])),
  window: z.optional(z.int().check(z.minimum(1), z.maximum(604_800))),
  threshold: z.optional(z.number().check(z.positive())),
  count: z.optional(z.enum(COUNTS)),
  aboveUsual: z.optional(z.number().check(z.minimum(1))),
  explainedBy: z.optional(z.array(text(63)).check(z.minLength(1))),
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
