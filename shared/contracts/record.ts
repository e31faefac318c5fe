import type { RecordSource } from '../kinds/kinds.ts'

/**
 * The normalized record, version 2: one compact JSON object a log event, CloudTrail's own field names and nesting for
 * both sources, plus flat derived fields. docs/record.md lists every field.
 */

export type Source = RecordSource
/** `event`: a log record. `parseError`: text that could not be read, kept in `raw`. */
export type RecordKind = 'event' | 'parseError'
export type Parse = 'exact' | 'recovered' | 'raw'
/** `unknown`: of what does not tell: Insight and aggregated events, excerpts, lines without a status, text that could not be read. */
export type Outcome = 'success' | 'failure' | 'unknown'
export type ErrorClass = 'none' | 'denied' | 'notFound' | 'throttled' | 'client' | 'server'
export type ActorType =
  | 'root'
  | 'user'
  | 'role'
  | 'service'
  | 'federated'
  | 'identityCenter'
  | 'account'
  | 'anonymous'
  | 'unknown'
export type ToolRisk = 'none' | 'iac' | 'bulk' | 'offensive'
export type Tool =
  | 'awscli'
  | 'sdk'
  | 'boto'
  | 'console'
  | 'terraform'
  | 'opentofu'
  | 'pulumi'
  | 'cdk'
  | 'cloudformation'
  | 'ansible'
  | 'rclone'
  | 's3browser'
  | 'cyberduck'
  | 'winscp'
  | 's3cmd'
  | 'mountpoint'
  | 'pacu'
  | 'stratus'
  | 'scoutsuite'
  | 'trufflehog'
  | 'kali'
  | 'parrot'
  | 'pentoo'
  | 'curl'
  | 'browser'
  | 'awsinternal'
  | 'unknown'
  | 'none'
export type IpClass = 'public' | 'private' | 'aws' | 'allow' | 'block'
export type KeyClass = 'ransomNote' | 'credential'
/** `lean` prunes what no filter reads; `full` keeps the CloudTrail record, or every access-log field. */
export type Detail = 'lean' | 'full'

/**
 * What a bucket is for. `website` and `downloads`: anybody may read it. `logs`: logs are delivered to it. `private`: what
 * nobody outside is to see, whatever the bucket's name is like.
 */
export type Purpose = 'website' | 'downloads' | 'logs' | 'private'

/**
 * What a deployment knows about its own environment (the settings file's environment keys). Allow-lists are applied
 * when a record is normalized, since a CloudWatch filter pattern cannot test set membership.
 */
export interface Environment {
  /** Our own account id, 12 digits as text. Absent: "own" is each record's recipientAccountId. */
  readonly account?: string | undefined
  /** The Region that the deployment runs in. Lean records of S3 data events need not say it. */
  readonly region?: string | undefined
  /** Further account ids that count as ours. */
  readonly trustedAccounts: readonly string[]
  /** Names of the buckets that logs are delivered to. */
  readonly logBuckets: readonly string[]
  /** The buckets that this very stack reads, by the kind of their logs: its deployment knows them, no setting names them. */
  readonly readBuckets?: { readonly [Kind in 'cloudtrail' | 'access-log']?: readonly string[] | undefined } | undefined
  /** CIDR ranges (IPv4 or IPv6) that are known to be ours: `ipClass: "allow"`. */
  readonly allowRanges: readonly string[]
  /** CIDR ranges that are known to be hostile: `ipClass: "block"`; wins over allowRanges. */
  readonly blockRanges: readonly string[]
  /** bucket name → ARNs (role without its session, or user) expected there: gives `watched`, `actorKnown`. */
  readonly watchedBuckets: Readonly<Record<string, readonly string[]>>
  /** Ids of organizations that count as ours (`o-…`); as all lists below, absent means that none is known. */
  readonly organizations?: readonly string[] | undefined
  /** VPCs and VPC endpoints of ours. */
  readonly vpcs?: readonly string[] | undefined
  readonly vpcEndpoints?: readonly string[] | undefined
  /** Canonical user ids of our accounts. */
  readonly canonicalIds?: readonly string[] | undefined
  /** Ids of our CloudFront distributions and origin access identities. */
  readonly distributions?: readonly string[] | undefined
  /** Unique ids of our roles and users (`AROA…`, `AIDA…`), as policies name them in aws:userid. */
  readonly principalIds?: readonly string[] | undefined
  /** Further buckets of ours, to which data may be replicated and reports delivered. */
  readonly buckets?: readonly string[] | undefined
  /** ARNs of roles and users that deploy this stack: their changes of it are expected. */
  readonly deployers?: readonly string[] | undefined
  /** What buckets are for; names, or globs with `*` first or last. Rules know what is ordinary there. */
  readonly purposes?: Readonly<Record<string, Purpose>> | undefined
  /** What the names of this stack's resources begin with; absent: `bucketwatch`. */
  readonly stackNames?: readonly string[] | undefined
}

/** An environment in which nothing is known. */
export const EMPTY_ENVIRONMENT: Environment = {
  trustedAccounts: [],
  logBuckets: [],
  allowRanges: [],
  blockRanges: [],
  watchedBuckets: {},
}

/** How to normalize: see each member. */
export interface NormalizeOptions {
  readonly environment: Environment
  readonly detail: Detail
  /** Management events keep requestParameters and additionalEventData up to this many UTF-8 bytes of JSON each. */
  readonly capBytes: number
  /** The processing time, ms since the epoch; for lagSeconds. */
  readonly now: () => number
}

/**
 * The few facts about a record that filters, de-duplication, receipts and rules need, so that nothing has to parse
 * the message again.
 */
export interface RecordView {
  readonly kind: RecordKind
  readonly source: Source
  /** How an access-log line was read; undefined for CloudTrail. */
  readonly parse?: Parse | undefined
  /** ms since the epoch; undefined where the record has no usable time. */
  readonly eventTimeMs?: number | undefined
  /** Identity for de-duplication; undefined where the record has none (then it is never a duplicate). */
  readonly identity?: string | undefined
  readonly eventName: string
  readonly eventSource: string
  readonly eventCategory?: string | undefined
  readonly action: string
  readonly outcome: Outcome
  readonly errorClass: ErrorClass
  readonly readOnly?: boolean | undefined
  /** Role without its session, user, or service: as the derived field `actor`. */
  readonly actor?: string | undefined
  readonly awsService: boolean
  readonly anonymous: boolean
  readonly sourceIPAddress?: string | undefined
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly bytesOut?: number | undefined
  readonly logBucket: boolean
  /** As the derived fields of these names; undefined where that is not known. */
  readonly change?: string | undefined
  readonly toolRisk?: ToolRisk | undefined
  readonly ipClass?: IpClass | undefined
  /** `none`: the record has no such field. */
  readonly keyClass?: KeyClass | 'none' | undefined
  readonly crossAccount?: boolean | undefined
  readonly truncated?: boolean | undefined
  /** Where the same call may be logged a second time. */
  readonly call?: LoggedCall | undefined
  /**
   * What the message says besides, as bits: those of {@link TOLD}. Undefined: it is not known, and neither are the members
   * below.
   */
  readonly told?: number | undefined
  readonly tool?: Tool | undefined
  readonly actorType?: ActorType | undefined
  /** As the derived field, also where the message leaves it out. */
  readonly person?: string | undefined
  /** Undefined where there is none; with TOLD.oddErrorCode not known. */
  readonly errorCode?: string | undefined
  /** `userIdentity.type`; undefined: not known. */
  readonly identityType?: string | undefined
  readonly sse?: string | undefined
  /** CloudTrail's, also where the message leaves it out. */
  readonly userAgent?: string | undefined
}

/** Bits of {@link RecordView.told}: fields that are true in the message, else false there or absent; and what else is so. */
export const TOLD = {
  public: 1,
  external: 2,
  kmsExternal: 4,
  weakens: 8,
  ownStack: 16,
  website: 32,
  /** `requestParameters.omitted`. */
  omitted: 64,
  /** `errorCode` is there, and is no text. */
  oddErrorCode: 128,
  /** `requestParameters.key` is the view's `key`, to the letter. */
  key: 256,
  /** There is no long-lived access key (`AKIA…`). */
  noLongLivedKey: 512,
} as const

/** A call that CloudTrail may log more than once. */
export interface LoggedCall {
  /** What tells it from others, the same in all its records. */
  readonly ids: readonly string[]
  /** For which account, and as which kind of event, this record logs it. */
  readonly loggedAs: string
}

/** A normalized record: its message (compact JSON, the log event's text) and the view on it. */
export interface NormalizedRecord {
  readonly message: string
  readonly view: RecordView
  /** Sound JSON, but no event: something else that lay where logs are. */
  readonly isOther?: true | undefined
  /** True: no character of the message is beyond ASCII, so that its bytes are its characters. Else it is not known. */
  readonly isAscii?: boolean | undefined
}

/**
 * Turns one raw record into a normalized one. Never throws on content: what cannot be read becomes a record with
 * `kind: "parseError"` that carries the text.
 */
export type Normalizer<Raw> = (raw: Raw) => NormalizedRecord
