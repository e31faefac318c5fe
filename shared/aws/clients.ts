/** The AWS SDK clients, set up for many small calls from a Lambda function. */
import { CloudWatchLogsClient, type CloudWatchLogsClientConfig } from '@aws-sdk/client-cloudwatch-logs'
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns'
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs'

/**
 * What every call of ours names itself in its user agent (`app/bucketwatch`), so that its own reads can be told apart in
 * CloudTrail. Source: AWS SDKs and Tools Reference Guide, "Application ID".
 */
export const APP_ID = 'bucketwatch'

export const requestHandler = {
  connectionTimeout: 3_000,
  // Until the answer begins; without throwOnRequestTimeout the SDK only warns.
  requestTimeout: 20_000,
  throwOnRequestTimeout: true,
  // Also while a body is read: a connection that has gone quiet is given up, and s3.ts resumes where it was.
  socketTimeout: 30_000,
  httpAgent: { keepAlive: true, maxSockets: 50 },
  httpsAgent: { keepAlive: true, maxSockets: 50 },
}

/**
 * An S3 client: connections kept alive, adaptive retry, redirects to the bucket's Region followed. The SDK's checksum
 * over response bodies is off: CloudTrail objects are gzip and carry their own CRC-32, and a body that is resumed with
 * Range could not be checked anyway.
 *
 * With an endpoint of one's own (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`: an emulator) buckets are addressed by path.
 *
 * @example
 * const store = createS3ObjectStore({ client: createS3Client() })
 */
export function createS3Client(config: S3ClientConfig = {}): S3Client {
  return new S3Client({
    requestHandler,
    userAgentAppId: APP_ID,
    retryMode: 'adaptive',
    maxAttempts: 4,
    followRegionRedirects: true,
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle:
      config.endpoint !== undefined ||
      Boolean(process.env.AWS_ENDPOINT_URL_S3) ||
      Boolean(process.env.AWS_ENDPOINT_URL),
    ...config,
  })
}

/**
 * A CloudWatch Logs client: connections kept alive, and no retry of its own. The delivery retries, with its own backoff
 * and its own count; two layers would multiply (8 × 3 calls for one throttled batch) and hide duplicates from the report.
 *
 * @example
 * const logs = createCloudWatchLogs({ client: createLogsClient() })
 */
export function createLogsClient(config: CloudWatchLogsClientConfig = {}): CloudWatchLogsClient {
  return new CloudWatchLogsClient({ requestHandler, userAgentAppId: APP_ID, maxAttempts: 1, ...config })
}

/** An SNS client: connections kept alive; an alert is worth a few more attempts than the SDK's three. */
export function createSnsClient(config: SNSClientConfig = {}): SNSClient {
  return new SNSClient({ requestHandler, userAgentAppId: APP_ID, maxAttempts: 5, ...config })
}

/** An SQS client for a few calls at the end of an invocation; the queue's URL need not be its endpoint (an emulator). */
export function createSqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ requestHandler, userAgentAppId: APP_ID, useQueueUrlAsEndpoint: false, ...config })
}

/** A DynamoDB client for the ledger, which every object waits for: given up soon, since it can do without. */
export function createLedgerClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return createDynamoClient({
    requestHandler: { ...requestHandler, connectionTimeout: 1_000, requestTimeout: 1_000 },
    maxAttempts: 2,
    ...config,
  })
}

/** A DynamoDB client: connections kept alive, and given up soon, because an alert waits for it. */
export function createDynamoClient(config: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({
    requestHandler: { ...requestHandler, requestTimeout: 3_000 },
    userAgentAppId: APP_ID,
    maxAttempts: 3,
    ...config,
  })
}
