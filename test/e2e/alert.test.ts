/**
 * From an intrusion in a log object to words in a queue that a person's tools read. The metric filters that the stack
 * deployed are evaluated by support/bridge.ts, since the emulator does not; alarms, topics and functions are the
 * emulator's.
 */

import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import type { Message } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { intrusion, trailKey, trailObject, trailRecords } from './support/objects.ts'
import { eventually, type Stack, startStack, subscribe } from './support/stack.ts'

const TRAIL = 'amzn-s3-demo-trail'
const ALARM = 'bucketwatch-e2e-s3-policy-deleted'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({ buckets: [TRAIL], parameters: { cloudTrailBuckets: TRAIL } })
  await stack.notify(TRAIL, {
    QueueConfigurations: [{ QueueArn: stack.outputs.CloudTrailQueueArn, Events: ['s3:ObjectCreated:*'] }],
  })
  await subscribe(stack, 'alarms')
  await subscribe(stack, 'alerts')
})

afterAll(async () => {
  await stack?.stop()
})

test('an intrusion becomes an alarm, and the alarm an alert that says who, what and where', async () => {
  await stack.put(
    TRAIL,
    trailKey(),
    trailObject([...trailRecords(50, 61), intrusion('amzn-s3-demo-customer-data', 'mallory')]),
  )

  await eventually('the alarm', async () => {
    const { MetricAlarms = [] } = await stack.cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [ALARM] }))
    return MetricAlarms[0]?.StateValue === 'ALARM' && MetricAlarms[0]
  })
  expect(stack.bridge.matches().get(`${ALARM} /bucketwatch/e2e/cloudtrail`)).toBe(1)

  const raw = await eventually("CloudWatch's notification", () => next('subscriber-alarms'))
  expect(JSON.parse(raw.Body!)).toMatchObject({ AlarmName: ALARM, NewStateValue: 'ALARM' })

  const alert = await eventually('the alert', () => next('subscriber-alerts'))
  expect(alert.MessageAttributes).toMatchObject({
    severity: { StringValue: 'medium' },
    detection: { StringValue: 's3-policy-deleted' },
    account: { StringValue: '111122223333' },
  })
  for (const fact of [
    'arn:aws:iam::111122223333:user/mallory',
    '203.0.113.66',
    'amzn-s3-demo-customer-data',
    'DeleteBucketPolicy',
  ]) {
    expect(alert.Body).toContain(fact)
  }
})

test('ordinary traffic raises no alarm but that one', async () => {
  const { MetricAlarms = [] } = await stack.cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNamePrefix: 'bucketwatch-e2e-', StateValue: 'ALARM' }),
  )
  expect(MetricAlarms.map(({ AlarmName }) => AlarmName)).toEqual([ALARM])
})

const next = async (queue: string): Promise<Message | undefined> => (await stack.take(queue))[0]
