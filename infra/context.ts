import type { Parameters } from './parameters.ts'

/** The two sources of logs; each has a queue, a function, a role and a log group of its own. */
export const SOURCES = ['cloudtrail', 'access-log'] as const
export type Source = (typeof SOURCES)[number]

/** What every part of the template is made from. */
export interface Context {
  readonly stage: string
  /** `bucketwatch-<stage>`: begins the name of everything that has a name. */
  readonly name: string
  /** Without a trailing slash. */
  readonly logGroupPrefix: string
  readonly parameters: Parameters
}

/** Logical ids that more than one part refers to. */
export const IDS = {
  alarmsTopic: 'AlarmsTopic',
  alertsTopic: 'AlertsTopic',
  alertQueue: 'AlertDeadLetterQueue',
  idempotencyTable: 'IdempotencyTable',
  key: 'EncryptionKey',
} as const

const PASCAL: Readonly<Record<Source | 'alert', string>> = {
  cloudtrail: 'CloudTrail',
  'access-log': 'AccessLog',
  alert: 'Alert',
}

export const queueId = (source: Source): string => `${PASCAL[source]}Queue`
export const deadLetterQueueId = (source: Source): string => `${PASCAL[source]}DeadLetterQueue`
export const ruleId = (source: Source): string => `${PASCAL[source]}ObjectCreatedRule`
export const topicId = (source: Source): string => `${PASCAL[source]}ObjectsTopic`
export const roleId = (functionName: Source | 'alert'): string => `${PASCAL[functionName]}Role`
export const pascal = (name: Source | 'alert'): string => PASCAL[name]

/** The log groups, by the last part of their names. */
export const LOG_GROUPS = ['cloudtrail', 'access-log', 'history', 'pipeline'] as const
export type LogGroupName = (typeof LOG_GROUPS)[number]
export const logGroupId = (name: LogGroupName): string =>
  ({ cloudtrail: 'CloudTrailLogs', 'access-log': 'AccessLogLogs', history: 'HistoryLogs', pipeline: 'PipelineLogs' })[
    name
  ]

/** True when objects of the source can reach its queue: a bucket is named, or a topic. */
export function hasFeed(context: Context, source: Source): boolean {
  const { locations, topicArns } = sourceParameters(context, source)
  return locations.length > 0 || topicArns.length > 0
}

/** What a source's parameters say about where its objects are. */
export function sourceParameters(context: Context, source: Source) {
  const p = context.parameters
  return source === 'cloudtrail'
    ? { locations: p.cloudTrailBuckets, topicArns: p.cloudTrailTopicArns, kmsKeyArns: p.cloudTrailKmsKeyArns }
    : { locations: p.accessLogBuckets, topicArns: p.accessLogTopicArns, kmsKeyArns: p.accessLogKmsKeyArns }
}
