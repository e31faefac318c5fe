/**
 * An AWS account in memory, behind the SDK's clients: what is put is what is read next. The shapes are those of the
 * SDK's models; what S3 and CloudTrail refuse is refused here with their error codes.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  type AdvancedEventSelector,
  CloudTrailClient,
  DescribeTrailsCommand,
  type EventSelector,
  GetEventConfigurationCommand,
  GetEventDataStoreCommand,
  type GetEventDataStoreCommandOutput,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
  ListEventDataStoresCommand,
  PutEventSelectorsCommand,
  type Trail,
} from '@aws-sdk/client-cloudtrail'
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { IAMClient } from '@aws-sdk/client-iam'
import {
  type BucketLoggingStatus,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketMetricsConfigurationCommand,
  GetBucketAclCommand,
  GetBucketEncryptionCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketRequestPaymentCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListBucketMetricsConfigurationsCommand,
  ListBucketsCommand,
  ListDirectoryBucketsCommand,
  ListObjectVersionsCommand,
  type LoggingEnabled,
  type MetricsConfiguration,
  type NotificationConfiguration,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketMetricsConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetPublicAccessBlockCommand as GetAccountBlockCommand, S3ControlClient } from '@aws-sdk/client-s3-control'
import { SQSClient } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { mockClient } from 'aws-sdk-client-mock'
import type { LogKind } from '../../../shared/kinds/kinds.ts'
import { ACCOUNT, REGION } from '../../doctor/support/facts.ts'
import { mockStack } from '../../doctor/support/stack-mocks.ts'

export interface FakeBucket {
  region: string
  logging?: LoggingEnabled | undefined
  metrics: Map<string, MetricsConfiguration>
  notification: NotificationConfiguration
  policy?: string | undefined
  algorithm: string
  ownership?: string | undefined
  publicAccessBlock?: Record<string, boolean> | undefined
  lifecycle?: unknown
  versioning?: string | undefined
  objects: number
  /** Everything that is asked of it is refused. */
  denied: boolean
}

export interface FakeTrail {
  trail: Trail
  logging: boolean
  selectors: { EventSelectors?: EventSelector[]; AdvancedEventSelectors?: AdvancedEventSelector[] }
  templates: string[]
}

export const DEFAULT_SELECTORS: EventSelector[] = [
  { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
]

const refuse = (name: string, message: string = name) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: name === 'AccessDenied' ? 403 : 404 } })

/** A trail as CreateTrail makes it. */
export function fakeTrail(name: string, bucket: string, more: Partial<Trail> = {}): FakeTrail {
  return {
    trail: {
      Name: name,
      TrailARN: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/${name}`,
      HomeRegion: REGION,
      S3BucketName: bucket,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      IsOrganizationTrail: false,
      LogFileValidationEnabled: true,
      ...more,
    },
    logging: true,
    selectors: { EventSelectors: structuredClone(DEFAULT_SELECTORS) },
    templates: [],
  }
}

/** Starts the account; every client of the SDK that the sources' commands use speaks to it. */
export function fakeAccount() {
  const buckets = new Map<string, FakeBucket>()
  const trails = new Map<string, FakeTrail>()
  const writes: { readonly name: string; readonly input: unknown }[] = []
  /** What stands beside buckets and trails: the account's own block, directory buckets by Region, event data stores. */
  const beside = {
    publicAccessBlock: undefined as Record<string, boolean> | undefined,
    directoryBuckets: new Map<string, string[]>(),
    eventDataStores: new Map<string, Partial<GetEventDataStoreCommandOutput>[]>(),
  }
  const s3 = mockClient(S3Client)
  const s3Control = mockClient(S3ControlClient)
  const cloudTrail = mockClient(CloudTrailClient)
  const sts = mockClient(STSClient)
  const cloudWatch = mockClient(CloudWatchClient)
  const cloudFormation = mockClient(CloudFormationClient)
  const iam = mockClient(IAMClient)
  const sqs = mockClient(SQSClient)

  const at = (Bucket: string | undefined): FakeBucket => {
    const found = buckets.get(Bucket ?? '')
    if (found === undefined) throw refuse('NoSuchBucket')
    if (found.denied) throw refuse('AccessDenied', 'Access Denied')
    return found
  }
  const write =
    <I>(name: string, act: (input: I) => unknown) =>
    (input: I) => {
      writes.push({ name, input: structuredClone(input) })
      return act(input) ?? {}
    }
  const required = <T>(value: T | undefined, missing: string): T => {
    if (value === undefined) throw refuse(missing)
    return value
  }

  sts.on(GetCallerIdentityCommand).resolves({ Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/auditor` })
  cloudWatch.on(GetMetricStatisticsCommand).callsFake((input) => {
    const bucket = input.Dimensions[0].Value
    return { Datapoints: bucket === 'amzn-s3-demo-counted' ? [{ Sum: 2_000_000 }, { Sum: 500_000 }] : [] }
  })
  s3.on(ListBucketsCommand).callsFake(({ ContinuationToken = '0' }) => {
    const names = [...buckets.keys()]
    const from = Number(ContinuationToken)
    const page = names.slice(from, from + 2)
    return {
      Buckets: page.map((Name) => ({ Name, BucketRegion: buckets.get(Name)!.region })),
      ...(from + 2 < names.length && { ContinuationToken: String(from + 2) }),
    }
  })
  s3Control.on(GetAccountBlockCommand).callsFake(() => ({
    PublicAccessBlockConfiguration: required(beside.publicAccessBlock, 'NoSuchPublicAccessBlockConfiguration'),
  }))
  s3.on(ListDirectoryBucketsCommand).callsFake(async (_, getClient: () => S3Client) => ({
    Buckets: (beside.directoryBuckets.get(await getClient().config.region()) ?? []).map((Name) => ({ Name })),
  }))
  s3.on(HeadBucketCommand).callsFake(({ Bucket }) => ({ BucketRegion: at(Bucket).region }))
  s3.on(GetBucketLoggingCommand).callsFake(({ Bucket }) => ({ LoggingEnabled: structuredClone(at(Bucket).logging) }))
  s3.on(PutBucketLoggingCommand).callsFake(
    write('PutBucketLogging', (input: { Bucket: string; BucketLoggingStatus: BucketLoggingStatus }) => {
      const target = input.BucketLoggingStatus.LoggingEnabled?.TargetBucket
      if (target !== undefined && buckets.get(target)?.region !== at(input.Bucket).region)
        throw refuse('InvalidTargetBucketForLogging')
      at(input.Bucket).logging = structuredClone(input.BucketLoggingStatus.LoggingEnabled)
    }),
  )
  s3.on(ListBucketMetricsConfigurationsCommand).callsFake(({ Bucket, ContinuationToken = '0' }) => {
    const all = [...at(Bucket).metrics.values()]
    const from = Number(ContinuationToken)
    return {
      MetricsConfigurationList: all.slice(from, from + 1),
      IsTruncated: from + 1 < all.length,
      NextContinuationToken: String(from + 1),
    }
  })
  s3.on(PutBucketMetricsConfigurationCommand).callsFake(
    write('PutBucketMetricsConfiguration', ({ Bucket, Id, MetricsConfiguration }) => {
      at(Bucket).metrics.set(Id, structuredClone(MetricsConfiguration))
    }),
  )
  s3.on(DeleteBucketMetricsConfigurationCommand).callsFake(
    write('DeleteBucketMetricsConfiguration', ({ Bucket, Id }) => {
      if (!at(Bucket).metrics.delete(Id)) throw refuse('NoSuchConfiguration')
    }),
  )
  s3.on(GetBucketNotificationConfigurationCommand).callsFake(({ Bucket }) => structuredClone(at(Bucket).notification))
  s3.on(PutBucketNotificationConfigurationCommand).callsFake(
    write('PutBucketNotificationConfiguration', ({ Bucket, NotificationConfiguration }) => {
      at(Bucket).notification = structuredClone(NotificationConfiguration)
    }),
  )
  s3.on(GetBucketVersioningCommand).callsFake(({ Bucket }) => ({ Status: at(Bucket).versioning }))
  s3.on(GetPublicAccessBlockCommand).callsFake(({ Bucket }) => ({
    PublicAccessBlockConfiguration: required(at(Bucket).publicAccessBlock, 'NoSuchPublicAccessBlockConfiguration'),
  }))
  s3.on(GetBucketPolicyCommand).callsFake(({ Bucket }) => ({
    Policy: required(at(Bucket).policy, 'NoSuchBucketPolicy'),
  }))
  s3.on(GetBucketEncryptionCommand).callsFake(({ Bucket }) => ({
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: at(Bucket).algorithm } }],
    },
  }))
  s3.on(GetObjectLockConfigurationCommand).callsFake(({ Bucket }) => {
    at(Bucket)
    throw refuse('ObjectLockConfigurationNotFoundError')
  })
  s3.on(GetBucketRequestPaymentCommand).callsFake(({ Bucket }) => ({ Payer: at(Bucket) && 'BucketOwner' }))
  s3.on(GetBucketOwnershipControlsCommand).callsFake(({ Bucket }) => ({
    OwnershipControls: {
      Rules: [{ ObjectOwnership: required(at(Bucket).ownership, 'OwnershipControlsNotFoundError') }],
    },
  }))
  s3.on(GetBucketAclCommand).callsFake(({ Bucket }) => ({ Owner: { ID: at(Bucket).region }, Grants: [] }))
  s3.on(CreateBucketCommand).callsFake(
    write('CreateBucket', ({ Bucket, CreateBucketConfiguration, ObjectOwnership }) => {
      if (buckets.has(Bucket)) throw refuse('BucketAlreadyOwnedByYou')
      addBucket(Bucket, {
        region: CreateBucketConfiguration?.LocationConstraint ?? 'us-east-1',
        ownership: ObjectOwnership,
      })
    }),
  )
  s3.on(DeleteBucketCommand).callsFake(
    write('DeleteBucket', ({ Bucket }) => {
      if (at(Bucket).objects > 0) throw refuse('BucketNotEmpty')
      buckets.delete(Bucket)
    }),
  )
  s3.on(ListObjectVersionsCommand).callsFake(({ Bucket }) => ({
    Versions: at(Bucket).objects > 0 ? [{ Key: 'x' }] : [],
  }))
  s3.on(PutBucketPolicyCommand).callsFake(
    write('PutBucketPolicy', ({ Bucket, Policy }) => {
      at(Bucket).policy = Policy
    }),
  )
  s3.on(PutPublicAccessBlockCommand).callsFake(
    write('PutPublicAccessBlock', ({ Bucket, PublicAccessBlockConfiguration }) => {
      at(Bucket).publicAccessBlock = PublicAccessBlockConfiguration
    }),
  )
  s3.on(PutBucketEncryptionCommand).callsFake(
    write('PutBucketEncryption', ({ Bucket, ServerSideEncryptionConfiguration: { Rules } }) => {
      at(Bucket).algorithm = Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm
    }),
  )
  s3.on(PutBucketOwnershipControlsCommand).callsFake(
    write('PutBucketOwnershipControls', ({ Bucket, OwnershipControls }) => {
      at(Bucket).ownership = OwnershipControls.Rules[0].ObjectOwnership
    }),
  )
  s3.on(PutBucketLifecycleConfigurationCommand).callsFake(
    write('PutBucketLifecycleConfiguration', ({ Bucket, LifecycleConfiguration }) => {
      at(Bucket).lifecycle = LifecycleConfiguration
    }),
  )

  const trailOf = (name: string): FakeTrail => {
    const found = [...trails.values()].find(({ trail }) => trail.TrailARN === name || trail.Name === name)
    if (found === undefined) throw refuse('TrailNotFoundException')
    return found
  }
  cloudTrail.on(DescribeTrailsCommand).callsFake((_, getClient: () => CloudTrailClient) =>
    getClient()
      .config.region()
      .then((region) => ({
        trailList: [...trails.values()]
          .map(({ trail }) => trail)
          .filter(({ HomeRegion, IsMultiRegionTrail }) => IsMultiRegionTrail === true || HomeRegion === region),
      })),
  )
  cloudTrail.on(GetTrailStatusCommand).callsFake(({ Name }) => ({
    IsLogging: trailOf(Name).logging,
    LatestDeliveryTime: new Date(0),
  }))
  cloudTrail.on(GetEventSelectorsCommand).callsFake(({ TrailName }) => structuredClone(trailOf(TrailName).selectors))
  cloudTrail.on(GetEventConfigurationCommand).callsFake(({ TrailName }) => ({
    AggregationConfigurations: trailOf(TrailName).templates.map((template) => ({
      EventCategory: 'Data',
      Templates: [template],
    })),
  }))
  cloudTrail.on(ListEventDataStoresCommand).callsFake(async (_, getClient: () => CloudTrailClient) => ({
    EventDataStores: (beside.eventDataStores.get(await getClient().config.region()) ?? []).map(
      ({ EventDataStoreArn, Name }) => ({ EventDataStoreArn, Name }),
    ),
  }))
  cloudTrail.on(GetEventDataStoreCommand).callsFake(({ EventDataStore }) =>
    structuredClone(
      required(
        [...beside.eventDataStores.values()].flat().find(({ EventDataStoreArn: arn }) => arn === EventDataStore),
        'EventDataStoreNotFoundException',
      ),
    ),
  )
  cloudTrail.on(PutEventSelectorsCommand).callsFake(
    write('PutEventSelectors', ({ TrailName, EventSelectors, AdvancedEventSelectors }) => {
      trailOf(TrailName).selectors = structuredClone(
        AdvancedEventSelectors === undefined ? { EventSelectors } : { AdvancedEventSelectors },
      )
    }),
  )

  cloudFormation
    .on(DescribeStacksCommand)
    .rejects(Object.assign(new Error('Stack does not exist'), { name: 'ValidationError' }))

  function addBucket(name: string, more: Partial<FakeBucket> = {}): FakeBucket {
    const bucket: FakeBucket = {
      region: REGION,
      metrics: new Map(),
      notification: {},
      algorithm: 'AES256',
      ownership: 'BucketOwnerEnforced',
      objects: 0,
      denied: false,
      ...more,
    }
    buckets.set(name, bucket)
    return bucket
  }

  /** A stack of the stage `prod` whose queues the log buckets may tell; see test/doctor/support/facts.ts. */
  function addStack(reads: Partial<Record<LogKind, string>> = {}): void {
    mockStack({ cloudFormation, iam, sqs, reads })
  }

  return {
    buckets,
    trails,
    beside,
    writes,
    addBucket,
    addStack,
    addTrail(name: string, bucket: string, more: Partial<Trail> = {}): FakeTrail {
      const made = fakeTrail(name, bucket, more)
      trails.set(made.trail.TrailARN!, made)
      return made
    },
    mocks: { s3, s3Control, cloudTrail, sts, cloudWatch, cloudFormation, iam, sqs },
    /** What is put into it, as text that can be compared. */
    snapshot(): unknown {
      return structuredClone({
        buckets: [...buckets].map(([name, { metrics, ...bucket }]) => [name, { ...bucket, metrics: [...metrics] }]),
        trails: [...trails],
      })
    },
  }
}
