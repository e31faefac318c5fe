import type { BucketwatchError } from '../contracts/errors.ts'

/** A record larger than `maxRecordBytes`: its length, where it began, and its first `keepBytes` bytes. */
export interface OversizedRecord {
  readonly error: BucketwatchError
  readonly offset: number
  readonly bytes: number
  readonly head: Uint8Array
}

/** A part of an oversized record. `bytes` are valid only during the call. */
export interface OversizedPart {
  readonly bytes: Uint8Array
  readonly isFirst: boolean
  readonly isLast: boolean
}

export interface SplitterOptions<T = never> {
  /** A longer record is skipped and reported to `onOversized`. Bytes; default 4 MiB (AWS's own limit is 256 KB). */
  readonly maxRecordBytes?: number
  /** How much of an oversized record is kept. Bytes; default 16 KiB. */
  readonly keepBytes?: number
  /** Called in stream order, once for each oversized record. */
  readonly onOversized?: (record: OversizedRecord) => void
  /**
   * Called in stream order with all bytes of what is oversized, as they come: what it returns is handed out among the
   * records. Of an object that turns out to hold the records, all that came before them.
   */
  readonly onOversizedPart?: ((part: OversizedPart) => T) | undefined
  /**
   * Reads a record of `Records` where it lies, so that it need not be scanned twice: adds what it makes of the one that
   * begins at `at` to `out`, and returns the index after it. 0 where it cannot, or not all of it is there: the record is
   * then split off as usual.
   */
  readonly readAhead?: ((bytes: Uint8Array, at: number, out: (Uint8Array | T)[]) => number) | undefined
}
