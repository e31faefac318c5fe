/** The notifications that tell of the objects, one file for each way they can arrive. */
import { createHash } from 'node:crypto'
import type { Random } from '../../test/support/random.ts'
import { createRandom } from '../../test/support/random.ts'
import * as cast from './cast.ts'
import { at } from './cast.ts'
import type { SampleObject } from './objects.ts'

/** What S3 knows of an object as it is stored. */
export interface StoredObject {
  readonly object: SampleObject
  readonly size: number
  readonly eTag: string
}

type JsonObject = Record<string, unknown>

/** File name → event, as Lambda would receive it. Every object is told of in exactly one file. */
export function buildNotifications(stored: readonly StoredObject[]): ReadonlyMap<string, JsonObject> {
  const random = createRandom(5)
  const of = (want: (object: SampleObject) => boolean): StoredObject[] => stored.filter(({ object }) => want(object))
  const inTrailBucket = of(({ bucket }) => bucket === cast.TRAIL_LOGS.name)
  const global = inTrailBucket.filter(({ object }) => object.key.includes(`/${cast.GLOBAL_REGION}/`))
  const home = inTrailBucket.filter((entry) => !global.includes(entry))
  const accessLogs = of(({ bucket }) => bucket === cast.ACCESS_LOGS.name)
  const cdn = accessLogs.filter(({ object }) => object.key.startsWith('cdn'))
  const trailBucket = accessLogs.filter(({ object }) => object.key.startsWith('trail-bucket/'))
  const others = accessLogs.filter((entry) => !cdn.includes(entry) && !trailBucket.includes(entry))
  return new Map([
    ['sqs-s3-cloudtrail.json', sqsEvent('bucketwatch-cloudtrail', cloudTrailMessages(home, random), random)],
    [
      'sqs-eventbridge-cloudtrail.json',
      sqsEvent(
        'bucketwatch-cloudtrail',
        global.slice(1).map((entry) => ({ sentAt: sentAt(entry), body: eventBridgeEvent(entry, random) })),
        random,
      ),
    ],
    ['eventbridge-cloudtrail.json', eventBridgeEvent(global[0]!, random)],
    [
      'sqs-s3-access-log.json',
      sqsEvent(
        'bucketwatch-access-log',
        others.map((entry) => ({ sentAt: sentAt(entry), body: s3Event([entry], random) })),
        random,
      ),
    ],
    ['sqs-sns-access-log.json', sqsEvent('bucketwatch-access-log', snsMessages(cdn, random), random)],
    ['s3-access-log.json', s3Event(trailBucket, random)],
  ])
}

interface Message {
  readonly sentAt: number
  readonly body: JsonObject | string
  /** A message that is received for the second time. */
  readonly receiveCount?: number | undefined
}

const sentAt = ({ object }: StoredObject): number => object.deliveredAt + 900

/** One message an object, but one that holds two; and what else comes along. */
function cloudTrailMessages(entries: readonly StoredObject[], random: Random): Message[] {
  const pairAt = entries.findIndex(({ object }) => object.kind === 'cloudtrail-digest')
  const messages: Message[] = []
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!
    if (i === pairAt + 1) continue
    const together = i === pairAt ? [entry, entries[i + 1]!] : [entry]
    messages.push({ sentAt: sentAt(together.at(-1)!), body: s3Event(together, random) })
  }
  const again = messages[4]!
  const removed = s3Event([entries[0]!], random, 'ObjectRemoved:Delete')
  return [
    {
      sentAt: at('05:58'),
      body: {
        Service: 'Amazon S3',
        Event: 's3:TestEvent',
        Time: '2026-03-17T05:58:00.000Z',
        Bucket: cast.TRAIL_LOGS.name,
        RequestId: random.upper(16),
        HostId: `${random.base64(75)}=`,
      },
    },
    ...messages,
    // Delivered at least once: the very same event comes again twenty minutes later.
    { sentAt: again.sentAt + 1_200_000, body: again.body, receiveCount: 2 },
    { sentAt: at('11:00:01'), body: removed },
    { sentAt: at('11:20'), body: 'hello? is this the queue for the deploy bot' },
  ].sort((a, b) => a.sentAt - b.sentAt)
}

function snsMessages(entries: readonly StoredObject[], random: Random): Message[] {
  const topicArn = `arn:aws:sns:${cast.HOME_REGION}:${cast.ACCOUNT}:access-log-objects`
  const envelope = (time: number, message: JsonObject): JsonObject => ({
    Type: 'Notification',
    MessageId: random.uuid(),
    TopicArn: topicArn,
    Subject: 'Amazon S3 Notification',
    Message: JSON.stringify(message),
    Timestamp: new Date(time).toISOString(),
    SignatureVersion: '1',
    Signature: 'EXAMPLE',
    SigningCertURL: `https://sns.${cast.HOME_REGION}.amazonaws.com/SimpleNotificationService-EXAMPLE.pem`,
    UnsubscribeURL: `https://sns.${cast.HOME_REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${topicArn}:EXAMPLE`,
  })
  const test = {
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: '2026-03-17T05:58:30.000Z',
    Bucket: cast.ACCESS_LOGS.name,
    RequestId: random.upper(16),
    HostId: `${random.base64(75)}=`,
  }
  return [
    { sentAt: at('05:58:30'), body: envelope(at('05:58:30'), test) },
    ...entries.map((entry) => ({ sentAt: sentAt(entry), body: envelope(sentAt(entry), s3Event([entry], random)) })),
  ]
}

/** As S3 does: form-urlencoded, a space is `+`, and `/` stays. */
export function encodeNotificationKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+')
}

function sequencer(time: number): string {
  return `00${Math.floor(time / 1000)
    .toString(16)
    .toUpperCase()}${(time % 1000).toString(16).toUpperCase().padStart(6, '0')}`
}

function s3Event(entries: readonly StoredObject[], random: Random, eventName = 'ObjectCreated:Put'): JsonObject {
  return {
    Records: entries.map(({ object, size, eTag }) => {
      const removed = eventName.startsWith('ObjectRemoved')
      const time = removed ? at('11:00') : object.deliveredAt + 412
      const ours = object.bucket === cast.TRAIL_LOGS.name
      return {
        // Access logs' bucket sends the newer minor version, with a member that older readers do not know.
        eventVersion: ours ? '2.1' : '2.5',
        eventSource: 'aws:s3',
        awsRegion: cast.HOME_REGION,
        eventTime: new Date(time).toISOString(),
        eventName,
        userIdentity: { principalId: removed ? 'AmazonCustomer:EXAMPLE' : 'AWS:EXAMPLE:log-delivery' },
        requestParameters: { sourceIPAddress: ours ? 'cloudtrail.amazonaws.com' : '10.0.0.10' },
        responseElements: { 'x-amz-request-id': random.upper(16), 'x-amz-id-2': `${random.base64(75)}=` },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'bucketwatch',
          bucket: {
            name: object.bucket,
            ownerIdentity: { principalId: 'EXAMPLE' },
            arn: `arn:aws:s3:::${object.bucket}`,
            ...(ours ? {} : { awsGeneratedTags: { 'aws:cloudformation:stack-name': 'bucketwatch-demo' } }),
          },
          object: {
            key: encodeNotificationKey(object.key),
            ...(removed ? {} : { size, eTag }),
            sequencer: sequencer(time),
          },
        },
      }
    }),
  }
}

/** EventBridge does not encode the key. */
function eventBridgeEvent({ object, size, eTag }: StoredObject, random: Random): JsonObject {
  return {
    version: '0',
    id: random.uuid(),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: cast.ACCOUNT,
    time: `${new Date(object.deliveredAt).toISOString().slice(0, 19)}Z`,
    region: cast.HOME_REGION,
    resources: [`arn:aws:s3:::${object.bucket}`],
    detail: {
      version: '0',
      bucket: { name: object.bucket },
      object: { key: object.key, size, etag: eTag, sequencer: sequencer(object.deliveredAt) },
      'request-id': random.upper(16),
      requester: 'cloudtrail.amazonaws.com',
      'source-ip-address': 'cloudtrail.amazonaws.com',
      reason: 'PutObject',
    },
  }
}

function sqsEvent(queue: string, messages: readonly Message[], random: Random): JsonObject {
  return {
    Records: messages.map(({ sentAt: sent, body, receiveCount }) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      return {
        messageId: random.uuid(),
        receiptHandle: `AQEBEXAMPLE${random.hex(8)}`,
        body: text,
        attributes: {
          ApproximateReceiveCount: String(receiveCount ?? 1),
          SentTimestamp: String(sent),
          SenderId: 'EXAMPLE',
          ApproximateFirstReceiveTimestamp: String(sent + 40),
        },
        messageAttributes: {},
        md5OfBody: createHash('md5').update(text).digest('hex'),
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:${cast.HOME_REGION}:${cast.ACCOUNT}:${queue}`,
        awsRegion: cast.HOME_REGION,
      }
    }),
  }
}
