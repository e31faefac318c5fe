import { describe, expect, it } from 'vitest'
import { parseAlarmMessage } from '../../shared/alert/alarm-message.ts'
import { parseInvocation, parseNotificationBody } from '../../shared/notification/parse.ts'
import { decodeS3Key } from '../../shared/notification/s3-key.ts'
import { classifyKey } from '../../shared/object/key.ts'
import type { Random } from '../support/random.ts'
import { babble, disturb, fuzz, jsonValue, mutate } from './fuzz.ts'
import { MOST_WORK, WORK_BYTES, workOf } from './work.ts'

const S3_EVENT = {
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-east-1',
      eventName: 'ObjectCreated:Put',
      s3: {
        s3SchemaVersion: '1.0',
        bucket: { name: 'amzn-s3-demo-bucket', arn: 'arn:aws:s3:::amzn-s3-demo-bucket' },
        object: { key: 'logs/a+b%2Bc.json.gz', size: 1024, versionId: 'v1', sequencer: '0055AED6DCD90281E5' },
      },
    },
  ],
  bucketwatch: { group: 'history', records: [{ from: 3, to: 4 }, { from: 9 }] },
}
const EVENTBRIDGE = {
  version: '0',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '111122223333',
  detail: { version: '0', bucket: { name: 'amzn-s3-demo-bucket' }, object: { key: 'a b.gz', size: 5 } },
}
const CLOUDTRAIL = { s3Bucket: 'amzn-s3-demo-bucket', s3ObjectKey: ['a.json.gz', 'b.json.gz'] }
const TEST_EVENT = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'amzn-s3-demo-bucket' }
const REMOVED = { Records: [{ ...S3_EVENT.Records[0], eventName: 'ObjectRemoved:Delete' }] }
const BODIES = [{ Records: [] }, S3_EVENT, EVENTBRIDGE, CLOUDTRAIL, TEST_EVENT, REMOVED]

/** A body in as many envelopes as chance has it. */
function wrapped(random: Random, body: unknown): unknown {
  let out = body
  for (let left = random.int(0, 9); left > 0 && random.chance(0.6); left--) {
    const text = JSON.stringify(out) ?? 'null'
    out = random.pick([
      { Type: 'Notification', TopicArn: 'arn:aws:sns:us-east-1:111122223333:t', Message: text },
      { Records: [{ EventSource: 'aws:sns', Sns: { Message: text } }] },
      { Records: [{ eventSource: 'aws:sqs', messageId: 'm', body: random.chance(0.5) ? text : out }] },
      { requestPayload: out },
      text,
    ])
  }
  return out
}

describe('notifications', () => {
  it('are read or refused, whatever they are', () =>
    fuzz({
      name: 'notification bodies',
      seed: 101,
      runs: 6000,
      aims: [
        (random) => wrapped(random, random.pick(BODIES)),
        (random) => wrapped(random, disturb(random, random.pick(BODIES), 0.05)),
        (random) => mutate(random, JSON.stringify(wrapped(random, random.pick(BODIES))) ?? ''),
        (random) => jsonValue(random),
        (random) => random.pick(['CloudTrail validation message.', '"CloudTrail validation message."', '\ufeff{}']),
      ],
      feed(input) {
        const { messages, source } = parseInvocation(input)
        const paths = [source as string]
        for (const { objects, ignored, error } of [...messages, parseNotificationBody(input)]) {
          for (const { bucket, key, history, records } of objects) {
            expect(bucket.length * key.length).toBeGreaterThan(0)
            paths.push(
              'object',
              ...(history === true ? ['history'] : []),
              ...(records === undefined ? [] : ['records']),
            )
          }
          paths.push(...ignored.map(({ reason }) => reason))
          if (error !== undefined) paths.push(error.code)
          // What says nothing must say so.
          if (objects.length + ignored.length === 0) expect(error).toBeDefined()
        }
        return paths
      },
      paths: [
        ...['sqs', 's3', 'sns', 'eventbridge', 'unknown', 'object', 'history', 'records'],
        ...['testEvent', 'removal', 'validation', 'empty'],
        ...['NOTIFICATION_NOT_JSON', 'NOTIFICATION_UNKNOWN', 'NOTIFICATION_VERSION', 'NOTIFICATION_RECORD'],
      ],
    }))

  it.each([
    ['brackets', '['.repeat(WORK_BYTES)],
    ['nested objects', '{"Message":'.repeat(WORK_BYTES / 11)],
    ['nested texts', JSON.stringify(JSON.stringify(JSON.stringify('\\'.repeat(WORK_BYTES / 16))))],
    ['many records', JSON.stringify({ Records: Array.from({ length: 8000 }, () => ({ s3: {} })) })],
    ['a long key', JSON.stringify({ s3Bucket: 'b', s3ObjectKey: '%'.repeat(WORK_BYTES) })],
    ['white space', `${' '.repeat(WORK_BYTES)}"`],
  ])('take work in proportion to their length: %s', async (_, text) => {
    expect(await workOf(text.length, () => parseNotificationBody(text))).toBeLessThan(MOST_WORK)
  })
})

const KEYS = [
  'AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-east-1/2026/11/12/111122223333_CloudTrail_us-east-1_20261112T0000Z_Kq2a0Ah7vD6q3Zzz.json.gz',
  'AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/12/111122223333_CloudTrail-Digest_us-east-1_my_trail_us-east-1_20261112T000000Z.json.gz',
  'AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2026/11/12/111122223333_CloudTrail-Insight_us-east-1_20261112T0000Z_Kq2a0Ah7vD6q3Zzz.json.gz',
  '111122223333/us-east-1/amzn-s3-demo-bucket/2026/11/12/2026-11-12-00-00-00-0123456789ABCDEF',
  'AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/11/12/x.log.gz',
  'prefix2026-02-30-00-00-00-0123456789ABCDEF',
]

describe('keys', () => {
  it('are classified, whatever they are', () =>
    fuzz({
      name: 'keys',
      seed: 102,
      runs: 6000,
      aims: [
        (random) => mutate(random, random.pick(KEYS)),
        (random) => random.pick(KEYS) + random.pick(['', '', '.gz', '/', '\n']),
        (random) =>
          babble(random, ['AWSLogs/', '111122223333', '_CloudTrail_', 'us-east-1', '2026-11-12', '/', '-'], 20),
        (random) => mutate(random, encodeURIComponent(random.pick(KEYS)), ['%', '+', '%2', '%E2%82', '%FF', '%25']),
      ],
      feed(key) {
        const { kind, service } = classifyKey(decodeS3Key(key))
        return [kind, ...(service === undefined ? [] : ['service'])]
      },
      paths: ['cloudtrail', 'cloudtrail-digest', 'cloudtrail-insight', 'access-log', 'unknown', 'service'],
    }))

  it.each([
    ['folders', 'AWSLogs/111122223333/'.repeat(WORK_BYTES / 21)],
    ['digits', '1'.repeat(WORK_BYTES)],
    ['a digest name', `111122223333_CloudTrail-Digest_us-east-1_${'us-east-1_'.repeat(WORK_BYTES / 10)}`],
    ['hyphens', `111122223333_CloudTrail_us${'-a'.repeat(WORK_BYTES / 2)}`],
    ['dates', '2026-11-12-00-00-00-'.repeat(WORK_BYTES / 20)],
    ['percent signs', '%'.repeat(WORK_BYTES)],
    ['encoded', '%25'.repeat(WORK_BYTES / 3)],
  ])('take work in proportion to their length: %s', async (_, key) => {
    expect(await workOf(key.length, () => classifyKey(decodeS3Key(key)))).toBeLessThan(MOST_WORK)
  })
})

const ALARM = {
  AlarmName: 'bucketwatch-dev-s3-policy-public',
  AlarmArn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:bucketwatch-dev-s3-policy-public',
  AlarmDescription: 'text',
  AWSAccountId: '111122223333',
  NewStateValue: 'ALARM',
  OldStateValue: 'OK',
  NewStateReason: 'Threshold Crossed: 1 datapoint [1.0 (12/11/26 00:00:00)] was greater than the threshold (0.0).',
  StateChangeTime: '2026-11-12T00:05:00.000+0000',
  Trigger: { Period: 60, EvaluationPeriods: 1, MetricName: 'm' },
}
const COMPOSITE = {
  ...ALARM,
  AlarmRule: 'ALARM("a")',
  NewStateReason:
    'arn:aws:cloudwatch:us-east-1:111122223333:alarm:a transitioned to ALARM at Thursday 12 November, 2026 00:05:00 UTC',
  TriggeringChildren: [{ Arn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:a' }],
}

describe('alarm messages', () => {
  it('are read or are none, whatever they are', () =>
    fuzz({
      name: 'alarm messages',
      seed: 103,
      runs: 5000,
      aims: [
        (random) => JSON.stringify(disturb(random, random.pick([ALARM, COMPOSITE]), 0.1)) ?? '',
        (random) => JSON.stringify({ ...COMPOSITE, TriggeringChildren: jsonValue(random) }),
        (random) => mutate(random, JSON.stringify(random.pick([ALARM, COMPOSITE]))),
        (random) => JSON.stringify({ ...ALARM, StateChangeTime: mutate(random, ALARM.StateChangeTime) }),
      ],
      feed(text) {
        const change = parseAlarmMessage(text, 1_794_441_600_000)
        if (change === undefined) return ['none']
        expect(Number.isFinite(change.stateChangeTime)).toBe(true)
        return [
          change.composite ? 'composite' : 'metric',
          ...(change.children.length > 0 ? ['children'] : []),
          ...(change.period === undefined ? ['no period'] : []),
          ...(change.stateChangeTime === 1_794_441_600_000 ? ['no time'] : []),
        ]
      },
      paths: ['none', 'composite', 'metric', 'children', 'no period', 'no time'],
    }))

  it.each([
    ['a reason of arns', 'arn:aws:cloudwatch::alarm:'.repeat(WORK_BYTES / 26)],
    ['a reason of one arn', `arn:a:alarm:${' transitioned to'.repeat(WORK_BYTES / 16)}`],
    ['a reason of colons', `arn:${':alarm:x'.repeat(WORK_BYTES / 8)}`],
  ])('take work in proportion to their length: %s', async (_, reason) => {
    const text = JSON.stringify({ ...ALARM, NewStateReason: reason, AlarmArn: reason, StateChangeTime: reason })
    expect(await workOf(text.length, () => parseAlarmMessage(text, 0))).toBeLessThan(MOST_WORK)
  })
})
