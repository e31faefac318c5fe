import { parseArnPattern, principalFromArn } from './arn.ts'
import { isOurRange } from './ip.ts'

/** Tells whether an account id is somebody else's. */
export type IsForeign = (accountId: string) => boolean

/** What can be known to be ours besides accounts. */
export const KNOWN_KINDS = [
  'organizations',
  'vpcs',
  'vpcEndpoints',
  'canonicalIds',
  'distributions',
  'principalIds',
  'buckets',
] as const
export type KnownKind = (typeof KNOWN_KINDS)[number]
/** Which logs a bucket is for. */
export type LogBucketKind = 'cloudtrail' | 'access-log'

/** Whom a deployment knows: see the settings of the same names. */
export interface Known {
  /** Whether a value is one of ours; what nobody has listed is a stranger's. */
  readonly isOurs: (kind: KnownKind, value: string) => boolean
  /** Whether any of a kind are listed at all: only then absence from the list says something. */
  readonly tells: (kind: KnownKind | 'ranges') => boolean
  /** Whether a CIDR range (or an address) lies in our ranges, or is not routed on the internet. */
  readonly isOurRange: (range: string) => boolean
  /** Whether logs of a kind are delivered to a bucket; undefined where no bucket for them is known. */
  readonly isLogBucket: (bucket: string, kind: LogBucketKind) => boolean | undefined
}

/** The lists that {@link prepareKnown} reads. */
export type KnownLists = { readonly [Kind in KnownKind]?: readonly string[] | undefined } & {
  readonly allowRanges?: readonly string[] | undefined
  readonly logBuckets?: readonly string[] | undefined
  readonly readBuckets?: { readonly [Kind in LogBucketKind]?: readonly string[] | undefined } | undefined
  readonly watchedBuckets?: Readonly<Record<string, unknown>> | undefined
}

/** Makes the lists ready for look-ups. Log buckets and watched buckets are ours too. */
export function prepareKnown(lists: KnownLists): Known {
  const { allowRanges = [], logBuckets = [], readBuckets = {}, watchedBuckets = {} } = lists
  const forLogs = new Set([...logBuckets, ...Object.values(readBuckets).flatMap((buckets) => buckets ?? [])])
  const sets = Object.fromEntries(KNOWN_KINDS.map((kind) => [kind, new Set(lists[kind])])) as {
    readonly [Kind in KnownKind]: Set<string>
  }
  for (const bucket of [...forLogs, ...Object.keys(watchedBuckets)]) sets.buckets.add(bucket)
  return {
    isOurs: (kind, value) => sets[kind].has(value),
    // Log buckets alone are no list of our buckets.
    tells: (kind) => (kind === 'ranges' ? allowRanges.length > 0 : (lists[kind] ?? []).length > 0),
    isOurRange: (range) => isOurRange(range, allowRanges),
    isLogBucket: (bucket, kind) =>
      forLogs.has(bucket) || (logBuckets.length === 0 && (readBuckets[kind] ?? []).length === 0 ? undefined : false),
  }
}

/** Nobody is known. */
export const NOBODY: Known = prepareKnown({})

/** Whose something is; undefined where it does not tell. */
export type Side = 'ours' | 'stranger' | undefined

const ACCOUNT = /^\d{12}$/
const sideOf = (isOurs: boolean): Side => (isOurs ? 'ours' : 'stranger')

/**
 * Elastic Load Balancing writes its access logs from accounts of its own, one for each Region: no strangers.
 *
 * @see Elastic Load Balancing User Guide, "Access logs for your Application Load Balancer" (bucket policy)
 */
const AWS_ACCOUNTS: ReadonlySet<string> = new Set(
  (
    '127311923021 033677994240 027434742980 797873946194 098369216593 754344448648 589379963580 718504428378 ' +
    '383597477331 600734575887 114774131450 783225319266 582318560864 985666609251 054676820928 156460612806 ' +
    '652711504416 635631232127 009996457667 897822967062 076674570225 507241528517 048591011584 190560391635 ' +
    '638102146993 037604701340'
  ).split(' '),
)

/** Whether an account is AWS's own. */
export function isAwsAccount(accountId: string): boolean {
  return AWS_ACCOUNTS.has(accountId)
}

/** Whose an account is. */
export function sideOfAccount(accountId: string, isForeign: IsForeign): Side {
  return sideOf(!isForeign(accountId) || isAwsAccount(accountId))
}

const ORIGIN_ACCESS_IDENTITY = /Origin Access Identity ([A-Z0-9]+)$/

/** Whose a principal is, as policies name it: account, ARN, CloudFront origin access identity. */
export function sideOfPrincipal(principal: string, isForeign: IsForeign, known: Known): Side {
  if (ACCOUNT.test(principal)) return sideOfAccount(principal, isForeign)
  const identity = ORIGIN_ACCESS_IDENTITY.exec(principal)?.[1]
  if (identity !== undefined) return sideOf(known.isOurs('distributions', identity))
  const accountId = principalFromArn(principal)?.accountId
  return accountId === undefined ? undefined : sideOfAccount(accountId, isForeign)
}

const BUCKET_RESOURCE = /^([^/*?]{3,63})(?:\/.*)?$/

/** Whose a resource is, by its ARN: its account, or the name of a bucket. */
export function sideOfArn(text: string, isForeign: IsForeign, known: Known): Side {
  const arn = parseArnPattern(text)
  if (arn === undefined) return undefined
  if (ACCOUNT.test(arn.accountId)) return sideOfAccount(arn.accountId, isForeign)
  const bucket = arn.service === 's3' ? BUCKET_RESOURCE.exec(arn.resource)?.[1] : undefined
  // Buckets have no account in their ARN: one that nobody listed may be anybody's.
  return bucket !== undefined && known.isOurs('buckets', bucket) ? 'ours' : undefined
}

/** Whose a unique id is (`AROA…:session`, `AIDA…`, an account for its root). */
export function sideOfUniqueId(value: string, isForeign: IsForeign, known: Known): Side {
  const id = value.split(':')[0] ?? ''
  if (ACCOUNT.test(id)) return sideOfAccount(id, isForeign)
  return /^A[A-Z0-9]{3,}$/.test(id) ? sideOf(known.isOurs('principalIds', id)) : undefined
}

/** Whose an organization is, from its id or a path in it (`o-…/r-…/ou-…`). */
export function sideOfOrganization(value: string, known: Known): Side {
  return sideOf(known.isOurs('organizations', value.split('/')[0] ?? ''))
}
