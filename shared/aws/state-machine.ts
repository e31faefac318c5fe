/** Executions of the stack's state machines. */
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { callAws } from './admin-clients.ts'
import { APP_ID } from './clients.ts'

/** How far an execution is. */
export interface Execution {
  readonly isRunning: boolean
  /** As Step Functions calls it: SUCCEEDED, FAILED, TIMED_OUT, ABORTED. */
  readonly status: string
  /** Of one that failed. */
  readonly cause: string | undefined
  /** Items of its Distributed Map; undefined as long as it has not begun. */
  readonly items:
    | { readonly total: number; readonly succeeded: number; readonly failed: number; readonly running: number }
    | undefined
}

export interface StateMachine {
  /** @returns the execution's ARN. */
  start(input: object): Promise<string>
  look(executionArn: string): Promise<Execution>
}

/**
 * A state machine of the stack.
 *
 * @throws (its promises) BucketwatchError AWS_CALL
 * @example
 * const execution = await createStateMachine({ region, arn }).start(input)
 */
export function createStateMachine(given: {
  readonly region: string
  readonly arn: string
  readonly client?: SFNClient
}): StateMachine {
  const { region, arn, client = new SFNClient({ region, userAgentAppId: APP_ID }) } = given

  async function itemsOf(executionArn: string): Promise<Execution['items']> {
    const { mapRuns = [] } = await callAws('states:ListMapRuns', () =>
      client.send(new ListMapRunsCommand({ executionArn })),
    )
    const mapRunArn = mapRuns[0]?.mapRunArn
    if (mapRunArn === undefined) return undefined
    const { itemCounts } = await callAws('states:DescribeMapRun', () =>
      client.send(new DescribeMapRunCommand({ mapRunArn })),
    )
    const { total = 0, succeeded = 0, failed = 0, timedOut = 0, aborted = 0, running = 0 } = itemCounts ?? {}
    return { total, succeeded, failed: failed + timedOut + aborted, running }
  }

  return {
    async start(input) {
      const { executionArn = '' } = await callAws('states:StartExecution', () =>
        client.send(new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify(input) })),
      )
      return executionArn
    },
    async look(executionArn) {
      const { status = 'UNKNOWN', cause } = await callAws('states:DescribeExecution', () =>
        client.send(new DescribeExecutionCommand({ executionArn })),
      )
      return {
        isRunning: status === 'RUNNING' || status === 'PENDING_REDRIVE',
        status,
        cause,
        items: await itemsOf(executionArn),
      }
    },
  }
}
