import { camelName, LOG_KINDS, type LogKind, pascalName } from '../shared/kinds/kinds.ts'
import type { Parameters } from './parameters.ts'

/** A function that every stack has: a forwarder for each kind of logs, and the one that writes alerts. */
export type UsualFunction = LogKind | 'alert'
export const FUNCTIONS: readonly UsualFunction[] = [...LOG_KINDS, 'alert']
/** A function of ours. */
export type FunctionName = UsualFunction | typeof REPLAY_PART
/** Reads parts of distributed replays, see replay.ts. */
export const REPLAY_PART = 'replay-part'

/** The functions of this stack. */
export const functionsOf = ({ parameters }: Pick<Context, 'parameters'>): readonly FunctionName[] =>
  parameters.replayResults === undefined ? FUNCTIONS : [...FUNCTIONS, REPLAY_PART]

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
  /** Where people's chats listen through Amazon Q Developer. */
  chatTopic: 'ChatTopic',
  hitsQueue: 'HitsQueue',
  hitsDeadLetterQueue: 'HitsDeadLetterQueue',
  alertQueue: 'AlertDeadLetterQueue',
  stateTable: 'StateTable',
  key: 'EncryptionKey',
  /** Where the canary is put. */
  canaryBucket: 'CanaryBucket',
} as const

export const queueId = (kind: LogKind): string => `${pascalName(kind)}Queue`
export const deadLetterQueueId = (kind: LogKind): string => `${pascalName(kind)}DeadLetterQueue`
export const ruleId = (kind: LogKind): string => `${pascalName(kind)}ObjectCreatedRule`
export const topicId = (kind: LogKind): string => `${pascalName(kind)}ObjectsTopic`
export const pascal = (name: FunctionName): string =>
  name === 'alert' ? 'Alert' : name === REPLAY_PART ? 'ReplayPart' : pascalName(name)
export const roleId = (functionName: FunctionName): string => `${pascal(functionName)}Role`

/** The log groups, by the last part of their names: one for each kind, and those that are of all. */
const COMMON_GROUPS = { history: 'HistoryLogs', pipeline: 'PipelineLogs', findings: 'FindingsLogs' } as const
export type LogGroupName = LogKind | keyof typeof COMMON_GROUPS
export const LOG_GROUPS: readonly LogGroupName[] = [...LOG_KINDS, 'history', 'pipeline', 'findings']
export const logGroupId = (name: LogGroupName): string =>
  name in COMMON_GROUPS ? COMMON_GROUPS[name as keyof typeof COMMON_GROUPS] : `${pascalName(name as LogKind)}Logs`

/** True when logs of the kind can reach its function: a bucket is named, a topic, or a log group. */
export function hasFeed(context: Context, kind: LogKind): boolean {
  const { locations, topicArns } = kindParameters(context, kind)
  return locations.length > 0 || topicArns.length > 0 || hasSubscription(context, kind)
}

/** True when log events of the kind come to its function by a subscription. */
export const hasSubscription = (context: Context, kind: LogKind): boolean =>
  context.parameters.nativeDelivery === 'functions' && kindParameters(context, kind).logGroups.length > 0

/** What a kind's parameters say about where its objects are. */
export function kindParameters(context: Context, kind: LogKind) {
  const { parameters } = context
  const name = camelName(kind)
  return {
    locations: parameters[`${name}Buckets`],
    topicArns: parameters[`${name}TopicArns`],
    logGroups: parameters[`${name}LogGroups`],
    kmsKeyArns: parameters[`${name}KmsKeyArns`],
    silenceHours: parameters[`${name}SilenceHours`],
  }
}
