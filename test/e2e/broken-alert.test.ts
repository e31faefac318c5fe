/**
 * When the alert function is what is broken: CloudWatch's own alarms go off all the same, at first those of the rules and
 * of their severity, nothing is lost meanwhile, and what cannot be mailed stands in the log group, whose alarm goes off.
 * Composite alarms are evaluated here, over the emulator's alarms, since it does not know them.
 */
import { DescribeAlarmsCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { DeleteTopicCommand } from '@aws-sdk/client-sns'
import { GetQueueUrlCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluateAlarmRule, parseAlarmRule } from '../../shared/alarm/composite.ts'
import type { AlarmState } from '../../shared/alarm/types.ts'
import { UNTOLD_MESSAGE } from '../../shared/alert/tell.ts'
import type { Finding } from '../../shared/incident/finding.ts'
import { CREDENTIALS, REGION } from './support/emulator.ts'
import { intrusion, trailKey, trailObject, trailRecords } from './support/objects.ts'
import { depth, eventually, type Stack, startStack, subscribe } from './support/stack.ts'

const TRAIL = 'amzn-s3-demo-trail'
const FUNCTION = 'bucketwatch-e2e-alert'
const SEVERITY = 'bucketwatch-e2e-severity-critical'
/** Targets fail; and somebody has to hear of something urgent while they do. */
const TARGETS = 'bucketwatch-e2e-pipeline-targets'
const UNTOLD = 'bucketwatch-e2e-untold'
const FINDINGS = 'bucketwatch-e2e-findings-critical'

let stack: Stack
let lambda: LambdaClient
/** The function's handler as it was deployed. */
let sound: string

beforeAll(async () => {
  stack = await startStack({ buckets: [TRAIL], parameters: { cloudTrailBuckets: TRAIL } })
  lambda = new LambdaClient({ endpoint: stack.emulator.endpoint, region: REGION, credentials: CREDENTIALS })
  await stack.notify(TRAIL, {
    QueueConfigurations: [{ QueueArn: stack.outputs.CloudTrailQueueArn, Events: ['s3:ObjectCreated:*'] }],
  })
  await subscribe(stack, 'alerts')
  // Six minutes would make the test slow; with more the hits are not in the dead-letter queue before it is mended.
  const { QueueUrl } = await stack.sqs.send(new GetQueueUrlCommand({ QueueName: 'bucketwatch-e2e-hits' }))
  await stack.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '10' } }))
})

afterAll(async () => {
  lambda?.destroy()
  await stack?.stop()
})

/** Somebody stops the trail: critical. */
const stopped = (user: string) => ({
  ...intrusion('unused', user),
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  requestParameters: { name: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/management' },
})

async function states(): Promise<ReadonlyMap<string, AlarmState>> {
  const found = new Map<string, AlarmState>()
  let NextToken: string | undefined
  do {
    const page = await stack.cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: 'bucketwatch-e2e-', NextToken }),
    )
    for (const { AlarmName = '', StateValue } of page.MetricAlarms ?? []) found.set(AlarmName, StateValue as AlarmState)
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return found
}

/** Whether a composite alarm is on, over the alarms as they are. */
async function isOn(name: string): Promise<boolean> {
  const known = await states()
  const stateOf = (alarm: string): AlarmState => {
    const rule = stack.composites.get(alarm)
    if (rule === undefined) return known.get(alarm) ?? 'INSUFFICIENT_DATA'
    return evaluateAlarmRule(parseAlarmRule(rule), stateOf) ? 'ALARM' : 'OK'
  }
  return stateOf(name) === 'ALARM'
}

const findings = async () =>
  (await stack.records('findings')).filter(({ kind }) => kind === 'finding') as unknown as Finding[]
const setState = (AlarmName: string, StateValue: AlarmState) =>
  stack.cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'set by the test' }))
const setHandler = (Handler: string) =>
  lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: FUNCTION, Handler }))

test('a function that cannot even start: the alarms of rule and severity go off, and the hits wait', async () => {
  expect(await isOn(SEVERITY)).toBe(false)
  const { Handler = '' } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: FUNCTION }))
  sound = Handler
  await setHandler('gone.handler')
  await stack.put(TRAIL, trailKey(), trailObject([...trailRecords(20, 91), stopped('mallory')]))
  await eventually('the alarm of the severity', () => isOn(SEVERITY))
  expect((await states()).get('bucketwatch-e2e-trail-stopped')).toBe('ALARM')
  await eventually('the hits in their queue', async () => (await depth(stack, 'hits')) > 0)
  expect(await findings()).toEqual([])
  expect((await stack.take('subscriber-alerts')).filter(({ Body }) => Body?.includes('mallory'))).toEqual([])
})

test('once it is mended, what waited is told', async () => {
  await setHandler(sound)
  const finding = await eventually('the finding', async () => (await findings())[0], 60)
  expect(finding).toMatchObject({ event: 'opened', severity: 'critical', keyIds: ['AKIAIOSFODNN7EXAMPLE'] })
  await eventually('the mail', async () =>
    (await stack.take('subscriber-alerts')).some(({ Body }) => Body?.includes('mallory') === true),
  )
  expect(await stack.take('hits-dlq')).toEqual([])
})

test('one whose mails go nowhere: the finding stands in the log group, and the alarm of its severity is on', async () => {
  await stack.sns.send(new DeleteTopicCommand({ TopicArn: stack.outputs.AlertsTopicArn }))
  await setState(FINDINGS, 'OK')
  await stack.put(TRAIL, trailKey(), trailObject([stopped('trudy')]))
  await eventually('the finding', async () => (await findings()).some(({ summary }) => summary.includes('trudy')))
  await eventually('its alarm', async () => (await states()).get(FINDINGS) === 'ALARM')
  expect(await stack.take('subscriber-alerts')).toEqual([])
  await eventually('the word of the function', async () => (await stack.functionLog('alert')).includes(UNTOLD_MESSAGE))
  expect(await isOn(UNTOLD)).toBe(false)
  // As it is after the third try, a quarter of an hour later at the latest.
  await setState(TARGETS, 'ALARM')
  expect(await isOn(UNTOLD)).toBe(true)
})
