/**
 * The questions of an investigation as SQL over the tables: each a row of {@link QUERIES}. They keep to what Athena (Trino)
 * and DuckDB have in common, so that the tests run the very text that is deployed; `json_extract_scalar` and `regexp_like`
 * are Trino's.
 */
import type { LogKind } from '../kinds/kinds.ts'

/** What a query asks for; whoever runs it writes the own value in the place of the example. */
export const ASKED = {
  bucket: 'amzn-s3-demo-bucket',
  keyId: 'AKIAIOSFODNN7EXAMPLE',
  actor: 'arn:aws:sts::111122223333:assumed-role/example',
  address: '203.0.113.7',
} as const
export type Asked = keyof typeof ASKED

export interface InvestigationQuery {
  readonly name: string
  readonly kind: LogKind
  /** What it tells, a sentence. */
  readonly tells: string
  readonly asks: readonly Asked[]
  /** After the common table expression `log`; `:name` stands for what is asked. */
  readonly sql: string
}

const SPAN = 'min(time) AS first, max(time) AS last'

export const QUERIES: readonly InvestigationQuery[] = [
  {
    name: 'Who touched a bucket',
    kind: 'cloudtrail',
    tells: 'Who called what on a bucket, from where, how often, and with what errors.',
    asks: ['bucket'],
    sql: `SELECT actor, name, address, error, count(*) AS calls, ${SPAN}
FROM log WHERE bucket = :bucket
GROUP BY actor, name, address, error ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'What an access key did',
    kind: 'cloudtrail',
    tells: 'Every call of an access key, in order.',
    asks: ['keyId'],
    sql: `SELECT time, name, service, bucket, object_key, address, agent, error, event_id
FROM log WHERE key_id = :keyId ORDER BY time, event_id LIMIT 1000`,
  },
  {
    name: 'What somebody did',
    kind: 'cloudtrail',
    tells: 'The calls of a role (all of its sessions), user, service or account, by name and bucket.',
    asks: ['actor'],
    sql: `SELECT name, service, bucket, address, error, count(*) AS calls, ${SPAN}
FROM log WHERE actor = :actor
GROUP BY name, service, bucket, address, error ORDER BY first, name LIMIT 1000`,
  },
  {
    name: 'What came from an address',
    kind: 'cloudtrail',
    tells: 'Who called what from an address.',
    asks: ['address'],
    sql: `SELECT actor, key_id, name, bucket, error, count(*) AS calls, ${SPAN}
FROM log WHERE address = :address
GROUP BY actor, key_id, name, bucket, error ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Deletes',
    kind: 'cloudtrail',
    tells: 'What was deleted, by whom.',
    asks: [],
    sql: `SELECT actor, key_id, address, name, bucket, count(*) AS calls, ${SPAN}
FROM log WHERE regexp_like(name, '^(Delete|Terminate|Remove)') AND error IS NULL
GROUP BY actor, key_id, address, name, bucket ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Denials',
    kind: 'cloudtrail',
    tells: 'Who was denied what.',
    asks: [],
    sql: `SELECT actor, address, name, bucket, error, count(*) AS calls, ${SPAN}
FROM log WHERE regexp_like(error, '(AccessDenied|Unauthorized|Forbidden)')
GROUP BY actor, address, name, bucket, error ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Errors by address',
    kind: 'cloudtrail',
    tells: 'Which addresses fail, and with how many different calls: somebody who tries doors.',
    asks: [],
    sql: `SELECT address, error, count(*) AS calls, count(DISTINCT name) AS names, count(DISTINCT actor) AS actors, ${SPAN}
FROM log WHERE error IS NOT NULL
GROUP BY address, error ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Changes of buckets',
    kind: 'cloudtrail',
    tells: 'Every change of a bucket’s policy, ACL, logging, versioning, encryption and the like, in order.',
    asks: [],
    sql: `SELECT time, actor, name, bucket, address, error, event_id
FROM log WHERE service = 's3.amazonaws.com' AND regexp_like(name, '^(Put|Delete|Create)(Bucket|Account|Public|Access)')
ORDER BY time, event_id LIMIT 1000`,
  },
  {
    name: 'Anonymous calls',
    kind: 'cloudtrail',
    tells: 'Calls without credentials.',
    asks: [],
    sql: `SELECT bucket, name, address, error, count(*) AS calls, ${SPAN}
FROM log WHERE account_id IN ('ANONYMOUS_PRINCIPAL', 'anonymous')
GROUP BY bucket, name, address, error ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Who touched a bucket',
    kind: 'access-log',
    tells: 'Who asked a bucket for what, from where, how often, for how many bytes.',
    asks: ['bucket'],
    sql: `SELECT requester, operation, address, status, count(*) AS calls, sum(bytes_sent) AS bytes, ${SPAN}
FROM log WHERE bucket = :bucket
GROUP BY requester, operation, address, status ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'What somebody did',
    kind: 'access-log',
    tells: 'The requests of a requester (a role’s sessions each by itself), by operation and bucket.',
    asks: ['actor'],
    sql: `SELECT requester, operation, bucket, address, status, count(*) AS calls, sum(bytes_sent) AS bytes, ${SPAN}
FROM log WHERE actor = :actor
GROUP BY requester, operation, bucket, address, status ORDER BY first, operation LIMIT 1000`,
  },
  {
    name: 'What came from an address',
    kind: 'access-log',
    tells: 'Who asked for what from an address.',
    asks: ['address'],
    sql: `SELECT requester, operation, bucket, status, count(*) AS calls, sum(bytes_sent) AS bytes, ${SPAN}
FROM log WHERE address = :address
GROUP BY requester, operation, bucket, status ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Deletes',
    kind: 'access-log',
    tells: 'What was deleted, by whom; lifecycle rules stand under their own operations.',
    asks: [],
    sql: `SELECT requester, address, operation, bucket, count(*) AS objects, ${SPAN}
FROM log WHERE regexp_like(operation, '(DELETE|EXPIRE)') AND (status IS NULL OR status < 400)
GROUP BY requester, address, operation, bucket ORDER BY objects DESC, first LIMIT 1000`,
  },
  {
    name: 'Anonymous reads',
    kind: 'access-log',
    tells: 'What was read without credentials.',
    asks: [],
    sql: `SELECT bucket, object_key, address, count(*) AS calls, sum(bytes_sent) AS bytes, ${SPAN}
FROM log WHERE requester IS NULL AND address IS NOT NULL AND status < 400 AND regexp_like(operation, '^(REST|WEBSITE|SOAP)[.]GET')
GROUP BY bucket, object_key, address ORDER BY calls DESC, bytes DESC, first LIMIT 1000`,
  },
  {
    name: 'Denials',
    kind: 'access-log',
    tells: 'Who was denied what.',
    asks: [],
    sql: `SELECT requester, address, operation, bucket, error, count(*) AS calls, count(DISTINCT object_key) AS keys, ${SPAN}
FROM log WHERE status IN (401, 403)
GROUP BY requester, address, operation, bucket, error ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Errors by address',
    kind: 'access-log',
    tells: 'Which addresses fail, and on how many keys: somebody who guesses names.',
    asks: [],
    sql: `SELECT address, status, error, count(*) AS calls, count(DISTINCT object_key) AS keys, ${SPAN}
FROM log WHERE status >= 400
GROUP BY address, status, error ORDER BY calls DESC, first LIMIT 1000`,
  },
  {
    name: 'Largest downloads',
    kind: 'access-log',
    tells: 'Who took how many bytes, of which bucket.',
    asks: [],
    sql: `SELECT requester, address, bucket, sum(bytes_sent) AS bytes, count(*) AS calls, ${SPAN}
FROM log WHERE status < 400 AND regexp_like(operation, '[.]GET[.]OBJECT$')
GROUP BY requester, address, bucket ORDER BY bytes DESC, first LIMIT 1000`,
  },
  {
    name: 'Lines that were not read whole',
    kind: 'access-log',
    tells: 'What the table could not make fields of, as it stands in the log.',
    asks: [],
    sql: `SELECT time, bucket, operation, unread FROM log WHERE unread IS NOT NULL ORDER BY time, unread LIMIT 1000`,
  },
]

/** The name it is saved under: the same question over two kinds of logs is two queries. */
export const savedQueryName = ({ name, kind }: InvestigationQuery): string => `${name} (${kind})`

/**
 * The saved query that asks for one thing only.
 *
 * @example
 * savedQueryFor('keyId') // 'What an access key did (cloudtrail)'
 */
export function savedQueryFor(asked: Asked): string {
  return savedQueryName(QUERIES.find(({ asks }) => asks.length === 1 && asks[0] === asked)!)
}

/** One table that a query reads, and what narrows it down. */
export interface QueryTable {
  /** As SQL names it: `"bucketwatch_prod"."cloudtrail"`. */
  readonly name: string
  /** Conditions on its partitions or paths; none reads all of it. */
  readonly where: readonly string[]
}

/** What a query is about: SQL expressions of text (`'2026-03-17'`, `date_format(…)`), both days in it. */
export interface QueryDays {
  readonly first: string
  readonly last: string
}

/**
 * A query as it is run.
 *
 * @param tables where its kind's records are; at least one.
 * @param values what is asked for; an example's value stands for what is not given.
 * @example
 * renderQuery(QUERIES[0]!, { tables, days: { first: "'2026-03-17'", last: "'2026-03-17'" }, values: { bucket: 'amzn-s3-demo-bucket' } })
 */
export function renderQuery(
  query: InvestigationQuery,
  options: {
    readonly tables: readonly QueryTable[]
    readonly days: QueryDays
    readonly values?: Partial<Record<Asked, string>>
  },
): string {
  const { tables, days, values = {} } = options
  const union = tables.map(({ name, where }) => `  SELECT * FROM ${name}${whereOf(where)}`).join('\n  UNION ALL\n')
  const sql = query.sql.replaceAll(/:(\w+)/g, (_all, name: Asked) => quoted(values[name] ?? ASKED[name]))
  return `WITH delivered AS (\n${union}\n),\nlog AS (\n${LOG_OF[query.kind]}\n)\n${sql.replace('WHERE ', `WHERE ${between(days)} AND `)}`
}

const whereOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`

/** By the time of the event. A line without a valid time is shown whatever is asked for: it must not be lost. */
const between = ({ first, last }: QueryDays): string =>
  `(time IS NULL OR substr(time, 1, 10) BETWEEN ${first} AND ${last})`

/** A text of SQL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Who acts, as our records have it: a role without its session. */
const withoutSession = (arn: string): string =>
  `CASE WHEN ${arn} LIKE 'arn:%:assumed-role/%' THEN split_part(${arn}, '/', 1) || '/' || split_part(${arn}, '/', 2) ELSE ${arn} END`

const MONTHS = "'Jan01Feb02Mar03Apr04May05Jun06Jul07Aug08Sep09Oct10Nov11Dec12'"

/** The records of each kind under one set of names. */
const LOG_OF: Readonly<Record<LogKind, string>> = {
  cloudtrail: `  SELECT eventtime AS time, eventname AS name, eventsource AS service, eventid AS event_id,
    CASE WHEN useridentity.accountid IN ('ANONYMOUS_PRINCIPAL', 'anonymous') THEN NULL
      ELSE coalesce(${withoutSession('useridentity.arn')}, useridentity.sessioncontext.sessionissuer.arn,
        useridentity.username, useridentity.onbehalfof.userid, useridentity.invokedby, useridentity.accountid,
        nullif(useridentity.principalid, '')) END AS actor,
    useridentity.accesskeyid AS key_id, useridentity.accountid AS account_id, sourceipaddress AS address, useragent AS agent,
    errorcode AS error, json_extract_scalar(requestparameters, '$.bucketName') AS bucket,
    json_extract_scalar(requestparameters, '$.key') AS object_key
  FROM delivered`,
  'access-log': `  SELECT
    substr(requestdatetime, 8, 4) || '-' || substr(${MONTHS}, nullif(strpos(${MONTHS}, substr(requestdatetime, 4, 3)), 0) + 3, 2)
      || '-' || substr(requestdatetime, 1, 2) || 'T' || substr(requestdatetime, 13, 8) || 'Z' AS time,
    nullif(bucket_name, '-') AS bucket, nullif(remoteip, '-') AS address, nullif(requester, '-') AS requester,
    CASE WHEN requester = 'AmazonS3' THEN 's3.amazonaws.com' WHEN requester LIKE 'svc:%' THEN substr(requester, 5)
      ELSE ${withoutSession("nullif(requester, '-')")} END AS actor,
    requestid AS request_id, operation, nullif("key", '-') AS object_key, try_cast(httpstatus AS integer) AS status,
    nullif(errorcode, '-') AS error, try_cast(bytessent AS bigint) AS bytes_sent, nullif(useragent, '-') AS agent,
    nullif(unread, '') AS unread
  FROM delivered`,
}
