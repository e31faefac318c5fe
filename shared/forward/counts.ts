/** What is counted while an object is delivered, and the receipt that says so. */
import type { BucketwatchError } from '../contracts/errors.ts'
import { redactSecrets } from '../derive/redact.ts'
import type { ObjectRef } from '../notification/parse.ts'
import { PUT_LOG_EVENTS_LIMITS } from './batch.ts'
import type { DeliveryReport } from './delivery-report.ts'
import type { FilterReason } from './filter.ts'
import { createLagStatistics, type Receipt } from './receipt.ts'

/** Of records read: what has become of them before CloudWatch Logs has a say. */
export interface RecordCounts {
  recordsIn: number
  filteredBy: Partial<Record<FilterReason, number>>
  duplicates: number
  recovered: number
  raw: number
  truncated: number
}

/** What an interrupted attempt has counted and told nobody: it goes into the receipt of the next. */
export interface UntoldCounts extends RecordCounts {
  readonly delivered: number
  readonly quarantinedBy: Readonly<Record<string, number>>
}

export interface Counts extends RecordCounts {
  /** Unreadable pieces and records that we failed on, by code. */
  quarantinedBy: Record<string, number>
  /** Delivered by an earlier attempt, and told in no receipt. */
  deliveredBefore: number
  /** Handed over, of one rule and one principal each. */
  hits: number
  bytesIn: number
  bytesInflated: number
  readonly lags: ReturnType<typeof createLagStatistics>
  report: DeliveryReport | undefined
}

/** Counters at zero, or at what an interrupted attempt has left. */
export function createCounts(untold?: UntoldCounts): Counts {
  return {
    recordsIn: untold?.recordsIn ?? 0,
    filteredBy: { ...untold?.filteredBy },
    duplicates: untold?.duplicates ?? 0,
    recovered: untold?.recovered ?? 0,
    raw: untold?.raw ?? 0,
    truncated: untold?.truncated ?? 0,
    quarantinedBy: { ...untold?.quarantinedBy },
    deliveredBefore: untold?.delivered ?? 0,
    hits: 0,
    bytesIn: 0,
    bytesInflated: 0,
    lags: createLagStatistics(),
    report: undefined,
  }
}

/** The counts of the records read so far, for the case that they are all settled and this attempt is interrupted. */
export function untoldCounts(count: Counts): UntoldCounts {
  const { recordsIn, duplicates, recovered, raw, truncated, quarantinedBy, filteredBy } = count
  const settledOtherwise = sum(filteredBy) + duplicates + sum(quarantinedBy)
  return {
    recordsIn,
    filteredBy: { ...filteredBy },
    duplicates,
    recovered,
    raw,
    truncated,
    quarantinedBy: { ...quarantinedBy },
    delivered: recordsIn - settledOtherwise,
  }
}

/** Everything that was quarantined, by reason. */
export function quarantinedBy(count: Counts): Record<string, number> {
  const all = { ...count.quarantinedBy }
  for (const [reason, number] of Object.entries(count.report?.quarantined ?? {})) {
    if (number > 0) all[reason] = (all[reason] ?? 0) + number
  }
  return all
}

/** How an object ended, and what there is to say about it. */
export interface Outcome extends Pick<Receipt, 'status' | 'logKind'> {
  readonly logGroupName?: string | undefined
  readonly reason?: string | undefined
  readonly error?: BucketwatchError | undefined
  readonly resumedFrom?: number | undefined
  readonly ledger?: Receipt['ledger']
  readonly counting?: Receipt['counting']
  readonly maybeDoubled?: true | undefined
  readonly replay?: true | undefined
  readonly lookedAt?: number | undefined
}

export function toReceipt(
  given: { readonly functionName: string; readonly ref: ObjectRef; readonly started: number; readonly ended: number },
  count: Counts,
  { error, ...outcome }: Outcome,
): Receipt {
  const { report } = count
  const { bucket, key, versionId } = given.ref
  const quarantined = quarantinedBy(count)
  const filtered = sum(count.filteredBy)
  const delivered = count.deliveredBefore + (report?.delivered ?? 0)
  const { status, logKind, logGroupName, reason, ...more } = outcome
  return {
    kind: 'receipt',
    time: new Date(given.ended).toISOString(),
    function: given.functionName,
    status,
    bucket,
    key,
    versionId,
    logKind,
    logGroupName,
    bytesIn: count.bytesIn,
    bytesInflated: count.bytesInflated,
    bytesOut: (report?.bytes ?? 0) - (report?.delivered ?? 0) * PUT_LOG_EVENTS_LIMITS.eventOverheadBytes,
    bytesBilled: report?.bytes ?? 0,
    recordsIn: count.recordsIn,
    delivered,
    filtered,
    filteredBy: count.filteredBy,
    duplicates: count.duplicates,
    quarantined: sum(quarantined),
    quarantinedBy: quarantined,
    undelivered: count.recordsIn - delivered - filtered - count.duplicates - sum(quarantined),
    maybeDelivered: report?.maybeDelivered ?? 0,
    recovered: count.recovered,
    raw: count.raw,
    truncated: count.truncated + (report?.shrunk ?? 0),
    hits: count.hits,
    lagSecondsMax: count.lags.max(),
    lagSecondsP50: count.lags.p50(),
    putLogEventsCalls: report?.calls ?? 0,
    retries: report?.retries ?? 0,
    lookups: report?.lookups ?? 0,
    restamped: report?.restamped ?? 0,
    ...more,
    durationMs: Math.max(0, Math.round(given.ended - given.started)),
    history: given.ref.history,
    reason,
    error: error === undefined ? undefined : { code: error.code, message: redactSecrets(error.message) },
  }
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, number) => total + number, 0)
}
