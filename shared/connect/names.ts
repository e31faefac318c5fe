/** The names by which the stack and what we add to a bucket are found again. A test holds them and infra/ together. */
import { LOG_KINDS, type LogKind, pascalName } from '../kinds/kinds.ts'

/** `bucketwatch-prod`: the CloudFormation stack of a stage. */
export const stackName = (stage: string): string => `bucketwatch-${stage}`

/** `bucketwatch-detections-prod`: the stack of the packs that the parameter siblingPacks names. */
export const siblingStackName = (stage: string): string => `bucketwatch-detections-${stage}`

/** The stack's outputs about one kind of logs. */
export function outputNames(kind: LogKind) {
  const name = pascalName(kind)
  return {
    queueArn: `${name}QueueArn`,
    queueUrl: `${name}QueueUrl`,
    deadLetterQueueUrl: `${name}DeadLetterQueueUrl`,
    roleArn: `${name}RoleArn`,
  } as const
}

/** The function, and the queue, of a kind: `bucketwatch-prod-access-log`. */
export const resourceName = (stage: string, kind: LogKind): string => `${stackName(stage)}-${kind}`

/** The topic that the stack makes for the feed `sns` where no topic is given. */
export const objectsTopicName = (stage: string, kind: LogKind): string => `${resourceName(stage, kind)}-objects`

/**
 * The Id of our entry in a bucket's notification configuration. S3 takes one prefix an entry, so further prefixes have
 * `-2`, `-3` … behind it.
 */
export const configurationId = (stage: string, kind: LogKind, index = 0): string =>
  index === 0 ? resourceName(stage, kind) : `${resourceName(stage, kind)}-${index + 1}`

/** True for the Ids that {@link configurationId} gives, whatever the index. */
export function isConfigurationId(id: string | undefined, stage: string, kind: LogKind): boolean {
  const first = configurationId(stage, kind)
  return id === first || (id?.startsWith(`${first}-`) === true && /^[1-9]\d*$/.test(id.slice(first.length + 1)))
}

/**
 * Stage and kind from the name of a queue of ours; undefined for any other.
 *
 * @example
 * readQueueName('bucketwatch-prod-access-log') // { stage: 'prod', kind: 'access-log' }
 */
export function readQueueName(name: string): { readonly stage: string; readonly kind: LogKind } | undefined {
  const kind = LOG_KINDS.find((one) => name.endsWith(`-${one}`))
  const stage = kind === undefined ? undefined : /^bucketwatch-(.+)$/.exec(name.slice(0, -kind.length - 1))?.[1]
  return stage === undefined || kind === undefined ? undefined : { stage, kind }
}
