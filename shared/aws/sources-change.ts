/**
 * Carries the steps of `setup` out, and takes them back. None of these settings has a version to put against, so each is
 * read right before it is put (and left alone if it is not what was shown) and right after.
 */
import { CreateStackCommand, DeleteStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { type AdvancedEventSelector, type EventSelector, PutEventSelectorsCommand } from '@aws-sdk/client-cloudtrail'
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketMetricsConfigurationCommand,
  ListObjectVersionsCommand,
  type LoggingEnabled,
  type MetricsConfiguration,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketMetricsConfigurationCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3'
import { canonical, type NotificationConfiguration } from '../connect/configuration.ts'
import { planDisconnect } from '../connect/plan.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { undoDataEvents } from '../sources/plan-data-events.ts'
import { canonicalSelectors, type EventSelectors } from '../sources/selectors.ts'
import type { Change, LogBucketSetting, LoggingSetting, MetricsSetting } from '../sources/step.ts'
import { callAws } from './admin-clients.ts'
import { changeConfiguration } from './change-configuration.ts'
import { readAwsError } from './failure.ts'
import { readNotificationConfiguration } from './notification-configuration.ts'
import type { SourceClients } from './source-clients.ts'
import { listMetrics, readLoggingEnabled, readSelectors } from './sources-facts.ts'

const VERIFY_ATTEMPTS = 10
const VERIFY_DELAY_MS = 1000
const STACK_ATTEMPTS = 300
const STACK_DELAY_MS = 3000

export interface ChangeOptions {
  readonly sleep: (ms: number) => Promise<unknown>
  /** The template of the sources' stack, for the one change that needs it. */
  readonly template?: string | undefined
}

/**
 * Makes one change, if what was shown is still there.
 *
 * @throws BucketwatchError SETUP_RACE, SETUP_REFUSED, CONNECT_RACE, CONNECT_REFUSED, AWS_CALL
 */
export async function makeChange(clients: SourceClients, change: Change, options: ChangeOptions): Promise<void> {
  switch (change.kind) {
    case 'data-events':
      return replace(change, options, selectorsPort(clients, change), change.before, change.after)
    case 'access-logs':
      return replace(change, options, loggingPort(clients, change), change.before, change.after)
    case 'request-metrics':
      return replace(change, options, metricsPort(clients, change), change.before, change.after)
    case 'notification':
      return changeNotification(clients, change, change.after, { ...options, skipDestinationValidation: false })
    case 'log-bucket':
      return createLogBucket(clients, change.resource, change.region, change.after!)
    case 'sources-stack':
      return createStack(clients, change.resource, change.region, change.after!.Parameters, options)
  }
}

/** How a change was taken back: `undone`; `nothing`: it was not there (any more); a sentence: what stays, and why. */
export type Undone = 'undone' | 'nothing' | { readonly stays: string }

/**
 * Takes one change back, and nothing that somebody else has put since.
 *
 * @throws BucketwatchError as {@link makeChange}
 */
export async function undoChange(clients: SourceClients, change: Change, options: ChangeOptions): Promise<Undone> {
  switch (change.kind) {
    case 'data-events': {
      const port = selectorsPort(clients, change)
      const plan = undoDataEvents(change, await port.read())
      if (!plan.changed) return 'nothing'
      await replace(change, options, port, plan.before, plan.after)
      return 'undone'
    }
    case 'access-logs':
      return putBack(change, options, loggingPort(clients, change), change)
    case 'request-metrics':
      return putBack(change, options, metricsPort(clients, change), change)
    case 'notification': {
      const { configuration } = await readNotificationConfiguration(clients, change.resource)
      const { stage, logKind, before, after } = change
      const ours = canonical(configuration) === canonical(after)
      const target = ours ? before : planDisconnect(configuration, { stage, kinds: [logKind] }).after
      if (canonical(target) === canonical(configuration)) return 'nothing'
      // Somebody else's broken queue must not keep ours in.
      const was = { resource: change.resource, before: configuration }
      await changeNotification(clients, was, target, { ...options, skipDestinationValidation: true })
      return 'undone'
    }
    case 'log-bucket':
      return deleteIfEmpty(clients, change.resource, change.region)
    case 'sources-stack':
      return deleteStack(clients, change.resource, change.region, options)
  }
}

/** A setting that is read and put whole. */
interface Port<T> {
  read(): Promise<T>
  put(value: T): Promise<void>
  same(a: T, b: T): boolean
}

async function replace<T>(change: Change, { sleep }: ChangeOptions, port: Port<T>, before: T, after: T): Promise<void> {
  const details = { kind: change.kind, resource: change.resource }
  if (!port.same(await port.read(), before)) {
    throw new BucketwatchError(
      'SETUP_RACE',
      `${change.resource}: nothing was put. Look at it again and repeat the command.`,
      details,
    )
  }
  await port.put(after)
  for (let attempt = 0; attempt < VERIFY_ATTEMPTS; attempt += 1) {
    // Both services may answer with the old setting for a moment.
    if (attempt > 0) await sleep(VERIFY_DELAY_MS)
    if (port.same(await port.read(), after)) return
  }
  throw new BucketwatchError(
    'SETUP_RACE',
    `${change.resource}: it was put, and is now different. Ask who else configures it, and repeat the command.`,
    details,
  )
}

async function putBack<T>(
  change: Change,
  options: ChangeOptions,
  port: Port<T>,
  was: { readonly before: T; readonly after: T },
): Promise<Undone> {
  const current = await port.read()
  if (port.same(current, was.before)) return 'nothing'
  if (!port.same(current, was.after))
    return { stays: `${change.resource}: somebody has changed it since; it stays as it is.` }
  await replace(change, options, port, current, was.before)
  return 'undone'
}

function selectorsPort(
  clients: SourceClients,
  { resource, region }: Pick<Change, 'resource' | 'region'>,
): Port<EventSelectors> {
  return {
    read: () => readSelectors(clients, resource, region),
    async put({ AdvancedEventSelectors, EventSelectors = [] }) {
      // The SDK only reads them; its types are mutable.
      const selectors =
        AdvancedEventSelectors !== undefined && AdvancedEventSelectors.length > 0
          ? { AdvancedEventSelectors: AdvancedEventSelectors as AdvancedEventSelector[] }
          : { EventSelectors: (EventSelectors.length === 0 ? [{}] : EventSelectors) as EventSelector[] }
      await refusable('cloudtrail:PutEventSelectors', /^Invalid|^InsufficientEncryptionPolicy|^Conflict/, () =>
        clients.cloudTrail(region).send(new PutEventSelectorsCommand({ TrailName: resource, ...selectors })),
      )
    },
    same: (a, b) => canonicalSelectors(a) === canonicalSelectors(b),
  }
}

function loggingPort(
  clients: SourceClients,
  { resource: Bucket, region }: Pick<Change, 'resource' | 'region'>,
): Port<LoggingSetting> {
  const s3 = clients.s3In(region)
  return {
    read: async () => ((await readLoggingEnabled({ s3 }, Bucket)) as LoggingSetting | undefined) ?? null,
    async put(value) {
      const status = value === null ? {} : { LoggingEnabled: value as unknown as LoggingEnabled }
      await refusable('s3:PutBucketLogging', /^Invalid|^CrossLocation/, () =>
        s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: status })),
      )
    },
    same: (a, b) => canonical(a) === canonical(b),
  }
}

function metricsPort(
  clients: SourceClients,
  change: Extract<Change, { kind: 'request-metrics' }>,
): Port<MetricsSetting> {
  const Bucket = change.resource
  const s3 = clients.s3In(change.region)
  const Id = (change.after ?? change.before)?.Id ?? ''
  return {
    read: async () =>
      ((await listMetrics({ s3 }, Bucket)).find((one) => one.Id === Id) as MetricsSetting | undefined) ?? null,
    async put(value) {
      await callAws('s3:PutMetricsConfiguration', () =>
        value === null
          ? s3.send(new DeleteBucketMetricsConfigurationCommand({ Bucket, Id }))
          : s3.send(
              new PutBucketMetricsConfigurationCommand({
                Bucket,
                Id,
                MetricsConfiguration: value as MetricsConfiguration,
              }),
            ),
      )
    },
    same: (a, b) => canonical(a) === canonical(b),
  }
}

async function changeNotification(
  clients: SourceClients,
  { resource, before }: { readonly resource: string; readonly before: NotificationConfiguration },
  after: NotificationConfiguration,
  options: ChangeOptions & { readonly skipDestinationValidation: boolean },
): Promise<void> {
  const { unknownElements } = await readNotificationConfiguration(clients, resource)
  if (unknownElements.length > 0) {
    const what = `It has settings that this version of bucketwatch does not know (${unknownElements.join(', ')}), and putting it back would delete them.`
    throw new BucketwatchError('CONNECT_REFUSED', what, { bucket: resource, unknownElements })
  }
  const plan = { before, after, changed: true, obstacles: [] }
  await changeConfiguration(clients, resource, plan, options)
}

/** Creates the bucket closed, and opens it for log delivery last. */
async function createLogBucket(
  clients: SourceClients,
  Bucket: string,
  region: string,
  setting: NonNullable<LogBucketSetting>,
): Promise<void> {
  const s3 = clients.s3In(region)
  // aws: us-east-1 is said by saying nothing.
  const location =
    region === 'us-east-1'
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } }
  await refusable('s3:CreateBucket', /^BucketAlready|^InvalidBucketName/, () =>
    s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: setting.ObjectOwnership, ...location })),
  )
  await callAws('s3:PutBucketPublicAccessBlock', () =>
    s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          IgnorePublicAcls: true,
          BlockPublicPolicy: true,
          RestrictPublicBuckets: true,
        },
      }),
    ),
  )
  await callAws('s3:PutEncryptionConfiguration', () =>
    s3.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: setting.SSEAlgorithm } }],
        },
      }),
    ),
  )
  await callAws('s3:PutLifecycleConfiguration', () =>
    s3.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: {
          Rules: [
            {
              ID: 'bucketwatch-expire',
              Status: 'Enabled',
              Filter: { Prefix: '' },
              Expiration: { Days: setting.ExpirationDays },
            },
          ],
        },
      }),
    ),
  )
  await callAws('s3:PutBucketPolicy', () =>
    s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(setting.Policy) })),
  )
}

/** Logs are evidence: a bucket that has any stays. */
async function deleteIfEmpty(clients: SourceClients, Bucket: string, region: string): Promise<Undone> {
  const s3 = clients.s3In(region)
  try {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }))
    if (Versions.length > 0 || DeleteMarkers.length > 0)
      return { stays: `${Bucket} holds logs: it stays, and its lifecycle empties it.` }
    await s3.send(new DeleteBucketCommand({ Bucket }))
    return 'undone'
  } catch (error) {
    const { name } = readAwsError(error)
    if (name === 'NoSuchBucket') return 'nothing'
    if (name === 'BucketNotEmpty') return { stays: `${Bucket} holds logs: it stays, and its lifecycle empties it.` }
    return callAws('s3:DeleteBucket', () => Promise.reject(error))
  }
}

async function createStack(
  clients: SourceClients,
  StackName: string,
  region: string,
  parameters: Readonly<Record<string, string>>,
  { sleep, template }: ChangeOptions,
): Promise<void> {
  const cloudFormation = clients.cloudFormation(region)
  const Parameters = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }))
  await refusable('cloudformation:CreateStack', /^AlreadyExists|^ValidationError/, () =>
    cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: template, Parameters, OnFailure: 'DELETE' })),
  )
  const status = await waitForStack(clients, StackName, region, sleep)
  if (status !== 'CREATE_COMPLETE') {
    throw new BucketwatchError(
      'SETUP_REFUSED',
      `The stack ${StackName} is in ${status}: its events in CloudFormation tell why.`,
      { StackName, status },
    )
  }
}

async function waitForStack(
  clients: SourceClients,
  StackName: string,
  region: string,
  sleep: ChangeOptions['sleep'],
): Promise<string> {
  let status = 'unknown'
  for (let attempt = 0; attempt < STACK_ATTEMPTS; attempt += 1) {
    status = await readStackStatus(clients, StackName, region)
    if (!status.endsWith('_IN_PROGRESS')) return status
    await sleep(STACK_DELAY_MS)
  }
  return status
}

/** `CREATE_COMPLETE` …; `DELETE_COMPLETE` where there is none. @throws BucketwatchError AWS_CALL */
export async function readStackStatus(clients: SourceClients, StackName: string, region: string): Promise<string> {
  return callAws('cloudformation:DescribeStacks', async () => {
    try {
      const { Stacks = [] } = await clients.cloudFormation(region).send(new DescribeStacksCommand({ StackName }))
      return Stacks[0]?.StackStatus ?? 'DELETE_COMPLETE'
    } catch (error) {
      if (/does not exist/.test(readAwsError(error).message)) return 'DELETE_COMPLETE'
      throw error
    }
  })
}

/** The trail goes; CloudFormation keeps the buckets, of which those without logs go too. */
async function deleteStack(
  clients: SourceClients,
  StackName: string,
  region: string,
  { sleep }: ChangeOptions,
): Promise<Undone> {
  const outputs = await readStackOutputs(clients, StackName, region)
  if (outputs === undefined) return 'nothing'
  await callAws('cloudformation:DeleteStack', () =>
    clients.cloudFormation(region).send(new DeleteStackCommand({ StackName })),
  )
  const status = await waitForStack(clients, StackName, region, sleep)
  if (status !== 'DELETE_COMPLETE')
    return { stays: `The stack ${StackName} is in ${status}: its events in CloudFormation tell why.` }
  const stays: string[] = []
  for (const bucket of [outputs.TrailBucketName, outputs.AccessLogBucketName]) {
    if (bucket === undefined) continue
    const undone = await deleteIfEmpty(clients, bucket, region)
    if (typeof undone === 'object') stays.push(undone.stays)
  }
  return stays.length === 0 ? 'undone' : { stays: stays.join(' ') }
}

async function readStackOutputs(
  clients: SourceClients,
  StackName: string,
  region: string,
): Promise<Record<string, string> | undefined> {
  return callAws('cloudformation:DescribeStacks', async () => {
    try {
      const { Stacks = [] } = await clients.cloudFormation(region).send(new DescribeStacksCommand({ StackName }))
      return Object.fromEntries(
        (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      )
    } catch (error) {
      if (/does not exist/.test(readAwsError(error).message)) return undefined
      throw error
    }
  })
}

/** A call that AWS can refuse for what is in it, which is no failure of the call. */
async function refusable<T>(action: string, refusals: RegExp, call: () => Promise<T>): Promise<T> {
  return callAws(action, async () => {
    try {
      return await call()
    } catch (error) {
      const { name, message } = readAwsError(error)
      if (!refusals.test(name)) throw error
      throw new BucketwatchError('SETUP_REFUSED', `${action}: ${name}: ${message}`, { action, name }, { cause: error })
    }
  })
}
