/**
 * From an intrusion in a log object to words in a queue that a person's tools read. The metric filters that the stack
 * deployed are evaluated by support/bridge.ts, since the emulator does not; alarms, topics and functions are the
 * emulator's.
 */
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { PublishCommand } from '@aws-sdk/client-sns'
import type { Message } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { intrusion, trailKey, trailObject, trailRecords } from './support/objects.ts'
import { eventually, type Stack, startStack, subscribe } from './support/stack.ts'

const TRAIL = 'amzn-s3-demo-trail'
const RULE = 's3-policy-deleted'
const ALARM = `bucketwatch-e2e-${RULE}`

let stack: Stack
/** CloudWatch's own words about the alarm. */
let notification: string

beforeAll(async () => {
  stack = await startStack({
    buckets: [TRAIL],
    parameters: { cloudTrailBuckets: TRAIL, settingsFile: resolve('test/e2e/support/settings.yml') },
  })
  await stack.notify(TRAIL, {
    QueueConfigurations: [{ QueueArn: stack.outputs.CloudTrailQueueArn, Events: ['s3:ObjectCreated:*'] }],
  })
  await subscribe(stack, 'alarms')
  await subscribe(stack, 'alerts')
})

afterAll(async () => {
  await stack?.stop()
})

test('ordinary traffic raises no alarm', async () => {
  const key = trailKey()
  await stack.put(TRAIL, key, trailObject(trailRecords(300, 61)))
  await eventually('the receipt', () => stack.receiptOf(key))
  const silent = `bucketwatch-e2e-pipe-trail-silent /bucketwatch/e2e/cloudtrail`
  await eventually('all 300 records through the filters', async () => stack.bridge.matches().get(silent) === 300)
  expect(await alarms()).toEqual([])
})

test('an intrusion becomes an alarm, and an alert that says who, what and where', async () => {
  await stack.put(
    TRAIL,
    trailKey(),
    trailObject([...trailRecords(50, 62), intrusion('amzn-s3-demo-customer-data', 'mallory')]),
  )
  await eventually('the alarm', async () => (await alarms()).includes(ALARM))
  expect(stack.bridge.matches().get(`${ALARM} /bucketwatch/e2e/cloudtrail`)).toBe(1)

  notification = (await one('subscriber-alarms', ({ Body }) => Body?.includes(ALARM) === true)).Body!
  expect(JSON.parse(notification)).toMatchObject({ AlarmName: ALARM, NewStateValue: 'ALARM' })

  const alert = await one(
    'subscriber-alerts',
    ({ MessageAttributes }) => MessageAttributes?.kind?.StringValue === 'opened',
  )
  expect(alert.MessageAttributes).toMatchObject({
    severity: { StringValue: 'medium' },
    account: { StringValue: '111122223333' },
  })
  for (const fact of ['user/mallory', '2001:db8::66', 'amzn-s3-demo-customer-data', 'DeleteBucketPolicy']) {
    expect(alert.Body).toContain(fact)
  }
})

test('it raised the alarms that its record matches, and no others', async () => {
  expect(await alarms()).toEqual([ALARM, 'bucketwatch-e2e-ip-outside-allow'].sort())
})

test('the alarm of what an incident has told is noted, not mailed, however often it comes; so is its end', async () => {
  const noted = async (newState: string) =>
    (await stack.records('findings')).filter(
      (record) => record.kind === 'noted' && record.alarmName === ALARM && record.newState === newState,
    )
  await eventually('the alarm noted', async () => (await noted('ALARM')).length > 0)
  const told = { TopicArn: stack.outputs.AlarmsTopicArn, Message: notification }
  await stack.sns.send(new PublishCommand(told))
  await stack.sns.send(new PublishCommand(told))
  // Something later through the same function, so that what should not come had its time.
  await stack.cloudWatch.send(
    new SetAlarmStateCommand({ AlarmName: ALARM, StateValue: 'OK', StateReason: 'no datapoints' }),
  )
  await sleep(3000)
  expect(await noted('ALARM')).toHaveLength(1)
  const mailed = (await stack.take('subscriber-alerts')).filter(({ Body }) => Body?.includes(ALARM) === true)
  expect(mailed).toEqual([])
})

/** The names of the detections' alarms that are on. */
async function alarms(): Promise<string[]> {
  const { MetricAlarms = [] } = await stack.cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNamePrefix: 'bucketwatch-e2e-', StateValue: 'ALARM' }),
  )
  // Those of findings are in incident.test.ts.
  return MetricAlarms.map(({ AlarmName = '' }) => AlarmName)
    .filter((name) => !name.startsWith('bucketwatch-e2e-findings-'))
    .sort()
}

/** The first message in a queue of which `test` is true; those before it are dropped. */
const one = (queue: string, test: (message: Message) => boolean): Promise<Message> =>
  eventually(`a message in ${queue}`, async () => (await stack.take(queue)).find(test))
