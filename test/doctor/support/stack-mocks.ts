import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  GetRolePolicyCommand,
  type IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam'
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { AwsClientStub } from 'aws-sdk-client-mock'
import type { LogKind } from '../../../shared/kinds/kinds.ts'
import { ACCOUNT, kindFacts, queueArn, queuePolicy, REGION, roleArn } from './facts.ts'

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
        Outputs: (['cloudtrail', 'access-log'] as const).flatMap((kind) => {
          const name = kind === 'cloudtrail' ? 'CloudTrail' : 'AccessLog'
          return [
            { OutputKey: `${name}QueueArn`, OutputValue: queueArn(kind) },
            { OutputKey: `${name}QueueUrl`, OutputValue: `https://sqs/${kind}` },
            { OutputKey: `${name}RoleArn`, OutputValue: roleArn(kind) },
          ]
        }),
      },
    ],
  })
  iam.on(ListRolePoliciesCommand).resolves({ PolicyNames: ['p'] })
  iam.on(ListAttachedRolePoliciesCommand).resolves({})
  for (const kind of ['cloudtrail', 'access-log'] as const) {
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
      Attributes: { Policy: of(queuePolicy(kind)) },
    })
  }
}
