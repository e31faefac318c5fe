/** How the alert function's file of rules is read, at cold start. */
import * as z from 'zod/mini'
import { COMPARISON_OPERATORS } from '../alarm/types.ts'
import { SEVERITIES } from '../detection/schema.ts'
import { parsePackagedJson } from '../settings/packaged-json.ts'
import type { AlertRules } from './rules.ts'

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
  pattern: text,
  logGroupNames: texts,
  metricValue: text,
  unit: text,
  by: texts,
  hits: z.boolean(),
  explainedBy: texts,
  alarm: z.object({
    alarmName: text,
    statistic: text,
    period: number,
    evaluationPeriods: number,
    datapointsToAlarm: number,
    threshold: number,
    comparisonOperator: z.enum(COMPARISON_OPERATORS),
    treatMissingData: text,
  }),
})

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
  sequences: z._default(z.array(sequence), []),
  incidents: z.object({ quietMinutes: number, remindHours: number, suppressions: z.array(suppression) }),
})

/**
 * Reads the file's text.
 *
 * @throws BucketwatchError CONFIG_INVALID: the file is not one that compileAlertRules wrote.
 */
export function parseAlertRules(json: string, file: string): AlertRules {
  return parsePackagedJson(alertRules, json, file)
}
