import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { createSqsQueue } from '../../shared/aws/sqs.ts'

const mock = mockClient(SQSClient)
const QueueUrl = 'https://sqs.eu-west-1.amazonaws.com/111122223333/bucketwatch-dev-cloudtrail'
const queue = createSqsQueue({ client: new SQSClient({ region: 'eu-west-1' }), queueUrl: QueueUrl })

test('puts a message off, and sends one, within a limit of time', async () => {
  mock.on(ChangeMessageVisibilityCommand).resolves({}).on(SendMessageCommand).resolves({})
  await queue.changeVisibility('handle', 120)
  await queue.send('body')
  const [changed, sent] = mock.calls().map(({ args }) => args as readonly [{ input: unknown }, unknown?])
  expect(changed![0].input).toEqual({ QueueUrl, ReceiptHandle: 'handle', VisibilityTimeout: 120 })
  expect(sent![0].input).toEqual({ QueueUrl, MessageBody: 'body' })
  for (const args of [changed!, sent!]) {
    expect(args[1]).toMatchObject({ abortSignal: expect.any(AbortSignal) })
  }
})

test('a failure is the caller’s', async () => {
  mock.on(ChangeMessageVisibilityCommand).rejects(new Error('no'))
  await expect(queue.changeVisibility('handle', 0)).rejects.toThrow('no')
})
