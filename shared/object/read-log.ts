import { createLineSplitter, type Line } from '../access-log/lines.ts'
import { createRecordSplitter, type SplitSummary, type SplitterOptions } from '../cloudtrail/split.ts'
import { BucketwatchError, type ErrorCode } from '../contracts/errors.ts'
import { inflate } from './inflate.ts'
import { sniffContent } from './sniff.ts'

/** The kinds of logs that we read. */
export type ReadKind = 'cloudtrail' | 'access-log'

/** Something that stood in the object but is no record that can be handed on. It counts as one record. */
export interface UnreadablePiece {
  readonly code: ErrorCode
  /** The beginning of its text. */
  readonly text: string
}

type Wait = Promise<void> | undefined

export interface ReadLogOptions<T = never> {
  /** The kind, where the key tells it; otherwise the content does. */
  readonly kind?: ReadKind | undefined
  readonly maxInflatedBytes: number
  readonly maxRecordBytes: number
  /**
   * One CloudTrail record: its bytes, valid only until the call returns, or what `readAhead` made of it (see
   * createRecordSplitter). A promise is awaited: back-pressure.
   */
  readonly onCloudTrail: (record: Uint8Array | T) => Wait
  readonly readAhead?: SplitterOptions<T>['readAhead']
  /** One access-log line, without its line end; `oversize` where it is only the beginning of one that is too long. */
  readonly onAccessLog: (line: string, oversize: boolean) => Wait
  readonly onUnreadable: (piece: UnreadablePiece) => void
}

export interface ReadLogResult {
  readonly kind: ReadKind | 'cloudtrail-digest' | 'validation' | 'unknown'
  /** Bytes as stored, and inflated. */
  readonly bytesIn: number
  readonly bytesInflated: number
  /** Records or lines handed on. */
  readonly records: number
  readonly unreadable: number
  /** Why there was nothing to read: `digest`, `validation`, `empty`. */
  readonly skipped?: string | undefined
  /** What is wrong with the object's content. What came before was handed on; `details.records` says how many. */
  readonly error?: BucketwatchError | undefined
}

/** Enough of an object to tell what it is. */
const SNIFF_BYTES = 64 * 1024

/**
 * Reads a log object: inflates it where it is gzipped (by its magic bytes), tells what it is where the key did not, and
 * hands on each record or line. Streams: memory does not grow with the object.
 *
 * Content never throws; what is wrong with it stands in the result. An error of the source (reading from S3) or of a
 * callback is thrown as it is.
 *
 * @example
 * const { records, error } = await readLog(body, { onCloudTrail, onAccessLog, onUnreadable, ...limits })
 */
export async function readLog<T = never>(
  body: AsyncIterable<Uint8Array>,
  options: ReadLogOptions<T>,
): Promise<ReadLogResult> {
  const { onUnreadable } = options
  const inflated = inflate(body, { maxInflatedBytes: options.maxInflatedBytes })
  let unreadable = 0
  let reader: Reader | undefined
  let kind = options.kind as ReadLogResult['kind'] | undefined
  let failure: BucketwatchError | undefined
  let head: Uint8Array[] = []
  let headBytes = 0

  function quarantine(code: ErrorCode, text: string): void {
    unreadable += 1
    onUnreadable({ code, text })
  }

  function begin(): Reader | undefined {
    const first = Buffer.concat(head)
    // White space may begin JSON; where nothing follows, it is an empty log and nothing strange.
    kind ??= isBlank(first) ? 'cloudtrail' : sniffContent(first)
    if (kind === 'unknown') return undefined
    return kind === 'access-log' ? readLines(options) : readRecords(options, quarantine)
  }

  try {
    for await (const chunk of inflated) {
      if (reader !== undefined) {
        await push(reader, chunk)
        continue
      }
      head.push(chunk)
      headBytes += chunk.length
      if (kind === undefined && headBytes < SNIFF_BYTES) continue
      reader = begin()
      if (reader === undefined) break
      for (const piece of head) await push(reader, piece)
      head = []
    }
  } catch (error) {
    if (!isContentError(error)) throw error
    failure = error
  }

  if (reader === undefined && kind !== 'unknown' && headBytes > 0) {
    reader = begin()
    if (reader !== undefined) for (const piece of head) await push(reader, piece)
  }
  const { bytesIn, bytesOut: bytesInflated } = inflated
  if (reader === undefined) {
    // No byte at all is nothing to read; bytes that are no log are told by their beginning.
    const error =
      failure ??
      (kind === 'unknown'
        ? new BucketwatchError('OBJECT_KIND', `It begins with ${quote(Buffer.concat(head))}.`)
        : undefined)
    return {
      kind: kind ?? 'unknown',
      bytesIn,
      bytesInflated,
      records: 0,
      unreadable,
      error,
      ...(error === undefined && { skipped: 'empty' }),
    }
  }
  const end = await finish(reader, failure !== undefined, quarantine)
  // That the gzip data was cut off is the reason why the JSON in it is.
  const error = failure === undefined ? end.error : withRecords(failure, reader.records)
  return {
    kind: end.kind ?? kind ?? 'unknown',
    bytesIn,
    bytesInflated,
    records: reader.records,
    unreadable,
    skipped: error === undefined && reader.records + unreadable === 0 ? (end.skipped ?? 'empty') : undefined,
    error,
  }
}

interface Reader {
  push(chunk: Uint8Array): Wait
  end(truncated: boolean): { wait: Wait; summary?: SplitSummary<unknown> }
  records: number
}

async function push(reader: Reader, chunk: Uint8Array): Promise<void> {
  const wait = reader.push(chunk)
  if (wait !== undefined) await wait
}

function readLines<T>(options: ReadLogOptions<T>): Reader {
  const splitter = createLineSplitter()
  const reader: Reader = {
    records: 0,
    push: (chunk) => each(splitter.push(chunk), take),
    end: () => ({ wait: each(splitter.end(), take) }),
  }
  function take(line: Line): Wait {
    reader.records += 1
    return options.onAccessLog(line.text, line.oversize)
  }
  return reader
}

function readRecords<T>(options: ReadLogOptions<T>, quarantine: (code: ErrorCode, text: string) => void): Reader {
  const splitter = createRecordSplitter<T>({
    maxRecordBytes: options.maxRecordBytes,
    readAhead: options.readAhead,
    onOversized: ({ head }) => quarantine('RECORD_TOO_LARGE', text(head)),
  })
  const reader: Reader = {
    records: 0,
    push: (chunk) => each(splitter.push(chunk), take),
    end() {
      const summary = splitter.end()
      return { wait: each(summary.last, take), summary }
    },
  }
  function take(record: Uint8Array | T): Wait {
    reader.records += 1
    return options.onCloudTrail(record)
  }
  return reader
}

/** Calls `take` for each item in order; only where one has to be waited for does a promise come into it. */
function each<T>(items: readonly T[], take: (item: T) => Wait): Wait {
  for (let index = 0; index < items.length; index += 1) {
    const wait = take(items[index] as T)
    if (wait !== undefined) return rest(wait, items, index + 1, take)
  }
  return undefined
}

async function rest<T>(wait: Promise<void>, items: readonly T[], from: number, take: (item: T) => Wait): Promise<void> {
  await wait
  for (let index = from; index < items.length; index += 1) {
    const next = take(items[index] as T)
    if (next !== undefined) await next
  }
}

async function finish(
  reader: Reader,
  truncated: boolean,
  quarantine: (code: ErrorCode, text: string) => void,
): Promise<Pick<ReadLogResult, 'error' | 'skipped'> & { kind?: ReadLogResult['kind'] }> {
  const { wait, summary } = reader.end(truncated)
  if (wait !== undefined) await wait
  if (summary === undefined) return {}
  const { shape, error, remainder } = summary
  if (remainder !== undefined && remainder.length > 0) quarantine(error?.code ?? 'JSON_TRUNCATED', text(remainder))
  if (shape === 'digest') return { kind: 'cloudtrail-digest', skipped: 'digest', error }
  if (shape === 'validation') return { kind: 'validation', skipped: 'validation', error }
  return { error: error === undefined ? undefined : withRecords(error, reader.records) }
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

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 16 * 1024)).toString('utf8')
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))
}

function quote(bytes: Uint8Array): string {
  return JSON.stringify(text(bytes.subarray(0, 60)))
}
