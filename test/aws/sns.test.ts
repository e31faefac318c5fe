import { afterEach, describe, expect, test } from 'vitest'
import { createSnsClient } from '../../shared/aws/clients.ts'
import { createSnsPublisher } from '../../shared/aws/sns.ts'
import { type Received, startServer } from './http-server.ts'

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:bucketwatch-prod-alerts'
const MESSAGE = { subject: '[HIGH] x', message: '{"default":"ü"}', attributes: { severity: 'high', account: '1' } }

const stops: (() => Promise<void>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

async function setUp(...statuses: number[]) {
  const server = await startServer((_: Received, response) => {
    const status = statuses.shift() ?? 200
    response.writeHead(status, { 'content-type': 'text/xml' })
    response.end(
      status === 200
        ? '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>'
        : `<ErrorResponse><Error><Type>Sender</Type><Code>${status === 403 ? 'AuthorizationError' : 'InternalError'}</Code><Message>told by the server</Message></Error></ErrorResponse>`,
    )
  })
  stops.push(() => server.stop())
  const publisher = createSnsPublisher({ client: createSnsClient(server.config), topicArn: TOPIC })
  return { publisher, requests: server.requests }
}

describe('createSnsPublisher', () => {
  test('publishes subject, message structure and attributes', async () => {
    const { publisher, requests } = await setUp()
    await publisher.publish(MESSAGE)
    expect(Object.fromEntries(new URLSearchParams(requests[0]?.body))).toMatchObject({
      Action: 'Publish',
      TopicArn: TOPIC,
      Subject: '[HIGH] x',
      Message: '{"default":"ü"}',
      MessageStructure: 'json',
      'MessageAttributes.entry.1.Name': 'severity',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'high',
      'MessageAttributes.entry.2.Name': 'account',
    })
    expect(requests[0]?.headers['user-agent']).toMatch(/ app\/bucketwatch(?: |$)/)
  })

  test('outages are tried again', async () => {
    const { publisher, requests } = await setUp(500, 503)
    await publisher.publish(MESSAGE)
    expect(requests).toHaveLength(3)
  })

  test('what cannot be published is a coded error', async () => {
    const { publisher, requests } = await setUp(403)
    await expect(publisher.publish(MESSAGE)).rejects.toMatchObject({
      code: 'ALERT_PUBLISH',
      retryable: true,
      message: expect.stringContaining('told by the server'),
    })
    expect(requests).toHaveLength(1)
  })
})
