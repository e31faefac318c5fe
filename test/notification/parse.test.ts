import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type ParsedMessage, parseInvocation, parseNotificationBody } from '../../shared/notification/parse.ts'

const json = JSON.stringify
const BUCKET = 'amzn-s3-demo-bucket'

function s3Record(options: {
  key?: unknown
  version?: unknown
  eventName?: string
  bucket?: unknown
  object?: Record<string, unknown>
}): Record<string, unknown> {
  return {
    eventVersion: 'version' in options ? options.version : '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-2',
    eventTime: '2026-09-03T19:37:27.192Z',
    eventName: options.eventName ?? 'ObjectCreated:Put',
    userIdentity: { principalId: 'AWS:AIDAJ5F1FB214BEXAMPLE' },
    requestParameters: { sourceIPAddress: '203.0.113.13' },
    s3: {
      s3SchemaVersion: '1.0',
      bucket: 'bucket' in options ? options.bucket : { name: BUCKET, arn: `arn:aws:s3:::${BUCKET}` },
      object: { key: 'key' in options ? options.key : 'a.gz', size: 1305107, ...options.object },
    },
  }
}

function s3Event(...records: unknown[]): { Records: unknown[] } {
  return { Records: records }
}

function snsEnvelope(message: string, type = 'Notification'): Record<string, unknown> {
  return {
    Type: type,
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:us-east-2:111122223333:logs',
    Subject: 'Amazon S3 Notification',
    Message: message,
    Timestamp: '2026-09-03T19:37:28.000Z',
  }
}

function eventBridge(detail: Record<string, unknown>, type = 'Object Created'): Record<string, unknown> {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': type,
    source: 'aws.s3',
    account: '111122223333',
    time: '2026-11-12T00:00:00Z',
    region: 'ca-central-1',
    resources: [`arn:aws:s3:::${BUCKET}`],
    detail: {
      version: '0',
      bucket: { name: BUCKET },
      object: {
        key: 'my+file.json.gz',
        size: 5,
        etag: 'b1946ac9',
        'version-id': 'IYV3p45',
        sequencer: '617F08299329D189',
      },
      reason: 'PutObject',
      ...detail,
    },
  }
}

function sqs(...bodies: unknown[]): { Records: unknown[] } {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index}`,
      receiptHandle: 'AQEB',
      body,
      attributes: { ApproximateReceiveCount: '1' },
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-2:111122223333:logs',
    })),
  }
}

const TEST_EVENT = {
  Service: 'Amazon S3',
  Event: 's3:TestEvent',
  Time: '2026-07-16T18:42:13.683Z',
  Bucket: BUCKET,
  RequestId: '5582815E1AEA5ADF',
  HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
}

function keys(message: ParsedMessage): string[] {
  return message.objects.map(({ key }) => key)
}

describe('object keys', () => {
  const CASES: readonly (readonly [name: string, event: unknown, expected: string])[] = [
    [
      'plus is a space',
      s3Event(s3Record({ key: 'uploads/VJ9B4951+-+Copy+-+Copy+%282%29+-+Copy.jpg' })),
      'uploads/VJ9B4951 - Copy - Copy (2) - Copy.jpg',
    ],
    ['a slash may be encoded', s3Event(s3Record({ key: 'test%2F10%3A47%3A07.log.bz2' })), 'test/10:47:07.log.bz2'],
    ['decoded once', s3Event(s3Record({ key: '5%253A00.log' })), '5%3A00.log'],
    ['a malformed escape stays', s3Event(s3Record({ key: 'bad%ZZkey' })), 'bad%ZZkey'],
    ['EventBridge does not encode plus', eventBridge({}), 'my+file.json.gz'],
    ['EventBridge does not encode at all', eventBridge({ object: { key: 'a%20b' } }), 'a%20b'],
    ['CloudTrail does not encode', { s3Bucket: BUCKET, s3ObjectKey: ['a+b%20c'] }, 'a+b%20c'],
  ]
  test.each(CASES)('%s', (_name, event, expected) => {
    expect(keys(parseNotificationBody(json(event)))).toEqual([expected])
  })
})

describe('transports', () => {
  const event = s3Event(s3Record({ key: 'one' }), s3Record({ key: 'two' }))
  const CASES: readonly (readonly [name: string, event: unknown, source: string])[] = [
    ['S3 directly', event, 's3'],
    ['S3 in SQS', sqs(json(event)), 'sqs'],
    ['S3 in SNS in SQS', sqs(json(snsEnvelope(json(event)))), 'sqs'],
    ['S3 in SNS in SNS in SQS', sqs(json(snsEnvelope(json(snsEnvelope(json(event)))))), 'sqs'],
    ['S3 as a JSON string in SQS', sqs(json(json(event))), 'sqs'],
    ['S3 records as a bare list in SQS', sqs(json(event.Records)), 'sqs'],
    ['S3 behind a byte order mark in SQS', sqs(`\uFEFF${json(event)}`), 'sqs'],
    [
      'S3 in SNS directly',
      { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: snsEnvelope(json(event)) }] },
      'sns',
    ],
    ['an SNS envelope', snsEnvelope(json(event)), 'sns'],
    ['an SQS body that is parsed already', sqs(event), 'sqs'],
    [
      'a failed S3 invocation in SQS',
      sqs(json({ version: '1.0', requestPayload: event, responsePayload: null })),
      'sqs',
    ],
    ['CloudTrail in SQS', sqs(json({ s3Bucket: BUCKET, s3ObjectKey: ['one', 'two'] })), 'sqs'],
  ]
  test.each(CASES)('%s', (_name, invoked, source) => {
    const invocation = parseInvocation(invoked)
    expect(invocation.source).toBe(source)
    expect(invocation.messages.map(keys)).toEqual([['one', 'two']])
    expect(invocation.messages[0]?.error).toBeUndefined()
  })

  test.each([
    ['EventBridge directly', eventBridge({}), 'eventbridge'],
    ['EventBridge in SQS', sqs(json(eventBridge({}))), 'sqs'],
    ['EventBridge in SNS in SQS', sqs(json(snsEnvelope(json(eventBridge({}))))), 'sqs'],
  ])('%s', (_name, invoked, source) => {
    const { source: found, messages } = parseInvocation(invoked)
    expect(found).toBe(source)
    expect(messages).toHaveLength(1)
    expect(messages[0]?.objects).toEqual([
      {
        bucket: BUCKET,
        key: 'my+file.json.gz',
        versionId: 'IYV3p45',
        size: 5,
        eTag: 'b1946ac9',
        sequencer: '617F08299329D189',
        eventName: 'Object Created',
        eventTime: '2026-11-12T00:00:00Z',
        awsRegion: 'ca-central-1',
        account: '111122223333',
      },
    ])
  })

  it('reads what an S3 record says, and nothing that it does not', () => {
    const record = s3Record({ object: { eTag: 'b21b', sequencer: '0C0F', versionId: '096f' } })
    expect(parseNotificationBody(s3Event(record)).objects).toEqual([
      {
        bucket: BUCKET,
        key: 'a.gz',
        versionId: '096f',
        size: 1305107,
        eTag: 'b21b',
        sequencer: '0C0F',
        eventName: 'ObjectCreated:Put',
        eventTime: '2026-09-03T19:37:27.192Z',
        awsRegion: 'us-east-2',
      },
    ])
    const bare = { s3: { bucket: { name: BUCKET }, object: { key: 'a.gz' } } }
    expect(parseNotificationBody(s3Event(bare)).objects).toEqual([{ bucket: BUCKET, key: 'a.gz' }])
  })

  it('ignores members that it does not know', () => {
    const record = s3Record({ bucket: { name: BUCKET, awsGeneratedTags: [{ x: 1 }] }, object: { new: { deep: true } } })
    expect(keys(parseNotificationBody({ ...s3Event({ ...record, glacierEventData: {} }), extra: 1 }))).toEqual(['a.gz'])
  })
})

describe('versions', () => {
  test.each(['2.0', '2.1', '2.2', '2.5', '2.17', '2', undefined, 2.3])('S3 %s is read', (version) => {
    const message = parseNotificationBody(json(s3Event(s3Record({ version }))))
    expect(keys(message)).toEqual(['a.gz'])
    expect(message.error).toBeUndefined()
  })
  test.each(['1.0', '3.0', '20.1', '12', 'x', 3])('S3 %s is refused', (version) => {
    const message = parseNotificationBody(json(s3Event(s3Record({ version }))))
    expect(message.objects).toEqual([])
    expect(message.error).toMatchObject({ code: 'NOTIFICATION_VERSION', details: { version: String(version) } })
  })
  test.each([{ version: '0' }, { version: '0.1' }, { version: undefined }, { 'event-version': '1.0' }])(
    'EventBridge %o is read',
    (detail) => {
      expect(parseNotificationBody(json(eventBridge(detail))).error).toBeUndefined()
    },
  )
  test.each([{ 'event-version': '2.0' }, { version: '1' }, { version: '2.1' }])(
    'EventBridge %o is refused',
    (detail) => {
      const message = parseNotificationBody(json(eventBridge(detail)))
      expect(message.objects).toEqual([])
      expect(message.error?.code).toBe('NOTIFICATION_VERSION')
    },
  )
})

describe('what calls for nothing', () => {
  const CASES: readonly (readonly [name: string, body: unknown, ignored: Record<string, unknown>])[] = [
    ['s3:TestEvent', json(TEST_EVENT), { reason: 'testEvent', bucket: BUCKET }],
    ['s3:TestEvent in a list of records', json({ Records: [TEST_EVENT] }), { reason: 'testEvent', bucket: BUCKET }],
    ['s3:TestEvent in SNS', json(snsEnvelope(json(TEST_EVENT))), { reason: 'testEvent', bucket: BUCKET }],
    [
      'a removal without size and eTag',
      s3Event(s3Record({ eventName: 'ObjectRemoved:Delete', object: { size: undefined } })),
      { reason: 'removal', bucket: BUCKET, key: 'a.gz', detail: 'ObjectRemoved:Delete' },
    ],
    ['a lifecycle expiration', s3Event(s3Record({ eventName: 'LifecycleExpiration:Delete' })), { reason: 'removal' }],
    ['a restore', s3Event(s3Record({ eventName: 'ObjectRestore:Completed' })), { reason: 'otherEvent' }],
    ['tagging', s3Event(s3Record({ eventName: 's3:ObjectTagging:Put' })), { detail: 'ObjectTagging:Put' }],
    ['Object Deleted', eventBridge({}, 'Object Deleted'), { reason: 'removal', key: 'my+file.json.gz' }],
    ['Object Restore Completed', eventBridge({}, 'Object Restore Completed'), { reason: 'otherEvent' }],
    ['a folder', s3Event(s3Record({ key: 'logs%2F', object: { size: 0 } })), { reason: 'folderMarker', key: 'logs/' }],
    ['a folder, EventBridge', eventBridge({ object: { key: 'logs/', size: 0 } }), { reason: 'folderMarker' }],
    ['a subscription', json(snsEnvelope('You have chosen …', 'SubscriptionConfirmation')), { reason: 'subscription' }],
    ['the end of one', json(snsEnvelope('You have …', 'UnsubscribeConfirmation')), { reason: 'subscription' }],
    ['the validation message', 'CloudTrail validation message.', { reason: 'validation' }],
    ['the validation message in SNS', json(snsEnvelope('CloudTrail validation message.')), { reason: 'validation' }],
    ['an event without records', s3Event(), { reason: 'empty' }],
  ]
  test.each(CASES)('%s', (_name, body, ignored) => {
    const message = parseNotificationBody(body)
    expect(message.error).toBeUndefined()
    expect(message.objects).toEqual([])
    expect(message.ignored).toHaveLength(1)
    expect(message.ignored[0]).toMatchObject(ignored)
  })

  it('is a log when it only looks like a folder', () => {
    expect(keys(parseNotificationBody(s3Event(s3Record({ key: 'logs/', object: { size: 12 } }))))).toEqual(['logs/'])
  })
})

describe('faults', () => {
  const CASES: readonly (readonly [name: string, body: unknown, code: string])[] = [
    ['text', 'this is not json at all {{{', 'NOTIFICATION_NOT_JSON'],
    ['nothing', '', 'NOTIFICATION_NOT_JSON'],
    ['text in SNS', json(snsEnvelope('hello')), 'NOTIFICATION_NOT_JSON'],
    ['a number', '42', 'NOTIFICATION_UNKNOWN'],
    ['null', 'null', 'NOTIFICATION_UNKNOWN'],
    ['a list', '[]', 'NOTIFICATION_UNKNOWN'],
    ['undefined', undefined, 'NOTIFICATION_UNKNOWN'],
    ['another object', '{"hello":"world"}', 'NOTIFICATION_UNKNOWN'],
    ['records of another kind', '{"Records":[{"eventSource":"aws:dynamodb"}]}', 'NOTIFICATION_UNKNOWN'],
    ['a record that is none', '{"Records":[null]}', 'NOTIFICATION_UNKNOWN'],
    ['another source of EventBridge', { ...eventBridge({}), source: 'aws.ec2' }, 'NOTIFICATION_UNKNOWN'],
    ['no key', s3Event(s3Record({ key: undefined })), 'NOTIFICATION_RECORD'],
    ['a key that is no text', s3Event(s3Record({ key: 5 })), 'NOTIFICATION_RECORD'],
    ['no bucket', s3Event(s3Record({ bucket: {} })), 'NOTIFICATION_RECORD'],
    ['no detail', { ...eventBridge({}), detail: null }, 'NOTIFICATION_RECORD'],
    ['CloudTrail without keys', { s3Bucket: BUCKET }, 'NOTIFICATION_RECORD'],
    [
      'too many envelopes',
      Array.from({ length: 9 }).reduce<string>((text) => json(snsEnvelope(text)), '{}'),
      'NOTIFICATION_UNKNOWN',
    ],
  ]
  test.each(CASES)('%s', (_name, body, code) => {
    const message = parseNotificationBody(body)
    expect(message.error?.code).toBe(code)
    expect(message.objects).toEqual([])
  })

  it('shows the beginning of what is no JSON', () => {
    const { error } = parseNotificationBody('x'.repeat(5_000))
    expect(error?.details).toEqual({ body: 'x'.repeat(200) })
  })

  it('names an invocation that is nothing it knows', () => {
    const { source, messages } = parseInvocation({ hello: 'world' })
    expect([source, messages.map(({ error }) => error?.code)]).toEqual(['unknown', ['NOTIFICATION_UNKNOWN']])
  })

  it('fails one message of a batch, and no other', () => {
    const { messages } = parseInvocation(
      sqs(
        json(s3Event(s3Record({ key: 'one' }))),
        'this is not json at all {{{',
        json(s3Event(s3Record({ key: 'two' }))),
      ),
    )
    expect(messages.flatMap(keys)).toEqual(['one', 'two'])
    expect(messages.filter(({ error }) => error !== undefined).map(({ messageId }) => messageId)).toEqual(['message-1'])
  })

  it('fails a message with one bad record, and still names its good objects', () => {
    const message = parseNotificationBody(
      s3Event(s3Record({ key: 'one' }), s3Record({ version: '3.0' }), s3Record({ key: 'two' })),
    )
    expect(keys(message)).toEqual(['one', 'two'])
    expect(message.error?.code).toBe('NOTIFICATION_VERSION')
  })

  it('fails an SQS message without a body', () => {
    expect(parseInvocation(sqs(undefined)).messages[0]).toMatchObject({
      messageId: 'message-0',
      objects: [],
      error: { code: 'NOTIFICATION_UNKNOWN' },
    })
  })

  it('survives what no sender sends', () => {
    const nullPrototype = Object.assign(Object.create(null), s3Event(s3Record({})))
    expect(keys(parseNotificationBody(nullPrototype))).toEqual(['a.gz'])
    expect(parseNotificationBody(`${'['.repeat(200_000)}${']'.repeat(200_000)}`).error).toBeDefined()
    expect(parseNotificationBody('{"__proto__":{"Records":[]}}').error?.code).toBe('NOTIFICATION_UNKNOWN')
    const hostile = new Proxy({}, { getOwnPropertyDescriptor: () => fail() })
    expect(parseNotificationBody(hostile).error?.code).toBe('NOTIFICATION_UNKNOWN')
    function fail(): never {
      throw new Error('no')
    }
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.json(), fc.string()), (event) => {
        for (const message of parseInvocation(event).messages) {
          expect(message.error !== undefined || message.objects.length + message.ignored.length > 0).toBe(true)
        }
      }),
    )
  })
})
