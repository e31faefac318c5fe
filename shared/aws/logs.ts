/** CloudWatch Logs through the AWS SDK. */
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { type LogsFailure, type LogsPort, LogsPortError } from '../contracts/ports.ts'
import { type AwsFailure, isDenied, isOutage, isThrottling, readAwsError } from './failure.ts'

/**
 * The LogsPort over CloudWatch Logs. Retrying is the delivery's, see `createLogsClient`.
 *
 * Sources: CloudWatch Logs API Reference, "PutLogEvents", "CreateLogGroup", "CreateLogStream", "Common Errors".
 *
 * @throws LogsPortError only.
 * @example
 * const logs = createCloudWatchLogs({ client: createLogsClient() })
 */
export function createCloudWatchLogs({ client }: { readonly client: CloudWatchLogsClient }): LogsPort {
  return {
    async putLogEvents({ logGroupName, logStreamName, logEvents }) {
      const { rejectedLogEventsInfo } = await mapErrors(() =>
        client.send(
          // The SDK only reads the array; its type is mutable all the same.
          new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: logEvents as InputLogEvent[] }),
        ),
      )
      return { rejectedLogEventsInfo }
    },
    async createLogGroup(logGroupName) {
      await unlessPresent(() => client.send(new CreateLogGroupCommand({ logGroupName })))
    },
    async createLogStream(logGroupName, logStreamName) {
      await unlessPresent(() => client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })))
    },
  }
}

async function unlessPresent(call: () => Promise<unknown>): Promise<void> {
  await mapErrors(async () => {
    try {
      await call()
    } catch (error) {
      if (readAwsError(error).name !== 'ResourceAlreadyExistsException') throw error
    }
  })
}

async function mapErrors<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const failure = readAwsError(error)
    throw new LogsPortError(logsFailure(failure), `${failure.name}: ${failure.message}`, { cause: error })
  }
}

/** How CloudWatch Logs failed. */
export function logsFailure(failure: AwsFailure): LogsFailure {
  // Throttling and outages first: both may come with a status that means something else.
  if (isThrottling(failure)) return 'throttled'
  if (isOutage(failure)) return 'unavailable'
  if (failure.name === 'ResourceNotFoundException') return 'notFound'
  if (
    failure.status === 413 ||
    /^(InvalidParameter|InvalidParameterCombination|InvalidParameterValue|Validation|Serialization|RequestEntityTooLarge)(Exception)?$|^ValidationError$/.test(
      failure.name,
    )
  ) {
    return 'invalid'
  }
  return isDenied(failure) ? 'denied' : 'other'
}
