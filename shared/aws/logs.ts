/** CloudWatch Logs through the AWS SDK. */
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  type InputLogEvent,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { type LogsFailure, type LogsPort, LogsPortError, type PutLogEventsInput } from '../contracts/ports.ts'
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
    async putLogEvents(input) {
      const { rejectedLogEventsInfo } = await mapErrors(() => client.send(putLogEvents(input), within(input.timeoutMs)))
      return { rejectedLogEventsInfo }
    },
    async getLogEvents({ logGroupName, logStreamName, startTime, endTime, limit, nextToken, timeoutMs }) {
      const page = { startTime, endTime, limit, nextToken, startFromHead: true }
      const output = await mapErrors(() =>
        client.send(new GetLogEventsCommand({ logGroupName, logStreamName, ...page }), within(timeoutMs)),
      )
      const events = (output.events ?? []).flatMap(({ timestamp, message }) =>
        timestamp === undefined || message === undefined ? [] : [{ timestamp, message }],
      )
      // At the end of a stream the token is the one that was given.
      const { nextForwardToken } = output
      return { events, nextToken: nextForwardToken === nextToken ? undefined : nextForwardToken }
    },
    async createLogGroup(logGroupName) {
      await unlessPresent(() => client.send(new CreateLogGroupCommand({ logGroupName })))
    },
    async createLogStream(logGroupName, logStreamName) {
      await unlessPresent(() => client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })))
    },
  }
}

/** The options of a call that is given up after `timeoutMs`; the client's own limits hold all the same. */
function within(timeoutMs: number | undefined) {
  return timeoutMs === undefined ? {} : { abortSignal: AbortSignal.timeout(Math.max(1, Math.trunc(timeoutMs))) }
}

/**
 * PutLogEvents with a body that JSON.stringify has made. The SDK's serializer walks the shape of every event, which costs
 * several times as much; so it is given none, and the body is put in at the build step. Content length, signature,
 * retries and the reading of the answer stay the SDK's.
 */
function putLogEvents({ logGroupName, logStreamName, logEvents }: PutLogEventsInput): PutLogEventsCommand {
  // The SDK only reads the array; its type is mutable all the same.
  const command = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: logEvents as InputLogEvent[] })
  const body = Buffer.from(JSON.stringify({ logGroupName, logStreamName, logEvents }))
  command.middlewareStack.add((next) => (args) => next({ ...args, input: { ...args.input, logEvents: [] } }), {
    name: 'bucketwatchSerializeNoEvents',
    step: 'serialize',
    priority: 'high',
  })
  command.middlewareStack.add(
    (next) => (args) => {
      ;(args.request as { body?: unknown }).body = body
      return next(args)
    },
    { name: 'bucketwatchBody', step: 'build', priority: 'high' },
  )
  return command
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
