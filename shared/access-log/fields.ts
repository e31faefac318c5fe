import type { Parse } from '../contracts/record.ts'

/**
 * The fields of one S3 server access log line. `-`, `"-"` and `""` are undefined, and so is what the line is too old or
 * too short to have; `fieldCount` tells the two apart.
 *
 * Two kinds of text are in a line: what S3 wrote, and what the client chose (`requestUri`, `referer`, `userAgent`, which
 * S3 quotes without escaping; `key` is URL-encoded and can hold neither space nor quote). Every field but those four is
 * S3's own or undefined, whatever a client writes: see {@link parseAccessLogLine}.
 */
export interface AccessLogFields {
  /**
   * `exact`: one reading only. `recovered`: the line is cut, damaged or has several readings; what S3 wrote is certain
   * all the same, what the client wrote likely. `raw`: no access-log line at all; every field is undefined.
   */
  readonly parse: Parse
  /** The line ends before its time. What is given is certain. */
  readonly partial?: true
  /** Why `parse` is not `exact`: a short sentence. */
  readonly reason?: string
  readonly bucketOwner: string | undefined
  readonly bucket: string | undefined
  /** ISO 8601, UTC. */
  readonly time: string | undefined
  /** `time` in ms since the epoch. */
  readonly timeMs: number | undefined
  readonly remoteIp: string | undefined
  readonly requester: string | undefined
  readonly requestId: string | undefined
  readonly operation: string | undefined
  /** As logged, URL-encoded (in practice twice). */
  readonly key: string | undefined
  readonly requestUri: string | undefined
  readonly httpStatus: number | undefined
  readonly errorCode: string | undefined
  /** Bytes. */
  readonly bytesSent: number | undefined
  /** Bytes. */
  readonly objectSize: number | undefined
  /** Milliseconds. */
  readonly totalTime: number | undefined
  /** Milliseconds. */
  readonly turnAroundTime: number | undefined
  readonly referer: string | undefined
  readonly userAgent: string | undefined
  readonly versionId: string | undefined
  readonly hostId: string | undefined
  readonly signatureVersion: string | undefined
  readonly cipherSuite: string | undefined
  readonly authenticationType: string | undefined
  readonly hostHeader: string | undefined
  readonly tlsVersion: string | undefined
  readonly accessPointArn: string | undefined
  readonly aclRequired: string | undefined
  readonly sourceRegion: string | undefined
  /** Fields after the ones known today, as they came. */
  readonly extra: readonly string[]
  /** How many fields were read: 18 (until 2019), 24, 25, 26, 27, more with `extra`, fewer when the line is cut. */
  readonly fieldCount: number
  /**
   * The same object as in another line: the bucket and all fields from `signatureVersion` to `sourceRegion` are the same
   * there. So that what is made of them can be remembered.
   */
  readonly connection: object | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
/** Fields in the making. */
export type Fields = Mutable<AccessLogFields>

const NO_EXTRA: readonly string[] = []

/** Nothing read yet. */
export function emptyFields(): Fields {
  // One literal, so that all lines share one hidden class.
  return {
    parse: 'exact',
    bucketOwner: undefined,
    bucket: undefined,
    time: undefined,
    timeMs: undefined,
    remoteIp: undefined,
    requester: undefined,
    requestId: undefined,
    operation: undefined,
    key: undefined,
    requestUri: undefined,
    httpStatus: undefined,
    errorCode: undefined,
    bytesSent: undefined,
    objectSize: undefined,
    totalTime: undefined,
    turnAroundTime: undefined,
    referer: undefined,
    userAgent: undefined,
    versionId: undefined,
    hostId: undefined,
    signatureVersion: undefined,
    cipherSuite: undefined,
    authenticationType: undefined,
    hostHeader: undefined,
    tlsVersion: undefined,
    accessPointArn: undefined,
    aclRequired: undefined,
    sourceRegion: undefined,
    connection: undefined,
    extra: NO_EXTRA,
    fieldCount: 0,
  }
}

/** Notes that a reading is not certain, and why; the first reason stays. */
export function recovered(fields: Fields, reason: string): void {
  fields.parse = 'recovered'
  if (fields.reason === undefined) fields.reason = reason
}

/** Notes that the line ends before its time. */
export function cut(fields: Fields, where: string): Fields {
  recovered(fields, `The line ends ${where}.`)
  fields.partial = true
  return fields
}

/** The fields of a text that is no access-log line. */
export function raw(reason: string): Fields {
  const fields = emptyFields()
  fields.parse = 'raw'
  fields.reason = reason
  return fields
}

/** A text, or undefined for none and for a dash. */
export function absentText(text: string): string | undefined {
  return text === '' || text === '-' ? undefined : text
}
