import { OBJECTS, type ObjectKind } from '../kinds/kinds.ts'

/** See {@link classifyKey}. */
export interface ClassifiedKey {
  /** What the object is, as far as the key tells for certain. `unknown`: look inside, see `sniffContent`. */
  readonly kind: ObjectKind | 'unknown'
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

type Groups = Readonly<Record<string, string | undefined>>

const AWS_LOGS =
  /(?:^|\/)AWSLogs\/(?:(o-[a-z0-9]{10,32})\/)?(?:aws-account-id=)?(\d{12})\/(?:aws-service=)?([^/]+)(?=\/|$)/g
/** What a file name or folder tells, and is told on. */
const TOLD = ['account', 'region', 'bucket', 'trail'] as const

/**
 * Tells from an object's key which log it is. The file name decides, since AWS makes it and a user makes the prefix:
 * `acct_CloudTrail_region_YYYYMMDDTHHmmZ_unique.json.gz` and its kin, digests, and S3 server access logs, simple
 * (`prefixYYYY-MM-DD-hh-mm-ss-UNIQUE`) or partitioned. A name with an impossible date is `unknown`.
 *
 * Sources: AWS CloudTrail User Guide, "Finding your CloudTrail log files" and "CloudTrail digest file structure";
 * Amazon S3 User Guide, "Log object key format". The names themselves stand in shared/kinds/kinds.ts.
 *
 * @param key the decoded key
 * @example
 * classifyKey('emr2021-11-08-13-11-29-EF8B6D12325F2C6C') // { kind: 'access-log', time: '2021-11-08T13:11:29Z' }
 */
export function classifyKey(key: string): ClassifiedKey {
  const slash = key.lastIndexOf('/')
  const folder = key.slice(0, slash + 1)
  const file = key.slice(slash + 1)
  const { org, account, service } = lastAwsLogs(key) ?? {}
  for (const { object, row } of OBJECTS) {
    const named = row.file?.exec(file)?.groups
    const time = named === undefined ? undefined : timeOf(named)
    if (named === undefined || time === undefined) continue
    // What a user puts before the name is glued to it; a folder that AWS makes ends just before it.
    const found = row.folder === undefined || named.prefix !== '' ? undefined : row.folder.exec(folder)?.groups
    const around = found !== undefined && dateOf(found) === time.slice(0, 10) ? found : {}
    const told = TOLD.flatMap((name) => {
      const value = named[name] ?? (around as Groups)[name]
      return value === undefined ? [] : [[name, value]]
    })
    return { kind: object, ...Object.fromEntries(told), ...(org === undefined ? {} : { org }), time }
  }
  if (account === undefined || service === undefined) return { kind: 'unknown' }
  return { kind: 'unknown', account, ...(org === undefined ? {} : { org }), service }
}

/** The last one, since the prefix may hold an AWSLogs folder of its own. */
function lastAwsLogs(key: string): { org: string | undefined; account: string; service: string } | undefined {
  if (!key.includes('AWSLogs/')) return undefined
  let found: { org: string | undefined; account: string; service: string } | undefined
  for (const match of key.matchAll(AWS_LOGS)) found = { org: match[1], account: match[2]!, service: match[3]! }
  return found
}

const dateOf = ({ year, month, day }: Groups): string => `${year}-${month}-${day}`

/** Undefined where there is no such time, or S3 did not exist yet. */
function timeOf(named: Groups): string | undefined {
  const compact = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?Z$/.exec(named.stamp ?? '')
  const [, year, month, day, hour, minute, second = '00'] = compact ?? [
    '',
    ...['year', 'month', 'day', 'hour', 'minute', 'second'].map((part) => named[part]),
  ]
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
  const time = new Date(text)
  // Date rolls 30 February over to March: what does not read back as itself does not exist.
  if (Number(year) < 2006 || Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text.slice(0, -1))) {
    return undefined
  }
  return text
}
