/** What the doctor looks at. shared/aws/doctor-facts.ts fetches it; the checks are pure. */
import type { NotificationConfiguration } from '../connect/configuration.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { Fact } from './finding.ts'

/** The stack's way for one kind of logs. */
export interface KindFacts {
  readonly kind: LogKind
  readonly queueArn: string
  readonly roleArn: string
  readonly queue: Fact<QueueFacts>
  /** The key that encrypts the queue; undefined: SQS's own, which anybody who may send can use. */
  readonly queueKey: Fact<KeyFacts | undefined>
  readonly deadLetters: Fact<number>
  /** Seconds, as CloudWatch last measured it; undefined: no message was waiting. */
  readonly oldestMessageSeconds: Fact<number | undefined>
  /** The role's policies. */
  readonly rolePolicies: Fact<readonly unknown[]>
  /** What the role may read: bucket and key prefix. */
  readonly locations: Fact<readonly Location[]>
  readonly functionState: Fact<string>
  /** State of the event source mapping (`Enabled`); undefined: there is none. */
  readonly mappingState: Fact<string | undefined>
  readonly lastReceipt: Fact<ReceiptFacts | undefined>
  /** The last canary that arrived within a day; undefined: none. */
  readonly lastCanary: Fact<CanaryFacts | undefined>
}

export interface CanaryFacts {
  /** When it arrived; ms since the epoch. */
  readonly time: number
  /** How long it took. */
  readonly seconds: number
}

export interface Location {
  readonly bucket: string
  readonly prefix: string
}

export interface QueueFacts {
  readonly policy: string | undefined
  readonly kmsKeyId: string | undefined
  readonly waiting: number
}

export interface ReceiptFacts {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly status: string
  readonly key: string
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

export interface KeyFacts {
  readonly arn: string
  readonly state: string
  /** Made and ruled by AWS (`alias/aws/…`): its policy cannot be changed. */
  readonly awsManaged: boolean
  readonly policy: Fact<string>
}

export interface TopicFacts {
  readonly arn: string
  /** Undefined: not encrypted with a key of KMS. */
  readonly key: Fact<KeyFacts | undefined>
  readonly subscriptions: Fact<readonly SubscriptionFacts[]>
}

export interface SubscriptionFacts {
  readonly protocol: string
  readonly endpoint: string
  readonly confirmed: boolean
}

export interface StackFacts {
  readonly stage: string
  readonly name: string
  readonly accountId: string
  readonly region: string
  readonly status: string
  /** The canary's bucket; undefined: there is no canary. */
  readonly canaryBucket: string | undefined
  /** `/bucketwatch/prod/pipeline`: where receipts are. */
  readonly pipelineLogGroup: string
  readonly kinds: readonly KindFacts[]
  readonly alarms: TopicFacts
  readonly alerts: TopicFacts
  readonly alertDeadLetters: Fact<number>
}

/** A bucket that holds logs of one kind, under a key prefix. */
export interface BucketFacts {
  readonly bucket: string
  readonly kind: LogKind
  readonly prefix: string
  readonly region: Fact<string>
  /** The account that owns it. */
  readonly owner: Fact<string>
  readonly notification: Fact<NotificationConfiguration>
  readonly policy: Fact<string | undefined>
  /** Where the bucket's own access logs go. */
  readonly logging: Fact<LoggingTarget | undefined>
  /** The same for the buckets that these go to in turn, by name, as far as they were looked at. */
  readonly loggingOfTargets: ReadonlyMap<string, LoggingTarget | undefined>
  readonly encryption: Fact<{ readonly algorithm: string; readonly key: Fact<KeyFacts | undefined> }>
  readonly defaultRetention: Fact<boolean>
  readonly requesterPays: Fact<boolean>
  /** `BucketOwnerEnforced` …; undefined: never set. */
  readonly ownership: Fact<string | undefined>
  /** The bucket's ACL lets S3's log delivery group write. */
  readonly logDeliveryByAcl: Fact<boolean>
  /** The youngest log object found; undefined: none today or yesterday. */
  readonly lastObject: Fact<LastObject | undefined>
  readonly lastReceipt: Fact<ReceiptFacts | undefined>
}

export interface LoggingTarget {
  readonly bucket: string
  readonly prefix: string
}

export interface LastObject {
  readonly key: string
  readonly time: number
  /** The key that it is encrypted with; undefined: SSE-S3. */
  readonly encryptionKey: Fact<KeyFacts | undefined>
}
