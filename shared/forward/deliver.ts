/**
 * Delivers messages to one CloudWatch Logs stream: batches, bounded concurrency with back-pressure, retries, and an
 * exact account of what became of every message.
 */
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { LogEvent, LogsPort, OperatorLog, RejectedLogEventsInfo } from '../contracts/ports.ts'
import {
  type Batch,
  createBatcher,
  createStamp,
  logEventBytes,
  PUT_LOG_EVENTS_LIMITS,
  type PutLogEventsLimits,
  readRejections,
  sliceBatch,
} from './batch.ts'
import { type DeliveryReport, emptyReport, type QuarantineReason } from './delivery-report.ts'
import { createPutCall, type Failure } from './put-call.ts'

export interface QuarantinedEvent<Tag> extends LogEvent {
  readonly reason: QuarantineReason
  readonly tag: Tag | undefined
}

export interface DeliveryOptions<Tag> {
  readonly logs: LogsPort
  readonly logGroupName: string
  readonly logStreamName: string
  /** ms since the epoch. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  /** [0, 1), for jitter. */
  readonly random: () => number
  /** Makes a message fit into `maxBytes` UTF-8 bytes. */
  readonly shrink: (message: string, maxBytes: number) => string
  /** PutLogEvents calls at the same time, default 4. Up to this many batches plus two are in memory: ~1 MiB each. */
  readonly maxInFlight?: number | undefined
  /** Calls for one batch before it is given up, default 8. */
  readonly maxAttempts?: number | undefined
  /** The n-th retry waits random × min(maxDelayMs, baseDelayMs × 2ⁿ⁻¹). Defaults 100 and 5,000. */
  readonly baseDelayMs?: number | undefined
  readonly maxDelayMs?: number | undefined
  readonly limits?: PutLogEventsLimits | undefined
  /** No call is begun at or after this time, and none lasts longer. ms since the epoch, default: never. */
  readonly deadline?: number | undefined
  /** A call that takes longer is given up. Milliseconds, default 20,000. */
  readonly callTimeoutMs?: number | undefined
  /**
   * Called once, before the first batch is sent; nothing is sent before it is done, and nothing at all if it throws.
   * `isAlone`: it is the only batch.
   */
  readonly onFirstBatch?:
    | ((batch: Batch<Tag>, isAlone: boolean, to: { logGroupName: string; logStreamName: string }) => Promise<void>)
    | undefined
  /** Asked before each batch: an error ends the delivery with it. */
  readonly halt?: (() => BucketwatchError | undefined) | undefined
  /** Asked when a batch is closed: how far the input is that stands in it and in those before. */
  readonly position?: (() => number) | undefined
  /**
   * Told how far the input is settled: all up to there is delivered or quarantined. What comes after it is stamped with
   * `lastTimestamp` or later, where events bring no times of their own.
   */
  readonly onSettled?: ((position: number, lastTimestamp: number) => void) | undefined
  /** Called with the tags of each set of events that CloudWatch Logs confirmed. Must not throw. */
  readonly onDelivered?: ((tags: Tag[]) => void) | undefined
  /** Called for each event put aside. If it fails, the event counts as undelivered and the delivery fails. */
  readonly onQuarantine?: ((event: QuarantinedEvent<Tag>) => void | Promise<void>) | undefined
  readonly log: OperatorLog
}

export interface Delivery<Tag> {
  /**
   * Takes one message. Returns undefined as long as there is room, else a promise to await before adding more (it never
   * rejects). Without `timestamp` the event is stamped with the processing time.
   *
   * @throws BucketwatchError once a batch has failed for good (that message is not taken), until the next flush.
   */
  add(message: string, timestamp?: number, tag?: Tag): Promise<void> | undefined
  /**
   * Sends what is open, waits for everything, and reports. Never rejects: **look at `report.error`**. The delivery can
   * be used again afterwards, with new counts; a flush during a flush gets the same report.
   */
  flush(): Promise<DeliveryReport>
}

/**
 * How many pieces of one batch may be refused as invalid before we stop halving. Isolating one bad event out of 10,000
 * takes 14 refusals, so this finds half a dozen; more means that the fault is not the events'.
 */
const MAX_REFUSALS_PER_BATCH = 100
const CALL_TIMEOUT_MS = 20_000

interface Piece<Tag> {
  readonly batch: Batch<Tag>
  readonly restamped: boolean
}

/** A closed batch on its way, and how far the input is settled once it and all before are. */
interface Closed<Tag> {
  readonly batch: Batch<Tag>
  readonly position: number
  readonly isAlone: boolean
  settled: boolean
}

/**
 * Delivers messages to a log stream.
 *
 * **Nothing twice.** PutLogEvents is not idempotent: when a call ends without an answer (timeout, broken connection, 5xx,
 * an unknown 400), the events may have been stored. So the stream is read back before they are sent again, over some 5
 * seconds; only what CloudWatch Logs shows later than that is doubled. Where the stream cannot be read back either, the
 * batch is sent at most 3 times, and given up as `maybeDelivered`.
 *
 * What happens to a batch:
 * - accepted: its tags go to `onDelivered`. Events that `rejectedLogEventsInfo` names as too old, too new or expired are
 *   sent once more with the processing time as timestamp; rejected again, they go to `onQuarantine`.
 * - `throttled`, and `unavailable` that is not in the stream: again after an exponential backoff with full jitter, up to
 *   `maxAttempts` calls.
 * - `notFound`: the stream, and the group if that is missing too, is created once for all batches, then again. An
 *   existing group needs no right to create groups.
 * - `invalid`: the batch is halved until the bad events stand alone, the good ones being delivered on the way; bad ones
 *   are quarantined, at most 100 refusals a batch. If CloudWatch Logs has accepted no batch at all, or there are more
 *   refusals, the fault is not the events' but the call's (a bad stream name, say): nothing more is put aside, the
 *   delivery fails with LOGS_INVALID.
 * - `denied`, `other`, retries used up: the delivery fails with LOGS_PUT. Batches in flight are finished, waiting ones
 *   are not begun and count as undelivered.
 *
 * Sources: CloudWatch Logs API Reference, "PutLogEvents"; AWS Architecture Blog, "Exponential Backoff And Jitter".
 *
 * @example
 * const delivery = createDelivery({ logs, logGroupName, logStreamName, now: Date.now, sleep, random, shrink, log })
 * for await (const { message } of records) {
 *   const wait = delivery.add(message)
 *   if (wait !== undefined) await wait
 * }
 * const report = await delivery.flush()
 * if (report.error !== undefined) throw report.error
 */
export function createDelivery<Tag = never>(options: DeliveryOptions<Tag>): Delivery<Tag> {
  const { logs, logGroupName, logStreamName, now, sleep, random, shrink, onDelivered, onQuarantine, log } = options
  const limits = options.limits ?? PUT_LOG_EVENTS_LIMITS
  const maxInFlight = Math.max(1, options.maxInFlight ?? 4)
  let report = emptyReport()
  const put = createPutCall({
    logs,
    logGroupName,
    logStreamName,
    now,
    sleep,
    random,
    maxAttempts: Math.max(1, options.maxAttempts ?? 8),
    baseDelayMs: options.baseDelayMs ?? 100,
    maxDelayMs: options.maxDelayMs ?? 5_000,
    deadline: options.deadline ?? Number.POSITIVE_INFINITY,
    callTimeoutMs: options.callTimeoutMs ?? CALL_TIMEOUT_MS,
    log,
    count: (what) => {
      report[what]++
    },
  })
  let failure: Failure | undefined
  /** CloudWatch Logs has accepted a call: the names and the rights are good. */
  let proven = false

  const stamp = createStamp(now)
  const batcher = createBatcher<Tag>({
    limits,
    stamp,
    shrink,
    onShrunk: () => {
      report.shrunk++
    },
    onRefused: (event, reason, tag) => track(quarantine(event, reason, tag)),
  })

  // ---- the queue: at most maxInFlight batches on their way, the others wait

  const waiting: Closed<Tag>[] = []
  /** Closed and not yet settled, or behind one that is not. */
  const closed: Closed<Tag>[] = []
  let lastPosition = 0
  let gate: Promise<void> | undefined
  let isFirst = true
  let inFlight = 0
  /** Batches in flight and quarantines under way. */
  let outstanding = 0
  let room: PromiseWithResolvers<void> | undefined
  let idle: PromiseWithResolvers<void> | undefined

  function track(task: Promise<void>): void {
    outstanding++
    const settled = () => {
      outstanding--
      pump()
    }
    task.then(settled, settled)
  }

  function pump(): void {
    while (waiting.length > 0 && (failure !== undefined || inFlight < maxInFlight)) {
      const next = waiting.shift()!
      if (failure !== undefined) {
        report.undelivered += next.batch.logEvents.length
        continue
      }
      inFlight++
      track(
        send(next)
          .catch((cause: unknown) => fail({ code: 'LOGS_PUT', failure: 'other', attempts: 1, cause }))
          .finally(() => {
            inFlight--
          }),
      )
    }
    if (waiting.length === 0 && room !== undefined) {
      room.resolve()
      room = undefined
    }
    if (waiting.length === 0 && outstanding === 0 && idle !== undefined) {
      idle.resolve()
      idle = undefined
    }
  }

  function enqueue(batches: readonly Batch<Tag>[], isLast: boolean): Promise<void> | undefined {
    for (const [index, batch] of batches.entries()) {
      // Batches that were split by time are settled together: their events are no longer in the input's order.
      if (index === batches.length - 1) lastPosition = options.position?.() ?? 0
      const isAlone = isLast && isFirst && batches.length === 1
      isFirst = false
      const next = { batch, position: lastPosition, isAlone, settled: false }
      closed.push(next)
      waiting.push(next)
    }
    pump()
    if (waiting.length === 0) return undefined
    room ??= Promise.withResolvers<void>()
    return room.promise
  }

  // ---- one batch

  async function send(next: Closed<Tag>): Promise<void> {
    gate ??= options.onFirstBatch?.(next.batch, next.isAlone, { logGroupName, logStreamName })
    if (gate !== undefined) {
      try {
        await gate
      } catch (cause) {
        report.undelivered += next.batch.logEvents.length
        fail({ code: 'LOGS_PUT', failure: 'other', attempts: 0, cause })
        return
      }
    }
    const halt = options.halt?.()
    if (halt !== undefined) {
      report.undelivered += next.batch.logEvents.length
      fail({ code: halt.code, failure: 'other', attempts: 0, cause: halt })
      return
    }
    const before = report.undelivered
    await deliver(next.batch)
    // Others may fail meanwhile; then this one is taken for unsettled, and looked up when the object comes again.
    if (report.undelivered !== before) return
    next.settled = true
    let last: Closed<Tag> | undefined
    while (closed[0]?.settled === true) last = closed.shift()
    if (last !== undefined) options.onSettled?.(last.position, last.batch.logEvents.at(-1)!.timestamp)
  }

  async function deliver(batch: Batch<Tag>): Promise<void> {
    // Breadth first, so that a refused call that has nothing to do with the events is noticed before any stands alone.
    const pieces: Piece<Tag>[] = [{ batch, restamped: false }]
    const suspects: Batch<Tag>[] = []
    let refusals = 0
    let refusedWith: unknown
    let stopped = false

    const stop = (reason: Failure) => {
      stopped = true
      fail(reason)
    }

    for (const piece of pieces) {
      const { logEvents } = piece.batch
      if (stopped) {
        report.undelivered += logEvents.length
        continue
      }
      const outcome = await put(logEvents)
      if (outcome.kind === 'accepted') {
        proven = true
        report.batches++
        const again = await settle(piece, outcome.info)
        if (again !== undefined) pieces.push({ batch: again, restamped: true })
      } else if (outcome.kind === 'found') {
        proven = true
        report.batches++
        const again = settleFound(piece.batch, outcome.stored)
        if (again !== undefined) pieces.push({ batch: again, restamped: piece.restamped })
      } else if (outcome.kind === 'failed') {
        report.undelivered += logEvents.length
        if (outcome.maybe === true) report.maybeDelivered += logEvents.length
        stop(outcome)
      } else {
        refusals++
        refusedWith = outcome.cause
        if (logEvents.length === 1) {
          suspects.push(piece.batch)
        } else if (refusals <= MAX_REFUSALS_PER_BATCH) {
          const half = logEvents.length >> 1
          pieces.push({ ...piece, batch: sliceBatch(piece.batch, 0, half, limits) })
          pieces.push({ ...piece, batch: sliceBatch(piece.batch, half, logEvents.length, limits) })
        } else {
          report.undelivered += logEvents.length
          stop({ code: 'LOGS_INVALID', failure: 'invalid', attempts: refusals, cause: outcome.cause })
        }
      }
    }

    if (suspects.length === 0) return
    if (proven) {
      for (const { logEvents, tags } of suspects) await quarantine(logEvents[0]!, 'invalid', tags[0])
    } else {
      report.undelivered += suspects.length
      fail({ code: 'LOGS_INVALID', failure: 'invalid', attempts: refusals, cause: refusedWith })
    }
  }

  /** Books an accepted call; returns the events to send once more with the processing time. */
  async function settle(
    { batch, restamped }: Piece<Tag>,
    info: RejectedLogEventsInfo | undefined,
  ): Promise<Batch<Tag> | undefined> {
    const again: Batch<Tag>[] = []
    for (const { start, end, rejection } of readRejections(batch.logEvents.length, info)) {
      const part = sliceBatch(batch, start, end, limits)
      if (rejection === undefined) confirm(part)
      else if (!restamped) again.push(part)
      else {
        for (const [index, event] of part.logEvents.entries()) await quarantine(event, rejection, part.tags[index])
      }
    }
    if (again.length === 0) return undefined
    const timestamp = stamp()
    const logEvents = again.flatMap((part) => part.logEvents.map(({ message }) => ({ timestamp, message })))
    report.restamped += logEvents.length
    log.warn('CloudWatch Logs rejected the time of log events; sending them again with the processing time.', {
      logGroupName,
      events: logEvents.length,
      ...info,
    })
    return {
      logEvents,
      tags: again.flatMap((part) => part.tags),
      bytes: again.reduce((sum, part) => sum + part.bytes, 0),
    }
  }

  /** Books a call whose events were found in the stream; returns those that were not. */
  function settleFound(batch: Batch<Tag>, stored: readonly boolean[]): Batch<Tag> | undefined {
    if (!stored.includes(false)) {
      confirm(batch)
      return undefined
    }
    const part = (wanted: boolean): Batch<Tag> => {
      const logEvents = batch.logEvents.filter((_, index) => stored[index] === wanted)
      const tags = batch.tags.filter((_, index) => stored[index] === wanted)
      return { logEvents, tags, bytes: logEvents.reduce((sum, { message }) => sum + logEventBytes(message, limits), 0) }
    }
    confirm(part(true))
    return part(false)
  }

  function confirm(part: Batch<Tag>): void {
    report.delivered += part.logEvents.length
    report.bytes += part.bytes
    if (onDelivered === undefined) return
    try {
      onDelivered(part.tags.filter((tag): tag is Tag & {} => tag !== undefined))
    } catch (error) {
      // The events are stored; only our own bookkeeping failed, and at worst they are delivered again.
      log.error('onDelivered failed.', { error: errorMessage(error) })
    }
  }

  async function quarantine(event: LogEvent, reason: QuarantineReason, tag: Tag | undefined): Promise<void> {
    try {
      await onQuarantine?.({ timestamp: event.timestamp, message: event.message, reason, tag })
      report.quarantined[reason]++
    } catch (error) {
      report.undelivered++
      fail({ code: 'LOGS_PUT', failure: 'other', attempts: 1, cause: error })
    }
  }

  function fail(reason: Failure): void {
    // The first failure is the one to read about: those that follow mostly have the same cause.
    if (failure !== undefined) return
    failure = reason
    log.error('Delivery to CloudWatch Logs failed.', {
      logGroupName,
      logStreamName,
      failure: reason.failure,
      attempts: reason.attempts,
      error: errorMessage(reason.cause),
    })
  }

  // ---- the port to the outside

  function toError({ code, failure: kind, attempts, cause }: Failure): BucketwatchError {
    if (cause instanceof BucketwatchError) return cause
    const { delivered, undelivered, quarantined } = report
    return new BucketwatchError(
      code,
      `${logGroupName} ${logStreamName}: ${errorMessage(cause)} (${kind}, ${attempts} attempts; ` +
        `${delivered} delivered, ${undelivered} not delivered).`,
      { logGroupName, logStreamName, failure: kind, attempts, delivered, undelivered, quarantined: { ...quarantined } },
      { cause },
    )
  }

  function add(message: string, timestamp?: number, tag?: Tag): Promise<void> | undefined {
    if (failure !== undefined) throw toError(failure)
    report.added++
    const sealed = batcher.add(message, timestamp, tag)
    return sealed === undefined ? undefined : enqueue(sealed, false)
  }

  async function drain(): Promise<DeliveryReport> {
    do {
      void enqueue(batcher.seal(), true)
      if (waiting.length > 0 || outstanding > 0) {
        idle ??= Promise.withResolvers<void>()
        await idle.promise
      }
    } while (batcher.open() > 0 || waiting.length > 0 || outstanding > 0)
    const done: DeliveryReport = failure === undefined ? report : { ...report, error: toError(failure) }
    report = emptyReport()
    failure = undefined
    closed.length = 0
    gate = undefined
    isFirst = true
    return done
  }

  let flushing: Promise<DeliveryReport> | undefined

  function flush(): Promise<DeliveryReport> {
    flushing ??= drain().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  return { add, flush }
}
