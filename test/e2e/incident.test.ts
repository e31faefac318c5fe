/**
 * From a log object to people's tools: the hit of a rule becomes a finding in the log group, on the topic and at a
 * webhook, within seconds; CloudWatch's own alarm on the group goes off; what comes twice is told once.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../../shared/incident/finding.ts'
import { writeNotification } from '../../shared/notification/write.ts'
import { CREDENTIALS, REGION } from './support/emulator.ts'
import { intrusion, trailKey, trailObject, trailRecords } from './support/objects.ts'
import { eventually, type Stack, startStack, subscribe } from './support/stack.ts'

const TRAIL = 'amzn-s3-demo-trail'
const WEBHOOK = '/bucketwatch/e2e/slack'

let stack: Stack
let key: string
/** What came to the webhook, and when. */
const posts: { readonly at: number; readonly body: { readonly text: string; readonly blocks: unknown[] } }[] = []
const webhook = createServer(async (request, response) => {
  posts.push({ at: Date.now(), body: JSON.parse(await text(request)) })
  response.end('ok')
})

beforeAll(async () => {
  await new Promise<void>((done) => webhook.listen(0, '127.0.0.1', done))
  const { port } = webhook.address() as AddressInfo
  stack = await startStack({
    buckets: [TRAIL],
    parameters: {
      cloudTrailBuckets: TRAIL,
      settingsFile: resolve('test/e2e/support/settings.yml'),
      slackWebhook: WEBHOOK,
    },
  })
  const ssm = new SSMClient({ endpoint: stack.emulator.endpoint, region: REGION, credentials: CREDENTIALS })
  const Value = `http://127.0.0.1:${port}/services/T/B/x`
  await ssm.send(new PutParameterCommand({ Name: WEBHOOK, Value, Type: 'SecureString' }))
  await stack.notify(TRAIL, {
    QueueConfigurations: [{ QueueArn: stack.outputs.CloudTrailQueueArn, Events: ['s3:ObjectCreated:*'] }],
  })
  await subscribe(stack, 'alerts')
})

afterAll(async () => {
  await stack?.stop()
  webhook.closeAllConnections()
  await new Promise((done) => webhook.close(done))
})

const findings = async () =>
  (await stack.records('findings')).filter(({ kind }) => kind === 'finding') as unknown as Finding[]

test('an intrusion is told by mail and webhook within ten seconds, with who, what and where', async () => {
  // A warm function, as a stack in use has: the first object pays for the cold starts.
  await stack.put(TRAIL, trailKey(), trailObject(trailRecords(20, 71)))
  await eventually('a record', async () => (await stack.records('cloudtrail')).length > 0)

  key = trailKey()
  const object = trailObject([...trailRecords(50, 72), intrusion('amzn-s3-demo-customer-data', 'mallory')])
  const delivered = Date.now()
  await stack.put(TRAIL, key, object)
  // The emulator raises the rule's alarm at once, so that its mail may come first.
  const alert = await eventually('an alert', async () =>
    (await stack.take('subscriber-alerts')).find(
      ({ Body, MessageAttributes }) =>
        MessageAttributes?.kind?.StringValue === 'opened' && Body?.includes('mallory') === true,
    ),
  )
  const published = Date.now() - delivered
  await eventually('a post', async () => posts.some(({ body }) => JSON.stringify(body).includes('mallory')))
  const posted = posts.find(({ body }) => JSON.stringify(body).includes('mallory'))!
  console.log(`latency: object delivered → topic ${published} ms, → webhook ${posted.at - delivered} ms`)
  expect(published).toBeLessThan(10_000)

  for (const fact of ['user/mallory', '2001:db8::66', 'amzn-s3-demo-customer-data', 'DeleteBucketPolicy'])
    expect(alert.Body).toContain(fact)
  for (const fact of ['user mallory', '2001:db8::66', 'amzn-s3-demo-customer-data'])
    expect(JSON.stringify(posted.body)).toContain(fact)

  // The finding is its own delivery to its own group: it may come after the mail and the post.
  const finding = await eventually('the finding', async () =>
    (await findings()).find(({ summary }) => summary.includes('mallory')),
  )
  expect(finding).toMatchObject({ event: 'opened', sequence: 1, keyIds: ['AKIAIOSFODNN7EXAMPLE'] })
})

test('the alarm of its severity goes off', async () => {
  const [{ severity }] = (await findings()) as [Finding]
  await eventually('the alarm', async () => {
    const { MetricAlarms = [] } = await stack.cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: 'bucketwatch-e2e-findings-', StateValue: 'ALARM' }),
    )
    return MetricAlarms.some(({ AlarmName }) => AlarmName === `bucketwatch-e2e-findings-${severity}`)
  })
})

test('the same object told again, and the same hit delivered again, add nothing', async () => {
  const before = (await findings()).length
  const said = posts.length
  const ref = { bucket: TRAIL, key, eventTime: new Date().toISOString() }
  await stack.sqs.send(
    new SendMessageCommand({
      QueueUrl: stack.outputs.CloudTrailQueueUrl,
      MessageBody: writeNotification([ref as never]),
    }),
  )
  await eventually('the receipt of the second delivery', async () => {
    const receipts = (await stack.records('pipeline')).filter((record) => record.key === key)
    return receipts.length >= 2
  })
  // Something later by the same way, so that what should not come had its time.
  await stack.put(TRAIL, trailKey(), trailObject([intrusion('amzn-s3-demo-other-data', 'trudy')]))
  await eventually('the later post', async () => posts.some(({ body }) => JSON.stringify(body).includes('trudy')))
  expect((await findings()).filter(({ summary }) => !summary.includes('trudy'))).toHaveLength(before)
  expect(posts.filter(({ body }) => !JSON.stringify(body).includes('trudy'))).toHaveLength(said)
  expect(await stack.take('hits-dlq')).toEqual([])
})
