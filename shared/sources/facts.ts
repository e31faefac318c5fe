/** What is known of an account's sources of logs. shared/aws/sources-facts.ts fetches it; everything here is pure. */
import type { NotificationConfiguration } from '../connect/configuration.ts'
import type { BucketFacts, KindFacts } from '../doctor/facts.ts'
import type { Fact } from '../doctor/finding.ts'
import type { AdvancedSelector, EventSelectors } from './selectors.ts'

export interface TrailStatus {
  readonly logging: boolean
  /** Milliseconds since the epoch; undefined: nothing was delivered yet. */
  readonly latestDelivery: number | undefined
  /** What S3 answered when the last delivery failed (`NoSuchBucket`, `AccessDenied`); undefined: it did not. */
  readonly latestDeliveryError: string | undefined
  readonly latestDigestError: string | undefined
}

export interface TrailFacts {
  readonly arn: string
  readonly name: string
  readonly homeRegion: string
  readonly multiRegion: boolean
  readonly organization: boolean
  /** Logs what IAM, STS and other services without a Region do. */
  readonly globalServiceEvents: boolean
  readonly bucket: string
  /** As the API has it, without a slash at its end; empty: none. */
  readonly prefix: string
  readonly kmsKeyId: string | undefined
  readonly logFileValidation: boolean
  readonly status: Fact<TrailStatus>
  readonly selectors: Fact<EventSelectors>
  /** Templates by which data events are also delivered in sums of five minutes. */
  readonly aggregation: Fact<readonly string[]>
}

/** A bucket's server access logging. */
export interface LoggingFacts {
  readonly bucket: string
  readonly prefix: string
  readonly layout: 'simple' | 'partitioned by event time' | 'partitioned by delivery time'
  /** Grants to others, which only buckets with ACLs have; carried along. */
  readonly grants: boolean
}

/** A metrics configuration of a bucket: what it filters by; an empty filter counts all requests of the bucket. */
export interface MetricsFacts {
  readonly id: string
  /** undefined: the whole bucket. */
  readonly filter: string | undefined
}

export interface PublicAccessBlock {
  readonly blockPublicAcls: boolean
  readonly ignorePublicAcls: boolean
  readonly blockPublicPolicy: boolean
  readonly restrictPublicBuckets: boolean
}

export interface BucketSources {
  readonly bucket: string
  readonly region: Fact<string>
  readonly logging: Fact<LoggingFacts | undefined>
  readonly requestMetrics: Fact<readonly MetricsFacts[]>
  readonly notification: Fact<NotificationConfiguration>
  /** `Enabled`, `Suspended`; undefined: never switched on. */
  readonly versioning: Fact<string | undefined>
  /** undefined: never set on this bucket. The account's own stands over it: {@link AccountSources.publicAccessBlock}. */
  readonly publicAccessBlock: Fact<PublicAccessBlock | undefined>
  /** Requests of the last 30 days as the request metrics counted them; undefined: nothing counts them. */
  readonly requests: Fact<number | undefined>
}

/** A bucket that access logs are delivered to, as far as delivery depends on it. */
export type TargetFacts = Pick<
  BucketFacts,
  | 'bucket'
  | 'region'
  | 'policy'
  | 'encryption'
  | 'defaultRetention'
  | 'requesterPays'
  | 'ownership'
  | 'logDeliveryByAcl'
> & { readonly logging: Fact<LoggingFacts | undefined> }

/** A bucket of S3 Express One Zone. It has no server access logging, and data events of a type of its own. */
export interface DirectoryBucket {
  readonly bucket: string
  readonly region: string
}

/** An event data store of CloudTrail Lake: what it keeps is in no bucket, and the stack does not read it. */
export interface EventDataStore {
  readonly name: string
  readonly region: string
  readonly organization: boolean
  readonly multiRegion: boolean
  /** `ENABLED`, `STOPPED_INGESTION` …, and what it takes in. */
  readonly store: Fact<{ readonly status: string; readonly selectors: readonly AdvancedSelector[] }>
}

/** One account as its own credentials see it. */
export interface AccountSources {
  readonly accountId: string
  readonly partition: string
  /** How the account was asked for: the profile, or the role. */
  readonly via: string | undefined
  /** Every trail that logs in one of the Regions asked, the organization's among them. */
  readonly trails: readonly TrailFacts[]
  /** By Region: the ARNs of the trails that log there. */
  readonly trailsIn: ReadonlyMap<string, Fact<readonly string[]>>
  readonly buckets: Fact<readonly BucketSources[]>
  /** The account's own Block Public Access, which stands over that of each bucket; undefined: never set. */
  readonly publicAccessBlock: Fact<PublicAccessBlock | undefined>
  /** By Region. */
  readonly directoryBuckets: ReadonlyMap<string, Fact<readonly DirectoryBucket[]>>
  /** By Region. */
  readonly eventDataStores: ReadonlyMap<string, Fact<readonly EventDataStore[]>>
  /** By name: where access logs go. */
  readonly targets: ReadonlyMap<string, TargetFacts>
  /** By name: buckets that logs are delivered to and that are none of the account's: what they tell the stack. */
  readonly logBuckets: ReadonlyMap<string, Fact<NotificationConfiguration>>
}

/** The stack that is to read the logs. */
export interface StackLink {
  readonly stage: string
  readonly region: string
  readonly accountId: string
  readonly kinds: readonly Pick<KindFacts, 'kind' | 'queue' | 'queueArn' | 'locations'>[]
}
