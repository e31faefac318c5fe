import type { ObjectKind } from '../kinds/kinds.ts'
import type { BucketwatchError, ErrorCode } from './errors.ts'
import type { NormalizedRecord, NormalizeOptions, Source } from './record.ts'

/** A promise where the caller has to wait before it goes on (back-pressure), else nothing. */
export type Wait = Promise<void> | undefined

/**
 * Something that stood in an object but is no record that can be handed on: it counts as one record. A text that is too
 * long to be held comes in parts, one after another.
 */
export interface UnreadablePiece {
  readonly code: ErrorCode
  /** All of its text, or of this part. */
  readonly text: string
  /** True of the second part and those after it. */
  readonly isContinued?: boolean | undefined
  /** True where more of it follows. */
  readonly hasMore?: boolean | undefined
  /** True where the object ends, or is damaged, in it: the object's own error tells of that. */
  readonly isCut?: boolean | undefined
}

export interface OpenOptions {
  /** A longer record is not read. Bytes. */
  readonly maxRecordBytes: number
  /** Called with each record, in order. A promise is awaited before the next. */
  readonly onRecord: (record: NormalizedRecord) => Wait
  /** Called in order with the records; a promise is awaited before the next. */
  readonly onUnreadable: (piece: UnreadablePiece) => Wait
}

/** Reads the records out of the plain bytes of one object. Content never throws. */
export interface ObjectReader {
  push(chunk: Uint8Array): Wait
  /** Call once, after the last chunk. */
  end(): Promise<{
    /** What the object turned out to be, where the content tells better than the key. */
    readonly object?: ObjectKind | undefined
    /** What is wrong with it; what came before was handed on. */
    readonly error?: BucketwatchError | undefined
  }>
}

/** How the logs of a kind are read. Made once a function instance: what it remembers serves all objects. */
export interface KindReader {
  /** One record by itself: its text, or its bytes. Never throws on content. */
  normalize(record: Uint8Array | string): NormalizedRecord
  open(options: OpenOptions): ObjectReader
}

/** How a kind's records are made: normalized, or `raw`, as they stand in the object. */
export type ReaderOptions = NormalizeOptions | 'raw'

/** A record as it stands in its object, and nothing known of it. */
export function rawRecord(source: Source, text: string): NormalizedRecord {
  return {
    message: text,
    view: {
      kind: 'event',
      source,
      eventName: '',
      eventSource: '',
      action: 'unknown',
      outcome: 'unknown',
      errorClass: 'none',
      awsService: false,
      anonymous: false,
      logBucket: false,
    },
  }
}
