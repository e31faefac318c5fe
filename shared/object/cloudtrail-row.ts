import { isScalar, parseKeepingDigits } from '../derive/json.ts'
import { MAX_DEPTH, readStruct, TooDeep } from './struct-text.ts'
import { cellText, plainName, type TableForm } from './table-form.ts'

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

/** What Athena and CloudTrail Lake export, and the CSV of the console's Event history. */
export const CLOUDTRAIL_TABLE: TableForm = {
  isTable: (names) => names.has('eventname') && names.has('eventsource') && names.has('eventtime'),
  text: (cells) => JSON.stringify(toEvent(cells)),
}

function toEvent(cells: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const event: Record<string, unknown> = {}
  const identity: Record<string, unknown> = {}
  for (const [column, value] of cells) {
    const key = plainName(column)
    const name = NAMES.get(key) ?? CONSOLE[key] ?? column
    if (name === 'userName' || name === 'accessKeyId') identity[name] = value
    else if (name === 'eventTime') event.eventTime = isoTime(cellText(value))
    else if (name === 'readOnly' || name === 'managementEvent') event[name] = /^true$/i.test(cellText(value))
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
    return parseKeepingDigits(text)
  } catch {
    return readStruct(text) ?? text
  }
}

/** Names that we know in CloudTrail's own spelling, to any depth. */
function renamed(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new TooDeep()
  if (Array.isArray(value)) return value.map((item) => renamed(item, depth + 1))
  if (isScalar(value)) return value
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([name, member]) =>
      member === null ? [] : [[NAMES.get(name.toLowerCase()) ?? name, renamed(member, depth + 1)]],
    ),
  )
}
