import * as z from 'zod/mini'
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { LOG_KINDS, type LogKind } from '../kinds/kinds.ts'
import {
  bucketName,
  flag,
  integer,
  list,
  logGroupPrefix,
  path,
  readVariables,
  stageVariables,
  tableName,
  variableNames,
} from '../settings/reader.ts'

/** Targets beside the topic `alerts`, as `TARGET_SEVERITIES` and docs/targets.md call them. */
export const TARGET_NAMES = ['amazonq', 'slack', 'teams', 'pagerduty', 'eventbridge', 'securityhub'] as const
export type TargetName = (typeof TARGET_NAMES)[number]

/** Where a secret is: `/path/of/parameter`, or `secretsmanager:<name of secret>`. Never the secret itself. */
export const SECRET_REFERENCE = /^(\/[A-Za-z0-9_./-]{1,1010}|secretsmanager:[A-Za-z0-9/_+=.@-]{1,512})$/

const SECRETS_MANAGER = 'secretsmanager:'

/**
 * The name that Parameter Store's GetParameter takes for a reference: it reads secrets of Secrets Manager, too.
 *
 * Source: Systems Manager user guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
 *
 * @example
 * parameterName('secretsmanager:bucketwatch/slack') // '/aws/reference/secretsmanager/bucketwatch/slack'
 */
export function parameterName(reference: string): string {
  return reference.startsWith(SECRETS_MANAGER)
    ? `/aws/reference/secretsmanager/${reference.slice(SECRETS_MANAGER.length)}`
    : reference
}

/** What is told to whom, besides the topic `alerts`; absent: not at all. */
export interface TargetConfig {
  readonly chatTopicArn: string | undefined
  /** References of secrets. */
  readonly slackWebhook: string | undefined
  readonly teamsWebhook: string | undefined
  readonly pagerDutyKey: string | undefined
  readonly pagerDutyUrl: string | undefined
  readonly eventBus: string | undefined
  readonly securityHub: boolean
  /** Findings of this severity or worse; a target that is not named gets all. */
  readonly severities: Readonly<Partial<Record<TargetName, Severity>>>
}

/** The configuration of the alert function, read once at cold start by {@link readAlertConfig}. */
export interface AlertConfig {
  readonly stage: string
  /** Without a trailing slash; where alarms of the pipeline's own links lead. */
  readonly logGroupPrefix: string
  /** The topic that alerts are published to. */
  readonly alertsTopicArn: string
  /** The DynamoDB table of state changes already alerted and of open incidents; undefined: kept in memory only. */
  readonly stateTable: string | undefined
  /** Athena's workgroup, where the stack has one: alerts link to its saved queries. */
  readonly athenaWorkgroup: string | undefined
  /** The rules packaged with the function (see rules.ts); undefined: every alarm is told in its own words. */
  readonly rulesFile: string | undefined
  /** By how much the evidence window is widened at both ends. Seconds. */
  readonly evidenceMarginSeconds: number
  /** Evidence is counted up to here; beyond, the alert says "at least". */
  readonly evidenceMaxEvents: number
  /** Evidence is given up after this. Seconds. */
  readonly evidenceTimeoutSeconds: number
  /** Where the canary is put every 15 minutes, and as which logs; undefined: there is none. */
  readonly canary: { readonly bucket: string; readonly sources: readonly LogKind[] } | undefined
  readonly targetConfig: TargetConfig
}

const topicArn = z
  .string('expected the ARN of an SNS topic')
  .check(z.regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:\S+$/, 'expected the ARN of an SNS topic'))

const secretReference = z
  .string()
  .check(z.regex(SECRET_REFERENCE, 'expected /the/name/of/a/parameter or secretsmanager:the/name/of/a/secret'))

const SEVERITY_OF = /^([a-z]+)=([a-z]+)$/

/** `slack=medium,pagerduty=high`. */
const severities = z.pipe(
  z.pipe(
    list,
    z.array(
      z.string().check(
        z.refine(
          (item) => {
            const [, name = '', severity = ''] = SEVERITY_OF.exec(item) ?? []
            return (
              (TARGET_NAMES as readonly string[]).includes(name) && (SEVERITIES as readonly string[]).includes(severity)
            )
          },
          {
            error: `expected target=severity; targets are ${TARGET_NAMES.join(', ')}, severities ${SEVERITIES.join(', ')}`,
          },
        ),
      ),
    ),
  ),
  z.transform(
    (items: string[]) => Object.fromEntries(items.map((item) => item.split('='))) as TargetConfig['severities'],
  ),
)

const sources = z.pipe(list, z.array(z.enum(LOG_KINDS, `expected some of ${LOG_KINDS.join(', ')}`)))

/** Every variable, its form and its default. docs/alerts.md is checked against this table. */
const SCHEMA = z.strictObject({
  ...stageVariables,
  ALERTS_TOPIC_ARN: topicArn,
  STATE_TABLE: z.optional(tableName),
  ATHENA_WORKGROUP: z.optional(
    z.string().check(z.regex(/^[A-Za-z0-9._-]{1,128}$/, 'expected the name of a workgroup of Athena')),
  ),
  ALERT_RULES_FILE: z.optional(path),
  EVIDENCE_MARGIN_SECONDS: z.optional(integer(0, 3600)),
  EVIDENCE_MAX_EVENTS: z.optional(integer(1, 1_000_000)),
  EVIDENCE_TIMEOUT_SECONDS: z.optional(integer(1, 600)),
  CANARY_BUCKET: z.optional(bucketName),
  CANARY_SOURCES: z.optional(sources),
  CHAT_TOPIC_ARN: z.optional(topicArn),
  SLACK_WEBHOOK: z.optional(secretReference),
  TEAMS_WEBHOOK: z.optional(secretReference),
  PAGER_DUTY_KEY: z.optional(secretReference),
  PAGER_DUTY_URL: z.optional(z.string().check(z.regex(/^https:\/\/[a-z0-9.-]+(:\d+)?\/\S*$/, 'expected an https URL'))),
  EVENT_BUS: z.optional(z.string().check(z.minLength(1))),
  SECURITY_HUB: z.optional(flag),
  TARGET_SEVERITIES: z.optional(severities),
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
    athenaWorkgroup: value.ATHENA_WORKGROUP,
    rulesFile: value.ALERT_RULES_FILE,
    evidenceMarginSeconds: value.EVIDENCE_MARGIN_SECONDS ?? 120,
    evidenceMaxEvents: value.EVIDENCE_MAX_EVENTS ?? 50_000,
    evidenceTimeoutSeconds: value.EVIDENCE_TIMEOUT_SECONDS ?? 20,
    canary:
      value.CANARY_BUCKET === undefined
        ? undefined
        : { bucket: value.CANARY_BUCKET, sources: value.CANARY_SOURCES ?? LOG_KINDS },
    targetConfig: {
      chatTopicArn: value.CHAT_TOPIC_ARN,
      slackWebhook: value.SLACK_WEBHOOK,
      teamsWebhook: value.TEAMS_WEBHOOK,
      pagerDutyKey: value.PAGER_DUTY_KEY,
      pagerDutyUrl: value.PAGER_DUTY_URL,
      eventBus: value.EVENT_BUS,
      securityHub: value.SECURITY_HUB ?? false,
      severities: value.TARGET_SEVERITIES ?? {},
    },
  }
}
