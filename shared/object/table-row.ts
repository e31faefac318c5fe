/**
 * Rows of tables that hold logs: what Athena and CloudTrail Lake export, and the CSV of the console's Event history.
 * Their columns are lower case or words, nested members are texts, times are SQL's.
 */

/** CloudTrail's own spelling of names that tables write in lower case. */
const NAMES = new Map(
  [
    'eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage',
    'requestParameters responseElements additionalEventData requestID eventID readOnly resources eventType apiVersion',
    'managementEvent recipientAccountId serviceEventDetails sharedEventID vpcEndpointId vpcEndpointAccountId addendum',
    'sessionCredentialFromConsole eventCategory edgeDeviceDetails tlsDetails insightDetails insightContext',
    'principalId accountId accessKeyId userName sessionContext sessionIssuer invokedBy identityProvider attributes',
    'mfaAuthenticated creationDate webIdFederationData federatedProvider sourceIdentity ec2RoleDelivery onBehalfOf userId',
    'identityStoreArn credentialId inScopeOf invokedByDelegate issuerType credentialsIssuedTo assumedRoot tlsVersion',
    'cipherSuite clientProvidedHostHeader',
  ]
    .flatMap((names) => names.split(' '))
    .map((name) => [name.toLowerCase(), name]),
)

/** The columns of the console's CSV, as CloudTrail's members. */
const CONSOLE: Readonly<Record<string, string>> = {
  username: 'userName',
  awsaccesskey: 'accessKeyId',
  accesskey: 'accessKeyId',
  sourceipaddress: 'sourceIPAddress',
  readonly: 'readOnly',
  resourcename: 'resourceName',
  resourcetype: 'resourceType',
}

/** The columns of a table over access logs (aws: S3 User Guide, "Querying access logs with Amazon Athena"), in the order of the line. */
const ACCESS_LOG_COLUMNS = [
  ['bucketowner', 'bucket_owner'],
  ['bucket_name', 'bucket'],
  ['requestdatetime', 'request_datetime', 'request_time'],
  ['remoteip', 'remote_ip'],
  ['requester'],
  ['requestid', 'request_id'],
  ['operation'],
  ['key'],
  ['request_uri', 'requesturi'],
  ['httpstatus', 'http_status'],
  ['errorcode', 'error_code'],
  ['bytessent', 'bytes_sent'],
  ['objectsize', 'object_size'],
  ['totaltime', 'total_time'],
  ['turnaroundtime', 'turn_around_time'],
  ['referrer', 'referer'],
  ['useragent', 'user_agent'],
  ['versionid', 'version_id'],
  ['hostid', 'host_id'],
  ['sigv', 'signature_version'],
  ['ciphersuite', 'cipher_suite'],
  ['authtype', 'auth_type'],
  ['endpoint', 'host_header'],
  ['tlsversion', 'tls_version'],
  ['accesspointarn', 'access_point_arn'],
  ['aclrequired', 'acl_required'],
  ['sourceregion', 'source_region'],
] as const

const plain = (column: string): string =>
  column
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '')

/** What a table with these columns holds; undefined: no log. */
export function tableKind(columns: readonly string[]): 'cloudtrail' | 'access-log' | undefined {
  const names = new Set(columns.map(plain))
  if (names.has('eventname') && names.has('eventsource') && names.has('eventtime')) return 'cloudtrail'
  const found = ACCESS_LOG_COLUMNS.filter((spellings) => spellings.some((name) => names.has(name)))
  return found.length >= 10 && names.has('operation') ? 'access-log' : undefined
}

/**
 * A row of such a table as it would stand in a log object: a CloudTrail event as JSON, or an access-log line. A column
 * that is empty or `null` is absent. What the table does not hold, nobody can make up: the console's CSV lacks most.
 *
 * @param row by column.
 * @example
 * rowText('cloudtrail', { eventtime: '2025-01-21 17:49:47.000', eventname: 'GetObject', eventsource: 's3.amazonaws.com' })
 */
export function rowText(kind: 'cloudtrail' | 'access-log', row: Readonly<Record<string, unknown>>): string {
  const cells = Object.entries(row).filter(([, value]) => !isAbsent(value))
  return kind === 'cloudtrail'
    ? JSON.stringify(toEvent(cells))
    : toLine(new Map(cells.map(([name, value]) => [plain(name), String(value)])))
}

const isAbsent = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'string' && /^\s*(?:null|-|)\s*$/i.test(value))

function toEvent(cells: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const event: Record<string, unknown> = {}
  const identity: Record<string, unknown> = {}
  for (const [column, value] of cells) {
    const key = plain(column)
    const name = NAMES.get(key) ?? CONSOLE[key] ?? column
    if (name === 'userName' || name === 'accessKeyId') identity[name] = value
    else if (name === 'eventTime') event.eventTime = isoTime(String(value))
    else if (name === 'readOnly' || name === 'managementEvent') event[name] = /^true$/i.test(String(value))
    else event[name] = nested(value)
  }
  if (Object.keys(identity).length > 0 && event.userIdentity === undefined) event.userIdentity = identity
  return event
}

/** `2025-01-21 17:49:47.000` (also with `UTC` behind it, or `January 21, 2025, 17:49:47 (UTC+00:00)`) as CloudTrail writes it. */
function isoTime(text: string): string {
  const sql = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(?:UTC|Z)?$/.exec(text.trim())
  if (sql !== null) return `${sql[1]}T${sql[2]}Z`
  const words = /^([A-Z][a-z]+ \d{1,2}, \d{4}),? (\d\d:\d\d:\d\d) \(UTC([+-]\d\d:\d\d)\)$/.exec(text.trim())
  const time = words === null ? Number.NaN : Date.parse(`${words[1]} ${words[2]} GMT${words[3]!.replace(':', '')}`)
  return Number.isNaN(time) ? text : new Date(time).toISOString().replace('.000Z', 'Z')
}

/** A member that is deeper stays the text that it is. */
const MAX_DEPTH = 256

class TooDeep extends Error {}

/** A member that is a text: JSON, a struct as Athena prints it (`{type=IAMUser, accountid=…}`), or just a text. */
function nested(value: unknown): unknown {
  try {
    return renamed(typeof value === 'string' && /^\s*[[{]/.test(value) ? readNested(value) : value)
  } catch (error) {
    if (error instanceof TooDeep) return typeof value === 'string' ? value : JSON.stringify(value)
    throw error
  }
}

function readNested(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return readStruct(text) ?? text
  }
}

/** Names that we know in CloudTrail's own spelling, to any depth. */
function renamed(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new TooDeep()
  if (Array.isArray(value)) return value.map((item) => renamed(item, depth + 1))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[NAMES.get(name.toLowerCase()) ?? name, renamed(member, depth + 1)]],
    ),
  )
}

/** `{a=b, c={d=e}, f=[{g=h}]}`; undefined where it is none. Values hold no comma, as Athena does not quote them. */
function readStruct(text: string): unknown {
  let at = 0
  let depth = 0
  function value(): unknown {
    if (text[at] !== '{' && text[at] !== '[') return scalar()
    depth += 1
    if (depth > MAX_DEPTH) throw new TooDeep()
    const found = text[at] === '{' ? members() : items()
    depth -= 1
    return found
  }
  function scalar(): string | null {
    const start = at
    // A comma ends a value only where a name follows it.
    while (at < text.length && text[at] !== '}' && text[at] !== ']' && !/^, ?\w+=/.test(text.slice(at, at + 64)))
      at += 1
    const found = text.slice(start, at).trim()
    return found === 'null' || found === '' ? null : found
  }
  function members(): Record<string, unknown> | undefined {
    const found: Record<string, unknown> = {}
    at += 1
    while (at < text.length && text[at] !== '}') {
      const name = /^,?\s*([\w-]+)=/.exec(text.slice(at, at + 256))
      if (name === null) return undefined
      at += name[0].length
      found[name[1]!] = value()
    }
    at += 1
    return found
  }
  function items(): unknown[] {
    const found: unknown[] = []
    at += 1
    while (at < text.length && text[at] !== ']') {
      found.push(value())
      while (text[at] === ',' || text[at] === ' ') at += 1
    }
    at += 1
    return found
  }
  return value()
}

const QUOTED = new Set(['request_uri', 'referrer', 'useragent'])

function toLine(cells: ReadonlyMap<string, string>): string {
  return ACCESS_LOG_COLUMNS.map((spellings) => {
    const value = spellings.map((name) => cells.get(name)).find((text) => text !== undefined)
    if (value === undefined) return '-'
    if (spellings[0] === 'requestdatetime') return value.startsWith('[') ? value : `[${value}]`
    return QUOTED.has(spellings[0]) && !value.startsWith('"') ? `"${value}"` : value
  }).join(' ')
}
