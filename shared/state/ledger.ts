/** The ledger: which objects have been delivered, and how far those that are under way. */
import { hash } from 'node:crypto'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import {
  type LogEvent,
  type LogsPort,
  LogsPortError,
  type ObjectAddress,
  type OperatorLog,
  type RecordRange,
} from '../contracts/ports.ts'
import { StateError, type StateItem, type StateStore } from '../contracts/state.ts'

/** An object as a notification names it, with whatever tells one version of it from another. */
export interface ObjectVersion extends ObjectAddress {
  readonly eTag?: string | undefined
  readonly sequencer?: string | undefined
  readonly size?: number | undefined
  /** Of a backfill, which is a delivery of its own. */
  readonly history?: true | undefined
  /** Of a replay: only these records. */
  readonly records?: readonly RecordRange[] | undefined
}

/** Where the events of an object go. */
export interface Destination {
  readonly logGroupName: string
  readonly logStreamName: string
}

/** What is known of an object when it is begun. */
export type Begun =
  | { readonly kind: 'fresh'; readonly entry: LedgerEntry }
  | { readonly kind: 'resumed'; readonly entry: LedgerEntry; readonly rest: Rest }
  /** It was delivered before: nothing is to be done. */
  | { readonly kind: 'done'; readonly records: number }
  /** Somebody else has it, until then at the latest. ms since the epoch. */
  | { readonly kind: 'busy'; readonly until: number }

/** What an interrupted attempt has left. */
export interface Rest {
  /** So many of the object's records are settled. */
  readonly position: number
  /** When the first attempt began: `lagSeconds` counts to there, so that a record reads the same on every attempt. */
  readonly begunAt: number
  /** Counts of the settled records that stand in no receipt yet, as they were given to `checkpoint`. */
  readonly counts: string | undefined
  /** Invocations in a row that have ended without progress. */
  readonly stalled: number
  /** What of the records beyond the position was delivered all the same: true for those messages, each once. */
  readonly isStored: (message: string) => boolean
  /** False: the attempt before delivered with other settings, or its stream could not be read: some may come twice. */
  readonly isCertain: boolean
}

export interface Settled {
  readonly position: number
  /** No event of a record beyond the position has an earlier timestamp. ms since the epoch. */
  readonly since: number
  /** Counts that no receipt has told yet, as text. */
  readonly counts: string
}

export interface LedgerEntry {
  /** `kept`, or why this object has no ledger: `unavailable` (its table failed). */
  readonly state: 'kept' | 'unavailable'
  /** OBJECT_BUSY once somebody else has taken the object over: nothing more of it may be sent. */
  readonly lost: BucketwatchError | undefined
  /** The claim is all that has to be written: see `claim`, `isAlone`. */
  readonly isSent: boolean
  /** When the first attempt at this object began. */
  readonly begunAt: number
  /**
   * Call before the first batch is sent. `isAlone`: it is all there is to send; then this is the only write, and whether
   * the batch was delivered is looked up in the stream, should the object ever come again.
   *
   * @throws BucketwatchError OBJECT_BUSY where somebody else has claimed the object meanwhile.
   */
  claim(given: {
    readonly to: Destination
    readonly first: LogEvent
    readonly isAlone: boolean
    /** As in {@link Settled}. */
    readonly since: number
    /** What the object holds, for the receipts of its coming again. */
    readonly records: number
  }): Promise<void>
  /**
   * Call as records are settled. Writes one after the other, the latest only; `undefined` as long as no more than a few
   * calls are unwritten, else a promise to wait for.
   */
  checkpoint(settled: Settled): Promise<void> | undefined
  /** The object was read to its end, and all of it is settled and recorded. */
  finish(totals: { readonly records: number }): Promise<void>
  /** Gives the object back unfinished. `isClean`: nothing beyond the position was sent. */
  release(rest: Settled & { readonly isClean: boolean; readonly stalled: number }): Promise<void>
}

export interface LedgerOptions {
  readonly state: StateStore
  readonly logs: Pick<LogsPort, 'getLogEvents'>
  /** ms since the epoch. */
  readonly now: () => number
  /** Tells this function instance from others. */
  readonly instanceId: string
  /** Everything that shapes a record's message: with another, messages cannot be compared. */
  readonly shape: string
  /** True of an instance that is known to have ended, whatever its lease says. */
  readonly isGone?: ((instanceId: string) => boolean) | undefined
  readonly log: OperatorLog
}

/** Longer than SQS keeps a message (14 days), and than CloudWatch Logs takes old events. */
const KEPT_MS = 15 * 86_400_000
/** A claim ends with its invocation, and none is longer: a lease beyond this was written by a wrong clock. */
const LONGEST_LEASE_MS = 20 * 60_000
/** After a failure of the table it is left alone for so long. */
const REST_MS = 5_000
/** Checkpoints that may be unwritten before the delivery waits: what a crash leaves to be looked up, in batches. */
const MAX_UNWRITTEN = 8
/** Pages (1 MB each) of a stream that are read to find what an interrupted attempt has delivered. */
const MAX_PAGES = 64
/** A stream is read so far beyond the end of the attempt, since the last calls may end a little later. */
const SLACK_MS = 60_000
/** CloudWatch Logs takes events up to two hours ahead. */
const LATEST_EVENT_MS = 2 * 3_600_000 + SLACK_MS
/** Streams of earlier attempts at one object that are read; of more some records may come twice. */
const MAX_STREAMS = 4

const OPEN = 'open'
const SENT = 'sent'
const DONE = 'done'
const ATTRIBUTES_UNTIL_DONE = 'position counts at first group stream streams shape lease leased clean stalled'.split(
  ' ',
)

/**
 * The key of an object's item: its version id, else its ETag, else its sequencer. Log objects are written once, so one
 * that comes without any of these is told by its name and size.
 */
export function ledgerKey(object: ObjectVersion): string {
  const { bucket, key, versionId, eTag, sequencer, size, history, records } = object
  const version =
    versionId !== undefined && versionId !== 'null'
      ? `v=${versionId}`
      : eTag !== undefined
        ? `e=${eTag.replaceAll('"', '')}`
        : sequencer !== undefined
          ? `s=${sequencer}`
          : size !== undefined
            ? `b=${size}`
            : ''
  const ranges = records === undefined ? '' : `#${records.map(({ from, to = '' }) => `${from}-${to}`).join(',')}`
  return `${history === true ? 'history' : 'object'}#${bucket}/${key}#${version}${ranges}`
}

/**
 * The ledger of one function instance: an object is claimed before anything of it is sent, checkpoints are written as
 * CloudWatch Logs accepts batches, and what is finished is not delivered again. docs/state.md has the items, docs/
 * reliability.md the guarantees.
 *
 * Where the table fails, objects are delivered all the same, and `entry.state` says so.
 *
 * @example
 * const begun = await createLedger(options).begin(ref, Date.now() + 60_000)
 */
export function createLedger(options: LedgerOptions) {
  const { state, logs, now, instanceId, shape, isGone = () => false, log } = options
  let restUntil = Number.NEGATIVE_INFINITY
  let attempts = 0

  function failed(error: unknown, what: string): void {
    restUntil = now() + REST_MS
    log.error('The ledger failed; the object is delivered without it.', { what, reason: errorMessage(error) })
  }

  /** Begins an object. `leaseUntil`: when this attempt is over for certain, ms since the epoch. */
  async function begin(object: ObjectVersion, leaseUntil: number): Promise<Begun> {
    const key = ledgerKey(object)
    const entry = (item?: StateItem) => createEntry(key, leaseUntil, item)
    if (now() < restUntil) return { kind: 'fresh', entry: withoutLedger() }
    let item: StateItem | undefined
    try {
      item = await state.get(key)
    } catch (error) {
      failed(error, 'get')
      return { kind: 'fresh', entry: withoutLedger() }
    }
    if (item === undefined) return { kind: 'fresh', entry: entry() }
    if (item.state === DONE) return done(item)
    const lease = numberOf(item.lease)
    const owner = String(item.by ?? '').split('/', 1)[0]!
    const isLeased = lease > now() && lease <= now() + LONGEST_LEASE_MS && !isGone(owner)
    if (item.state === SENT) {
      const found = await wasSent(item)
      if (found === true) return done(item)
      if (isLeased) return { kind: 'busy', until: numberOf(item.lease) }
      const taken = await takeOver(key, leaseUntil, item)
      if (!taken.ok) return taken.begun
      // What cannot be looked up is sent: rather twice than never.
      const rest = { position: 0, begunAt: numberOf(item.begun), counts: undefined, stalled: 0 }
      return {
        kind: 'resumed',
        entry: entry(taken.item),
        rest: { ...rest, isStored: never, isCertain: found === false },
      }
    }
    if (isLeased) return { kind: 'busy', until: numberOf(item.lease) }
    const taken = await takeOver(key, leaseUntil, item)
    if (!taken.ok) return taken.begun
    return { kind: 'resumed', entry: entry(taken.item), rest: await readRest(item) }
  }

  async function takeOver(key: string, leaseUntil: number, item: StateItem) {
    try {
      const taken = await state.write({
        key,
        set: {
          state: OPEN,
          lease: leaseUntil,
          by: instanceId,
          rev: numberOf(item.rev) + 1,
          // What the attempt before has sent stands in its stream; the claim puts this one's in its place.
          streams: JSON.stringify(streamsOf(item)),
        },
        remove: ['stream', 'clean'],
        when: [{ attribute: 'rev', is: '=', value: numberOf(item.rev) }],
        expiresAt: now() + KEPT_MS,
      })
      return { ok: true as const, item: taken }
    } catch (error) {
      if (isCondition(error)) {
        return { ok: false as const, begun: { kind: 'busy', until: numberOf(error.item?.lease) } satisfies Begun }
      }
      failed(error, 'take over')
      return { ok: false as const, begun: { kind: 'fresh', entry: withoutLedger() } satisfies Begun }
    }
  }

  /** Whether the one batch of an object is in its stream; undefined where that cannot be told. */
  async function wasSent(item: StateItem): Promise<boolean | undefined> {
    const at = numberOf(item.at)
    try {
      let nextToken: string | undefined
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const answer = await logs.getLogEvents({ ...destinationOf(item), startTime: at, endTime: at + 1, nextToken })
        if (answer.events.some(({ message }) => fingerprint(message) === item.first)) return true
        nextToken = answer.nextToken
        if (nextToken === undefined) return false
      }
    } catch (error) {
      if (isMissing(error)) return false
      log.warn('The stream of an object that came again cannot be read.', { reason: errorMessage(error) })
    }
    return undefined
  }

  async function readRest(item: StateItem): Promise<Rest> {
    const rest = {
      position: numberOf(item.position),
      begunAt: numberOf(item.begun),
      counts: typeof item.counts === 'string' ? item.counts : undefined,
      stalled: numberOf(item.stalled),
    }
    if (streamsOf(item).length === 0) return { ...rest, isStored: never, isCertain: true }
    if (item.shape !== shape) return { ...rest, isStored: never, isCertain: false }
    const stored = await readStored(item)
    if (stored === undefined) return { ...rest, isStored: never, isCertain: false }
    const isStored = (message: string): boolean => {
      const print = fingerprint(message)
      const left = stored.get(print) ?? 0
      if (left > 0) stored.set(print, left - 1)
      return left > 0
    }
    return { ...rest, isStored, isCertain: true }
  }

  /** What stands in the streams since the last checkpoints: how many of each message. */
  async function readStored(item: StateItem): Promise<Map<string, number> | undefined> {
    const stored = new Map<string, number>()
    const streams = streamsOf(item)
    if (streams.length > MAX_STREAMS) return undefined
    let pages = 0
    for (const { since, until, ...to } of streams) {
      const endTime = since === 0 ? now() + LATEST_EVENT_MS : until + SLACK_MS
      let nextToken: string | undefined
      do {
        if (++pages > MAX_PAGES) return undefined
        try {
          const page = await logs.getLogEvents({ ...to, startTime: since, endTime, nextToken })
          for (const { message } of page.events) {
            const print = fingerprint(message)
            stored.set(print, (stored.get(print) ?? 0) + 1)
          }
          nextToken = page.nextToken
        } catch (error) {
          if (isMissing(error)) break
          log.warn('The stream of an interrupted object cannot be read.', { reason: errorMessage(error) })
          return undefined
        }
      } while (nextToken !== undefined)
    }
    return stored
  }

  function withoutLedger(): LedgerEntry {
    return {
      state: 'unavailable',
      lost: undefined,
      isSent: false,
      begunAt: now(),
      claim: async () => {},
      checkpoint: () => undefined,
      finish: async () => {},
      release: async () => {},
    }
  }

  function createEntry(key: string, leaseUntil: number, item: StateItem | undefined): LedgerEntry {
    const begunAt = item === undefined ? now() : numberOf(item.begun)
    const owner = `${instanceId}/${++attempts}`
    let ledgerState: LedgerEntry['state'] = 'kept'
    let rev = item === undefined ? undefined : numberOf(item.rev)
    let isClaimed = item !== undefined
    let isSent = false
    let lost: BucketwatchError | undefined

    async function write(set: StateItem & { readonly state?: string }, remove: readonly string[] = []): Promise<void> {
      for (let isSecond = false; ; isSecond = true) {
        if (lost !== undefined) throw lost
        const next = (rev ?? 0) + 1
        try {
          await state.write({
            key,
            set: { ...set, rev: next, by: owner },
            when: [rev === undefined ? { attribute: 'rev', is: 'absent' } : { attribute: 'rev', is: '=', value: rev }],
            remove,
            expiresAt: now() + KEPT_MS,
          })
          rev = next
          ledgerState = 'kept'
          return
        } catch (error) {
          if (!isCondition(error)) {
            ledgerState = 'unavailable'
            failed(error, 'write')
            return
          }
          // A write of ours was made, though its answer got lost.
          if (isSecond || error.item?.by !== owner) {
            lost = busyError(error.item)
            throw lost
          }
          rev = numberOf(error.item.rev)
        }
      }
    }

    // ---- checkpoints: one write at a time, of the latest

    let wanted: Settled | undefined
    let unwritten = 0
    let writing: Promise<void> | undefined

    async function writeCheckpoints(): Promise<void> {
      while (wanted !== undefined && isClaimed && now() >= restUntil) {
        const { position, counts, since } = wanted
        wanted = undefined
        unwritten = 0
        await write({ position, counts, at: since })
      }
    }

    return {
      get state() {
        return ledgerState
      },
      get lost() {
        return lost
      },
      get isSent() {
        return isSent
      },
      begunAt,
      async claim({ to, first, isAlone, since, records }) {
        const claim = { begun: begunAt, shape, lease: leaseUntil, leased: leaseUntil, ...attributesOf(to) }
        await write(
          isAlone
            ? { ...claim, state: SENT, at: first.timestamp, first: fingerprint(first.message), records }
            : { ...claim, state: OPEN, at: since },
          isAlone ? ['position', 'counts', 'clean'] : ['clean'],
        )
        isClaimed = rev !== undefined
        isSent = isAlone && ledgerState === 'kept'
      },
      checkpoint(settled) {
        if (lost !== undefined) return undefined
        wanted = settled
        unwritten += 1
        if (writing === undefined) {
          // What it may fail with stands in `lost`.
          writing = writeCheckpoints()
            .catch(() => {})
            .finally(() => {
              writing = undefined
            })
        }
        return unwritten > MAX_UNWRITTEN ? writing : undefined
      },
      async finish({ records }) {
        await writing
        isSent = false
        await write({ state: DONE, begun: begunAt, records }, ATTRIBUTES_UNTIL_DONE)
      },
      async release({ position, counts, since, isClean, stalled }) {
        wanted = undefined
        await writing
        isSent = false
        // Somebody else has it, or nothing was begun: there is nothing to give back.
        if (lost !== undefined || (!isClaimed && position === 0 && stalled === 0)) return
        const left = { state: OPEN, begun: begunAt, shape, position, counts, stalled, lease: 0, leased: now() }
        await write({ ...left, clean: isClean ? 1 : 0, at: since })
      },
    }
  }

  return { begin }
}

export type Ledger = ReturnType<typeof createLedger>

function done(item: StateItem): Begun {
  return { kind: 'done', records: numberOf(item.records) }
}

function busyError(item: StateItem | undefined): BucketwatchError {
  const until = item === undefined ? 0 : numberOf(item.lease)
  return new BucketwatchError('OBJECT_BUSY', undefined, { until })
}

function isCondition(error: unknown): error is StateError {
  return error instanceof StateError && error.failure === 'condition'
}

function isMissing(error: unknown): boolean {
  return error instanceof LogsPortError && error.failure === 'notFound'
}

const attributesOf = ({ logGroupName, logStreamName }: Destination) => ({ group: logGroupName, stream: logStreamName })

function destinationOf({ group, stream }: StateItem): Destination {
  return { logGroupName: String(group), logStreamName: String(stream) }
}

interface StreamPart extends Destination {
  readonly since: number
  readonly until: number
}

/** Where the attempts so far may have sent more than the ledger knows. */
function streamsOf(item: StateItem): readonly StreamPart[] {
  const earlier = typeof item.streams === 'string' ? (JSON.parse(item.streams) as StreamPart[]) : []
  if (item.stream === undefined || item.clean === 1) return earlier
  return [...earlier, { ...destinationOf(item), since: numberOf(item.at), until: numberOf(item.leased) }]
}

/** A message in little memory. */
function fingerprint(message: string): string {
  return hash('sha1', message, 'base64')
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function never(): boolean {
  return false
}
