/**
 * Fetches what the sources of an account's logs are: trails, buckets, and the buckets that logs go to. Reads only. What
 * may not be looked at is a fact that says so.
 */
import {
  DescribeTrailsCommand,
  GetEventConfigurationCommand,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  type Trail,
} from '@aws-sdk/client-cloudtrail'
import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import {
  GetBucketLoggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListBucketMetricsConfigurationsCommand,
  type LoggingEnabled,
  type MetricsConfiguration,
  type MetricsFilter,
} from '@aws-sdk/client-s3'
import { mapLimited } from '../basics/map-limited.ts'
import { outputNames } from '../connect/names.ts'
import type { KindFacts } from '../doctor/facts.ts'
import { type Fact, known, unknown } from '../doctor/finding.ts'
import { LOG_KINDS } from '../kinds/kinds.ts'
import type {
  AccountSources,
  BucketSources,
  LoggingFacts,
  MetricsFacts,
  PublicAccessBlock,
  StackLink,
  TargetFacts,
  TrailFacts,
} from '../sources/facts.ts'
import { isLogBucketName } from '../sources/log-bucket-name.ts'
import type { EventSelectors } from '../sources/selectors.ts'
import { globalRegion } from '../sources/trails.ts'
import { fetchAccountSettings, publicAccessBlockOf } from './account-facts.ts'
import { type AdminClients, callAws } from './admin-clients.ts'
import { readBucketSettings } from './bucket-settings.ts'
import { fact, unless } from './facts.ts'
import { listBuckets } from './list-buckets.ts'
import { readBucketRegion, readNotificationConfiguration } from './notification-configuration.ts'
import { readIdentity, type SourceClients } from './source-clients.ts'
import { locationsOf, outputOf, readQueue, readRolePolicies, readStack } from './stack.ts'

/** Each bucket is half a dozen calls; S3 takes thousands a second, but throttles settings far earlier. */
const BUCKETS_AT_A_TIME = 8
/** CloudTrail answers ten calls a second of an account and Region. */
const TRAILS_AT_A_TIME = 2
const MAX_LOGGING_HOPS = 5
const DAY = 86_400_000
const REQUESTS_DAYS = 30

export interface SourcesQuestion {
  /** Only these of the account's buckets (and those that logs go to); empty: all. */
  readonly buckets: readonly string[]
  readonly now: number
  /** A bucket that access logs are to go to: looked at as one that they go to. */
  readonly target?: string | undefined
  /** Told how many buckets are done. */
  readonly onProgress?: ((done: number, of: number) => void) | undefined
}

/**
 * Looks at one account.
 *
 * @throws BucketwatchError AWS_CALL where the credentials do not say whose they are.
 * @example
 * await fetchAccount(createSourceClients({ region: 'eu-west-1' }), { buckets: [], now: Date.now() })
 */
export async function fetchAccount(clients: SourceClients, question: SourcesQuestion): Promise<AccountSources> {
  const { accountId, partition } = await readIdentity(clients)
  const listed = await fact(async () => (await listBuckets(clients)).buckets)
  const wanted = listed.known
    ? listed.value.filter(({ name }) => question.buckets.length === 0 || question.buckets.includes(name))
    : question.buckets.map((name) => ({ name, region: undefined }))
  const names = listed.known ? listed.value.map(({ name }) => name) : []
  let done = 0
  const buckets = await mapLimited(wanted, BUCKETS_AT_A_TIME, async ({ name, region }) => {
    const found = await fetchBucketSources(clients, name, region, question.now)
    done += 1
    question.onProgress?.(done, wanted.length)
    return found
  })
  const regions = new Set([
    clients.region,
    globalRegion(partition),
    ...buckets.flatMap(({ region }) => (region.known ? [region.value] : [])),
  ])
  const { trails, trailsIn } = await fetchTrails(clients, [...regions])
  return {
    accountId,
    partition,
    via: clients.via,
    trails,
    trailsIn,
    ...(await fetchAccountSettings(clients, accountId, [...regions])),
    buckets: listed.known || question.buckets.length > 0 ? known(buckets) : listed,
    targets: await fetchTargets(
      clients,
      buckets,
      [
        ...(question.target === undefined ? [] : [question.target]),
        ...names.filter((name) => isLogBucketName(name, accountId)),
      ],
      new Map(buckets.map(({ bucket, region }) => [bucket, region])),
    ),
    logBuckets: await fetchLogBuckets(clients, trails, buckets),
  }
}

async function fetchBucketSources(
  clients: SourceClients,
  bucket: string,
  listedRegion: string | undefined,
  now: number,
): Promise<BucketSources> {
  const Bucket = bucket
  const region = listedRegion === undefined ? await fact(() => readBucketRegion(clients, bucket)) : known(listedRegion)
  // Asked in its own Region, each call is one; through another, two.
  const s3 = region.known ? clients.s3In(region.value) : clients.s3
  const [logging, requestMetrics, notification, versioning, publicAccessBlock] = await Promise.all([
    fact(() => readLoggingFacts({ s3 }, bucket)),
    fact(async () => (await listMetrics({ s3 }, bucket)).map(metricsFacts)),
    fact(async () => (await readNotificationConfiguration({ s3 }, bucket)).configuration),
    unless(undefined, undefined, 's3:GetBucketVersioning', async () => {
      return (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status as string | undefined
    }),
    unless<PublicAccessBlock | undefined>(
      'NoSuchPublicAccessBlockConfiguration',
      undefined,
      's3:GetBucketPublicAccessBlock',
      async () =>
        publicAccessBlockOf(
          (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration,
        ),
    ),
  ])
  const requests = await fetchRequests(clients, bucket, region, requestMetrics, now)
  return { bucket, region, logging, requestMetrics, notification, versioning, publicAccessBlock, requests }
}

/** A bucket's server access logging; undefined: off. @throws BucketwatchError AWS_CALL */
export async function readLoggingFacts(
  { s3 }: Pick<SourceClients, 's3'>,
  bucket: string,
): Promise<LoggingFacts | undefined> {
  const enabled = await readLoggingEnabled({ s3 }, bucket)
  if (enabled?.TargetBucket === undefined) return undefined
  const format = enabled.TargetObjectKeyFormat
  const partitioned = format?.PartitionedPrefix?.PartitionDateSource === 'DeliveryTime' ? 'delivery' : 'event'
  return {
    bucket: enabled.TargetBucket,
    prefix: enabled.TargetPrefix ?? '',
    layout: format?.PartitionedPrefix === undefined ? 'simple' : `partitioned by ${partitioned} time`,
    grants: (enabled.TargetGrants ?? []).length > 0,
  }
}

/** The same as S3 has it. @throws BucketwatchError AWS_CALL */
export async function readLoggingEnabled(
  { s3 }: Pick<SourceClients, 's3'>,
  bucket: string,
): Promise<LoggingEnabled | undefined> {
  const { LoggingEnabled } = await callAws('s3:GetBucketLogging', () =>
    s3.send(new GetBucketLoggingCommand({ Bucket: bucket })),
  )
  return LoggingEnabled
}

/** All metrics configurations of a bucket. @throws BucketwatchError AWS_CALL */
export async function listMetrics({ s3 }: Pick<SourceClients, 's3'>, bucket: string): Promise<MetricsConfiguration[]> {
  const found: MetricsConfiguration[] = []
  let ContinuationToken: string | undefined
  do {
    const input = { Bucket: bucket, ...(ContinuationToken !== undefined && { ContinuationToken }) }
    const page = await callAws('s3:GetMetricsConfiguration', () =>
      s3.send(new ListBucketMetricsConfigurationsCommand(input)),
    )
    found.push(...(page.MetricsConfigurationList ?? []))
    ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (ContinuationToken !== undefined)
  return found
}

export function metricsFacts({ Id = '', Filter }: MetricsConfiguration): MetricsFacts {
  return { id: Id, filter: Filter === undefined ? undefined : describeFilter(Filter) }
}

function describeFilter(filter: MetricsFilter): string | undefined {
  // A union of which one member is there; each is asked for.
  const { Prefix, Tag, AccessPointArn, And } = filter as {
    [Name in 'Prefix' | 'Tag' | 'AccessPointArn' | 'And']?: Extract<MetricsFilter, Record<Name, unknown>>[Name]
  }
  const tags = [...(Tag === undefined ? [] : [Tag]), ...(And?.Tags ?? [])]
  const prefix = Prefix ?? And?.Prefix
  const point = AccessPointArn ?? And?.AccessPointArn
  const parts = [
    ...(prefix === undefined || prefix === '' ? [] : [`prefix ${prefix}`]),
    ...tags.map(({ Key, Value }) => `tag ${Key}=${Value}`),
    ...(point === undefined ? [] : [`access point ${point}`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}

/** Requests of the last 30 days, where request metrics of the whole bucket count them. */
async function fetchRequests(
  clients: SourceClients,
  bucket: string,
  region: Fact<string>,
  metrics: Fact<readonly MetricsFacts[]>,
  now: number,
): Promise<Fact<number | undefined>> {
  if (!metrics.known) return metrics
  const whole = metrics.value.find(({ filter }) => filter === undefined)
  if (whole === undefined || !region.known) return known(undefined)
  return fact(async () => {
    const { Datapoints = [] } = await callAws('cloudwatch:GetMetricStatistics', () =>
      clients.cloudWatch(region.value).send(
        new GetMetricStatisticsCommand({
          Namespace: 'AWS/S3',
          MetricName: 'AllRequests',
          Dimensions: [
            { Name: 'BucketName', Value: bucket },
            { Name: 'FilterId', Value: whole.id },
          ],
          StartTime: new Date(now - REQUESTS_DAYS * DAY),
          EndTime: new Date(now),
          Period: DAY / 1000,
          Statistics: ['Sum'],
        }),
      ),
    )
    if (Datapoints.length === 0) return undefined
    return Datapoints.reduce((all, { Sum = 0 }) => all + Sum, 0)
  })
}

/** Trails as each Region sees them: its own, those of all Regions, the organization's. */
async function fetchTrails(clients: SourceClients, regions: readonly string[]) {
  const found = new Map<string, Trail>()
  const seen = await mapLimited(regions, TRAILS_AT_A_TIME, async (region) => {
    const trails = await fact(async () => {
      const { trailList = [] } = await callAws('cloudtrail:DescribeTrails', () =>
        clients.cloudTrail(region).send(new DescribeTrailsCommand({ includeShadowTrails: true })),
      )
      for (const trail of trailList) if (trail.TrailARN !== undefined) found.set(trail.TrailARN, trail)
      return trailList.flatMap(({ TrailARN }) => (TrailARN === undefined ? [] : [TrailARN]))
    })
    return [region, trails] as const
  })
  const trails = await mapLimited([...found.values()], TRAILS_AT_A_TIME, (trail) => fetchTrail(clients, trail))
  return { trails, trailsIn: new Map(seen) }
}

async function fetchTrail(clients: SourceClients, trail: Trail): Promise<TrailFacts> {
  const arn = trail.TrailARN!
  const homeRegion = trail.HomeRegion ?? arn.split(':')[3] ?? clients.region
  const cloudTrail = clients.cloudTrail(homeRegion)
  const status = await fact(async () => {
    const answer = await callAws('cloudtrail:GetTrailStatus', () =>
      cloudTrail.send(new GetTrailStatusCommand({ Name: arn })),
    )
    return {
      logging: answer.IsLogging === true,
      latestDelivery: answer.LatestDeliveryTime?.getTime(),
      latestDeliveryError: textOf(answer.LatestDeliveryError),
      latestDigestError: textOf(answer.LatestDigestDeliveryError),
    }
  })
  return {
    arn,
    name: trail.Name ?? arn,
    homeRegion,
    multiRegion: trail.IsMultiRegionTrail === true,
    organization: trail.IsOrganizationTrail === true,
    globalServiceEvents: trail.IncludeGlobalServiceEvents !== false,
    bucket: trail.S3BucketName ?? '',
    prefix: trail.S3KeyPrefix ?? '',
    kmsKeyId: textOf(trail.KmsKeyId),
    logFileValidation: trail.LogFileValidationEnabled === true,
    status,
    selectors: await fact(() => readSelectors(clients, arn, homeRegion)),
    aggregation: await fact(async () => {
      const { AggregationConfigurations = [] } = await callAws('cloudtrail:GetEventConfiguration', () =>
        cloudTrail.send(new GetEventConfigurationCommand({ TrailName: arn })),
      )
      return AggregationConfigurations.flatMap(({ Templates = [] }) => Templates as string[])
    }),
  }
}

const textOf = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

/** A trail's event selectors. @throws BucketwatchError AWS_CALL */
export async function readSelectors(
  { cloudTrail }: Pick<SourceClients, 'cloudTrail'>,
  arn: string,
  homeRegion: string,
): Promise<EventSelectors> {
  const { EventSelectors, AdvancedEventSelectors } = await callAws('cloudtrail:GetEventSelectors', () =>
    cloudTrail(homeRegion).send(new GetEventSelectorsCommand({ TrailName: arn })),
  )
  const advanced = AdvancedEventSelectors ?? []
  return advanced.length > 0 ? { AdvancedEventSelectors: advanced } : { EventSelectors: EventSelectors ?? [] }
}

/** Where access logs go, and where those buckets log to in turn. */
async function fetchTargets(
  clients: SourceClients,
  buckets: readonly BucketSources[],
  more: readonly string[],
  regions: ReadonlyMap<string, Fact<string>>,
) {
  const targets = new Map<string, TargetFacts>()
  let next = [...new Set([...targetNames(buckets), ...more])]
  for (let hop = 0; hop < MAX_LOGGING_HOPS && next.length > 0; hop += 1) {
    const found = await mapLimited(next, BUCKETS_AT_A_TIME, (bucket) =>
      fetchTarget(clients, bucket, regions.get(bucket)),
    )
    for (const target of found) targets.set(target.bucket, target)
    next = targetNames(found).filter((bucket) => !targets.has(bucket))
  }
  return targets
}

const targetNames = (buckets: readonly Pick<BucketSources, 'logging'>[]): string[] => [
  ...new Set(
    buckets.flatMap(({ logging }) => (logging.known && logging.value !== undefined ? [logging.value.bucket] : [])),
  ),
]

/** A bucket as access logs meet it. @param listed its Region, where it is known already */
export async function fetchTarget(
  clients: Pick<SourceClients, 's3'>,
  bucket: string,
  listed?: Fact<string>,
): Promise<TargetFacts> {
  const [region, settings, logging] = await Promise.all([
    listed?.known === true ? listed : fact(() => readBucketRegion(clients, bucket)),
    readBucketSettings(clients.s3, bucket),
    fact(() => readLoggingFacts(clients, bucket)),
  ])
  const { encryption } = settings
  return {
    ...settings,
    bucket,
    region,
    logging,
    // Which key it is plays no part: with any, nothing is delivered.
    encryption: encryption.known
      ? known({ algorithm: encryption.value.algorithm, key: unknown('not looked at') })
      : encryption,
  }
}

/** What buckets of logs tell others of, where they are not among the account's own that were looked at. */
async function fetchLogBuckets(
  clients: SourceClients,
  trails: readonly TrailFacts[],
  buckets: readonly BucketSources[],
) {
  const own = new Set(buckets.map(({ bucket }) => bucket))
  const names = [...new Set([...trails.map(({ bucket }) => bucket), ...targetNames(buckets)])]
  const others = names.filter((bucket) => bucket !== '' && !own.has(bucket))
  return new Map(
    await mapLimited(others, BUCKETS_AT_A_TIME, async (bucket) => {
      const found = await fact(async () => (await readNotificationConfiguration(clients, bucket)).configuration)
      return [bucket, found] as const
    }),
  )
}

/**
 * The stack of a stage, as far as it decides whether logs are read.
 *
 * @throws BucketwatchError STACK_NOT_FOUND, AWS_CALL
 */
export async function fetchStackLink(clients: AdminClients, stage: string): Promise<StackLink> {
  const stack = await readStack(clients, stage)
  const kinds = await Promise.all(
    LOG_KINDS.map(async (kind) => {
      const names = outputNames(kind)
      const queue: KindFacts['queue'] = await fact(() => readQueue(clients, outputOf(stack, names.queueUrl)))
      const locations: KindFacts['locations'] = await fact(async () =>
        locationsOf(await readRolePolicies(clients, outputOf(stack, names.roleArn))),
      )
      return { kind, queue, queueArn: outputOf(stack, names.queueArn), locations }
    }),
  )
  return { stage, region: stack.region, accountId: stack.accountId, kinds }
}
