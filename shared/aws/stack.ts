/** What a deployed stack says of itself, through CloudFormation, SQS and IAM. */
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import { GetQueueAttributesCommand, QueueDoesNotExist } from '@aws-sdk/client-sqs'
import { stackName } from '../connect/names.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { parseArn } from '../derive/arn.ts'
import { listOf } from '../derive/json.ts'
import type { Location, QueueFacts } from '../doctor/facts.ts'
import { statementsOf } from '../doctor/policy.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { readAwsError } from './failure.ts'

export interface DeployedStack {
  readonly name: string
  readonly accountId: string
  readonly region: string
  readonly status: string
  readonly outputs: Readonly<Record<string, string>>
}

/**
 * Reads the stack of a stage.
 *
 * @throws BucketwatchError STACK_NOT_FOUND, AWS_CALL
 * @example
 * (await readStack(clients, 'prod')).outputs.CloudTrailQueueArn
 */
export async function readStack(
  { cloudFormation }: Pick<AdminClients, 'cloudFormation'>,
  stage: string,
): Promise<DeployedStack> {
  const name = stackName(stage)
  const region = await cloudFormation.config.region()
  const stacks = await callAws('cloudformation:DescribeStacks', async () => {
    try {
      return (await cloudFormation.send(new DescribeStacksCommand({ StackName: name }))).Stacks ?? []
    } catch (error) {
      if (/does not exist/.test(readAwsError(error).message)) return []
      throw error
    }
  })
  const [stack] = stacks
  if (stack === undefined) {
    throw new BucketwatchError(
      'STACK_NOT_FOUND',
      `${name} in ${region}: give --stage and --region as at its deployment (npm run deploy), and the same credentials.`,
      { stackName: name, region },
    )
  }
  const id = parseArn(stack.StackId ?? '')
  return {
    name,
    accountId: id?.accountId ?? '',
    region: id?.region ?? region,
    status: stack.StackStatus ?? 'unknown',
    outputs: Object.fromEntries(
      (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
  }
}

/**
 * An output of the stack.
 *
 * @throws BucketwatchError STACK_NOT_FOUND where the stack is of a version that has no such output.
 */
export function outputOf(stack: DeployedStack, name: string): string {
  const value = stack.outputs[name]
  if (value !== undefined) return value
  throw new BucketwatchError('STACK_NOT_FOUND', `${stack.name} has no output ${name}: deploy it again.`, { name })
}

/** A queue's policy, key and number of waiting messages. @throws BucketwatchError AWS_CALL */
export async function readQueue({ sqs }: Pick<AdminClients, 'sqs'>, queueUrl: string): Promise<QueueFacts> {
  const { Attributes = {} } = await callAws('sqs:GetQueueAttributes', async () => {
    try {
      return await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }))
    } catch (error) {
      // Its own message is empty.
      if (error instanceof QueueDoesNotExist) throw new Error(`the queue ${queueUrl} does not exist`, { cause: error })
      throw error
    }
  })
  return {
    policy: Attributes.Policy,
    kmsKeyId: Attributes.KmsMasterKeyId,
    waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
  }
}

/** All policies of a role, inline and attached, as text. @throws BucketwatchError AWS_CALL */
export async function readRolePolicies({ iam }: Pick<AdminClients, 'iam'>, roleArn: string): Promise<string[]> {
  const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1)
  const { PolicyNames = [] } = await callAws('iam:ListRolePolicies', () =>
    iam.send(new ListRolePoliciesCommand({ RoleName })),
  )
  const inline = PolicyNames.map(async (PolicyName) => {
    const { PolicyDocument } = await callAws('iam:GetRolePolicy', () =>
      iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })),
    )
    return PolicyDocument
  })
  const { AttachedPolicies = [] } = await callAws('iam:ListAttachedRolePolicies', () =>
    iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
  )
  const attached = AttachedPolicies.map(async ({ PolicyArn }) => {
    const { Policy } = await callAws('iam:GetPolicy', () => iam.send(new GetPolicyCommand({ PolicyArn })))
    const { PolicyVersion } = await callAws('iam:GetPolicyVersion', () =>
      iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId })),
    )
    return PolicyVersion?.Document
  })
  const documents = await Promise.all([...inline, ...attached])
  return documents.flatMap((document) => (document === undefined ? [] : [decodePolicy(document)]))
}

/** IAM answers with URL-encoded JSON; some emulators with plain JSON. */
export function decodePolicy(document: string): string {
  if (document.trimStart().startsWith('{')) return document
  try {
    return decodeURIComponent(document)
  } catch {
    return document
  }
}

/**
 * The buckets and prefixes that a function's role may read: the stack's parameters `cloudTrailBuckets` or
 * `accessLogBuckets`, as they were when it was deployed.
 *
 * @example
 * locationsOf(['{"Statement":[{"Sid":"LogObjects","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/p/*"}]}'])
 * // [{ bucket: 'b', prefix: 'p/' }]
 */
export function locationsOf(rolePolicies: readonly unknown[]): Location[] {
  const found = new Map<string, Location>()
  for (const statement of rolePolicies.flatMap(statementsOf)) {
    if (statement.Effect !== 'Allow' || !listOf(statement.Action).includes('s3:GetObject')) continue
    // The canary's objects are ours, and no logs.
    if (statement.Sid === 'Canary') continue
    for (const resource of listOf(statement.Resource)) {
      const [, bucket, prefix] = /^arn:[^:]+:s3:::([^/*]+)\/(.*)\*$/s.exec(String(resource)) ?? []
      if (bucket !== undefined && prefix !== undefined) found.set(`${bucket}/${prefix}`, { bucket, prefix })
    }
  }
  return [...found.values()]
}
