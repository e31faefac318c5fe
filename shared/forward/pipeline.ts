import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { LogsPort, ObjectStore, OperatorLog } from '../contracts/ports.ts'
import type { Environment, NormalizedRecord } from '../contracts/record.ts'
import { shrinkRecord } from '../derive/shrink.ts'
import { type LogKind, reading } from '../kinds/kinds.ts'
import type { ObjectRef } from '../notification/parse.ts'
import { classifyKey } from '../object/key.ts'
import { readLog } from '../object/read-log.ts'
import { createReaders } from '../object/readers.ts'
import type { Config } from '../settings/config.ts'
import { PUT_LOG_EVENTS_LIMITS } from './batch.ts'
import { createCopies, markCopy } from './copies.ts'
import { createDedupeWindow } from './dedupe.ts'
import { createDelivery, type DeliveryReport } from './deliver.ts'
import { createRecordFilter, type FilterReason } from './filter.ts'
import { logStreamName } from './log-stream-name.ts'
import { createLagStatistics, type Receipt } from './receipt.ts'
import { createRollups } from './rollup.ts'

export interface PipelineOptions {
  readonly functionName: string
  /** Tells this function instance from others; part of the log stream name. */
  readonly instanceId: string
  readonly config: Config
  readonly environment: Environment
  readonly store: ObjectStore
  readonly logs: LogsPort
  /** ms since the epoch. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  /** [0, 1), for jitter. */
  readonly random: () => number
  readonly log: OperatorLog
  /** Told of every receipt as soon as the object is done. */
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined
}

/** What became of an object: its receipt, and the error when the notification must be tried again. */
export interface ProcessResult {
  readonly receipt: Receipt
  readonly error?: BucketwatchError | undefined
}

export interface Pipeline {
  /**
   * Reads one object and delivers its records. Never throws: a failure that a retry can help is `error`; damage that
   * it cannot help is quarantined and stands in the receipt.
   */
  process(ref: ObjectRef): Promise<ProcessResult>
  /** Writes the receipts gathered so far to the `pipeline` group. Never throws; a failure is logged. */
  flushReceipts(): Promise<void>
}

/** Identities remembered per generation, see createDedupeWindow: about 10 MB at the most. */
const DEDUPE_SIZE = 50_000

/** The tag of the records that we add ourselves. */
const ROLLUP = ' rollup'

/** At most so many `rejected` records an object; the receipt counts them all. */
const MAX_REJECTED_RECORDS = 1_000

/** What the `pipeline` group gets of a record or object that could not be delivered. At most this much of its text, characters. */
const QUARANTINE_TEXT_LENGTH = 16 * 1024

/**
 * Makes the pipeline of one function instance: object → inflate → split → normalize → filter → de-duplicate → deliver,
 * and a receipt that accounts for every record. Objects are streamed; memory does not grow with their size.
 *
 * @example
 * const pipeline = createPipeline(options)
 * const { receipt, error } = await pipeline.process({ bucket, key })
 * await pipeline.flushReceipts()
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { config, environment, functionName, instanceId, logs, log, now, random, sleep, store } = options
  const normalizeOptions = { environment, detail: config.detail, capBytes: config.capBytes, now }
  const readers = createReaders(normalizeOptions)
  const filter = createRecordFilter(config)
  const dedupe = createDedupeWindow(DEDUPE_SIZE)
  // History is a copy of its own: what was forwarded when it arrived is no duplicate there.
  const historyDedupe = createDedupeWindow(DEDUPE_SIZE)
  const copies = createCopies()
  const historyCopies = createCopies()
  const stream = () => logStreamName({ functionName, instanceId, now })
  /** Receipts and rejected records, by the group they go to. Those of history must not alarm either. */
  const pending: Record<'pipeline' | 'history', string[]> = { pipeline: [], history: [] }

  function deliveryTo(
    group: string,
    hooks: Pick<Parameters<typeof createDelivery<string>>[0], 'onDelivered' | 'onQuarantine'> = {},
  ) {
    return createDelivery<string>({
      logs,
      logGroupName: `${config.logGroupPrefix}/${group}`,
      logStreamName: stream(),
      now,
      sleep,
      random,
      shrink: shrinkRecord,
      maxInFlight: config.maxInFlight,
      log,
      ...hooks,
    })
  }

  async function process(ref: ObjectRef): Promise<ProcessResult> {
    const started = now()
    const count = createCounts()
    const classified = classifyKey(ref.key)
    const account = pending[ref.history === true ? 'history' : 'pipeline']

    function finish(outcome: Outcome): ProcessResult {
      const receipt = toReceipt(options, ref, started, count, outcome)
      account.push(JSON.stringify(receipt))
      options.onReceipt?.(receipt)
      return outcome.status === 'failed' ? { receipt, error: outcome.error } : { receipt }
    }

    // Where the key says that there is nothing to read, the object is not even opened.
    const skip = classified.kind === 'unknown' ? undefined : reading(classified.kind).skip
    if (skip !== undefined) return finish({ status: 'skipped', logKind: classified.kind, reason: skip })

    const scope = (ref.history === true ? historyDedupe : dedupe).scope()
    const rollups = createRollups()
    let delivery: ReturnType<typeof deliveryTo> | undefined
    let group: LogKind | 'history' | undefined

    function quarantine(reason: string, text: string | undefined, message?: string): void {
      count.rejected += 1
      if (count.rejected > MAX_REJECTED_RECORDS) return
      log.warn('quarantined', { bucket: ref.bucket, key: ref.key, reason })
      account.push(
        JSON.stringify({
          kind: 'rejected',
          time: new Date(now()).toISOString(),
          function: functionName,
          bucket: ref.bucket,
          key: ref.key,
          versionId: ref.versionId,
          reason,
          message,
          text: text?.slice(0, QUARANTINE_TEXT_LENGTH),
        }),
      )
    }

    /** The records of a kind go to the log group of its name, history to its own. */
    function open(kind: LogKind) {
      group = ref.history === true ? 'history' : kind
      delivery = deliveryTo(group, {
        onDelivered(tags) {
          for (const tag of tags) if (tag === ROLLUP) count.rollupsDelivered += 1
          scope.delivered(tags)
        },
        onQuarantine(event) {
          if (event.tag === ROLLUP) count.rollupsQuarantined[event.reason] += 1
          quarantine(event.reason, event.message)
        },
      })
      return delivery
    }

    function addRollups(to: ReturnType<typeof deliveryTo>): Promise<void> | undefined {
      let wait: Promise<void> | undefined
      for (const rollup of rollups.take()) {
        count.rollups += 1
        wait = to.add(JSON.stringify(rollup), undefined, ROLLUP) ?? wait
      }
      return wait
    }

    function take(record: NormalizedRecord, kind: LogKind): Promise<void> | undefined {
      const to = delivery ?? open(kind)
      const { view } = record
      count.recordsIn += 1
      const reason = filter(view)
      if (reason !== undefined) {
        count.filteredBy[reason] = (count.filteredBy[reason] ?? 0) + 1
        return undefined
      }
      if (scope.isDuplicate(view.identity)) {
        count.duplicates += 1
        return undefined
      }
      if (view.eventTimeMs !== undefined) count.lags.add(Math.max(0, Math.round((now() - view.eventTimeMs) / 1000)))
      if (view.kind === 'parseError') count.raw += 1
      else if (view.parse === 'recovered') count.recovered += 1
      if (view.truncated === true) count.truncated += 1
      const isCopy = (ref.history === true ? historyCopies : copies).isCopy(view.call)
      const full = ref.history !== true && !isCopy && rollups.add(view)
      const message = isCopy ? markCopy(record.message) : record.message
      const wait = to.add(message, config.timestamp === 'event' ? view.eventTimeMs : undefined, view.identity)
      return full ? (addRollups(to) ?? wait) : wait
    }

    let logKind = classified.kind
    let read: Awaited<ReturnType<typeof readLog>> | undefined
    let failure: unknown
    try {
      const { body } = await store.open(ref)
      read = await readLog(body, {
        readers,
        object: classified.kind === 'unknown' ? undefined : classified.kind,
        key: ref.key,
        maxInflatedBytes: config.maxInflatedBytes,
        maxRecordBytes: config.maxRecordBytes,
        onRecord: take,
        onUnreadable: (piece) => {
          count.recordsIn += 1
          count.quarantinedBy[piece.code] = (count.quarantinedBy[piece.code] ?? 0) + 1
          quarantine(piece.code, piece.text)
        },
      })
      if (classified.kind === 'unknown') logKind = read.object
    } catch (error) {
      failure = error
    }
    if (delivery !== undefined && failure === undefined) {
      try {
        await addRollups(delivery)
      } catch (error) {
        failure = error
      }
    }
    const report = await delivery?.flush()
    count.bytesIn = read?.bytesIn ?? 0
    count.bytesInflated = read?.bytesInflated ?? 0
    if (report !== undefined) count.report = report
    const logGroupName = group === undefined ? undefined : `${config.logGroupPrefix}/${group}`

    failure = report?.error ?? failure
    if (failure !== undefined) {
      const error =
        failure instanceof BucketwatchError
          ? failure
          : new BucketwatchError('INTERNAL', errorMessage(failure), {}, { cause: failure })
      log.error('object failed', { bucket: ref.bucket, key: ref.key, code: error.code, reason: error.message })
      return finish({ status: 'failed', logKind, logGroupName, error })
    }
    if (read?.error !== undefined) {
      const { error } = read
      quarantine(error.code, undefined, error.message)
      log.error('object quarantined', {
        bucket: ref.bucket,
        key: ref.key,
        code: error.code,
        reason: error.message,
        delivered: report?.delivered ?? 0,
      })
      return finish({ status: 'quarantined', logKind, logGroupName, error })
    }
    if (read?.skipped !== undefined) {
      return finish({ status: 'skipped', logKind, logGroupName, reason: read.skipped })
    }
    return finish({ status: 'ok', logKind, logGroupName })
  }

  async function flushReceipts(): Promise<void> {
    for (const [group, messages] of Object.entries(pending)) {
      if (messages.length > 0) await flushAccount(group, messages.splice(0))
    }
  }

  async function flushAccount(group: string, messages: readonly string[]): Promise<void> {
    const delivery = deliveryTo(group)
    try {
      for (const message of messages) await delivery.add(message)
    } catch {
      // The report below tells.
    }
    const report = await delivery.flush()
    if (report.error !== undefined) {
      // The receipts stand in the function's own log then: they must not be lost with the group.
      log.error('receipts could not be delivered', { reason: report.error.message, receipts: messages })
    }
  }

  return { process, flushReceipts }
}

type Outcome = { readonly logKind: Receipt['logKind']; readonly logGroupName?: string | undefined } & (
  | { readonly status: 'ok' }
  | { readonly status: 'skipped'; readonly reason: string }
  | { readonly status: 'quarantined' | 'failed'; readonly error: BucketwatchError }
)

function createCounts() {
  return {
    recordsIn: 0,
    filteredBy: {} as Partial<Record<FilterReason, number>>,
    duplicates: 0,
    quarantinedBy: {} as Record<string, number>,
    recovered: 0,
    raw: 0,
    truncated: 0,
    rollups: 0,
    rollupsDelivered: 0,
    rollupsQuarantined: { tooOld: 0, tooNew: 0, expired: 0, invalid: 0, empty: 0, tooLarge: 0 },
    rejected: 0,
    bytesIn: 0,
    bytesInflated: 0,
    lags: createLagStatistics(),
    report: undefined as DeliveryReport | undefined,
  }
}

function toReceipt(
  options: PipelineOptions,
  ref: ObjectRef,
  started: number,
  count: ReturnType<typeof createCounts>,
  outcome: Outcome,
): Receipt {
  const { report } = count
  const quarantinedBy = { ...count.quarantinedBy }
  // Rollups travel with the object's records but are none of them.
  for (const reason of Object.keys(count.rollupsQuarantined) as (keyof DeliveryReport['quarantined'])[]) {
    const number = (report?.quarantined[reason] ?? 0) - count.rollupsQuarantined[reason]
    if (number > 0) quarantinedBy[reason] = (quarantinedBy[reason] ?? 0) + number
  }
  const filtered = sum(count.filteredBy)
  const quarantined = sum(quarantinedBy)
  const delivered = (report?.delivered ?? 0) - count.rollupsDelivered
  return {
    kind: 'receipt',
    time: new Date(options.now()).toISOString(),
    function: options.functionName,
    status: outcome.status,
    bucket: ref.bucket,
    key: ref.key,
    versionId: ref.versionId,
    logKind: outcome.logKind,
    logGroupName: outcome.logGroupName,
    bytesIn: count.bytesIn,
    bytesInflated: count.bytesInflated,
    bytesOut: (report?.bytes ?? 0) - (report?.delivered ?? 0) * PUT_LOG_EVENTS_LIMITS.eventOverheadBytes,
    bytesBilled: report?.bytes ?? 0,
    recordsIn: count.recordsIn,
    delivered,
    filtered,
    filteredBy: count.filteredBy,
    duplicates: count.duplicates,
    quarantined,
    quarantinedBy,
    undelivered: count.recordsIn - delivered - filtered - count.duplicates - quarantined,
    recovered: count.recovered,
    raw: count.raw,
    truncated: count.truncated + (report?.shrunk ?? 0),
    rollups: count.rollupsDelivered,
    lagSecondsMax: count.lags.max(),
    lagSecondsP50: count.lags.p50(),
    putLogEventsCalls: report?.calls ?? 0,
    retries: report?.retries ?? 0,
    restamped: report?.restamped ?? 0,
    durationMs: Math.max(0, Math.round(options.now() - started)),
    history: ref.history,
    reason: 'reason' in outcome ? outcome.reason : undefined,
    error: 'error' in outcome ? { code: outcome.error.code, message: outcome.error.message } : undefined,
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, number) => total + number, 0)
}
