import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AlertConfig, readAlertConfig } from '../alert/config.ts'
import { createFindingsLog } from '../alert/findings-log.ts'
import { type AlertRules, compileAlertRules } from '../alert/rules.ts'
import { parseAlertRules } from '../alert/rules-file.ts'
import { createTopicTarget } from '../alert/topic-target.ts'
import { createCanarySender } from '../aws/canary.ts'
import { createDynamoClient, createLogsClient, createS3Client, createSnsClient } from '../aws/clients.ts'
import { createLogSearch } from '../aws/filter-log-events.ts'
import { createCloudWatchLogs } from '../aws/logs.ts'
import { createSnsPublisher } from '../aws/sns.ts'
import { createDynamoState } from '../aws/state.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import { parseArn } from '../derive/arn.ts'
import { createMemoryState } from '../state/memory.ts'
import { createAlertHandler } from './alert.ts'
import { createQuietLogger } from './logger.ts'
import { createTargets } from './targets.ts'

/**
 * The alert function over AWS: configuration and rules are read and checked here, once, at cold start; what is wrong
 * with them stops the function from starting, with every problem named.
 */
export function createAwsAlerter() {
  const config = readAlertConfig(process.env)
  const { stateTable: tableName } = config
  const now = Date.now
  const own = ownPlace(config)
  // A handful of calls an alarm, at a few a second for the whole account: here the SDK's own retries are right.
  const client = createLogsClient({ maxAttempts: 6 })
  const publisher = createSnsPublisher({ client: createSnsClient(), topicArn: config.alertsTopicArn })
  return createAlertHandler({
    ...config,
    ...own,
    ...readRules(config.rulesFile),
    state:
      tableName === undefined
        ? createMemoryState({ now })
        : createDynamoState({ client: createDynamoClient(), tableName, now }),
    search: createLogSearch({ client }),
    publisher,
    record: createFindingsLog({
      logs: createCloudWatchLogs({ client }),
      logGroupName: `${config.logGroupPrefix}/findings`,
      logStreamName: `alert/${randomUUID()}`,
      now,
    }),
    targets: [createTopicTarget(publisher), ...createTargets(config.targetConfig, own)],
    ...(config.canary === undefined
      ? {}
      : { sendCanary: createCanarySender({ client: createS3Client(), ...config.canary, ...own }) }),
    now,
    sleep,
    random: Math.random,
    logger: createQuietLogger(),
  })
}

/** Where the function runs, as its topic's ARN says. */
function ownPlace({ alertsTopicArn }: AlertConfig): { accountId: string; region: string; partition: string } {
  const { accountId = '', region = '', partition = 'aws' } = parseArn(alertsTopicArn) ?? {}
  return { accountId, region, partition }
}

function readRules(file: string | undefined): AlertRules {
  if (file === undefined) return compileAlertRules({ rules: [] })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BucketwatchError('CONFIG_INVALID', `${file} cannot be read: ${errorMessage(error)}`, { file })
  }
  return parseAlertRules(text, file)
}
