/** One object on its way: read, resumed where an earlier attempt stopped, delivered, handed over where time is up. */
import { inOrder } from '../basics/in-order.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { UnreadablePiece, Wait } from '../contracts/kind-reader.ts'
import type { ObjectStore, OperatorLog } from '../contracts/ports.ts'
import type { NormalizedRecord } from '../contracts/record.ts'
import { redactSecrets } from '../derive/redact.ts'
import { shrinkRecord } from '../derive/shrink.ts'
import type { ObjectHits } from '../incident/object-hits.ts'
import type { LogKind } from '../kinds/kinds.ts'
import type { ObjectRef } from '../notification/parse.ts'
import { type ReadLogResult, readLog } from '../object/read-log.ts'
import type { Readers } from '../object/readers.ts'
import {
  createEntryWriter,
  createRangeTest,
  type EntryWriter,
  type Quarantined,
  type QuarantineEntry,
} from '../quarantine/entry.ts'
import type { Config } from '../settings/config.ts'
import type { Begun, Rest } from '../state/ledger.ts'
import { abortable } from './abortable.ts'
import { type Copies, markCopy } from './copies.ts'
import { createCounts, type Outcome, quarantinedBy, sum, type UntoldCounts, untoldCounts } from './counts.ts'
import { type DedupeWindow, DUPLICATE, NAMELESS } from './dedupe.ts'
import type { Delivery, DeliveryOptions } from './deliver.ts'
import type { FilterReason } from './filter.ts'
import type { Receipt } from './receipt.ts'
import type { Recorder } from './recorder.ts'
import type { Time } from './time.ts'

/** What an object's delivery takes from its function instance. */
export interface ObjectContext {
  readonly config: Config
  readonly functionName: string
  readonly store: ObjectStore
  readonly readers: Readers
  readonly filter: (view: NormalizedRecord['view']) => FilterReason | undefined
  readonly dedupe: DedupeWindow
  readonly copies: Copies
  readonly recorder: Recorder
  /** Follows what an object's records say of the rules; undefined: there are no rules, or nobody is to be told. */
  readonly hitsOf: ((given: HitsOf) => ObjectHits) | undefined
  /** True: what no rule's filter matches is not forwarded. */
  readonly isMatchingOnly: boolean
  readonly deliveryTo: (group: string, hooks: Partial<DeliveryOptions<number>>) => Delivery<number>
  readonly now: () => number
  readonly log: OperatorLog
}

/** An object whose matches are to be followed. */
export interface HitsOf {
  readonly ref: ObjectRef
  readonly kind: LogKind
  readonly logGroupName: string
  /** Records that earlier attempts have settled. */
  readonly from: number
}

/**
 * A tag is a record's note and its number in the object: notes begin at NAMELESS and go to some 2 million. Each is too
 * large for a small integer of V8's, so that an array of them is of one kind from the beginning.
 */
const NOTES = 2 ** 22
const LEAST = NOTES
const tagOf = (note: number, record: number): number => (LEAST + record) * NOTES + note - NAMELESS
const noteOf = (tag: number): number => (tag % NOTES) + NAMELESS
const recordOf = (tag: number): number => Math.floor(tag / NOTES) - LEAST
/** What is put aside one by one in the function's own log; the quarantine and the receipt have all. */
const MAX_LOGGED = 10
/** Records between two looks at the clock. */
const RECORDS_A_LOOK = 64
/** Records of large objects between two commits of what they count. */
const RECORDS_A_COMMIT = 32_768
/** After so many invocations in a row without progress the object fails. */
const MAX_STALLED = 2

/** What a checkpoint keeps: the counts that no receipt has told, and how many unreadable pieces are recorded. */
interface KeptCounts extends UntoldCounts {
  readonly pieces: number
}

type Judgement = 'duplicate' | { readonly filtered: FilterReason } | { readonly note: number; readonly message: string }

class TimeUp extends Error {}

/** An object's bytes, from its bucket or from the message that named it. */
async function openBody(store: ObjectStore, ref: ObjectRef): Promise<AsyncIterable<Uint8Array>> {
  return ref.content === undefined ? (await store.open(ref)).body : inOnePiece(ref.content)
}

async function* inOnePiece(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/**
 * Delivers one object that the ledger has let through. Throws only what is a fault of ours.
 */
export async function deliverObject(
  context: ObjectContext,
  given: {
    readonly ref: ObjectRef
    readonly time: Time
    readonly begun: Exclude<Begun, { kind: 'done' | 'busy' }>
    readonly logKind: Receipt['logKind']
  },
): Promise<{ readonly outcome: Outcome; readonly count: ReturnType<typeof createCounts> }> {
  const { config, functionName, filter, recorder, now, log } = context
  const { ref, time, begun } = given
  const { entry } = begun
  const rest = begun.kind === 'resumed' ? begun.rest : undefined
  const kept = rest?.counts === undefined ? undefined : (JSON.parse(rest.counts) as KeptCounts)
  const count = createCounts(kept)
  const scope = context.dedupe.scope()

  const isWanted = ref.records === undefined ? () => true : createRangeTest(ref.records)
  let delivery: Delivery<number> | undefined
  let hits: ObjectHits | undefined
  let group: LogKind | 'history' | undefined
  let rejected = 0
  /** Records, and unreadable pieces, that were read so far, those of earlier attempts included. */
  let position = 0
  let pieces = 0
  let isComplete = false
  let settled = rest?.position ?? 0
  let since = 0
  let claimedSince = 0
  /** Up to here the hits are handed over; the ledger never says more. */
  let committed = settled
  let committedSince: number | undefined
  let saving: Promise<void> | undefined
  /** What to keep once the records up to a position are settled. */
  const snapshots = new Map<number, KeptCounts>()

  /** Puts something aside, whole: `text` may be the first of several parts. */
  function reject(about: Pick<Quarantined, 'reason' | 'message' | 'record' | 'endsAfter' | 'otherLog'>): EntryWriter {
    rejected += 1
    if (rejected <= MAX_LOGGED) log.warn('quarantined', { bucket: ref.bucket, key: ref.key, ...about })
    const { bucket, key, versionId } = ref
    const time = new Date(now()).toISOString()
    return createEntryWriter({ time, function: functionName, bucket, key, versionId, ...about }, redactSecrets)
  }

  const put = (entries: readonly QuarantineEntry[]): Wait =>
    inOrder(entries, (entry) => recorder.write(JSON.stringify(entry), time.recordedBy))

  function rejectText(about: Parameters<typeof reject>[0], text: string): Wait {
    const writer = reject(about)
    return put([...writer.write(text), ...writer.end()])
  }

  /** Not a record, or one that we failed on: it is no part of any batch. */
  function countQuarantined(code: string): void {
    count.recordsIn += 1
    count.quarantinedBy[code] = (count.quarantinedBy[code] ?? 0) + 1
  }

  let piece: EntryWriter | undefined
  function takePiece({ code, text, isContinued, hasMore }: UnreadablePiece): Wait {
    if (isContinued !== true) {
      pieces += 1
      piece = undefined
      // Not wanted, or recorded by an earlier attempt.
      if (!isWanted(position + pieces) || pieces <= (kept?.pieces ?? 0)) return undefined
      countQuarantined(code)
      piece = reject({ reason: code, record: position + pieces })
    }
    if (piece === undefined) return undefined
    return put([...piece.write(text), ...(hasMore === true ? [] : piece.end())])
  }

  /** The records of a kind go to the log group of its name, those of a backfill to one without filters and alarms. */
  function open(kind: LogKind): Delivery<number> {
    group = ref.history === true ? 'history' : kind
    const logGroupName = `${config.logGroupPrefix}/${group}`
    if (ref.history !== true) hits = context.hitsOf?.({ ref, kind, logGroupName, from: rest?.position ?? 0 })
    delivery = context.deliveryTo(group, {
      deadline: time.endsAt,
      position() {
        snapshots.set(position, { ...untoldCounts(count), pieces })
        return position
      },
      onSettled: save,
      halt: () => entry.lost,
      async onFirstBatch({ logEvents }, isAlone, to) {
        const first = logEvents[0]!
        since = claimedSince = startOf(first.timestamp)
        // An interrupted object has a checkpoint to go on from: that it was sent whole is told of fresh ones only.
        const isWhole = isAlone && isComplete && rest === undefined
        // Once it is sent, nothing more is written: whoever finds it in its stream takes it for done.
        if (isWhole && hits !== undefined) {
          hits.settle(position)
          await hits.commit(position)
        }
        await entry.claim({ to, first, isAlone: isWhole, since, records: position + pieces })
      },
      onDelivered(tags) {
        scope.delivered(tags.map(noteOf))
      },
      async onQuarantine({ reason, message, tag }) {
        await rejectText({ reason, ...(tag !== undefined && { record: recordOf(tag) }) }, message)
      },
    })
    return delivery
  }

  /** Where events bring their own times, a stream has to be read from its beginning. */
  function startOf(timestamp: number): number {
    return config.timestamp === 'event' ? 0 : timestamp
  }

  function save(upTo: number, lastTimestamp: number): void {
    const counts = snapshots.get(upTo)
    for (const known of snapshots.keys()) if (known <= upTo) snapshots.delete(known)
    settled = upTo
    since = startOf(lastTimestamp)
    hits?.settle(upTo)
    // What was rejected must be recorded before the ledger says that it is done; the end of the object sees to that.
    if (rejected > 0 || counts === undefined || entry.isSent) return
    const checkpoint = { position: upTo, counts: JSON.stringify(counts), since }
    if (hits?.isPending() !== true) saving = entry.checkpoint(checkpoint)
    else if (saving === undefined && upTo - committed >= RECORDS_A_COMMIT) {
      saving = commit(upTo).then(() => entry.checkpoint(checkpoint))
      // Whoever waits for it gets the error, at the end at the latest.
      saving.catch(() => {})
    }
  }

  /** Hands over what the records up to a position say, which are settled. */
  async function commit(upTo: number): Promise<void> {
    const sinceThen = since
    await hits?.commit(upTo)
    committed = upTo
    committedSince = sinceThen
  }

  /** What an earlier attempt has settled is only remembered. */
  function pass({ view }: NormalizedRecord): void {
    if (filter(view) !== undefined || scope.note(view.identity) === DUPLICATE) return
    context.copies.isCopy(view.call)
  }

  /** What is to be done with a record. */
  function judge({ view, message }: NormalizedRecord): Judgement {
    const reason = filter(view)
    if (reason !== undefined) return { filtered: reason }
    const note = scope.note(view.identity)
    // An attempt before may have delivered it and failed to tell of it.
    if (note === DUPLICATE && rest === undefined) return 'duplicate'
    const isCopy = context.copies.isCopy(view.call)
    const sent = isCopy ? markCopy(message) : message
    const isMatch = hits?.take(view, sent, position + 1, isCopy)
    if (note === DUPLICATE) return 'duplicate'
    if (isMatch === false && context.isMatchingOnly) return { filtered: 'unmatched' }
    if (rest !== undefined && wasStored(rest, message, sent)) {
      scope.delivered([note])
      return 'duplicate'
    }
    return { note, message: sent }
  }

  function countRecord({ view }: NormalizedRecord): void {
    if (view.eventTimeMs !== undefined) count.lags.add(Math.max(0, Math.round((now() - view.eventTimeMs) / 1000)))
    if (view.kind === 'parseError') count.raw += 1
    else if (view.parse === 'recovered') count.recovered += 1
    if (view.truncated === true) count.truncated += 1
  }

  function take(record: NormalizedRecord, kind: LogKind): Promise<void> | undefined {
    if (position % RECORDS_A_LOOK === 0 && now() >= time.handOverAt) throw new TimeUp()
    const to = delivery ?? open(kind)
    if (!isWanted(position + pieces + 1)) {
      position += 1
      return undefined
    }
    if (rest !== undefined && position < rest.position) {
      pass(record)
      position += 1
      return undefined
    }
    let wait: Promise<void> | undefined
    let judged: Judgement
    try {
      judged = judge(record)
    } catch (error) {
      // A fault of ours, for this record only.
      log.error('a record could not be judged', { bucket: ref.bucket, key: ref.key, reason: errorMessage(error) })
      position += 1
      countQuarantined('INTERNAL')
      return rejectText({ reason: 'INTERNAL', record: position + pieces }, record.message)
    }
    if (judged === 'duplicate') count.duplicates += 1
    else if ('filtered' in judged) count.filteredBy[judged.filtered] = (count.filteredBy[judged.filtered] ?? 0) + 1
    else {
      // Counted once it is added: what closes a batch by coming too late for it is no part of that one's counts.
      const timestamp = config.timestamp === 'event' ? record.view.eventTimeMs : undefined
      wait = to.add(judged.message, timestamp, tagOf(judged.note, position + pieces + 1))
      countRecord(record)
    }
    count.recordsIn += 1
    position += 1
    if (saving === undefined) return wait
    const unwritten = saving
    saving = undefined
    return wait === undefined ? unwritten : Promise.all([wait, unwritten]).then(() => {})
  }

  /** False: not all that is settled is handed over; then it has to be met again. */
  async function commitRest(): Promise<boolean> {
    try {
      await saving
      hits?.settle(settled)
      await commit(settled)
      return true
    } catch (error) {
      failure ??= error
      settled = committed
      since = committedSince ?? claimedSince
      return false
    }
  }

  let read: ReadLogResult | undefined
  let failure: unknown
  try {
    const body = abortable(async () => openBody(context.store, ref), time.handOverAt - now())
    read = await readLog(body, {
      readers: context.readers,
      object: given.logKind === 'unknown' ? undefined : given.logKind,
      key: ref.key,
      maxInflatedBytes: config.maxInflatedBytes,
      maxRecordBytes: config.maxRecordBytes,
      onRecord: take,
      onUnreadable: takePiece,
    })
    isComplete = true
  } catch (error) {
    failure = error
  }
  // A replay of records that stand before the damage has nothing to do with it.
  const damage = isWanted(position + pieces + 1) ? read?.error : undefined
  if (damage !== undefined) {
    const { code, message, details } = damage
    const about = { reason: code, message: redactSecrets(message), endsAfter: position + pieces }
    await put(reject({ ...about, ...(details.isOtherLog === true && { otherLog: true }) }).end())
  }
  const report = await delivery?.flush()
  count.report = report
  count.bytesIn = read?.bytesIn ?? 0
  count.bytesInflated = read?.bytesInflated ?? 0
  failure = report?.error ?? failure
  const isAllSettled = report?.error === undefined
  if (isAllSettled) settled = Math.max(settled, position)
  const isCommitted = hits === undefined || (await commitRest())
  count.hits = hits?.hits() ?? 0

  const said = {
    logKind: given.logKind === 'unknown' ? (read?.object ?? given.logKind) : given.logKind,
    logGroupName: group === undefined ? undefined : `${config.logGroupPrefix}/${group}`,
    resumedFrom: rest === undefined ? undefined : rest.position,
    maybeDoubled: rest?.isCertain === false ? (true as const) : undefined,
    ...(ref.records !== undefined && { replay: true as const, lookedAt: position + pieces }),
  }
  const end = (outcome: Pick<Outcome, 'status' | 'reason' | 'error'>) => ({
    outcome: { ...said, ledger: entry.state === 'kept' ? undefined : entry.state, ...outcome },
    count,
  })

  // Rejected records are recorded before the object may be over: nothing else knows them.
  const unrecorded = rejected > 0 ? await recorder.flush(time.recordedBy) : undefined
  failure ??= unrecorded
  try {
    // A batch that was sent again with another time is not where the claim says.
    const isOver = entry.isSent && rejected === 0 && report?.restamped === 0
    if (failure === undefined && ref.records !== undefined && (damage !== undefined || sum(quarantinedBy(count)) > 0)) {
      // What is left may be asked for again, in the same words.
      const counts = JSON.stringify({ ...untoldCounts(createCounts()), pieces: 0 })
      await entry.release({ position: 0, counts, since: claimedSince, isClean: false, stalled: 0 })
    } else if (failure === undefined && !isOver) await entry.finish({ records: position + pieces })
  } catch (error) {
    failure = error
  }
  if (failure === undefined) {
    if (damage !== undefined) {
      const { code, message } = damage
      log.error('object quarantined', { bucket: ref.bucket, key: ref.key, code, reason: message })
      return end({ status: 'quarantined', error: damage })
    }
    if (sum(quarantinedBy(count)) > 0) return end({ status: 'quarantined' })
    return read?.skipped === undefined ? end({ status: 'ok' }) : end({ status: 'skipped', reason: read.skipped })
  }

  const error = asError(failure)
  if (error?.code === 'OBJECT_BUSY') return end({ status: 'postponed', error })
  const isTimeUp = error === undefined || now() >= time.handOverAt
  const hasProgress = settled > (rest?.position ?? 0)
  const stalled = isTimeUp && !hasProgress ? (rest?.stalled ?? 0) + 1 : 0
  await entry
    .release({
      // What is not recorded has to be met again.
      position: unrecorded === undefined ? settled : (rest?.position ?? 0),
      counts: JSON.stringify({
        ...untoldCounts(createCounts()),
        pieces: unrecorded === undefined ? Math.max(pieces, kept?.pieces ?? 0) : 0,
      }),
      since: unrecorded === undefined ? since : claimedSince,
      isClean: unrecorded === undefined && isAllSettled && isCommitted,
      stalled,
    })
    // Somebody else has taken it over meanwhile; there is nothing left to say.
    .catch(() => {})
  if (isTimeUp && stalled < MAX_STALLED && entry.state === 'kept' && unrecorded === undefined) {
    return end({ status: 'handedOver', error: new BucketwatchError('TIME_UP', error?.message, { settled }) })
  }
  const failed =
    isTimeUp && stalled >= MAX_STALLED
      ? new BucketwatchError('OBJECT_STALLED', error?.message, { settled, stalled }, { cause: error })
      : (error ?? new BucketwatchError('TIME_UP', 'There is no ledger to go on from.', { settled }))
  log.error('object failed', { bucket: ref.bucket, key: ref.key, code: failed.code, reason: failed.message })
  return end({ status: 'failed', error: failed })
}

/** Whether an earlier attempt has sent a record; it may have taken another one for the copy. */
function wasStored({ isStored }: Rest, message: string, sent: string): boolean {
  if (isStored(shrinkRecord(sent))) return true
  return isStored(shrinkRecord(sent === message ? markCopy(message) : message))
}

/** Undefined: nothing failed but the time. */
function asError(failure: unknown): BucketwatchError | undefined {
  if (failure instanceof TimeUp) return undefined
  if (failure instanceof BucketwatchError) return failure
  return new BucketwatchError('INTERNAL', errorMessage(failure), {}, { cause: failure })
}
