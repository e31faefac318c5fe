import type { ObjectKind } from '../kinds/kinds.ts'
import type { FilterReason } from './filter.ts'

/**
 * `ok`: read to the end. `skipped`: nothing to read (digest …). `quarantined`: so, but something of it could not be
 * delivered and never will. `duplicate`: it was delivered before, and not read again. `handedOver`: the invocation's time
 * was up, and the next goes on. `postponed`: another invocation has it. `failed`: it will be tried again.
 */
export type ReceiptStatus = 'ok' | 'skipped' | 'quarantined' | 'duplicate' | 'handedOver' | 'postponed' | 'failed'

/**
 * What became of one object. It is logged as one structured record in the `pipeline` group, and it adds up:
 * `recordsIn = delivered + filtered + duplicates + quarantined` (for status `failed`, the rest is `undelivered`). An object
 * that takes several attempts has a receipt of each; what is settled stands in one of them only.
 */
export interface Receipt {
  readonly kind: 'receipt'
  readonly time: string
  readonly function: string
  readonly status: ReceiptStatus
  readonly bucket: string
  readonly key: string
  readonly versionId?: string | undefined
  /** What the object is. */
  readonly logKind: ObjectKind | 'unknown'
  readonly logGroupName?: string | undefined
  /** Bytes as stored, bytes after inflating, bytes of the messages delivered. */
  readonly bytesIn: number
  readonly bytesInflated: number
  readonly bytesOut: number
  /** What CloudWatch Logs bills: bytesOut plus 26 an event. */
  readonly bytesBilled: number
  readonly recordsIn: number
  readonly delivered: number
  readonly filtered: number
  readonly filteredBy: Readonly<Partial<Record<FilterReason, number>>>
  readonly duplicates: number
  readonly quarantined: number
  readonly quarantinedBy: Readonly<Record<string, number>>
  readonly undelivered: number
  /** Of the undelivered: those of calls that had no answer and could not be looked up; they may have arrived. */
  readonly maybeDelivered: number
  /** Of the delivered: read with ambiguous quoting; kept as text; cut to a size limit. */
  readonly recovered: number
  readonly raw: number
  readonly truncated: number
  /** Hits handed over: of one rule, one principal and one part of the object each. */
  readonly hits: number
  readonly lagSecondsMax?: number | undefined
  readonly lagSecondsP50?: number | undefined
  readonly putLogEventsCalls: number
  readonly retries: number
  /** Calls without an answer that were looked up in the stream. */
  readonly lookups: number
  readonly restamped: number
  /** So many records of the object were settled by earlier attempts. */
  readonly resumedFrom?: number | undefined
  /** `unavailable`: its table failed, so that the object may be delivered again if it comes again. */
  readonly ledger?: 'unavailable' | undefined
  /** `unavailable`: its table failed, so that some of what was counted is known to this function instance only. */
  readonly counting?: 'unavailable' | undefined
  /** What an interrupted attempt had sent could not be told for certain: some of it may stand there twice. */
  readonly maybeDoubled?: true | undefined
  readonly durationMs: number
  /** Of a backfill: the records went to the group `history`, and so does this receipt. */
  readonly history?: true | undefined
  /** Of a replay: only the records that it asked for were delivered and counted, of so many that were looked at. */
  readonly replay?: true | undefined
  readonly lookedAt?: number | undefined
  readonly reason?: string | undefined
  readonly error?: { readonly code: string; readonly message: string } | undefined
}

/** True when the receipt accounts for every record, each once; what is undelivered is so only where it is tried again. */
export function addsUp(receipt: Receipt): boolean {
  const { delivered, filtered, duplicates, quarantined, undelivered } = receipt
  const isUnfinished = /^(failed|handedOver|postponed)$/.test(receipt.status)
  const isRest = undelivered === 0 || (undelivered > 0 && isUnfinished)
  return isRest && receipt.recordsIn === delivered + filtered + duplicates + quarantined + undelivered
}

/** Longer lags are not told apart. */
export const MAX_LAG_SECONDS = 14 * 86_400

/**
 * Collects lags (seconds) in bounded memory: exact below an hour, to the minute up to 14 days, then one bucket.
 *
 * @example
 * const lags = createLagStatistics(); lags.add(12); lags.add(40); lags.p50() // 12
 */
export function createLagStatistics(): {
  add(seconds: number): void
  max(): number | undefined
  p50(): number | undefined
} {
  const counts = new Map<number, number>()
  let total = 0
  let maximum: number | undefined
  return {
    add(seconds) {
      const bucket = seconds < 3600 ? seconds : Math.min(MAX_LAG_SECONDS, seconds - (seconds % 60))
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
      total += 1
      if (maximum === undefined || seconds > maximum) maximum = seconds
    },
    max: () => maximum,
    p50() {
      let below = 0
      for (const [bucket, count] of [...counts].sort((a, b) => a[0] - b[0])) {
        below += count
        if (below * 2 >= total) return bucket
      }
      return undefined
    },
  }
}
