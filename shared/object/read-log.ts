import { textHead } from '../basics/text-head.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { ObjectReader, UnreadablePiece, Wait } from '../contracts/kind-reader.ts'
import type { ObjectBody } from '../contracts/ports.ts'
import type { NormalizedRecord } from '../contracts/record.ts'
import { redactSecrets } from '../derive/redact.ts'
import { type LogKind, type ObjectKind, reading } from '../kinds/kinds.ts'
import { type Foreign, foreignByContent, foreignByKey } from './foreign.ts'
import { type FormName, openForm, tellForm } from './forms.ts'
import { inflate } from './inflate.ts'
import type { Readers } from './readers.ts'
import { readBeginning, sniffBeginning } from './sniff.ts'

export interface ReadLogOptions {
  readonly readers: Readers
  /** What the object is, where the key tells it; otherwise the content does. */
  readonly object?: ObjectKind | undefined
  /** The key, for what only a name tells (a note, a folder's settings). */
  readonly key?: string | undefined
  readonly maxInflatedBytes: number
  readonly maxRecordBytes: number
  /** Called with each record in order. A promise is awaited: back-pressure. */
  readonly onRecord: (record: NormalizedRecord, kind: LogKind) => Wait
  readonly onUnreadable: (piece: UnreadablePiece) => Wait
}

export interface ReadLogResult {
  /** What the object is. `unknown`: nothing that we read. */
  readonly object: ObjectKind | 'unknown'
  /** The form in which it holds its records, where AWS did not deliver it so. */
  readonly form?: FormName | undefined
  /** Bytes as stored, and inflated. */
  readonly bytesIn: number
  readonly bytesInflated: number
  /** Records handed on. */
  readonly records: number
  readonly unreadable: number
  /** Why there was nothing to read: `empty`, or as the table of kinds says (`digest` …). */
  readonly skipped?: string | undefined
  /** What is wrong with the object's content. What came before was handed on; `details.records` says how many. */
  readonly error?: BucketwatchError | undefined
}

/** Enough of an object to tell what it is. */
const SNIFF_BYTES = 64 * 1024
/** What a reader is given at a time. */
const WINDOW_BYTES = 256 * 1024

/**
 * Reads a log object: inflates it where it is gzipped (by its magic bytes), tells what it is where the key did not, and
 * hands on each record, normalized. Streams: memory does not grow with the object.
 *
 * Content never throws; what is wrong with it stands in the result. An error of the source (reading from S3) or of a
 * callback is thrown as it is.
 *
 * @example
 * const { records, error } = await readLog(body, { readers, onRecord, onUnreadable, ...limits })
 */
export async function readLog(body: ObjectBody, options: ReadLogOptions): Promise<ReadLogResult> {
  const { readers, maxInflatedBytes, maxRecordBytes } = options
  const inflated = inflate(body, { maxInflatedBytes })
  let records = 0
  let unreadable = 0
  let reader: ObjectReader | undefined
  let object = options.object as ObjectKind | 'unknown' | undefined
  let form: FormName | undefined
  let foreign: Foreign | undefined
  let failure: BucketwatchError | undefined
  let head: Uint8Array[] = []
  let headBytes = 0

  function onUnreadable(piece: UnreadablePiece): Wait {
    if (piece.isContinued !== true) unreadable += 1
    return options.onUnreadable(piece)
  }

  function begin(): ObjectReader | undefined {
    const first = Buffer.concat(head)
    const beginning = readBeginning(first)
    const { text, names } = beginning
    form = names.includes('Records') ? undefined : tellForm(text, names)
    if (form !== undefined) {
      return openForm(form, {
        readers,
        maxRecordBytes,
        onUnreadable,
        onRecord(record, kind) {
          records += 1
          object = kind
          return options.onRecord(record, kind)
        },
      })
    }
    foreign = foreignByContent(first, text, names)
    // White space may begin JSON; where nothing follows, it is an empty log and nothing strange.
    if (foreign === undefined) object ??= isBlank(first) ? 'cloudtrail' : sniffBeginning(beginning)
    if (object === 'unknown') foreign ??= foreignByKey(options.key ?? '')
    if (foreign !== undefined) object = 'unknown'
    if (object === undefined || object === 'unknown') return undefined
    const { kind } = reading(object)
    return readers[kind].open({
      maxRecordBytes,
      onUnreadable,
      onRecord(record) {
        records += 1
        return options.onRecord(record, kind)
      },
    })
  }

  try {
    for await (const chunk of inflated) {
      if (reader !== undefined) {
        await pushWindows(reader, chunk)
        inflated.release(chunk)
        continue
      }
      head.push(chunk)
      headBytes += chunk.length
      if (object === undefined && headBytes < SNIFF_BYTES) continue
      reader = begin()
      if (reader === undefined) break
      for (const piece of head) {
        await pushWindows(reader, piece)
        inflated.release(piece)
      }
      head = []
    }
  } catch (error) {
    if (!isContentError(error)) throw error
    failure = error
  }

  if (reader === undefined && object !== 'unknown' && headBytes > 0) {
    reader = begin()
    if (reader !== undefined) for (const piece of head) await pushWindows(reader, piece)
  }
  const end = await reader?.end()
  if (failure === undefined && foreign !== undefined) failure = foreign.error
  else if (failure === undefined && object === 'unknown') {
    failure = new BucketwatchError('OBJECT_KIND', `It begins with ${quote(Buffer.concat(head))}.`)
  } else if (end !== undefined && (failure ?? end.error) !== undefined) {
    // That the gzip data was cut off is the reason why the JSON in it is.
    failure = withRecords(failure ?? end.error!, records)
  }
  const is = end?.object ?? object ?? 'unknown'
  const { bytesIn, bytesOut: bytesInflated } = inflated
  const nothing = failure === undefined && records + unreadable === 0
  return {
    object: is,
    form,
    bytesIn,
    bytesInflated,
    records,
    unreadable,
    // No byte at all is nothing to read either.
    ...(nothing && { skipped: foreign?.skip ?? (is === 'unknown' ? undefined : reading(is).skip) ?? 'empty' }),
    error: failure,
  }
}

/**
 * A small object comes as one chunk of up to 16 MB, and `{},{},…` makes millions of records of it: a reader is given so
 * much at a time that all its records fit into memory, and is not given more before they are taken.
 */
async function pushWindows(reader: ObjectReader, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; at += WINDOW_BYTES) {
    const wait = reader.push(chunk.length <= WINDOW_BYTES ? chunk : chunk.subarray(at, at + WINDOW_BYTES))
    if (wait !== undefined) await wait
  }
}

function isContentError(error: unknown): error is BucketwatchError {
  return error instanceof BucketwatchError && !error.retryable
}

/** The same error, saying how many records were handed on before it. */
function withRecords(error: BucketwatchError, records: number): BucketwatchError {
  const said = error.message.slice(new BucketwatchError(error.code).message.length).trim()
  return new BucketwatchError(
    error.code,
    `${said}${said === '' ? '' : ' '}${records} ${records === 1 ? 'record was' : 'records were'} delivered.`,
    { ...error.details, records },
    { cause: error.cause },
  )
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))
}

function quote(bytes: Uint8Array): string {
  return JSON.stringify(redactSecrets(textHead(bytes, 60)))
}
