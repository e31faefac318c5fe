/**
 * The AWS SDK clients of the commands that look at a deployment or change a bucket. Only those import this file, when
 * they run: most of the clients are not in the functions' bundles.
 */
import { AthenaClient } from '@aws-sdk/client-athena'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { GlueClient } from '@aws-sdk/client-glue'
import { IAMClient } from '@aws-sdk/client-iam'
import { KMSClient } from '@aws-sdk/client-kms'
import { LambdaClient } from '@aws-sdk/client-lambda'
import type { S3Client } from '@aws-sdk/client-s3'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { BucketwatchError } from '../contracts/errors.ts'
import { APP_ID, createLogsClient, createS3Client } from './clients.ts'
import { readAwsError } from './failure.ts'

export interface AdminClients {
  readonly athena: AthenaClient
  readonly cloudFormation: CloudFormationClient
  readonly cloudWatch: CloudWatchClient
  readonly dynamoDb: DynamoDBClient
  readonly eventBridge: EventBridgeClient
  readonly glue: GlueClient
  readonly iam: IAMClient
  readonly lambda: LambdaClient
  readonly logs: CloudWatchLogsClient
  readonly s3: S3Client
  readonly sfn: SFNClient
  readonly sns: SNSClient
  readonly sqs: SQSClient
  /** S3 with the stack's own credentials, whoever owns the log buckets. */
  readonly stackS3: S3Client
  /** Keys are asked in their own Region, and with the rights of whoever owns what they encrypt. */
  readonly kms: (region: string, whose: 'stack' | 'bucket') => KMSClient
}

/**
 * The clients for a stack, and for a bucket that may belong to another account.
 *
 * @param bucketProfile the profile (of ~/.aws/config) that may look at the bucket; without it, the stack's credentials
 * @example
 * const { s3 } = createAdminClients({ region: 'eu-west-1', bucketProfile: 'log-archive' })
 */
export function createAdminClients(options: {
  readonly region: string
  readonly bucketProfile?: string | undefined
}): AdminClients {
  const { region, bucketProfile } = options
  const config = { region, userAgentAppId: APP_ID }
  const bucketConfig = bucketProfile === undefined ? config : { ...config, profile: bucketProfile }
  return {
    // Both take a handful of calls a second.
    athena: new AthenaClient({ ...config, retryMode: 'adaptive', maxAttempts: 8 }),
    glue: new GlueClient({ ...config, retryMode: 'adaptive', maxAttempts: 8 }),
    cloudFormation: new CloudFormationClient(config),
    cloudWatch: new CloudWatchClient(config),
    dynamoDb: new DynamoDBClient(config),
    eventBridge: new EventBridgeClient(config),
    iam: new IAMClient(config),
    lambda: new LambdaClient(config),
    logs: createLogsClient({ ...config, maxAttempts: 4 }),
    s3: createS3Client(bucketConfig),
    sfn: new SFNClient(config),
    sns: new SNSClient(config),
    stackS3: createS3Client(config),
    // The queue's URL tells no more than the Region does, and an emulator's may name another host.
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    kms: (keyRegion, whose) => new KMSClient({ ...(whose === 'bucket' ? bucketConfig : config), region: keyRegion }),
  }
}

/**
 * Makes a call and says, where it fails, which one it was. A BucketwatchError passes as it is.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * await callAws('s3:GetBucketPolicy', () => s3.send(new GetBucketPolicyCommand({ Bucket })))
 */
export async function callAws<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof BucketwatchError) throw error
    const { name, status, message } = readAwsError(error)
    throw new BucketwatchError('AWS_CALL', `${action}: ${name}: ${message}`, { action, name, status }, { cause: error })
  }
}
