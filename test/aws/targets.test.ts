import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { createAmazonQTarget } from '../../shared/aws/amazon-q.ts'
import { createSnsClient, createSqsClient } from '../../shared/aws/clients.ts'
import { createEventBridgeTarget } from '../../shared/aws/event-bridge.ts'
import { createHitQueue } from '../../shared/aws/hits.ts'
import { createSecretSource } from '../../shared/aws/secret.ts'
import { createSecurityHubTarget } from '../../shared/aws/security-hub.ts'
import { createEventBridgeClient, createSecurityHubClient, createSsmClient } from '../../shared/aws/target-clients.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { ACCOUNT, finding } from '../target/support.ts'
import { startServer } from './http-server.ts'

const TEXT = { subject: '[CRITICAL] x', text: 'WHAT HAPPENED' }

const stops: (() => Promise<void>)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

type Answer = readonly [status: number, body: unknown]

/** A server with these answers, in order, the last one for ever. */
async function setUp(...answers: readonly Answer[]) {
  const left = [...answers]
  const server = await startServer((_, response) => {
    const [status, body] = left.length > 1 ? left.shift()! : left[0]!
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  stops.push(() => server.stop())
  const bodies = () => server.requests.map(({ body }) => JSON.parse(body))
  return { config: server.config, requests: server.requests, bodies }
}

const failure = (type: string, message = 'told by the server') => ({ __type: type, message })

describe('secrets', () => {
  const parameter = (Value: string): Answer => [200, { Parameter: { Name: '/x', Type: 'SecureString', Value } }]

  async function source(reference: string, ...answers: readonly Answer[]) {
    const server = await setUp(...answers)
    let now = 0
    const later = (ms: number): void => {
      now += ms
    }
    const client = createSsmClient({ ...server.config, maxAttempts: 1 })
    const secret = createSecretSource({ client, reference, now: () => now })
    return { ...server, secret, later }
  }

  test('are read decrypted, once', async () => {
    const { secret, bodies } = await source('/bucketwatch/prod/slack', parameter(' https://hooks.slack.com/x\n'))
    expect(await Promise.all([secret.get(), secret.get()])).toEqual(Array(2).fill('https://hooks.slack.com/x'))
    expect(bodies()).toEqual([{ Name: '/bucketwatch/prod/slack', WithDecryption: true }])
  })

  test('of Secrets Manager come the same way, as text or as the one value of its JSON', async () => {
    const { secret, bodies } = await source(
      'secretsmanager:bucketwatch/slack',
      parameter('{"url":"https://a.example/x"}'),
    )
    expect(await secret.get()).toBe('https://a.example/x')
    expect(bodies()[0].Name).toBe('/aws/reference/secretsmanager/bucketwatch/slack')
  })

  test('are refreshed, not more than once a minute', async () => {
    const { secret, requests, later } = await source('/x', parameter('old'), parameter('new'))
    expect(await secret.get()).toBe('old')
    expect(await secret.refresh()).toBe('old')
    later(60_000)
    expect(await Promise.all([secret.refresh(), secret.refresh()])).toEqual(['new', 'new'])
    expect([await secret.get(), requests.length]).toEqual(['new', 2])
  })

  test.each([
    ['{"a":"secret-1","b":"secret-2"}', 'exactly one text'],
    ['{"a":', 'exactly one text'],
    ['  ', 'is empty'],
  ])('%j is none', async (value, problem) => {
    const { secret } = await source('/x', parameter(value))
    const error = await secret.get().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'TARGET_SECRET', message: expect.stringContaining(problem) })
    expect(String(error)).not.toContain('secret-')
  })

  test('that cannot be read are a coded error, and are asked for again', async () => {
    const { secret } = await source('/x', [400, failure('ParameterNotFound')], parameter('here'))
    await expect(secret.get()).rejects.toMatchObject({
      code: 'TARGET_SECRET',
      retryable: true,
      message: expect.stringContaining('/x: ParameterNotFound'),
    })
    expect(await secret.get()).toBe('here')
  })
})

describe('EventBridge', () => {
  async function target(...answers: readonly Answer[]) {
    const server = await setUp(...answers)
    const client = createEventBridgeClient({ ...server.config, maxAttempts: 1 })
    return {
      ...server,
      send: () => createEventBridgeTarget({ client, eventBusName: 'security' }).send(finding(), TEXT),
    }
  }

  test('puts one entry on the bus', async () => {
    const { send, bodies } = await target([200, { FailedEntryCount: 0, Entries: [{ EventId: '1' }] }])
    await send()
    const [{ Entries }] = bodies()
    expect(Entries).toMatchObject([
      { EventBusName: 'security', Source: 'bucketwatch', DetailType: 'Detection Finding' },
    ])
    expect(JSON.parse(Entries[0].Detail).class_uid).toBe(2004)
  })

  test.each<[Answer, string]>([
    [
      [200, { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure', ErrorMessage: 'x' }] }],
      'TARGET_UNAVAILABLE',
    ],
    [[200, { FailedEntryCount: 1, Entries: [{ ErrorCode: 'MalformedDetail', ErrorMessage: 'x' }] }], 'TARGET_REFUSED'],
    [[500, failure('InternalException')], 'TARGET_UNAVAILABLE'],
    [[400, failure('ThrottlingException')], 'TARGET_UNAVAILABLE'],
    [[400, failure('AccessDeniedException')], 'TARGET_DENIED'],
    [[400, failure('ValidationException')], 'TARGET_REFUSED'],
  ])('%j is %s', async (answer, code) => {
    const { send } = await target(answer)
    await expect(send()).rejects.toMatchObject({ code })
  })
})

describe('Security Hub', () => {
  async function target(...answers: readonly Answer[]) {
    const server = await setUp(...answers)
    const client = createSecurityHubClient({ ...server.config, maxAttempts: 1 })
    const own = { accountId: ACCOUNT, region: 'eu-central-1' }
    return { ...server, send: () => createSecurityHubTarget({ client, ...own }).send(finding(), TEXT) }
  }

  test('imports the finding', async () => {
    const { send, bodies, requests } = await target([200, { FailedCount: 0, SuccessCount: 1, FailedFindings: [] }])
    await send()
    expect(requests[0]!.url).toBe('/findings/import')
    expect(bodies()[0].Findings).toMatchObject([
      { Id: 'bucketwatch/prod/5f1d0c2ab37e9d44', AwsAccountId: ACCOUNT, SchemaVersion: '2018-10-08' },
    ])
  })

  test.each<[Answer, string]>([
    [
      [
        200,
        {
          FailedCount: 1,
          SuccessCount: 0,
          FailedFindings: [{ Id: 'x', ErrorCode: 'InvalidInput', ErrorMessage: 'x' }],
        },
      ],
      'TARGET_REFUSED',
    ],
    [
      [
        200,
        {
          FailedCount: 1,
          SuccessCount: 0,
          FailedFindings: [{ Id: 'x', ErrorCode: 'InternalError', ErrorMessage: 'x' }],
        },
      ],
      'TARGET_UNAVAILABLE',
    ],
    [
      [401, failure('InvalidAccessException', `Account ${ACCOUNT} is not subscribed to AWS Security Hub`)],
      'TARGET_DENIED',
    ],
    [[403, failure('AccessDeniedException')], 'TARGET_DENIED'],
    [[429, failure('LimitExceededException')], 'TARGET_UNAVAILABLE'],
  ])('%j is %s', async (answer, code) => {
    const { send } = await target(answer)
    await expect(send()).rejects.toMatchObject({ code })
  })
})

describe('Amazon Q Developer', () => {
  const published: Answer = [
    200,
    '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
  ]
  const fields = (body: string) => Object.fromEntries(new URLSearchParams(body))
  const denied =
    '<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>'

  test('the custom notification is the whole message', async () => {
    const { config, requests } = await setUp(published)
    const topicArn = `arn:aws:sns:eu-central-1:${ACCOUNT}:bucketwatch-prod-chat`
    await createAmazonQTarget({ client: createSnsClient(config), topicArn }).send(finding(), TEXT)
    const sent = fields(requests[0]!.body)
    expect(sent.TopicArn).toBe(topicArn)
    expect(sent.MessageStructure).toBeUndefined()
    expect(JSON.parse(sent.Message!)).toMatchObject({ version: '1.0', source: 'custom' })
  })

  test('what is not published is a coded error', async () => {
    const { config } = await setUp([403, denied])
    const topicArn = `arn:aws:sns:eu-central-1:${ACCOUNT}:bucketwatch-prod-chat`
    const target = createAmazonQTarget({ client: createSnsClient(config), topicArn })
    await expect(target.send(finding(), TEXT)).rejects.toMatchObject({ code: 'TARGET_DENIED' })
  })
})

describe('the queue of hits', () => {
  const hit = (id: string, note = '') => ({ version: 1, id, note }) as unknown as Hit
  interface Entry {
    readonly Id: string
    readonly MessageBody: string
  }
  const taken = ({ Id, MessageBody }: Entry) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
  })

  /** @param refuse why an entry is not taken, by its place in the call; undefined: it is. */
  async function queue(refuse: (id: string) => string | undefined = () => undefined) {
    const server = await startServer(({ body }, response) => {
      const refusals = JSON.parse(body).Entries.map((entry: Entry) => [entry, refuse(entry.Id)] as const)
      const Successful = refusals.flatMap(([entry, code]: [Entry, string?]) =>
        code === undefined ? [taken(entry)] : [],
      )
      const Failed = refusals.flatMap(([{ Id }, Code]: [Entry, string?]) =>
        Code === undefined ? [] : [{ Id, Code, Message: 'no', SenderFault: false }],
      )
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify({ Successful, Failed }))
    })
    stops.push(() => server.stop())
    const queueUrl = `${server.config.endpoint}/${ACCOUNT}/bucketwatch-prod-hits`
    const sent = () =>
      server.requests.map(({ body }) =>
        JSON.parse(body).Entries.map(({ MessageBody }: Entry) => JSON.parse(MessageBody).id),
      )
    return { sink: createHitQueue({ client: createSqsClient(server.config), queueUrl }), sent }
  }

  test('ten a call, a message a hit; nothing to say is no call', async () => {
    const { sink, sent } = await queue()
    await sink.put([])
    await sink.put(Array.from({ length: 12 }, (_, index) => hit(String(index))))
    expect(sent().map((batch) => batch.length)).toEqual([10, 2])
  })

  test('no call is larger than SQS takes', async () => {
    const { sink, sent } = await queue()
    await sink.put(['a', 'b', 'c'].map((id) => hit(id, 'x'.repeat(100_000))))
    expect(sent()).toEqual([['a', 'b'], ['c']])
  })

  test('what SQS did not take is sent again', async () => {
    const refused = new Set(['1'])
    const { sink, sent } = await queue((id) => (refused.delete(id) ? 'InternalError' : undefined))
    await sink.put([hit('a'), hit('b'), hit('c')])
    expect(sent()).toEqual([['a', 'b', 'c'], ['b']])
  })

  test('what it does not take at all is a coded error', async () => {
    const { sink, sent } = await queue(() => 'AccessDenied')
    await expect(sink.put([hit('a')])).rejects.toMatchObject({
      code: 'HITS_PUT',
      retryable: true,
      message: expect.stringContaining('AccessDenied: no'),
    })
    expect(sent()).toHaveLength(3)
  })
})
