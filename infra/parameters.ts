/**
 * The parameters of the stack. serverless.yml documents each with its default (a test holds the two together); their
 * values come from there, from `params.<stage>` or from `--param="name=value"`, always as text here. They are read and
 * validated once, at package time, and every problem is reported at once.
 */
import * as z from 'zod/mini'
import { SECRET_REFERENCE } from '../shared/alert/config.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { suggest } from '../shared/detection/suggest.ts'
import { type CamelName, camelName, LOG_KINDS, type LogKind } from '../shared/kinds/kinds.ts'
import { STAGE_NAME } from '../shared/settings/defaults.ts'
import { EXPECTED, type RequestMetrics, readRequestMetrics } from './request-metrics-parameter.ts'

/** A bucket that holds logs, and the key prefix under which they lie (may be empty). */
export interface LogLocation {
  readonly bucket: string
  readonly prefix: string
}

/** How object notifications reach the queues; docs/feeding.md weighs them. */
export type Feed = 'notification' | 'sns' | 'eventbridge'

/** What becomes of the log groups that hold evidence when the stack goes; `existing`: they are there already. */
export type Evidence = 'retain' | 'delete' | 'existing'

const items = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

const text = z.pipe(
  z.string(),
  z.transform((value: string) => value.trim()),
)
const listOf = (item: RegExp, expected: string) =>
  z.pipe(z.pipe(z.string(), z.transform(items)), z.array(z.string().check(z.regex(item, `expected ${expected}`))))
const flag = z.pipe(
  z.enum(['true', 'false'], 'expected true or false'),
  z.transform((value: 'true' | 'false') => value === 'true'),
)
const integer = (minimum: number, maximum: number, what = '') => {
  const expected = `expected a whole number from ${minimum} to ${maximum}${what}`
  return z.pipe(
    z.string().check(z.regex(/^\d{1,9}$/, expected)),
    z.pipe(z.transform(Number), z.number().check(z.minimum(minimum, expected), z.maximum(maximum, expected))),
  )
}

/** aws: CloudWatch User Guide, "Alarm evaluation": seven days at the most, with a period of an hour or more. */
const MAX_SILENCE_HOURS = 7 * 24

/** aws: PutRetentionPolicy, "retentionInDays". */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]
const retention = z.pipe(
  z.string().check(
    z.refine((value) => RETENTION_DAYS.includes(Number(value)), {
      error: `expected one of ${RETENTION_DAYS.join(', ')}`,
    }),
  ),
  z.transform(Number),
)

/** Bucket names (aws: S3 guide, "Bucket naming rules"), then optionally a slash and a key prefix without wildcards. */
const LOCATION = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[^*?\s,]{0,900})?$/
const locations = z.pipe(
  listOf(LOCATION, 'bucket or bucket/prefix, without wildcards'),
  z.transform((list: string[]): LogLocation[] =>
    list.map((item) => {
      const slash = item.indexOf('/')
      return slash < 0 ? { bucket: item, prefix: '' } : { bucket: item.slice(0, slash), prefix: item.slice(slash + 1) }
    }),
  ),
)
/** One of them, or none. */
const location = z.pipe(
  locations,
  z.transform((list: LogLocation[]) => list[0]),
)
const keyArns = listOf(
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
  'the ARN of a KMS key (arn:aws:kms:…:key/…), not of an alias',
)
const topicArns = listOf(
  /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
  'the ARN of a standard SNS topic',
)

/** aws: Systems Manager and Secrets Manager, names of parameters and secrets. */
const secret = z.string().check(
  z.refine((value) => value === '' || SECRET_REFERENCE.test(value), {
    error: 'expected /the/name/of/a/parameter or secretsmanager:the/name/of/a/secret',
  }),
)

/** A parameter for each kind of logs: `cloudTrailBuckets`, `accessLogBuckets`. */
function ofEachKind<Name extends string, Schema>(
  name: Name,
  make: () => Schema,
): { [Kind in LogKind as `${CamelName<Kind>}${Name}`]: Schema } {
  return Object.fromEntries(LOG_KINDS.map((kind) => [`${camelName(kind)}${name}`, make()])) as never
}

const SCHEMA = z.strictObject({
  ...ofEachKind('Buckets', () => locations),
  sourceAccounts: listOf(/^\d{12}$/, 'account ids of 12 digits'),
  organizationId: z
    .string()
    .check(z.regex(/^(o-[a-z0-9]{10,32})?$/, 'expected an organization id such as o-exampleorgid')),
  feeds: z.pipe(
    listOf(/^(notification|sns|eventbridge)$/, 'notification, sns or eventbridge'),
    z.transform((list: string[]) => [...new Set(list)] as Feed[]),
  ),
  ...ofEachKind('TopicArns', () => topicArns),
  ...ofEachKind('KmsKeyArns', () => keyArns),
  nativeDelivery: z.enum(['functions', 'filters', 'logAlarms'], 'expected functions, filters or logAlarms'),
  ...ofEachKind('LogGroups', () => listOf(/^[A-Za-z0-9_/.#-]{1,512}$/, 'names of log groups')),
  detail: text,
  capBytes: text,
  timestamp: text,
  maxInflatedBytes: text,
  maxRecordBytes: text,
  maxInFlight: text,
  handOverSeconds: text,
  retrySeconds: text,
  includeEventNames: text,
  excludeEventNames: text,
  excludeReadOnlyData: text,
  excludeAwsService: text,
  forward: text,
  ownRoles: text,
  settingsFile: text,
  memorySize: integer(128, 10_240, ' (MB)'),
  timeout: integer(30, 900, ' (seconds)'),
  batchSize: integer(1, 10_000),
  batchWindow: integer(0, 300, ' (seconds)'),
  maximumConcurrency: integer(2, 1000),
  nodeOptions: text,
  logLevel: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR'], 'expected DEBUG, INFO, WARN or ERROR'),
  logGroupPrefix: text,
  evidence: z.enum(['retain', 'delete', 'existing'], 'expected retain, delete or existing'),
  logRetentionDays: retention,
  historyRetentionDays: retention,
  pipelineRetentionDays: retention,
  findingsRetentionDays: retention,
  functionRetentionDays: retention,
  kmsKeyArn: z.pipe(
    keyArns,
    z.transform((list: string[]) => list[0]),
  ),
  statePointInTimeRecovery: flag,
  encryptLogGroups: flag,
  siblingPacks: listOf(/^[a-z][a-z0-9-]*$/, 'names of detection packs'),
  evidenceMarginSeconds: text,
  evidenceMaxEvents: text,
  evidenceTimeoutSeconds: text,
  alertEmails: listOf(/^[^\s@,]+@[^\s@,]+$/, 'e-mail addresses'),
  chatTopic: flag,
  slackWebhook: secret,
  teamsWebhook: secret,
  pagerDutyKey: secret,
  pagerDutyUrl: text,
  eventBus: z
    .string()
    .check(
      z.regex(
        /^([A-Za-z0-9._-]{1,256}|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[A-Za-z0-9._/-]{1,256})?$/,
        'expected the name or the ARN of an event bus',
      ),
    ),
  securityHub: flag,
  targetSeverities: text,
  targetKmsKeyArns: keyArns,
  ...ofEachKind('SilenceHours', () => integer(0, MAX_SILENCE_HOURS)),
  maximumAgeMinutes: integer(1, 1440),
  requestMetrics: z.pipe(
    z.pipe(z.string(), z.transform(items)),
    z.array(
      z.pipe(
        z.string().check(z.refine((item) => readRequestMetrics(item) !== undefined, { error: EXPECTED })),
        z.transform((item: string): RequestMetrics => readRequestMetrics(item)!),
      ),
    ),
  ),
  canary: flag,
  dashboard: flag,
  backfill: flag,
  replayResults: location,
  athena: flag,
  athenaAccounts: listOf(/^\d{12}$/, 'account ids of 12 digits'),
  athenaRegions: listOf(/^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/, 'Regions such as eu-central-1'),
  athenaBuckets: listOf(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'names of buckets'),
  athenaFrom: z.string().check(z.regex(/^\d{4}-\d\d-\d\d$/, 'expected a day such as 2020-01-01')),
  athenaScanLimitGb: integer(1, 100_000, ' (GB)'),
  athenaResults: location,
  deploymentBucket: z.string().check(z.regex(/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/, 'expected the name of a bucket')),
  deletionProtection: flag,
  permissionsBoundaryArn: z
    .string()
    .check(
      z.regex(
        /^(arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]{1,512})?$/,
        'expected the ARN of a managed policy',
      ),
    ),
  rolePath: z
    .string()
    .check(
      z.regex(/^\/([\x21-\x7e]{1,509}\/)?$/, 'expected a path that begins and ends with a slash, such as /service/'),
    ),
})

/** The parameters, read. */
export type Parameters = z.output<typeof SCHEMA>
export type ParameterName = keyof Parameters

/** The names of all parameters, in the order of serverless.yml. */
export const PARAMETER_NAMES = Object.keys(SCHEMA.def.shape) as ParameterName[]

/**
 * Reads the parameters.
 *
 * @throws BucketwatchError CONFIG_INVALID that lists every problem.
 * @example
 * readParameters({ ...defaults, cloudTrailBuckets: 'amzn-s3-demo-logs/trail/' }).cloudTrailBuckets
 * // [{ bucket: 'amzn-s3-demo-logs', prefix: 'trail/' }]
 */
export function readParameters(given: Readonly<Record<string, unknown>>): Parameters {
  const asText = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      value === null || value === undefined ? '' : Array.isArray(value) ? value.join(',') : String(value),
    ]),
  )
  const result = SCHEMA.safeParse(asText)
  const problems = result.success
    ? conflicts(result.data)
    : result.error.issues.map((issue) => {
        const name = String(issue.path[0] ?? '')
        return `${name}: ${issue.message}, got ${JSON.stringify(asText[name] ?? '')}`
      })
  if (!result.success || problems.length > 0)
    throw new BucketwatchError('CONFIG_INVALID', problems.join('; '), { problems })
  return result.data
}

/**
 * Names of parameters that there are none of: a misspelt one would be ignored, and deploy a stack that reads nothing.
 *
 * @throws BucketwatchError CONFIG_INVALID that names each, with what was probably meant.
 * @example
 * checkParameterNames(['cloudTrailBucket']) // throws: "cloudTrailBucket: no such parameter; did you mean "cloudTrailBuckets"?"
 */
export function checkParameterNames(names: readonly string[]): void {
  const problems = [...new Set(names)].flatMap((name) => unknownParameter(name) ?? [])
  if (problems.length > 0) throw new BucketwatchError('CONFIG_INVALID', problems.join('; '), { problems })
}

/** What to say of a parameter that there is none of; undefined for one that there is. */
export function unknownParameter(name: string): string | undefined {
  if ((PARAMETER_NAMES as string[]).includes(name)) return undefined
  return `${name}: no such parameter${suggest(name, PARAMETER_NAMES)}`
}

/**
 * The stage: part of the names of the stack, of roles, functions, queues and log groups.
 *
 * @throws BucketwatchError CONFIG_INVALID
 */
export function checkStage(stage: string): string {
  if (STAGE_NAME.test(stage)) return stage
  const problem = `stage ${JSON.stringify(stage)}: expected 1 to 32 letters, digits and hyphens, the first a letter`
  throw new BucketwatchError('CONFIG_INVALID', problem, { problems: [problem] })
}

/** What is wrong with parameters that are right by themselves. */
function conflicts(p: Parameters): string[] {
  const problems: string[] = []
  const all = [
    ...LOG_KINDS.flatMap((kind) => {
      const name = `${camelName(kind)}Buckets` as const
      return p[name].map((location) => ({ name, ...location }))
    }),
  ]
  for (const [index, a] of all.entries()) {
    for (const b of all.slice(index + 1)) {
      if (a.bucket === b.bucket && (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix))) {
        problems.push(
          `${a.name} ${a.bucket}/${a.prefix} and ${b.name} ${b.bucket}/${b.prefix} overlap: objects would be read twice` +
            ' (give each a prefix of its own)',
        )
      }
    }
  }
  if (p.feeds.length === 0) problems.push('feeds: expected at least one of notification, sns, eventbridge')
  if (LOG_KINDS.some((kind) => p[`${camelName(kind)}TopicArns`].length > 0) && !p.feeds.includes('sns'))
    problems.push('topic ARNs are given, but feeds does not name sns')
  if (p.evidence === 'existing' && p.encryptLogGroups && p.kmsKeyArn === undefined)
    problems.push(
      'encryptLogGroups: groups that exist cannot get the key that this stack is only about to make; give kmsKeyArn',
    )
  if (p.evidence === 'delete' && p.deletionProtection)
    problems.push('deletionProtection: groups that are protected cannot go with the stack (evidence: delete)')
  // Partition projection lists accounts; those that nobody names would be missing without a word.
  if (p.athena && p.organizationId !== '' && p.athenaAccounts.length === 0)
    problems.push('athenaAccounts: name the accounts of the organization whose logs the tables are to show')
  if (p.batchSize > 10 && p.batchWindow < 1)
    problems.push('batchWindow: a batchSize over 10 needs a window of 1 s or more')
  // Lambda has 6 MB for the whole payload, and a queue's visibility may be 12 hours at most.
  if (6 * p.timeout + p.batchWindow > 43_200)
    problems.push('timeout: six times it is over the longest visibility, 12 hours')
  return problems
}
