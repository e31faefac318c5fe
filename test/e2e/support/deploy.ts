/**
 * Test code: deploys the packaged stack into the emulator, with one CreateStack of the very template that osls made.
 * What the emulator cannot create is taken out, by type and by name, and metric math is made a plain metric; everything
 * else is deployed as it is.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation'
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Packaged, PackagedResource } from '../../infra/support/packaged.ts'

/** Resource types that ministack 1.5.33 does not know. */
const UNSUPPORTED = ['AWS::Logs::QueryDefinition', 'AWS::CloudWatch::CompositeAlarm']
const ARTIFACTS = 'bucketwatch-e2e-artifacts'

/** Deploys, and returns the stack's outputs. */
export async function deployStack(options: {
  readonly packaged: Packaged
  readonly s3: S3Client
  readonly cloudFormation: CloudFormationClient
  readonly endpoint: string
  readonly stackName: string
}): Promise<Readonly<Record<string, string>>> {
  const { packaged, s3, cloudFormation, endpoint, stackName: StackName } = options
  await s3.send(new CreateBucketCommand({ Bucket: ARTIFACTS }))
  const put = (key: string, body: Buffer | string) =>
    s3.send(new PutObjectCommand({ Bucket: ARTIFACTS, Key: key, Body: body }))

  const resources: Record<string, PackagedResource> = {}
  for (const [id, resource] of Object.entries(packaged.template.Resources)) {
    // osls uploads to a bucket of the stack's own, created beforehand; here one exists already.
    if (id.startsWith('ServerlessDeploymentBucket') || UNSUPPORTED.includes(resource.Type)) continue
    resources[id] =
      resource.Type === 'AWS::Lambda::Function'
        ? await withCode(resource)
        : resource.Type === 'AWS::CloudWatch::Alarm'
          ? withoutMath(resource)
          : resource.Type === 'AWS::IAM::Role'
            ? withBatches(resource)
            : withoutComposites(id, resource)
  }
  async function withCode(resource: PackagedResource): Promise<PackagedResource> {
    const key = String(resource.Properties.Code.S3Key)
    await put(key, packaged.code(key.slice(key.lastIndexOf('/') + 1, -'.zip'.length)))
    return { ...resource, Properties: { ...resource.Properties, Code: { S3Bucket: ARTIFACTS, S3Key: key } } }
  }

  const { ServerlessDeploymentBucketName: _, ...Outputs } = packaged.template.Outputs ?? {}
  await put('template.json', JSON.stringify({ ...packaged.template, Resources: resources, Outputs }))
  await cloudFormation.send(
    new CreateStackCommand({
      StackName,
      TemplateURL: `${endpoint}/${ARTIFACTS}/template.json`,
      Capabilities: ['CAPABILITY_IAM'],
    }),
  )
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const stack = (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]
    if (stack?.StackStatus === 'CREATE_COMPLETE') {
      return Object.fromEntries(
        (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      )
    }
    if (stack?.StackStatus !== 'CREATE_IN_PROGRESS') throw new Error(`${stack?.StackStatus}: ${await reasons()}`)
    await sleep(100)
  }
  throw new Error('the stack was not created within a minute')

  async function reasons(): Promise<string> {
    const { StackEvents = [] } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }))
    return StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('FAILED'))
      .map(({ LogicalResourceId, ResourceStatusReason }) => `${LogicalResourceId}: ${ResourceStatusReason}`)
      .join('; ')
  }
}

/** On AWS whoever may send a message may send ten; the emulator asks for a right that AWS has none of. */
function withBatches(resource: PackagedResource): PackagedResource {
  return JSON.parse(
    JSON.stringify(resource).replaceAll('"sqs:SendMessage"', '["sqs:SendMessage","sqs:SendMessageBatch"]'),
    (_, value) => (Array.isArray(value) && value.some(Array.isArray) ? value.flat() : value),
  )
}

/** An alarm on `FILL(m, 0)` as one on m: the emulator evaluates no metric math, and looks at arriving data only. */
function withoutMath(resource: PackagedResource): PackagedResource {
  const { Metrics, ...rest } = resource.Properties
  if (Metrics === undefined) return resource
  const { Metric, Stat: Statistic, Period, Unit } = Metrics[1].MetricStat
  return { ...resource, Properties: { ...rest, ...Metric, Statistic, Period, ...(Unit === undefined ? {} : { Unit }) } }
}

/** The dashboard names every alarm, the composite ones too. */
function withoutComposites(id: string, resource: PackagedResource): PackagedResource {
  if (id !== 'Dashboard') return resource
  const body = JSON.parse(resource.Properties.DashboardBody['Fn::Sub']) as {
    widgets: { properties: { alarms?: string[] } }[]
  }
  for (const { properties } of body.widgets) {
    if (properties.alarms !== undefined)
      properties.alarms = properties.alarms.filter((alarm) => !alarm.startsWith('${Severity'))
  }
  return { ...resource, Properties: { ...resource.Properties, DashboardBody: { 'Fn::Sub': JSON.stringify(body) } } }
}
