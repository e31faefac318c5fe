import * as z from 'zod/mini'
import type { Detail } from '../contracts/record.ts'
import { DEFAULT_CONFIG } from './defaults.ts'
import {
  bucketName,
  flag,
  integer,
  list,
  logGroupPrefix,
  path,
  readVariables,
  stageVariables,
  tableName,
  variableNames,
} from './reader.ts'

/** How forwarded log events are stamped, see {@link Config.timestamp}. */
export type TimestampMode = 'processing' | 'event'

/** What to do with the calls that AWS services make on their own or on somebody's behalf. */
export type AwsServiceFilter = 'none' | 'reads' | 'all'

/** The configuration of a forwarder function, read once at cold start by {@link readConfig}. */
export interface Config {
  /** Stage name; part of the log group names. */
  readonly stage: string
  /** Log group prefix, without a trailing slash; groups are `<prefix>/cloudtrail`, `/access-log`, `/pipeline`. */
  readonly logGroupPrefix: string
  readonly detail: Detail
  /** Cap of requestParameters and additionalEventData of management events, UTF-8 bytes of JSON each. */
  readonly capBytes: number
  /** `processing` (default): log events carry the time they are forwarded, so that alarms see late records too. */
  readonly timestamp: TimestampMode
  /** An object that inflates beyond this is cut there, with the coded error INFLATED_TOO_LARGE. Bytes. */
  readonly maxInflatedBytes: number
  /** The most that one CloudTrail record may take in memory before it is quarantined. Bytes. */
  readonly maxRecordBytes: number
  /** PutLogEvents calls in flight at once, per object. */
  readonly maxInFlight: number
  /** With so many seconds of the invocation left, an object is handed over to the next. */
  readonly handOverSeconds: number
  /** After so many seconds a failed message comes again, and later after more; 0: when its visibility times out. */
  readonly retrySeconds: number
  /** The DynamoDB table of the state; none: the ledger lasts as long as the function instance. */
  readonly stateTable: string | undefined
  /** URL of the queue that the messages come from; none: failed ones come again when their visibility times out. */
  readonly queueUrl: string | undefined
  /** Only these event names are forwarded, when not empty. Globs with `*`. */
  readonly includeEventNames: readonly string[]
  /** These event names are not forwarded. Globs with `*`. */
  readonly excludeEventNames: readonly string[]
  /** True: successful read-only S3 data events (GetObject, HeadObject, ListObjects …) are not forwarded. */
  readonly excludeReadOnlyData: boolean
  readonly excludeAwsService: AwsServiceFilter
  /** `all` (default), or only what the filter of an enabled rule matches. */
  readonly forward: 'all' | 'matching'
  /** The enabled rules, packaged with the function (see docs/alerts.md); none: nothing is matched. */
  readonly hitRulesFile: string | undefined
  /** URL of the queue that takes hits; none: nobody is told from here, and alarms have to do. */
  readonly hitsQueueUrl: string | undefined
  /** How many instances of each forwarder run at once, at the most: so finely counts have to be shared. */
  readonly maximumConcurrency: number
  /** The bucket of the canary, whose objects have no receipts and are in no metric; none: there is no canary. */
  readonly canaryBucket: string | undefined
  /** Role names or role ARNs whose traffic is the pipeline's own; it is never forwarded. */
  readonly ownRoles: readonly string[]
  /** Path of a settings file (see docs/settings.md) packaged with the function, if any. */
  readonly settingsFile: string | undefined
}

const MiB = 1024 * 1024

/** Every variable, its form and its default. docs/configuration.md is checked against this table. */
const SCHEMA = z.strictObject({
  ...stageVariables,
  DETAIL: z._default(z.enum(['lean', 'full'], 'expected lean or full'), DEFAULT_CONFIG.detail),
  CAP_BYTES: z.optional(integer(256, 200_000)),
  TIMESTAMP: z._default(z.enum(['processing', 'event'], 'expected processing or event'), DEFAULT_CONFIG.timestamp),
  MAX_INFLATED_BYTES: z.optional(integer(1, 999_999_999_999)),
  MAX_RECORD_BYTES: z.optional(integer(1024, 64 * MiB)),
  MAX_IN_FLIGHT: z.optional(integer(1, 64)),
  HAND_OVER_SECONDS: z.optional(integer(3, 300)),
  RETRY_SECONDS: z.optional(integer(0, 900)),
  STATE_TABLE: z.optional(tableName),
  QUEUE_URL: z.optional(z.string().check(z.regex(/^https?:\/\/\S+$/, 'expected a URL'))),
  INCLUDE_EVENT_NAMES: z.optional(list),
  EXCLUDE_EVENT_NAMES: z.optional(list),
  EXCLUDE_READ_ONLY_DATA: z.optional(flag),
  EXCLUDE_AWS_SERVICE: z._default(
    z.enum(['none', 'reads', 'all'], 'expected none, reads or all'),
    DEFAULT_CONFIG.excludeAwsService,
  ),
  FORWARD: z._default(z.enum(['all', 'matching'], 'expected all or matching'), DEFAULT_CONFIG.forward),
  HIT_RULES_FILE: z.optional(path),
  HITS_QUEUE_URL: z.optional(z.string().check(z.regex(/^https?:\/\/\S+$/, 'expected a URL'))),
  MAXIMUM_CONCURRENCY: z.optional(integer(1, 10_000)),
  CANARY_BUCKET: z.optional(bucketName),
  OWN_ROLES: z.optional(list),
  SETTINGS_FILE: z.optional(path),
})

/** The names of all configuration variables, in order. */
export const CONFIG_VARIABLES: readonly string[] = variableNames(SCHEMA)

/**
 * Reads the configuration from environment variables (`BUCKETWATCH_*`; an empty value means "not set").
 *
 * @throws BucketwatchError CONFIG_INVALID that lists every problem at once; a misspelt `BUCKETWATCH_*` is a problem.
 * @example
 * readConfig({ BUCKETWATCH_STAGE: 'prod' }).logGroupPrefix // '/bucketwatch/prod'
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const value = readVariables(SCHEMA, env)
  return {
    stage: value.STAGE,
    logGroupPrefix: logGroupPrefix(value),
    detail: value.DETAIL,
    capBytes: value.CAP_BYTES ?? DEFAULT_CONFIG.capBytes,
    timestamp: value.TIMESTAMP,
    maxInflatedBytes: value.MAX_INFLATED_BYTES ?? DEFAULT_CONFIG.maxInflatedBytes,
    maxRecordBytes: value.MAX_RECORD_BYTES ?? DEFAULT_CONFIG.maxRecordBytes,
    maxInFlight: value.MAX_IN_FLIGHT ?? DEFAULT_CONFIG.maxInFlight,
    handOverSeconds: value.HAND_OVER_SECONDS ?? DEFAULT_CONFIG.handOverSeconds,
    retrySeconds: value.RETRY_SECONDS ?? DEFAULT_CONFIG.retrySeconds,
    stateTable: value.STATE_TABLE,
    queueUrl: value.QUEUE_URL,
    includeEventNames: value.INCLUDE_EVENT_NAMES ?? DEFAULT_CONFIG.includeEventNames,
    excludeEventNames: value.EXCLUDE_EVENT_NAMES ?? DEFAULT_CONFIG.excludeEventNames,
    excludeReadOnlyData: value.EXCLUDE_READ_ONLY_DATA ?? DEFAULT_CONFIG.excludeReadOnlyData,
    excludeAwsService: value.EXCLUDE_AWS_SERVICE,
    forward: value.FORWARD,
    hitRulesFile: value.HIT_RULES_FILE,
    hitsQueueUrl: value.HITS_QUEUE_URL,
    maximumConcurrency: value.MAXIMUM_CONCURRENCY ?? DEFAULT_CONFIG.maximumConcurrency,
    canaryBucket: value.CANARY_BUCKET,
    ownRoles: value.OWN_ROLES ?? DEFAULT_CONFIG.ownRoles,
    settingsFile: value.SETTINGS_FILE,
  }
}
