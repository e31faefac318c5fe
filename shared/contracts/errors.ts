/**
 * The one registry of coded errors. Every failure that a user or an operator can meet has a stable code here, a
 * sentence that says what happened, and whether a retry can help. `docs/errors.md` is checked against this table.
 */
export const ERROR_CODES = {
  NOTIFICATION_NOT_JSON: { retryable: true, what: 'A notification body is not JSON.' },
  NOTIFICATION_UNKNOWN: { retryable: true, what: 'A notification body is JSON, but no S3, SNS or EventBridge event.' },
  NOTIFICATION_VERSION: { retryable: true, what: 'The event has a major version that is not supported.' },
  NOTIFICATION_RECORD: { retryable: true, what: 'An S3 event record names no bucket or no key.' },
  OBJECT_NOT_FOUND: { retryable: true, what: 'The object that a notification names does not exist (or not yet).' },
  OBJECT_ACCESS_DENIED: {
    retryable: true,
    what: 'The object cannot be read: access denied (bucket policy, KMS key or role).',
  },
  OBJECT_ARCHIVED: {
    retryable: true,
    what: 'The object is archived (Glacier) and must be restored before it can be read.',
  },
  OBJECT_READ: { retryable: true, what: 'Reading the object failed part way.' },
  OBJECT_BUSY: {
    retryable: true,
    what: 'Another invocation is delivering the object; the message is postponed until that is over.',
  },
  OBJECT_STALLED: {
    retryable: true,
    what: 'Two invocations in a row ended without getting any further in the object.',
  },
  TIME_UP: {
    retryable: true,
    what: 'The time of the invocation is up; the next one goes on where this one stopped.',
  },
  RECEIPT_LOST: {
    retryable: true,
    what: 'What became of an object could not be recorded: neither its receipt nor its rejected records.',
  },
  OBJECT_KIND: { retryable: false, what: 'The object is neither a CloudTrail log nor an S3 server access log.' },
  OBJECT_FOREIGN: {
    retryable: false,
    what: 'The object holds something else; the message says what, and the way round.',
  },
  RECORD_KIND: { retryable: false, what: 'A piece of the object is no CloudTrail event and no access-log record.' },
  ZSTD_CORRUPT: {
    retryable: false,
    what: 'The zstd data is corrupt or ends too early; what came before was delivered.',
  },
  GZIP_CORRUPT: { retryable: false, what: 'The gzip data is corrupt; what came before the damage was delivered.' },
  GZIP_TRUNCATED: { retryable: false, what: 'The gzip data ends too early; what came before was delivered.' },
  INFLATED_TOO_LARGE: {
    retryable: false,
    what: 'The object inflates beyond the configured limit; what came before was delivered.',
  },
  JSON_SYNTAX: { retryable: false, what: 'The CloudTrail object is not well-formed JSON at the offset given.' },
  JSON_TRUNCATED: {
    retryable: false,
    what: 'The CloudTrail object ends inside a record; the records before it were delivered.',
  },
  RECORD_TOO_LARGE: {
    retryable: false,
    what: 'One record is larger than the splitter keeps in memory; it was put aside, all of it, and counted.',
  },
  LINE_TOO_LARGE: {
    retryable: false,
    what: 'One line is larger than the splitter keeps in memory; it was put aside, all of it, and counted.',
  },
  LOGS_REJECTED: {
    retryable: false,
    what: 'CloudWatch Logs rejected log events as too old, too new or expired, twice.',
  },
  LOGS_PUT: { retryable: true, what: 'PutLogEvents failed after all retries.' },
  LOGS_INVALID: {
    retryable: false,
    what: 'CloudWatch Logs refused a batch as invalid; that is a fault of bucketwatch.',
  },
  CONFIG_INVALID: { retryable: false, what: 'The configuration is invalid; every problem is listed.' },
  SETTINGS_INVALID: { retryable: false, what: 'The settings file is invalid; every problem is listed.' },
  DETECTION_INVALID: { retryable: false, what: 'A detection file is invalid; every problem is listed with its line.' },
  PATTERN_SYNTAX: { retryable: false, what: 'The filter pattern is one that CloudWatch Logs rejects.' },
  COMPAT_EMPTY: {
    retryable: false,
    what: 'There is nothing to compare: no filter pattern or query, or no log record.',
  },
  INPUT_NONE: { retryable: false, what: 'There is no log object in what was given.' },
  INPUT_UNREAD: { retryable: false, what: 'What was given cannot be read.' },
  ARCHIVE_DAMAGED: {
    retryable: false,
    what: 'The archive ends too early, is damaged or cannot be unpacked; what could be unpacked of it is read.',
  },
  REPLAY_SAVED: {
    retryable: false,
    what: 'The file is no whole replay as `bucketwatch replay --json` prints it, or another version’s.',
  },
  INCIDENT_UNKNOWN: { retryable: false, what: 'There is no such incident.' },
  ESTIMATE_EMPTY: { retryable: false, what: 'There is no record to tell a month from.' },
  ESTIMATE_SPAN: { retryable: false, what: 'The records span too little time to tell a month from.' },
  REPLAY_PARTIAL: {
    retryable: false,
    what: 'A partial result of a replay is damaged, or was made by another version.',
  },
  REPLAY_PART_MISSING: {
    retryable: true,
    what: 'An object of a distributed replay was not read: the batch that it was in failed.',
  },
  INCIDENT_STATE: { retryable: true, what: 'What is known of an incident could not be read or written.' },
  ALERT_PUBLISH: { retryable: true, what: 'An alert could not be published to SNS.' },
  HITS_PUT: { retryable: true, what: 'What rules have seen in an object could not be handed to the alert function.' },
  HIT_INVALID: { retryable: false, what: 'A message in the queue of hits is none; that is a fault of bucketwatch.' },
  TARGET_UNAVAILABLE: { retryable: true, what: 'A target of alerts could not be reached, or was too busy.' },
  TARGET_DENIED: {
    retryable: true,
    what: 'A target of alerts does not let bucketwatch in: its secret is wrong or revoked, or a right is missing.',
  },
  TARGET_SECRET: {
    retryable: true,
    what: 'The secret of a target of alerts cannot be read, or is not what it should be.',
  },
  TARGET_REFUSED: { retryable: false, what: 'A target of alerts refused a finding as invalid.' },
  STACK_NOT_FOUND: { retryable: false, what: 'There is no such stack in this account and Region.' },
  CONNECT_REFUSED: { retryable: false, what: 'The notification configuration of the bucket cannot be changed so.' },
  CONNECT_RACE: {
    retryable: false,
    what: 'Somebody else changed the notification configuration of the bucket at the same time.',
  },
  SETUP_REFUSED: { retryable: false, what: 'AWS does not take what was to be set up.' },
  SETUP_RACE: { retryable: false, what: 'Somebody else changed the same setting at the same time.' },
  FACTS_REFUSED: {
    retryable: false,
    what: 'The settings know none of the accounts that were looked at; nothing was written.',
  },
  AWS_CALL: { retryable: false, what: 'A call of the AWS API failed.' },
  LOCAL_BUSY: { retryable: true, what: 'Another run is using the folder; wait for its end, or end it.' },
  LOCAL_WRITE: {
    retryable: true,
    what: 'The folder of the local log groups cannot be written to; nothing more was delivered.',
  },
  OUTPUT_WRITE: { retryable: true, what: 'What the command was to write cannot be written.' },
  PROJECT_WRITE: { retryable: true, what: 'The project could not be written; nothing of it was left.' },
  INTERRUPTED: { retryable: true, what: 'The run was interrupted; the next one goes on where this one stopped.' },
  INTERNAL: { retryable: true, what: 'bucketwatch itself failed; that is a fault to report.' },
  USAGE: { retryable: false, what: 'The command line is wrong.' },
} as const satisfies Record<string, { retryable: boolean; what: string }>

/** A stable error code, see {@link ERROR_CODES}. */
export type ErrorCode = keyof typeof ERROR_CODES

/**
 * The only error class of bucketwatch. `code` is stable, `message` is a sentence, `details` says where (field, offset,
 * key, counts), `retryable` says whether trying again can help.
 *
 * @example
 * throw new BucketwatchError('GZIP_CORRUPT', 'invalid stored block lengths', { offset: 4096, delivered: 12 })
 */
export class BucketwatchError extends Error {
  override readonly name = 'BucketwatchError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message?: string, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(message === undefined ? ERROR_CODES[code].what : `${ERROR_CODES[code].what} ${message}`, options)
    this.code = code
    this.details = details
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }
}

/**
 * A message without what its code means: for whoever says that in other words, or makes another error of it.
 *
 * @example
 * withoutWhat('USAGE', new BucketwatchError('USAGE', 'give a file.').message) // 'give a file.'
 */
export function withoutWhat(code: ErrorCode, message: string): string {
  const { what } = ERROR_CODES[code]
  return message.startsWith(what) ? message.slice(what.length).trimStart() : message
}

/** The message of anything thrown, for logs and receipts. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
