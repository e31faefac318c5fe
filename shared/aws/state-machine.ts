import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import type { ExecutionInput } from '../backfill/execution.ts'
import { callAws } from './admin-clients.ts'
import { APP_ID } from './clients.ts'

/**
 * Starts the backfill's state machine.
 *
 * @returns the execution's ARN.
 * @throws BucketwatchError AWS_CALL
 */
export async function startBackfill(options: {
  readonly region: string
  readonly arn: string
  readonly input: ExecutionInput
}): Promise<string> {
  const { region, arn, input } = options
  const client = new SFNClient({ region, userAgentAppId: APP_ID })
  const { executionArn = '' } = await callAws('states:StartExecution', () =>
    client.send(new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify(input) })),
  )
  return executionArn
}
