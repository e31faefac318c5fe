import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { AwsClientStub } from 'aws-sdk-client-mock'
import { outputNames } from '../../../shared/connect/names.ts'
import { LOG_KINDS, type LogKind } from '../../../shared/kinds/kinds.ts'
import { ACCOUNT, kindFacts, queueArn, queuePolicy, REGION, roleArn, topicFacts } from './facts.ts'

/** What a stack says of itself, by the functions that name its parts. */
export function stackOutputs(arns: {
  readonly queue: (kind: LogKind) => string
  readonly role: (kind: LogKind) => string
  readonly topic: (name: 'alarms' | 'alerts') => string
}): { OutputKey: string; OutputValue: string }[] {
  const kinds = LOG_KINDS.flatMap((kind) => {
    const names = outputNames(kind)
    return [
      [names.queueArn, arns.queue(kind)],
      [names.queueUrl, `https://sqs/${kind}`],
      [names.deadLetterQueueUrl, `https://sqs/${kind}-dlq`],
      [names.roleArn, arns.role(kind)],
    ] as const
  })
  const topics = [
    ['AlarmsTopicArn', arns.topic('alarms')],
    ['AlertsTopicArn', arns.topic('alerts')],
  ] as const
  return [...kinds, ...topics].map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }))
}

/** A stack of the stage `prod` whose queues the log buckets may tell, behind the SDK's clients; see facts.ts. */
export function mockStack({
  cloudFormation,
  iam,
  sqs,
  reads = {},
}: {
  readonly cloudFormation: AwsClientStub<CloudFormationClient>
  readonly iam: AwsClientStub<IAMClient>
  readonly sqs: AwsClientStub<SQSClient>
  /** The buckets that it was deployed for, where they are not those of facts.ts. */
  readonly reads?: Partial<Record<LogKind, string>> | undefined
}): void {
  cloudFormation.on(DescribeStacksCommand, { StackName: 'bucketwatch-prod' }).resolves({
    Stacks: [
      {
        StackName: 'bucketwatch-prod',
        StackId: `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/bucketwatch-prod/1`,
        StackStatus: 'CREATE_COMPLETE',
        CreationTime: new Date(0),
        Outputs: stackOutputs({ queue: queueArn, role: roleArn, topic: (name) => topicFacts(name).arn }),
      },
    ],
  })
  iam.on(ListRolePoliciesCommand).resolves({ PolicyNames: ['p'] })
  iam.on(ListAttachedRolePoliciesCommand).resolves({})
  for (const kind of LOG_KINDS) {
    const facts = kindFacts(kind).rolePolicies as { value: readonly string[] }
    const { [kind]: bucket } = reads
    /** The policies of facts.ts, of another bucket. */
    const of = (policy: string) =>
      bucket === undefined
        ? policy
        : policy.replaceAll(/arn:aws:s3:::[^"]*/g, (arn) => `arn:aws:s3:::${bucket}${arn.endsWith('*') ? '/*' : ''}`)
    iam.on(GetRolePolicyCommand, { RoleName: roleArn(kind).split('/')[1] }).resolves({
      PolicyDocument: encodeURIComponent(of(facts.value[0]!)),
    })
    sqs.on(GetQueueAttributesCommand, { QueueUrl: `https://sqs/${kind}` }).resolves({
      Attributes: { Policy: of(queuePolicy(kind)), ApproximateNumberOfMessages: '2' },
    })
  }
}
