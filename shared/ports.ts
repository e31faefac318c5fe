/**
 * The ports: what the pure code asks of the outside world. `shared/aws` implements them with the AWS SDK,
 * `shared/local` with files; the same behaviour suites (test/ports/*.suite.ts) run against both.
 */

/** Names one S3 object (one version of it, where the bucket has versioning). */
export interface ObjectAddress {
  readonly bucket: string
  readonly key: string
  readonly versionId?: string | undefined
}

/** An object being read: its bytes as they are stored (not inflated). */
export interface OpenedObject {
  readonly body: AsyncIterable<Uint8Array>
  readonly contentLength?: number | undefined
}

/** Reads objects. Failures are BucketwatchErrors: OBJECT_NOT_FOUND, OBJECT_ACCESS_DENIED, OBJECT_READ. */
export interface ObjectStore {
  open(address: ObjectAddress): Promise<OpenedObject>
}

/** One log event; `timestamp` in milliseconds since the epoch (CloudWatch Logs `InputLogEvent`). */
export interface LogEvent {
  readonly timestamp: number
  readonly message: string
}

/**
 * What CloudWatch Logs did not take. The indices are AWS's own: `tooNewLogEventStartIndex` is inclusive,
 * `tooOldLogEventEndIndex` and `expiredLogEventEndIndex` are exclusive.
 */
export interface RejectedLogEventsInfo {
  readonly tooNewLogEventStartIndex?: number | undefined
  readonly tooOldLogEventEndIndex?: number | undefined
  readonly expiredLogEventEndIndex?: number | undefined
}

export interface PutLogEventsInput {
  readonly logGroupName: string
  readonly logStreamName: string
  readonly logEvents: readonly LogEvent[]
}

/** How a call to CloudWatch Logs failed, as far as the delivery needs to tell. */
export type LogsFailure = 'throttled' | 'unavailable' | 'notFound' | 'invalid' | 'denied' | 'other'

/** What a LogsPort throws. */
export class LogsPortError extends Error {
  override readonly name = 'LogsPortError'
  readonly failure: LogsFailure

  constructor(failure: LogsFailure, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.failure = failure
  }
}

/** Writes log events. Throws {@link LogsPortError} only. Creating what already exists succeeds. */
export interface LogsPort {
  putLogEvents(input: PutLogEventsInput): Promise<{ rejectedLogEventsInfo?: RejectedLogEventsInfo | undefined }>
  createLogGroup(logGroupName: string): Promise<void>
  createLogStream(logGroupName: string, logStreamName: string): Promise<void>
}

/** What bucketwatch logs about itself. Powertools' Logger fits, and so does `console`. */
export interface OperatorLog {
  debug(message: string, extra?: Record<string, unknown>): void
  info(message: string, extra?: Record<string, unknown>): void
  warn(message: string, extra?: Record<string, unknown>): void
  error(message: string, extra?: Record<string, unknown>): void
}
