/**
 * The one table of kinds of logs: one row a kind, with every name that is made of it, what its objects are called, and
 * what they look like inside. How the records are read stands in shared/object/readers.ts, which has a row for each kind
 * of this table; whatever else differs by kind is a `Record<LogKind, …>`, so that a new row makes the compiler name
 * every place that has to know of it. CONTRIBUTING.md walks through a new kind.
 */

/** An object of a kind: its file name, how its content begins, and whether there is anything to read in it. */
export interface ObjectRow {
  /**
   * The file name, which AWS makes. Named groups say what it tells: `account`, `region`, `trail`, and the time as `stamp`
   * (`20230710T1145Z`) or as `year` … `second`. `prefix` is what a user put before it.
   */
  readonly file?: RegExp
  /** The folder, where it tells more; its date (`year`, `month`, `day`) must agree with the file's. */
  readonly folder?: RegExp
  /** Text that is such an object begins so. */
  readonly text?: RegExp
  /** One of the first lines of such an object looks so. */
  readonly line?: RegExp
  /** Told by the member names of the first JSON object in it. */
  readonly json?: (names: readonly string[]) => boolean
  /** The least that a record in it has: one of these members. */
  readonly needs?: readonly string[]
  /** There are no records in it; the word that receipts say so with. */
  readonly skip?: string
}

export interface KindRow {
  /** What people call it: `CloudTrail logs`, `an access log`. */
  readonly title: string
  /**
   * The name as one word in capitals. Begins logical ids and outputs of the stack (`CloudTrailQueue`) and, with a small
   * letter, its parameters (`cloudTrailBuckets`).
   */
  readonly pascal: string
  /** The member `source` of its records. */
  readonly source: string
  /** Who delivers the objects: the service principal that bucket policies name. */
  readonly deliveredBy: string
  /** The folder that AWS puts all of its objects in; empty: none. */
  readonly folder: string
  /** Hours without an object after which something is wrong (the stack's default). */
  readonly silenceHours: number
  /** The objects that share its place in a bucket. One that is not skipped is read as a log of this kind. */
  readonly objects: Readonly<Record<string, ObjectRow>>
}

const REGION = '[a-z]{2,}(?:-[a-z0-9]+)+'
const ACCOUNT = '(?<account>\\d{12})'

/** aws: CloudTrail User Guide, "Finding your CloudTrail log files". */
const trailFile = (type: string): RegExp =>
  new RegExp(
    `^${ACCOUNT}_${type}_(?<region>${REGION})_(?<stamp>\\d{8}T\\d{4}(?:\\d{2})?Z)_[A-Za-z0-9]+\\.json(?:\\.gz)?$`,
  )

const TRAIL_MEMBERS = new Set([
  'eventVersion',
  'userIdentity',
  'eventTime',
  'eventSource',
  'eventName',
  'eventID',
  'eventType',
  'eventCategory',
  'awsRegion',
  'sourceIPAddress',
  'userAgent',
  'errorCode',
  'errorMessage',
  'requestParameters',
  'responseElements',
  'additionalEventData',
  'requestID',
  'readOnly',
  'managementEvent',
  'recipientAccountId',
  'tlsDetails',
  'insightDetails',
])
/** Of the JSON in which AWS delivers access logs to CloudWatch Logs. */
const ACCESS_LOG_MEMBERS = new Set(['schema_version_id', 'bucket_owner_id', 'request_time', 'remote_ip', 'request_uri'])

const known = (names: readonly string[], members: ReadonlySet<string>): number =>
  names.filter((name) => members.has(name)).length

export const KINDS = {
  cloudtrail: {
    title: 'CloudTrail logs',
    pascal: 'CloudTrail',
    source: 'cloudtrail',
    deliveredBy: 'cloudtrail.amazonaws.com',
    folder: 'AWSLogs/',
    silenceHours: 6,
    objects: {
      cloudtrail: {
        file: trailFile('CloudTrail'),
        json: (names) =>
          names.includes('Records') || (names.length > 0 && known(names, TRAIL_MEMBERS) >= Math.min(2, names.length)),
        needs: ['eventName', 'eventSource', 'eventTime'],
      },
      'cloudtrail-insight': { file: trailFile('CloudTrail-Insight') },
      'cloudtrail-network-activity': { file: trailFile('CloudTrail-NetworkActivity') },
      'cloudtrail-aggregated': { file: trailFile('CloudTrail-Aggregated') },
      // A trail's name may hold "_" and whole file names of other kinds: only the ends are certain.
      'cloudtrail-digest': {
        file: new RegExp(
          `^${ACCOUNT}_CloudTrail-Digest_(?<region>${REGION})_(?<trail>.+)_${REGION}_(?<stamp>\\d{8}T\\d{6}Z)(?:_backfill)?\\.json(?:\\.gz)?$`,
        ),
        json: (names) => names.includes('digestStartTime'),
        skip: 'digest',
      },
      /** What CloudTrail writes when a trail is set up. */
      validation: { text: /^"?CloudTrail validation message/, skip: 'validation' },
    },
  },
  'access-log': {
    title: 'S3 server access logs',
    pascal: 'AccessLog',
    source: 's3access',
    deliveredBy: 'logging.s3.amazonaws.com',
    folder: '',
    silenceHours: 24,
    objects: {
      'access-log': {
        // aws: S3 User Guide, "Log object key format". The target prefix is glued to the date and may itself end in
        // digits: the four before the first "-" are the year.
        file: /^(?<prefix>.*?)(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)-(?<hour>\d\d)-(?<minute>\d\d)-(?<second>\d\d)-[0-9A-Z]{16}(?:\.gz)?$/s,
        folder: new RegExp(
          `${ACCOUNT}/(?<region>${REGION})/(?<bucket>[A-Za-z0-9._-]{3,255})/(?<year>\\d{4})/(?<month>\\d\\d)/(?<day>\\d\\d)/$`,
        ),
        line: /^\S+ \S+ \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] /,
        json: (names) => known(names, ACCESS_LOG_MEMBERS) >= 2,
      },
    },
  },
} as const satisfies Readonly<Record<string, KindRow>>

/** The name of a kind of logs: of its function, its queue, its log group, and what `--kind` takes. */
export type LogKind = keyof typeof KINDS
/** What an object is: a log of a kind, or something that lies beside one. */
export type ObjectKind = { [Kind in LogKind]: keyof (typeof KINDS)[Kind]['objects'] }[LogKind]
/** The member `source` of a record. */
export type RecordSource = (typeof KINDS)[LogKind]['source']
/** `CloudTrail`, `AccessLog`. */
export type PascalName<Kind extends LogKind = LogKind> = (typeof KINDS)[Kind]['pascal']
/** `cloudTrail`, `accessLog`. */
export type CamelName<Kind extends LogKind = LogKind> = Uncapitalize<PascalName<Kind>>

/** The kinds, in the order of the table. */
export const LOG_KINDS = Object.keys(KINDS) as [LogKind, ...LogKind[]]

/** One value for each kind. */
export function eachKind<T>(make: (kind: LogKind) => T): Readonly<Record<LogKind, T>> {
  return Object.fromEntries(LOG_KINDS.map((kind) => [kind, make(kind)])) as Record<LogKind, T>
}

export const pascalName = <Kind extends LogKind>(kind: Kind): PascalName<Kind> => KINDS[kind].pascal

/** Begins the stack's parameters about a kind: `cloudTrail`Buckets. */
export function camelName<Kind extends LogKind>(kind: Kind): CamelName<Kind> {
  const { pascal } = KINDS[kind]
  return `${pascal.charAt(0).toLowerCase()}${pascal.slice(1)}` as CamelName<Kind>
}

/** Two or more names as a sentence has them: `cloudtrail or access-log`. */
export const kindNames = (names: readonly string[] = LOG_KINDS): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

/** The objects that can be told apart, each with its kind, in the order in which they are tried. */
export const OBJECTS: readonly { readonly object: ObjectKind; readonly kind: LogKind; readonly row: ObjectRow }[] =
  LOG_KINDS.flatMap((kind) =>
    Object.entries(KINDS[kind].objects).map(([object, row]) => ({ object: object as ObjectKind, kind, row })),
  )

/**
 * How an object is read: as a log of which kind, or why there is nothing to read in it.
 *
 * @example
 * reading('cloudtrail-digest') // { kind: 'cloudtrail', skip: 'digest' }
 */
export function reading(object: ObjectKind): { readonly kind: LogKind; readonly skip: string | undefined } {
  const { kind, row } = OBJECTS.find((one) => one.object === object)!
  return { kind, skip: row.skip }
}

export const isLogKind = (name: unknown): name is LogKind => LOG_KINDS.includes(name as LogKind)

/** The kind whose objects lie in a folder that a prefix names; undefined where it names none. */
export const kindByFolder = (prefix: string): LogKind | undefined =>
  LOG_KINDS.find((kind) => KINDS[kind].folder !== '' && prefix.includes(KINDS[kind].folder))
