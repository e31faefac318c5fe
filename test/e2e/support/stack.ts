/**
 * Test code: a whole deployment in the emulator, with its clients, its fronts and its bridge. `startStack` in
 * `beforeAll`, `stop` in `afterAll`; everything listens on 127.0.0.1 and is stopped by its own handle.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { IAMClient } from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { buildFunctions } from '../../../infra/build.ts'
import type { Receipt } from '../../../shared/forward/receipt.ts'
import { type Packaged, packageStack } from '../../infra/support/packaged.ts'
import { type Bridge, startBridge } from './bridge.ts'
import { deployStack } from './deploy.ts'
import { CREDENTIALS, type Emulator, freePort, REGION, startEmulator } from './emulator.ts'
import { type Front, startFront } from './front.ts'
import { type LogsFront, startLogsFront } from './logs-front.ts'

export const STAGE = 'e2e'
const NAME = `bucketwatch-${STAGE}`

export interface Stack {
  readonly outputs: Readonly<Record<string, string>>
  readonly emulator: Emulator
  readonly logsFront: LogsFront
  readonly bridge: Bridge
  /** Composite alarms, which the emulator does not know: name → rule, with names of alarms. */
  readonly composites: ReadonlyMap<string, string>
  readonly s3: S3Client
  readonly sqs: SQSClient
  readonly sns: SNSClient
  readonly iam: IAMClient
  readonly cloudFormation: CloudFormationClient
  readonly cloudWatch: CloudWatchClient
  readonly logs: CloudWatchLogsClient
  put(bucket: string, key: string, body: Uint8Array | string): Promise<void>
  notify(bucket: string, configuration: NotificationConfiguration): Promise<void>
  /** The records in a log group, parsed. */
  records(group: 'cloudtrail' | 'access-log' | 'pipeline' | 'history' | 'findings'): Promise<Record<string, unknown>[]>
  /** The last receipt of an object, those of some states left out. */
  receiptOf(key: string, except?: readonly Receipt['status'][]): Promise<Receipt | undefined>
  /** What a function (`alert`) logged about itself. */
  functionLog(name: string): Promise<string>
  /** Messages that are waiting in a queue (`cloudtrail-dlq`), taken out of it. */
  take(queue: string): Promise<Message[]>
  stop(): Promise<void>
}

export interface StackOptions {
  readonly auth?: boolean
  readonly buckets: readonly string[]
  readonly parameters?: Readonly<Record<string, string>>
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const stops: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each()
  }
  try {
    const packaging = packageStack({
      stage: STAGE,
      // The window would only make the tests slow.
      parameters: { batchWindow: '0', retrySeconds: '0', evidence: 'delete', ...options.parameters },
      bundle: (folder) => buildFunctions(folder),
    })
    const port = await freePort()
    const logsFront = await startLogsFront(port)
    stops.push(logsFront.stop)
    const tlsFront = await startFront(port)
    stops.push(tlsFront.stop)
    const emulator = await startEmulator({
      port,
      auth: options.auth ?? false,
      environment: {
        AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logsFront.endpoint,
        AWS_ENDPOINT_URL_SNS: tlsFront.endpoint,
        // The queue of hits takes nothing without TLS, as all queues.
        AWS_ENDPOINT_URL_SQS: tlsFront.endpoint,
      },
    })
    stops.push(emulator.stop)
    const packaged = await packaging
    stops.push(packaged.dispose)

    const clients = createClients(tlsFront)
    for (const bucket of options.buckets) await clients.s3.send(new CreateBucketCommand({ Bucket: bucket }))
    const outputs = await deployStack({ packaged, ...clients, endpoint: emulator.endpoint, stackName: NAME })
    for (const source of ['cloudtrail', 'access-log']) {
      // Five tries with the timeout that production has would take hours.
      await clients.sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: queueUrl(emulator, source), Attributes: { VisibilityTimeout: '4' } }),
      )
    }
    const bridge = await startBridge(clients.logs, clients.cloudWatch)
    stops.push(bridge.stop)
    const composites = compositesOf(packaged)
    return { outputs, emulator, logsFront, bridge, composites, ...clients, ...createHelpers(emulator, clients), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function compositesOf({ template: { Resources } }: Packaged): ReadonlyMap<string, string> {
  const nameOf = (id: string) => Resources[id]!.Properties.AlarmName as string
  const found = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::CloudWatch::CompositeAlarm')
  return new Map(
    found.map(([id, { Properties }]) => [
      nameOf(id),
      (Properties.AlarmRule['Fn::Sub'] as string).replaceAll(/\$\{(\w+)\}/g, (_, child: string) => nameOf(child)),
    ]),
  )
}

function createClients(front: Front) {
  const common = { endpoint: front.endpoint, region: REGION, credentials: CREDENTIALS }
  return {
    s3: new S3Client({ ...common, forcePathStyle: true }),
    sqs: new SQSClient({ ...common, useQueueUrlAsEndpoint: false }),
    sns: new SNSClient(common),
    iam: new IAMClient(common),
    cloudWatch: new CloudWatchClient(common),
    logs: new CloudWatchLogsClient(common),
    cloudFormation: new CloudFormationClient(common),
  }
}

const queueUrl = (emulator: Emulator, name: string): string =>
  `${emulator.endpoint}/${CREDENTIALS.accessKeyId}/${NAME}-${name}`

function createHelpers(emulator: Emulator, { s3, sqs, logs }: ReturnType<typeof createClients>) {
  async function records(group: string): Promise<Record<string, unknown>[]> {
    // The emulator gives 10,000 log events at most, and no token for more.
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({ logGroupName: `/bucketwatch/${STAGE}/${group}` }),
    )
    return events.map(({ message }) => JSON.parse(message ?? '') as Record<string, unknown>)
  }
  return {
    records,
    async put(bucket: string, key: string, body: Uint8Array | string) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
    },
    async notify(bucket: string, configuration: NotificationConfiguration) {
      await s3.send(
        new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration: configuration }),
      )
    },
    async receiptOf(key: string, except: readonly Receipt['status'][] = []): Promise<Receipt | undefined> {
      const found = ((await records('pipeline')) as unknown as Receipt[]).filter(
        (record) => record.kind === 'receipt' && record.key === key && !except.includes(record.status),
      )
      return found.at(-1)
    },
    async functionLog(name: string) {
      const { events = [] } = await logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${NAME}-${name}` }),
      )
      return events.map(({ message }) => message).join('\n')
    },
    async take(queue: string): Promise<Message[]> {
      const QueueUrl = queueUrl(emulator, queue)
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      )
      for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      return Messages
    },
  }
}

/** Subscribes a queue of the test's own, `subscriber-<topic>`, to one of the stack's topics. */
export async function subscribe({ sqs, sns, outputs }: Stack, topic: 'alarms' | 'alerts'): Promise<void> {
  const TopicArn = outputs[topic === 'alarms' ? 'AlarmsTopicArn' : 'AlertsTopicArn']
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${NAME}-subscriber-${topic}` }))
  const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: Attributes.QueueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
      },
    ],
  })
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: Attributes.QueueArn,
      Attributes: { RawMessageDelivery: 'true' },
    }),
  )
}

/** How many messages a queue holds, waiting or in flight. */
export async function depth({ sqs, emulator }: Stack, queue: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl(emulator, queue), AttributeNames: ['All'] }),
  )
  return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
}

/** Asks until there is an answer, for `seconds` at most; then fails with what was there, and the emulator's log. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>, seconds = 30): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await sleep(100)
  }
}
