import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb'
import { readAlertConfig } from '../alert/config.ts'
import { type AlertRule, parseAlertRules } from '../alert/rules.ts'
import { createDynamoClient, createLogsClient, createSnsClient } from '../aws/clients.ts'
import { createLogSearch } from '../aws/filter-log-events.ts'
import { createDynamoIncidents } from '../aws/incidents.ts'
import { createSnsPublisher } from '../aws/sns.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { createAlertHandler } from './alert.ts'
import { createMemoryIncidents, MemoryPersistence } from './alert-memory.ts'
import { createQuietLogger } from './logger.ts'

/**
 * The alert function over AWS: configuration and rules are read and checked here, once, at cold start; what is wrong
 * with them stops the function from starting, with every problem named.
 */
export function createAwsAlerter() {
  const config = readAlertConfig(process.env)
  const tableName = config.stateTable
  const client = tableName === undefined ? undefined : createDynamoClient()
  return createAlertHandler({
    ...config,
    rules: readRules(config.rulesFile),
    // A handful of calls an alarm, at a few a second for the whole account: here the SDK's own retries are right.
    search: createLogSearch({ client: createLogsClient({ maxAttempts: 6 }) }),
    publisher: createSnsPublisher({ client: createSnsClient(), topicArn: config.alertsTopicArn }),
    sleep,
    logger: createQuietLogger(),
    ...(tableName === undefined || client === undefined
      ? { persistence: new MemoryPersistence(), incidents: createMemoryIncidents() }
      : {
          persistence: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }),
          incidents: createDynamoIncidents({ client, tableName, now: Date.now }),
        }),
  })
}

function readRules(file: string | undefined): readonly AlertRule[] {
  if (file === undefined) return []
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `${file} cannot be read: ${errorMessage(error)}`, { file })
  }
  return parseAlertRules(text, file).rules
}
