/** TestMetricFilter through the AWS SDK. */
import { type CloudWatchLogsClient, TestMetricFilterCommand } from '@aws-sdk/client-cloudwatch-logs'
import { BucketwatchError } from '../contracts/errors.ts'
import type { TestMetricFilter } from '../filter-pattern/verify.ts'
import { readAwsError } from './failure.ts'

/**
 * Asks CloudWatch Logs which of some messages a filter pattern matches. Nothing is stored; the caller needs
 * `logs:TestMetricFilter`. Give it a client that retries: the operation is throttled at a few calls a second.
 *
 * Errors: AWS_CALL for everything but the rejection of the pattern, which is an answer.
 *
 * @see CloudWatch Logs API Reference, "TestMetricFilter"
 * @example
 * const test = createTestMetricFilter({ client: createLogsClient({ maxAttempts: 8 }) })
 */
export function createTestMetricFilter({ client }: { readonly client: CloudWatchLogsClient }): TestMetricFilter {
  return async (filterPattern, messages) => {
    try {
      const { matches = [] } = await client.send(
        new TestMetricFilterCommand({ filterPattern, logEventMessages: [...messages] }),
      )
      return { status: 'tested', matched: new Set(matches.map(({ eventNumber }) => Number(eventNumber))) }
    } catch (error) {
      const failure = readAwsError(error)
      if (failure.name === 'InvalidParameterException') return { status: 'rejected', reason: failure.message }
      throw new BucketwatchError(
        'AWS_CALL',
        `TestMetricFilter: ${failure.name}: ${failure.message}`,
        { operation: 'TestMetricFilter', awsCode: failure.name },
        { cause: error },
      )
    }
  }
}
