/** An account in which nothing is wrong, as facts; tests change one thing. */
import { known } from '../../../shared/doctor/finding.ts'
import type {
  AccountSources,
  BucketSources,
  StackLink,
  TargetFacts,
  TrailFacts,
} from '../../../shared/sources/facts.ts'
import { ACCESS, ACCOUNT, kindFacts, REGION, TRAIL } from '../../doctor/support/facts.ts'

export const DATA = 'amzn-s3-demo-data'

/** For the policy of a target: lets S3's log delivery in, as the User Guide has it. */
export const deliveryPolicy = (bucket: string, account = ACCOUNT): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'S3ServerAccessLogsPolicy',
        Effect: 'Allow',
        Principal: { Service: 'logging.s3.amazonaws.com' },
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${bucket}/*`,
        Condition: { StringEquals: { 'aws:SourceAccount': account } },
      },
    ],
  })

export function trail(more: Partial<TrailFacts> = {}): TrailFacts {
  return {
    arn: `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/audit`,
    name: 'audit',
    homeRegion: REGION,
    multiRegion: true,
    organization: false,
    globalServiceEvents: true,
    bucket: TRAIL,
    prefix: '',
    kmsKeyId: undefined,
    logFileValidation: true,
    status: known({ logging: true, latestDelivery: 0, latestDeliveryError: undefined, latestDigestError: undefined }),
    selectors: known({
      EventSelectors: [
        { IncludeManagementEvents: true, DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3'] }] },
      ],
    }),
    aggregation: known([]),
    ...more,
  }
}

export function bucket(name: string, more: Partial<BucketSources> = {}): BucketSources {
  return {
    bucket: name,
    region: known(REGION),
    logging: known({ bucket: ACCESS, prefix: 'logs/', layout: 'simple', grants: false }),
    requestMetrics: known([]),
    notification: known({}),
    versioning: known('Enabled'),
    publicAccessBlock: known(undefined),
    requests: known(undefined),
    ...more,
  }
}

export const target: TargetFacts = {
  bucket: ACCESS,
  region: known(REGION),
  policy: known(deliveryPolicy(ACCESS)),
  encryption: known({ algorithm: 'AES256', key: known(undefined) }),
  defaultRetention: known(false),
  requesterPays: known(false),
  ownership: known('BucketOwnerEnforced'),
  logDeliveryByAcl: known(false),
  logging: known(undefined),
}

export function account(more: Partial<AccountSources> = {}): AccountSources {
  const trails = more.trails ?? [trail()]
  return {
    accountId: ACCOUNT,
    partition: 'aws',
    via: undefined,
    trails,
    trailsIn: new Map([[REGION, known(trails.map(({ arn }) => arn))]]),
    buckets: known([bucket(DATA)]),
    publicAccessBlock: known(undefined),
    directoryBuckets: new Map(),
    eventDataStores: new Map(),
    targets: new Map([[ACCESS, target]]),
    logBuckets: new Map(),
    ...more,
  }
}

export const stack: StackLink = {
  stage: 'prod',
  region: REGION,
  accountId: ACCOUNT,
  kinds: [kindFacts('cloudtrail'), kindFacts('access-log')],
}
