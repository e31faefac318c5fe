import type { ObjectKind } from '../kinds/kinds.ts'
import type { BucketwatchError, ErrorCode } from './errors.ts'
import type { NormalizedRecord, NormalizeOptions, Source } from './record.ts'

/** A promise where the caller has to wait before it goes on (back-pressure), else nothing. */
export type Wait = Promise<void> | undefined

/** Something that stood in an object but is no record that can be handed on. It counts as one record. */
export interface UnreadablePiece {
  readonly code: ErrorCode
  /** The beginning of its text. */
  readonly text: string
}

export interface OpenOptions {
  /** A longer record is not read. Bytes. */
  readonly maxRecordBytes: number
  /** Called with each record, in order. A promise is awaited before the next. */
  readonly onRecord: (record: NormalizedRecord) => Wait
  readonly onUnreadable: (piece: UnreadablePiece) => void
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
      outcome: 'success',
      errorClass: 'none',
      awsService: false,
      anonymous: false,
      logBucket: false,
    },
  }
}
