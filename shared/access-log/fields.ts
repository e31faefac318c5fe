import type { Parse } from '../contracts/record.ts'
import { FIELDS, type NumberName, type TextName } from './table.ts'

/** The fields that the table names: numbers are bytes and milliseconds, `time` is ISO 8601 in UTC. */
type FieldValues = { readonly [K in TextName]: string | undefined } & { readonly [K in NumberName]: number | undefined }

/**
 * The fields of one S3 server access log line. `-`, `"-"` and `""` are undefined, and so is what the line is too old or
 * too short to have; `fieldCount` tells the two apart.
 *
 * Two kinds of text are in a line: what S3 wrote, and what the client chose (`requestUri`, `referer`, `userAgent`, which
 * S3 quotes without escaping; `key` is URL-encoded and can hold neither space nor quote). Every field but those four is
 * S3's own or undefined, whatever a client writes: see {@link parseAccessLogLine}.
 */
export interface AccessLogFields extends FieldValues {
  /**
   * `exact`: one reading only. `recovered`: the line is cut, damaged or has several readings; what S3 wrote is certain
   * all the same, what the client wrote likely. `raw`: no access-log line at all; every field is undefined.
   */
  readonly parse: Parse
  /** The line ends before its time. What is given is certain. */
  readonly partial?: true
  /** Why `parse` is not `exact`: a short sentence. */
  readonly reason?: string
  /** `time` in ms since the epoch. */
  readonly timeMs: number | undefined
  /** Fields after the ones known today, as they came. */
  readonly extra: readonly string[]
  /** Text of the line stands in none of the fields. */
  readonly unread?: true
  /** How many fields were read: 18 (until 2019), 24, 25, 26, 27, more with `extra`, fewer when the line is cut. */
  readonly fieldCount: number
  /**
   * The same object as in another line: the bucket and all fields from `signatureVersion` to `sourceRegion` are the same
   * there, and stand in it. So that what is made of them can be remembered.
   */
  readonly connection: Connection | undefined
}

/** What a line says about the connection: the fields from `signatureVersion` on. */
export type ConnectionFields = Omit<
  { readonly [K in TextName]: string | undefined },
  | 'bucketOwner'
  | 'bucket'
  | 'time'
  | 'remoteIp'
  | 'requester'
  | 'requestId'
  | 'operation'
  | 'key'
  | 'requestUri'
  | 'errorCode'
  | 'referer'
  | 'userAgent'
  | 'versionId'
  | 'hostId'
>

/** The fields that lines share, and room for what a renderer has made of them; `owner` is the renderer. */
export interface Connection {
  readonly fields: ConnectionFields
  owner: object | undefined
  json: string
}

/** Where the fields of {@link readAccessLogLine} have what a line says about the connection. */
export function connectionOf(fields: AccessLogFields): ConnectionFields {
  return fields.connection === undefined ? fields : fields.connection.fields
}

/** Copies what stands in the shared object only, so that the fields are complete by themselves. */
export function withConnection(fields: Fields): Fields {
  return fields.connection === undefined ? fields : Object.assign(fields, fields.connection.fields)
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
/** Fields in the making. */
export type Fields = Mutable<AccessLogFields>

const NO_EXTRA: readonly string[] = []

const NOTHING: Fields = {
  parse: 'exact',
  ...(Object.fromEntries(FIELDS.map(({ name }) => [name, undefined])) as unknown as FieldValues),
  timeMs: undefined,
  connection: undefined,
  extra: NO_EXTRA,
  fieldCount: 0,
}

/** Nothing read yet. */
export function emptyFields(): Fields {
  return { ...NOTHING }
}

/** Notes that a reading is not certain, and why; the first reason stays. */
export function recovered(fields: Fields, reason: string): void {
  fields.parse = 'recovered'
  if (fields.reason === undefined) fields.reason = reason
}

/** The same where text of the line stands in no field. */
export function unread(fields: Fields, reason: string): void {
  recovered(fields, reason)
  fields.unread = true
}

/** Notes that the line ends before its time. */
export function cut(fields: Fields, where: string): Fields {
  unread(fields, `The line ends ${where}.`)
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
