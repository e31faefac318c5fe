/** What the object behind a key is, as far as the key tells for certain. `unknown`: look inside, see `sniffContent`. */
export type KeyKind =
  | 'cloudtrail'
  | 'cloudtrail-digest'
  | 'cloudtrail-insight'
  | 'cloudtrail-network-activity'
  | 'cloudtrail-aggregated'
  | 'access-log'
  | 'unknown'

/** See {@link classifyKey}. */
export interface ClassifiedKey {
  readonly kind: KeyKind
  /** The account whose events or buckets the object logs. */
  readonly account?: string
  /** The organization, `o-…`, of an organization trail. */
  readonly org?: string
  readonly region?: string
  /** The source bucket of a partitioned access log. */
  readonly bucket?: string
  /** The trail of a digest. */
  readonly trail?: string
  /** ISO 8601 UTC: when CloudTrail delivered, when the digest ends, or the time that names the access log. */
  readonly time?: string
  /** Below `AWSLogs/`, but no CloudTrail log: the service's folder, such as `vpcflowlogs`. */
  readonly service?: string
}

const REGION = '[a-z]{2,}(?:-[a-z0-9]+)+'

const CLOUDTRAIL_FILE = new RegExp(
  `^(\\d{12})_(CloudTrail(?:-Insight|-NetworkActivity|-Aggregated)?)_(${REGION})_(\\d{8}T\\d{4}(?:\\d{2})?Z)_[A-Za-z0-9]+\\.json(?:\\.gz)?$`,
)
// A trail's name may hold "_" and whole file names of other kinds: only the ends are certain.
const DIGEST_FILE = new RegExp(
  `^(\\d{12})_CloudTrail-Digest_(${REGION})_(.+)_(${REGION})_(\\d{8}T\\d{6}Z)(?:_backfill)?\\.json(?:\\.gz)?$`,
)
// The target prefix is glued to the date and may itself end in digits: the four before the first "-" are the year.
const ACCESS_LOG_FILE = /^(.*?)(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-[0-9A-Z]{16}(?:\.gz)?$/s
const PARTITION = new RegExp(`(\\d{12})/(${REGION})/([A-Za-z0-9._-]{3,255})/(\\d{4})/(\\d\\d)/(\\d\\d)/$`)
const AWS_LOGS =
  /(?:^|\/)AWSLogs\/(?:(o-[a-z0-9]{10,32})\/)?(?:aws-account-id=)?(\d{12})\/(?:aws-service=)?([^/]+)(?=\/|$)/g

const KINDS: Readonly<Record<string, KeyKind>> = {
  CloudTrail: 'cloudtrail',
  'CloudTrail-Insight': 'cloudtrail-insight',
  'CloudTrail-NetworkActivity': 'cloudtrail-network-activity',
  'CloudTrail-Aggregated': 'cloudtrail-aggregated',
}

/**
 * Tells from an object's key which log it is. The file name decides, since AWS makes it and a user makes the prefix:
 * `acct_CloudTrail_region_YYYYMMDDTHHmmZ_unique.json.gz` and its kin, digests, and S3 server access logs, simple
 * (`prefixYYYY-MM-DD-hh-mm-ss-UNIQUE`) or partitioned. A name with an impossible date is `unknown`.
 *
 * Sources: AWS CloudTrail User Guide, "Finding your CloudTrail log files" and "CloudTrail digest file structure";
 * Amazon S3 User Guide, "Log object key format".
 *
 * @param key the decoded key
 * @example
 * classifyKey('emr2021-11-08-13-11-29-EF8B6D12325F2C6C') // { kind: 'access-log', time: '2021-11-08T13:11:29Z' }
 */
export function classifyKey(key: string): ClassifiedKey {
  const slash = key.lastIndexOf('/')
  const folder = key.slice(0, slash + 1)
  const file = key.slice(slash + 1)
  return cloudTrail(folder, file) ?? digest(folder, file) ?? accessLog(folder, file) ?? other(key)
}

function cloudTrail(folder: string, file: string): ClassifiedKey | undefined {
  const [, account, type, region, stamp] = CLOUDTRAIL_FILE.exec(file) ?? []
  const time = stamp === undefined ? undefined : compactTime(stamp)
  if (account === undefined || region === undefined || time === undefined) return undefined
  return { kind: KINDS[type!]!, account, ...orgOf(folder), region, time }
}

function digest(folder: string, file: string): ClassifiedKey | undefined {
  const [, account, region, trail, , stamp] = DIGEST_FILE.exec(file) ?? []
  const time = stamp === undefined ? undefined : compactTime(stamp)
  if (account === undefined || region === undefined || trail === undefined || time === undefined) return undefined
  return { kind: 'cloudtrail-digest', account, ...orgOf(folder), region, trail, time }
}

function accessLog(folder: string, file: string): ClassifiedKey | undefined {
  const [, prefix, ...digits] = ACCESS_LOG_FILE.exec(file) ?? []
  if (prefix === undefined) return undefined
  const [year, month, day, hour, minute, second] = digits
  const time = isoTime(year!, month!, day!, hour!, minute!, second!)
  if (time === undefined) return undefined
  const [, account, region, bucket, ...date] = (prefix === '' ? PARTITION.exec(folder) : null) ?? []
  if (account === undefined || region === undefined || bucket === undefined || date.join('-') !== time.slice(0, 10)) {
    return { kind: 'access-log', time }
  }
  return { kind: 'access-log', account, region, bucket, time }
}

function other(key: string): ClassifiedKey {
  const found = lastAwsLogs(key)
  if (found === undefined) return { kind: 'unknown' }
  const { account, org, service } = found
  return { kind: 'unknown', account, ...(org === undefined ? {} : { org }), service }
}

function orgOf(folder: string): { org?: string } {
  const org = lastAwsLogs(folder)?.org
  return org === undefined ? {} : { org }
}

/** The last one, since the prefix may hold an AWSLogs folder of its own. */
function lastAwsLogs(key: string): { org: string | undefined; account: string; service: string } | undefined {
  if (!key.includes('AWSLogs/')) return undefined
  let found: { org: string | undefined; account: string; service: string } | undefined
  for (const match of key.matchAll(AWS_LOGS)) found = { org: match[1], account: match[2]!, service: match[3]! }
  return found
}

/** `20230710T1145Z` or `20230710T114500Z`. */
function compactTime(stamp: string): string | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?Z$/.exec(stamp) ?? []
  return isoTime(year!, month!, day!, hour!, minute!, second ?? '00')
}

/** Undefined where there is no such time, or S3 did not exist yet. */
function isoTime(
  year: string,
  month: string,
  day: string,
  hour: string,
  minute: string,
  second: string,
): string | undefined {
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
  const time = new Date(text)
  // Date rolls 30 February over to March: what does not read back as itself does not exist.
  if (Number(year) < 2006 || Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text.slice(0, -1))) {
    return undefined
  }
  return text
}
