import { conditionsOf } from './ast.ts'
import type { LintOptions, PresentWhen } from './lint-report.ts'
import { parseFilterPattern } from './parse.ts'

/**
 * What is known of the records that patterns are written for, for `lintFilterPattern`. Sources: CloudTrail guide,
 * "CloudTrail record contents" and "userIdentity element"; Amazon S3 guide, "Log format in CloudWatch Logs";
 * docs/record.md.
 */
export interface RecordSchema extends Required<Omit<LintOptions, 'midStringWildcard' | 'strictJson'>> {
  /** One line that says what records these are. */
  readonly title: string
}

export const RECORD_SCHEMA_NAMES = ['raw', 'lean', 'full', 'native'] as const
/**
 * `raw`: CloudTrail as AWS writes it. `lean`, `full`: the records that bucketwatch writes, of both sources. `native`: S3
 * server access logs as AWS delivers them to CloudWatch Logs.
 */
export type RecordSchemaName = (typeof RECORD_SCHEMA_NAMES)[number]

const selectors = (names: string, parent = '$'): readonly string[] =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => `${parent}.${name}`)

// ------------------------------------------------------------------------------------------------------- CloudTrail

const TRAIL_ALWAYS = selectors(`
  eventVersion eventTime eventSource eventName eventType eventID eventCategory awsRegion sourceIPAddress
  recipientAccountId userIdentity`)

const TRAIL_OPTIONAL = selectors(`
  userAgent errorCode errorMessage requestParameters responseElements additionalEventData requestID apiVersion readOnly
  managementEvent resources sharedEventID vpcEndpointId vpcEndpointAccountId serviceEventDetails addendum
  sessionCredentialFromConsole edgeDeviceDetails tlsDetails.tlsVersion tlsDetails.cipherSuite
  tlsDetails.clientProvidedHostHeader tlsDetails.keyExchange insightDetails`)

const IDENTITY = selectors(
  `type principalId arn accountId accessKeyId userName invokedBy credentialId identityProvider
  onBehalfOf.userId onBehalfOf.identityStoreArn inScopeOf invokedByDelegate.accountId
  sessionContext.sessionIssuer.type sessionContext.sessionIssuer.principalId sessionContext.sessionIssuer.arn
  sessionContext.sessionIssuer.accountId sessionContext.sessionIssuer.userName sessionContext.attributes.creationDate
  sessionContext.attributes.mfaAuthenticated sessionContext.sourceIdentity sessionContext.assumedRoot
  sessionContext.ec2RoleDelivery sessionContext.webIdFederationData`,
  '$.userIdentity',
)

/** Texts of two values that are written like booleans. */
const TRAIL_TEXTS = [
  '$.userIdentity.sessionContext.attributes.mfaAuthenticated',
  '$.sessionCredentialFromConsole',
  '$.additionalEventData.MFAUsed',
]

const CONSOLE_LOGIN: PresentWhen = {
  selector: '$.eventName',
  values: ['ConsoleLogin'],
  keys: ['$.responseElements.ConsoleLogin', '$.additionalEventData.MFAUsed', '$.additionalEventData.LoginTo'],
}

const RAW: RecordSchema = {
  title: 'CloudTrail records as AWS writes them',
  alwaysPresent: TRAIL_ALWAYS,
  usuallyPresent: {
    '$.userIdentity.type': 'service events have an invokedBy instead',
    '$.userAgent': 'service events and Insights have none',
  },
  presentWhen: [
    CONSOLE_LOGIN,
    { selector: '$.eventName', values: ['ConsoleLogin'], keys: ['$.userAgent', '$.userIdentity.type'] },
    { selector: '$.eventType', values: ['AwsApiCall', 'AwsConsoleSignIn'], keys: ['$.userIdentity.type'] },
    {
      selector: '$.userIdentity.type',
      values: ['AssumedRole'],
      keys: selectors(
        'arn accountId principalId sessionContext.sessionIssuer sessionContext.attributes',
        '$.userIdentity',
      ),
    },
    {
      selector: '$.userIdentity.type',
      values: ['IAMUser'],
      keys: selectors('arn accountId principalId userName', '$.userIdentity'),
    },
    {
      selector: '$.userIdentity.type',
      values: ['Root'],
      keys: selectors('arn accountId principalId', '$.userIdentity'),
    },
    { selector: '$.userIdentity.type', values: ['AWSService'], keys: ['$.userIdentity.invokedBy'] },
  ],
  nullable: ['$.requestParameters', '$.responseElements'],
  booleans: ['$.readOnly', '$.managementEvent'],
  texts: TRAIL_TEXTS,
  known: [...TRAIL_ALWAYS, ...TRAIL_OPTIONAL, ...IDENTITY],
}

// ------------------------------------------------------------------------------------------------ bucketwatch's own

const DERIVED_ALWAYS = selectors(`
  kind service source eventName eventSource action change outcome errorClass actorType awsService anonymous tool toolRisk
  weakens`)

/** Lean records leave out the others where they say nothing: see docs/record.md. */
const LEAN_ALWAYS = selectors('eventName action outcome tool')

const DERIVED_BOOLEANS = selectors(`
  readOnly managementEvent awsService anonymous weakens copy root crossAccount onBehalf mfa https tlsOutdated presigned website
  aclRequired public external kmsExternal logBucket ownStack deployer watched actorKnown truncated keyQuarantine`)

const DERIVED_OTHERS = selectors(`
  actor actorAccount person keyId ipClass tlsVersion bytesIn bytesOut expireDays sse keyClass lagSeconds operation httpStatus
  objectSize totalTimeMs turnAroundTimeMs requestURI referer versionId signatureVersion cipherSuite authType hostHeader
  accessPointArn hostId bucketOwner parse raw requester keyLogged unknownFields`)

const LEAN: RecordSchema = {
  title: "bucketwatch's records (lean), of both sources",
  alwaysPresent: LEAN_ALWAYS,
  usuallyPresent: {},
  presentWhen: [CONSOLE_LOGIN, { selector: '$.userIdentity.type', values: ['Root'], keys: ['$.eventType'] }],
  nullable: [],
  booleans: DERIVED_BOOLEANS,
  texts: TRAIL_TEXTS,
  known: [...RAW.known, ...DERIVED_ALWAYS, ...DERIVED_BOOLEANS, ...DERIVED_OTHERS],
}

const FULL: RecordSchema = {
  ...LEAN,
  title: "bucketwatch's records (full): CloudTrail's verbatim, with the derived fields",
  alwaysPresent: DERIVED_ALWAYS,
  presentWhen: [...LEAN.presentWhen, ...RAW.presentWhen],
}

// ------------------------------------------------------------------------------------------- S3's delivery as JSON

const NATIVE_ALWAYS = selectors('schema_version_id bucket_arn bucket_name request_time bucket_owner_id')
const NATIVE_USUAL = selectors('remote_ip request_id operation http_status')
const NATIVE_NULLABLE = selectors(`
  requester key_name request_uri error_code bytes_sent object_size total_time turn_around_time referer user_agent
  version_id host_id signature_version cipher_suite authentication_type host_header tls_version access_point_arn
  acl_required source_region`)

const NATIVE: RecordSchema = {
  title: 'S3 server access logs as AWS delivers them to CloudWatch Logs (JSON)',
  alwaysPresent: NATIVE_ALWAYS,
  usuallyPresent: Object.fromEntries(NATIVE_USUAL.map((selector) => [selector, 'S3 did not know it'])),
  presentWhen: [],
  nullable: [...NATIVE_USUAL, ...NATIVE_NULLABLE],
  booleans: [],
  texts: [],
  known: [...NATIVE_ALWAYS, ...NATIVE_USUAL, ...NATIVE_NULLABLE],
}

export const RECORD_SCHEMAS: Readonly<Record<RecordSchemaName, RecordSchema>> = {
  raw: RAW,
  lean: LEAN,
  full: FULL,
  native: NATIVE,
}

/** The first key, in small letters: `$.eventname` is a mistake for CloudTrail's, not another record. */
const topOf = (selector: string): string => (/^\$\.[A-Za-z0-9_-]+/.exec(selector)?.[0] ?? selector).toLowerCase()
const TRAIL_TOPS = new Set(RAW.known.map(topOf))
const NATIVE_TOPS = new Set(NATIVE.known.map(topOf))
const OWN_TOPS = new Set(LEAN.known.map(topOf).filter((top) => !TRAIL_TOPS.has(top)))

/**
 * Which records a pattern is written for, told by the keys it reads: derived fields → `lean`, CloudTrail's → `raw`, those
 * of S3's JSON delivery → `native`. Undefined for other kinds of patterns and where no key is known.
 *
 * @example guessRecordSchema('{ $.eventName = "ConsoleLogin" }') // 'raw'
 */
export function guessRecordSchema(pattern: string): RecordSchemaName | undefined {
  const parsed = parseFilterPattern(pattern, { limits: 'ignore' })
  if (!parsed.ok || parsed.pattern.kind !== 'json') return undefined
  const tops = conditionsOf(parsed.pattern.expression).map(({ selector: { segments } }) => {
    const [first] = segments
    return first?.type === 'name' ? `$.${first.name}`.toLowerCase() : ''
  })
  const reads = (known: ReadonlySet<string>): boolean => tops.some((top) => known.has(top))
  if (reads(TRAIL_TOPS)) return reads(OWN_TOPS) ? 'lean' : 'raw'
  if (reads(NATIVE_TOPS)) return 'native'
  return reads(OWN_TOPS) ? 'lean' : undefined
}
