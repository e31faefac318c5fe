/**
 * With IAM and resource policies enforced: the roles suffice, the queue and topic policies let in what they must, and
 * what is taken away is missed. So a role that is wider than its function needs shows in test/infra, one that is
 * narrower shows here.
 */
import { GetRolePolicyCommand, ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addsUp } from '../../shared/forward/receipt.ts'
import {
  accessLogKey,
  accessLogLines,
  accessLogObject,
  intrusion,
  trailKey,
  trailObject,
  trailRecords,
} from './support/objects.ts'
import { eventually, type Stack, startStack, subscribe } from './support/stack.ts'

const TRAIL = 'amzn-s3-demo-trail'
const ACCESS = 'amzn-s3-demo-access'
const STRANGER = 'amzn-s3-demo-stranger'

let stack: Stack

beforeAll(async () => {
  stack = await startStack({
    auth: true,
    buckets: [TRAIL, ACCESS, STRANGER],
    parameters: { cloudTrailBuckets: TRAIL, accessLogBuckets: `${ACCESS}/logs/` },
  })
  await connect(TRAIL, 'CloudTrailQueueArn')
  await connect(ACCESS, 'AccessLogQueueArn')
  await subscribe(stack, 'alerts')
})

afterAll(async () => {
  await stack?.stop()
})

test('the roles of the forwarders suffice', async () => {
  const keys = { trail: trailKey(), access: accessLogKey() }
  await stack.put(TRAIL, keys.trail, trailObject(trailRecords(60, 71)))
  await stack.put(ACCESS, keys.access, accessLogObject(accessLogLines(60, 71)))
  for (const key of Object.values(keys)) {
    const receipt = await eventually(`a receipt of ${key}`, () => stack.receiptOf(key))
    expect(receipt).toMatchObject({ status: 'ok', recordsIn: 60, delivered: 60 })
    expect(addsUp(receipt)).toBe(true)
  }
  expect(denied()).toEqual([])
})

test('the role of the alert function suffices, and the topics let alarms and alerts through', async () => {
  await stack.put(TRAIL, trailKey(), trailObject([intrusion('amzn-s3-demo-customer-data', 'mallory')]))
  const alert = await eventually('the alert', async () =>
    (await stack.take('subscriber-alerts')).find(
      ({ MessageAttributes, Body }) =>
        MessageAttributes?.kind?.StringValue === 'opened' && Body?.includes('user/mallory') === true,
    ),
  )
  expect(alert.Body).toContain('DeleteBucketPolicy')
  // The alarm comes later, and finds in the records what the incident has told: evidence that it may read.
  await eventually('the alarm noted', async () =>
    (await stack.records('findings')).some(
      ({ kind, alarmName }) => kind === 'noted' && alarmName === 'bucketwatch-e2e-s3-policy-deleted',
    ),
  )
  // What the functions could not do, they say.
  for (const name of ['cloudtrail', 'access-log', 'alert']) {
    expect(await stack.functionLog(name)).not.toMatch(/AccessDenied|ACCESS_DENIED/)
  }
})

test('the bucket policy of nobody else: a bucket that is not ours cannot send to the queue', async () => {
  const key = trailKey()
  // S3 itself would refuse this configuration, for the same reason.
  await connect(STRANGER, 'CloudTrailQueueArn').catch(() => undefined)
  await stack.put(STRANGER, key, trailObject(trailRecords(5, 72)))
  await settled()
  expect(await stack.receiptOf(key)).toBeUndefined()
})

test('an object outside the prefix may not be read', async () => {
  const key = accessLogKey('elsewhere/')
  await stack.put(ACCESS, key, accessLogObject(accessLogLines(5, 73)))
  const receipt = await eventually('a receipt', () => stack.receiptOf(key))
  expect(receipt).toMatchObject({ status: 'failed', delivered: 0, error: { code: 'OBJECT_ACCESS_DENIED' } })
})

/** Takes a statement out of the CloudTrail function's role while `during` runs. */
async function without(sid: string, during: () => Promise<void>): Promise<void> {
  const { Roles = [] } = await stack.iam.send(new ListRolesCommand({}))
  const RoleName = Roles.find(({ RoleName: name }) => name?.includes('CloudTrailRole'))?.RoleName
  const PolicyName = 'cloudtrail'
  const { PolicyDocument = '' } = await stack.iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
  const whole = decodeURIComponent(PolicyDocument)
  const document = JSON.parse(whole) as { Statement: { Sid: string }[] }
  const rest = { ...document, Statement: document.Statement.filter((statement) => statement.Sid !== sid) }
  expect(rest.Statement).toHaveLength(document.Statement.length - 1)
  await stack.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(rest) }))
  try {
    await during()
  } finally {
    await stack.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: whole }))
  }
}

test('without s3:GetObject nothing is delivered, and the receipt says why; once given back, the retry delivers', async () => {
  const key = trailKey()
  await without('LogObjects', async () => {
    await stack.put(TRAIL, key, trailObject(trailRecords(20, 74)))
    const receipt = await eventually('a receipt', () => stack.receiptOf(key))
    expect(receipt).toMatchObject({ status: 'failed', delivered: 0, error: { code: 'OBJECT_ACCESS_DENIED' } })
  })
  expect(await stack.functionLog('cloudtrail')).toContain('OBJECT_ACCESS_DENIED')
  const receipt = await eventually('the retry', async () => {
    const last = await stack.receiptOf(key)
    return last?.status === 'ok' && last
  })
  expect(receipt.delivered).toBe(20)
})

test('without logs:PutLogEvents nothing is delivered', async () => {
  const records = trailRecords(20, 75)
  await without('Forward', async () => {
    await stack.put(TRAIL, trailKey(), trailObject(records))
    await eventually('a denied PutLogEvents', async () => denied().length > 0)
    const ids = new Set(records.map(({ eventID }) => eventID))
    expect((await stack.records('cloudtrail')).filter(({ eventID }) => ids.has(eventID as string))).toEqual([])
  })
})

/** The PutLogEvents calls that IAM refused. */
const denied = () => stack.logsFront.puts.filter(({ problem }) => problem?.includes('AccessDeniedException'))

/** What can have happened has happened: another object, put later, has been through the same queue. */
async function settled(): Promise<void> {
  const key = accessLogKey()
  await stack.put(ACCESS, key, accessLogObject(accessLogLines(1, 76)))
  await eventually('the object put last', () => stack.receiptOf(key))
  await new Promise((resolve) => setTimeout(resolve, 1000))
}

const connect = (bucket: string, output: string) =>
  stack.notify(bucket, { QueueConfigurations: [{ QueueArn: stack.outputs[output], Events: ['s3:ObjectCreated:*'] }] })
