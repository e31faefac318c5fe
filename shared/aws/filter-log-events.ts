/** Searching CloudWatch Logs through the AWS SDK. */
import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs'
import { BucketwatchError } from '../contracts/errors.ts'
import { type FilterLogEventsInput, type LogEvent, type LogSearch, LogsPortError } from '../contracts/ports.ts'
import { readAwsError } from './failure.ts'
import { logsFailure } from './logs.ts'

/** FilterLogEvents gives at most so many events, and at most 1 MB, a page. */
const PAGE_EVENTS = 10_000

/**
 * The LogSearch over CloudWatch Logs. A page may be empty and still not the last. Where a full page comes without a
 * token (some emulators know none), the search goes on from the last event's time.
 *
 * Source: CloudWatch Logs API Reference, "FilterLogEvents".
 *
 * @throws LogsPortError only.
 * @example
 * for await (const page of createLogSearch({ client }).filterLogEvents(input)) count += page.length
 */
export function createLogSearch({ client }: { readonly client: CloudWatchLogsClient }): LogSearch {
  async function send(input: FilterLogEventsInput, startTime: number, nextToken: string | undefined) {
    const { logGroupName, filterPattern, endTime, signal } = input
    try {
      return await client.send(
        new FilterLogEventsCommand({ logGroupName, filterPattern, startTime, endTime, nextToken, limit: PAGE_EVENTS }),
        signal === undefined ? {} : { abortSignal: signal },
      )
    } catch (error) {
      const failure = readAwsError(error)
      throw new LogsPortError(logsFailure(failure), `${failure.name}: ${failure.message}`, { cause: error })
    }
  }

  return {
    async *filterLogEvents(input) {
      let startTime = input.startTime
      let nextToken: string | undefined
      let seen: ReadonlySet<string> = new Set()
      for (;;) {
        const output: FilterLogEventsCommandOutput = await send(input, startTime, nextToken)
        const events = (output.events ?? []).filter(({ eventId }) => eventId === undefined || !seen.has(eventId))
        yield events.flatMap(toLogEvent)
        nextToken = output.nextToken
        if (nextToken !== undefined) continue
        const last = events.at(-1)?.timestamp
        if ((output.events?.length ?? 0) < PAGE_EVENTS || last === undefined || last > input.endTime) return
        // All of one time and more than a page of them: what is beyond cannot be reached.
        startTime = last > startTime ? last : last + 1
        seen = new Set(events.flatMap(({ timestamp, eventId }) => (timestamp === last && eventId ? [eventId] : [])))
      }
    },
  }
}

/**
 * The same for commands, whose errors are all coded.
 *
 * @throws BucketwatchError AWS_CALL
 * @example
 * for await (const page of createCommandLogSearch({ client }).filterLogEvents(input)) …
 */
export function createCommandLogSearch(options: { readonly client: CloudWatchLogsClient }): LogSearch {
  const search = createLogSearch(options)
  return {
    async *filterLogEvents(input) {
      try {
        yield* search.filterLogEvents(input)
      } catch (error) {
        if (!(error instanceof LogsPortError)) throw error
        const { logGroupName } = input
        const message = `logs:FilterLogEvents of ${logGroupName}: ${error.message}`
        throw new BucketwatchError(
          'AWS_CALL',
          message,
          { action: 'logs:FilterLogEvents', logGroupName },
          { cause: error },
        )
      }
    },
  }
}

function toLogEvent({ timestamp, message }: FilteredLogEvent): LogEvent[] {
  return timestamp === undefined || message === undefined ? [] : [{ timestamp, message }]
}
