import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { createStateMachine } from '../../shared/aws/state-machine.ts'

const mock = mockClient(SFNClient)
const ARN = 'arn:aws:states:eu-west-1:111122223333:stateMachine:bucketwatch-dev-backfill'
const machine = createStateMachine({ region: 'eu-west-1', arn: ARN })

beforeEach(() => mock.reset())

test('starts an execution with the input as JSON, and tells its ARN', async () => {
  mock.on(StartExecutionCommand).resolves({ executionArn: `${ARN}:1` })
  expect(await machine.start({ day: '2026-03-17' })).toBe(`${ARN}:1`)
  expect(mock.commandCalls(StartExecutionCommand)[0]!.args[0].input).toEqual({
    stateMachineArn: ARN,
    input: '{"day":"2026-03-17"}',
  })
})

test('a failure names the permission that is missing', async () => {
  mock.on(StartExecutionCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDeniedException' }))
  await expect(machine.start({})).rejects.toMatchObject({
    code: 'AWS_CALL',
    message: expect.stringMatching(/states:StartExecution\b(?!X)/),
  })
})

test('how far it is: the items of its map, those that failed, timed out or were aborted as one', async () => {
  mock.on(DescribeExecutionCommand).resolves({ status: 'RUNNING' })
  mock.on(ListMapRunsCommand).resolves({ mapRuns: [] })
  expect(await machine.look(`${ARN}:1`)).toEqual({
    isRunning: true,
    status: 'RUNNING',
    cause: undefined,
    items: undefined,
  })
  mock.on(DescribeExecutionCommand).resolves({ status: 'FAILED', cause: 'no such bucket' })
  mock
    .on(ListMapRunsCommand)
    .resolves({ mapRuns: [{ mapRunArn: 'map', executionArn: '', stateMachineArn: '', startDate: new Date(0) }] })
  const itemCounts = { total: 9, succeeded: 4, failed: 1, timedOut: 1, aborted: 1, running: 2, pending: 0 }
  mock.on(DescribeMapRunCommand, { mapRunArn: 'map' }).resolves({ itemCounts: { ...itemCounts, resultsWritten: 0 } })
  expect(await machine.look(`${ARN}:1`)).toEqual({
    isRunning: false,
    status: 'FAILED',
    cause: 'no such bucket',
    items: { total: 9, succeeded: 4, failed: 3, running: 2 },
  })
})
