import * as z from 'zod/mini'
import {
  integer,
  logGroupPrefix,
  path,
  readVariables,
  stageVariables,
  tableName,
  variableNames,
} from '../settings/reader.ts'

/** The configuration of the alert function, read once at cold start by {@link readAlertConfig}. */
export interface AlertConfig {
  readonly stage: string
  /** Without a trailing slash; where alarms of the pipeline's own links lead. */
  readonly logGroupPrefix: string
  /** The topic that alerts are published to. */
  readonly alertsTopicArn: string
  /** The DynamoDB table of state changes already alerted and of open incidents; undefined: kept in memory only. */
  readonly stateTable: string | undefined
  /** The rules packaged with the function (see rules.ts); undefined: every alarm is told in its own words. */
  readonly rulesFile: string | undefined
  /** By how much the evidence window is widened at both ends. Seconds. */
  readonly evidenceMarginSeconds: number
  /** Evidence is counted up to here; beyond, the alert says "at least". */
  readonly evidenceMaxEvents: number
  /** Evidence is given up after this. Seconds. */
  readonly evidenceTimeoutSeconds: number
}

/** Every variable, its form and its default. docs/alerts.md is checked against this table. */
const SCHEMA = z.strictObject({
  ...stageVariables,
  ALERTS_TOPIC_ARN: z
    .string('expected the ARN of an SNS topic')
    .check(z.regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:\S+$/, 'expected the ARN of an SNS topic')),
  STATE_TABLE: z.optional(tableName),
  ALERT_RULES_FILE: z.optional(path),
  EVIDENCE_MARGIN_SECONDS: z.optional(integer(0, 3600)),
  EVIDENCE_MAX_EVENTS: z.optional(integer(1, 1_000_000)),
  EVIDENCE_TIMEOUT_SECONDS: z.optional(integer(1, 600)),
})

/** The names of the alert function's variables, in order. */
export const ALERT_CONFIG_VARIABLES: readonly string[] = variableNames(SCHEMA)

/**
 * Reads the alert function's configuration from environment variables (`BUCKETWATCH_*`; an empty value means "not set").
 *
 * @throws BucketwatchError CONFIG_INVALID that lists every problem at once; a misspelt `BUCKETWATCH_*` is a problem.
 * @example
 * readAlertConfig({ BUCKETWATCH_ALERTS_TOPIC_ARN: 'arn:aws:sns:eu-central-1:111122223333:bucketwatch-dev-alerts' })
 */
export function readAlertConfig(env: Readonly<Record<string, string | undefined>>): AlertConfig {
  const value = readVariables(SCHEMA, env)
  return {
    stage: value.STAGE,
    logGroupPrefix: logGroupPrefix(value),
    alertsTopicArn: value.ALERTS_TOPIC_ARN,
    stateTable: value.STATE_TABLE,
    rulesFile: value.ALERT_RULES_FILE,
    evidenceMarginSeconds: value.EVIDENCE_MARGIN_SECONDS ?? 120,
    evidenceMaxEvents: value.EVIDENCE_MAX_EVENTS ?? 50_000,
    evidenceTimeoutSeconds: value.EVIDENCE_TIMEOUT_SECONDS ?? 20,
  }
}
