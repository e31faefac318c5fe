import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { holdMessages, moveMessage, sendAll } from '../../shared/aws/queue.ts'

const mock = mockClient(SQSClient)
const clients = { sqs: new SQSClient({ region: 'eu-west-1' }) }
const URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/bucketwatch-dev-cloudtrail'
beforeEach(() => mock.reset())

describe('sendAll', () => {
  test('ten a call; what SQS refuses of a batch is sent again, and nothing else', async () => {
    let calls = 0
    mock.on(SendMessageBatchCommand).callsFake(({ Entries }) => {
      calls += 1
      return {
        Failed: calls === 1 ? [{ Id: '3', Code: 'InternalError', SenderFault: false }] : [],
        Successful: Entries,
      }
    })
    await sendAll(
      clients,
      URL,
      Array.from({ length: 12 }, (_, index) => `body ${index}`),
    )
    const sent = mock
      .commandCalls(SendMessageBatchCommand)
      .map(({ args }) => args[0].input.Entries?.map(({ MessageBody }) => MessageBody))
    expect(sent.map((bodies) => bodies?.length)).toEqual([10, 1, 2])
    expect(sent[1]).toEqual(['body 3'])
    expect(sent[2]).toEqual(['body 10', 'body 11'])
  })

  test('what stays refused is an error with SQS’s own words', async () => {
    mock
      .on(SendMessageBatchCommand)
      .resolves({ Failed: [{ Id: '0', Code: 'X', Message: 'too long', SenderFault: true }] })
    await expect(sendAll(clients, URL, ['a'])).rejects.toMatchObject({
      code: 'AWS_CALL',
      message: expect.stringContaining('too long'),
    })
    expect(mock.commandCalls(SendMessageBatchCommand)).toHaveLength(5)
  })
})

describe('holdMessages', () => {
  const message = (id: string) => ({
    MessageId: id,
    ReceiptHandle: `handle ${id}`,
    Body: `body ${id}`,
    Attributes: { ApproximateReceiveCount: '6', SentTimestamp: '1767225600000' },
  })
  async function held(max: number) {
    const all = []
    for await (const one of holdMessages(clients, URL, { max, holdSeconds: 60 })) all.push(one)
    return all
  }

  test('an empty answer is not the end, two are; a message is given once', async () => {
    mock
      .on(ReceiveMessageCommand)
      .resolvesOnce({})
      .resolvesOnce({ Messages: [message('a'), message('b')] })
      .resolvesOnce({ Messages: [message('a')] })
      .resolves({})
    expect(await held(100)).toEqual([
      { id: 'a', receiptHandle: 'handle a', body: 'body a', receives: 6, sentAt: 1767225600000 },
      { id: 'b', receiptHandle: 'handle b', body: 'body b', receives: 6, sentAt: 1767225600000 },
    ])
  })

  test('no more than asked for', async () => {
    mock.on(ReceiveMessageCommand).callsFake(({ MaxNumberOfMessages }) => ({
      Messages: Array.from({ length: MaxNumberOfMessages }, (_, index) => message(`${mock.calls().length} ${index}`)),
    }))
    expect(await held(12)).toHaveLength(12)
    expect(mock.commandCalls(ReceiveMessageCommand).map(({ args }) => args[0].input.MaxNumberOfMessages)).toEqual([
      10, 2,
    ])
  })
})

test('a message is deleted only once it was sent', async () => {
  const message = { id: 'a', receiptHandle: 'h', body: 'body', receives: 1, sentAt: undefined }
  mock.on(SendMessageCommand).rejectsOnce(new Error('no')).resolves({})
  mock.on(DeleteMessageCommand).resolves({})
  await expect(moveMessage(clients, { from: `${URL}-dlq`, to: URL, message })).rejects.toMatchObject({
    code: 'AWS_CALL',
  })
  expect(mock.commandCalls(DeleteMessageCommand)).toHaveLength(0)
  await moveMessage(clients, { from: `${URL}-dlq`, to: URL, message })
  expect(mock.commandCalls(SendMessageCommand)[1]!.args[0].input).toEqual({ QueueUrl: URL, MessageBody: 'body' })
  expect(mock.commandCalls(DeleteMessageCommand)[0]!.args[0].input).toEqual({
    QueueUrl: `${URL}-dlq`,
    ReceiptHandle: 'h',
  })
})
