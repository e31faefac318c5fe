import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { startBackfill } from '../../shared/aws/state-machine.ts'

const mock = mockClient(SFNClient)
const ARN = 'arn:aws:states:eu-west-1:111122223333:stateMachine:bucketwatch-dev-backfill'
const start = () => startBackfill({ region: 'eu-west-1', arn: ARN, input: { day: '2026-03-17' } as never })

test('starts an execution with the input as JSON, and tells its ARN', async () => {
  mock.on(StartExecutionCommand).resolves({ executionArn: `${ARN}:1` })
  expect(await start()).toBe(`${ARN}:1`)
  expect(mock.commandCalls(StartExecutionCommand)[0]!.args[0].input).toEqual({
    stateMachineArn: ARN,
    input: '{"day":"2026-03-17"}',
  })
})

test('a failure names the permission that is missing', async () => {
  mock.on(StartExecutionCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }))
  await expect(start()).rejects.toMatchObject({
    code: 'AWS_CALL',
    message: expect.stringMatching(/states:StartExecution\b(?!X)/),
  })
})
