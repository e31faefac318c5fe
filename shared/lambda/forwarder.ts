import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLedgerClient, createLogsClient, createS3Client, createSqsClient } from '../aws/clients.ts'
import { createHitQueue } from '../aws/hits.ts'
import { createCloudWatchLogs } from '../aws/logs.ts'
import { createS3ObjectStore } from '../aws/s3.ts'
import { createSqsQueue } from '../aws/sqs.ts'
import { createDynamoState } from '../aws/state.ts'
import { readPackagedEnvironment } from '../files/packaged-environment.ts'
import { readPackagedRules } from '../files/packaged-rules.ts'
import type { LogKind } from '../kinds/kinds.ts'
import { readConfig } from '../settings/config.ts'
import { tuneEngine } from './engine.ts'
import { createForwarder } from './handler.ts'
import { createQuietLogger, operatorLog } from './logger.ts'

/**
 * A forwarder function over AWS: configuration and settings are read and checked here, once, at cold start; what is
 * wrong with them stops the function from starting, with every problem named.
 */
export function createAwsForwarder(functionName: LogKind) {
  tuneEngine()
  const config = readConfig(process.env)
  const logger = createQuietLogger()
  const { hitRulesFile, hitsQueueUrl, queueUrl, stateTable: tableName } = config
  return createForwarder({
    ...(tableName !== undefined && {
      state: createDynamoState({ client: createLedgerClient(), tableName, now: Date.now }),
    }),
    ...(hitsQueueUrl !== undefined && {
      hits: createHitQueue({ client: createSqsClient(), queueUrl: hitsQueueUrl }),
    }),
    ...(queueUrl !== undefined && { queue: createSqsQueue({ client: createSqsClient(), queueUrl }) }),
    functionName,
    instanceId: instanceId(process.env.AWS_LAMBDA_LOG_STREAM_NAME),
    config,
    environment: { ...readPackagedEnvironment(config.settingsFile), region: process.env.AWS_REGION },
    rules: readPackagedRules(hitRulesFile),
    store: createS3ObjectStore({ client: createS3Client(), log: operatorLog(logger) }),
    logs: createCloudWatchLogs({ client: createLogsClient() }),
    now: Date.now,
    sleep,
    random: Math.random,
    logger,
  })
}

/** Lambda's own name of this instance (`2026/11/25/[$LATEST]0f1e…` → `0f1e…`), so that both logs can be told together. */
function instanceId(lambdaLogStreamName: string | undefined): string {
  const id = lambdaLogStreamName?.split(']').at(-1)
  return id === undefined || id === '' ? randomUUID() : id
}
