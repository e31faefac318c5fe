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
/** The bytes of an object, once. */
export interface ObjectBody extends AsyncIterable<Uint8Array> {
  /**
   * Takes back a chunk, when neither it nor a view of it is needed any more; what is not a chunk of this body is left as it
   * is. Absent: chunks are left to the garbage collector.
   */
  release?(chunk: Uint8Array): void
}

export interface OpenedObject {
  readonly body: ObjectBody
  readonly contentLength?: number | undefined
}

/** Reads objects. Failures are BucketwatchErrors: OBJECT_NOT_FOUND, OBJECT_ACCESS_DENIED, OBJECT_READ. */
export interface ObjectStore {
  open(address: ObjectAddress): Promise<OpenedObject>
}

/** Records of an object, by their numbers from 1; without `to`, all from there on. */
export interface RecordRange {
  readonly from: number
  readonly to?: number | undefined
}

/** An object as a listing tells of it. */
export interface ListedObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** ms since the epoch. */
  readonly lastModified: number
  readonly eTag?: string | undefined
  readonly versionId?: string | undefined
}

/** Lists one level of a bucket, with `/` as delimiter, in the order of the keys. */
export interface ObjectLister {
  list(input: {
    readonly bucket: string
    readonly prefix: string
    readonly startAfter?: string | undefined
  }): AsyncIterable<{ readonly objects: readonly ListedObject[]; readonly folders: readonly string[] }>
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
  /** The call is given up after this (`unavailable`). Milliseconds; default: the client's own limit. */
  readonly timeoutMs?: number | undefined
}

/** Which part of a log stream to read, from its head; times in milliseconds since the epoch, `endTime` exclusive. */
export interface GetLogEventsInput {
  readonly logGroupName: string
  readonly logStreamName: string
  readonly startTime: number
  readonly endTime: number
  /** Events a page, default 10,000. */
  readonly limit?: number | undefined
  readonly nextToken?: string | undefined
  readonly timeoutMs?: number | undefined
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
  /**
   * Reads back what a stream holds, a page at a time; a page may be empty and still not the last. What was accepted
   * only seconds ago may not show yet.
   */
  getLogEvents(
    input: GetLogEventsInput,
  ): Promise<{ readonly events: readonly LogEvent[]; readonly nextToken?: string | undefined }>
  createLogGroup(logGroupName: string): Promise<void>
  createLogStream(logGroupName: string, logStreamName: string): Promise<void>
}

/** What to look for in a log group; times in milliseconds since the epoch, both inclusive. */
export interface FilterLogEventsInput {
  readonly logGroupName: string
  readonly filterPattern: string
  readonly startTime: number
  readonly endTime: number
  /** Ends the search: the iteration stops, or throws a {@link LogsPortError}. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds log events, by page and by timestamp. More may come than matches the pattern, never less: whoever counts looks
 * again. Throws {@link LogsPortError} only.
 */
export interface LogSearch {
  filterLogEvents(input: FilterLogEventsInput): AsyncIterable<readonly LogEvent[]>
}

/** What goes to the topic `alerts` (SNS Publish). */
export interface AlertMessage {
  /** ASCII, one line, less than 100 characters. */
  readonly subject: string
  /** JSON text for `MessageStructure: json`: what each protocol gets, `default` for the others. */
  readonly message: string
  /** Message attributes of type String, for subscription filters. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Publishes alerts. Throws BucketwatchError ALERT_PUBLISH. */
export interface AlertPublisher {
  publish(message: AlertMessage): Promise<void>
}

/** What bucketwatch logs about itself. Powertools' Logger fits, and so does `console`. */
export interface OperatorLog {
  debug(message: string, extra?: Record<string, unknown>): void
  info(message: string, extra?: Record<string, unknown>): void
  warn(message: string, extra?: Record<string, unknown>): void
  error(message: string, extra?: Record<string, unknown>): void
}

/** The queue that a function's messages come from. Any error may be thrown. */
export interface QueuePort {
  /** The message comes again after so many seconds (0 to 43,200). */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>
  /** Sends a message to it. */
  send(body: string): Promise<void>
}
