/** One pass over the objects of a unit. */
import type { OpenedObject } from '../contracts/ports.ts'
import type { NormalizedRecord, RecordView } from '../contracts/record.ts'
import { createCopies, markCopy } from '../forward/copies.ts'
import type { createRecordFilter } from '../forward/filter.ts'
import type { ReadyRule } from '../incident/hit-rules.ts'
import type { KindRules } from '../incident/kind-rules.ts'
import { createObjectHits, type ObjectHits } from '../incident/object-hits.ts'
import { createTexts } from '../incident/texts.ts'
import { type LogKind, reading as readingOf } from '../kinds/kinds.ts'
import { classifyKey } from '../object/key.ts'
import { type ReadLogResult, readLog } from '../object/read-log.ts'
import type { Readers } from '../object/readers.ts'
import type { Config } from '../settings/config.ts'
import type { createFoundRules } from './found-rules.ts'
import { createHolder } from './held.ts'
import { createIdentityTable, createIdentityTest } from './identities.ts'
import type { Sum } from './sum.ts'
import { type Counted, countMatches, countTraffic } from './tally.ts'
import type { ToldWriter } from './told.ts'
import type { TraitReader } from './traits.ts'
import { type Collected, type CollectOptions, objectIdOf, type ReplayObject, type UnitOptions } from './unit.ts'

/** The rules of one kind, and which of them the last record matched. */
export interface Matching {
  readonly rules: KindRules
  readonly seen: { readonly found: readonly ReadyRule[] }
  readonly matcher: KindRules['matcher']
}

/** What all passes of a thread share. */
export interface Reading {
  /** What the normalizer takes for the time of processing: that of the log. ms since the epoch. */
  readonly clock: { now: number }
  readonly config: Config
  readonly readers: Readers
  readonly filter: ReturnType<typeof createRecordFilter>
  readonly traits: TraitReader
  readonly foundOf: ReturnType<typeof createFoundRules>
  /** Of the pass at hand. */
  readonly sum: Sum
  readonly told: ToldWriter
  readonly isWanted: (view: RecordView, message: string) => boolean
  readonly matchingOf: (kind: LogKind) => Matching
  readonly onRecord: ((kind: LogKind, message: string) => void) | undefined
}

/** As deployed: records of large objects between two commits of what they count. */
const RECORDS_A_COMMIT = 32_768
/** Nothing can become of a record but that it counts: so many wait for each other, since lists that grow cost more. */
const RECORDS_A_SETTLEMENT = 512
/** Records at the beginning of an object that wait for the first time in it. */
const EARLY_RECORDS = 1_000
/** CloudTrail and S3 hand over what they gathered every few minutes. Milliseconds. */
const GATHERED_MS = 300_000

/** Of one object, ms since the epoch. */
interface Times {
  /** When the object came, where its key says it. */
  readonly named: number | undefined
  /** Of records without a time: that of the record before, of the object, or of the first that has one; 0: unknown. */
  last: number
}

export interface Pass {
  readonly sum: Sum
  /**
   * @param index which object of the unit it is.
   *
   * Errors: those of reading the object.
   */
  read(object: ReplayObject, index: number, opened: OpenedObject): Promise<void>
  result(): Collected
}

/**
 * @example
 * const pass = createPass(options, reading, {}); await pass.read(object, 0, await store.open(object)); pass.result().partial
 */
export function createPass(options: CollectOptions, reading: Reading, given: UnitOptions): Pass {
  const { known = new Uint32Array(0), rowCut } = given
  const { sum, told } = reading
  sum.clear(rowCut)
  // Of a unit that failed.
  told.part()
  const identities = createIdentityTable()
  const isKnown = createIdentityTest(known)
  const copies = createCopies()
  const texts = createTexts()

  /** What an object of a kind says; made with its first record. */
  function createCounting(object: ReplayObject, index: number, kind: LogKind, times: Times) {
    const { bucket, key, name, part } = object
    const matching = reading.matchingOf(kind)
    const { seen, matcher } = matching
    const at = (time: number): number => arrival(time, kind, times.named)
    const holder = createHolder({ index, kind }, at)
    const hits: ObjectHits = createObjectHits({
      rules: matching.rules,
      counters: holder.counters,
      sink: holder.sink,
      object: { bucket, key },
      objectId: objectIdOf(object),
      logGroupName: kind,
      from: 0,
      now: () => times.last,
      onCounted: holder.onCounted,
      texts,
    })
    let committed = 0
    let settled = 0

    function settle(position: number): void {
      hits.settle(position)
      settled = position
    }

    async function commit(position: number): Promise<void> {
      settle(position)
      await hits.commit(position)
      for (const one of holder.take()) told.add(one)
      committed = position
    }

    function take({ view, message, isAscii }: NormalizedRecord, time: number, position: number, isCopy: boolean) {
      reading.onRecord?.(kind, message)
      const isForwarded = hits.take(view, message, position, isCopy)
      const record: Counted = { kind, view, message, time, isForwarded, isAscii }
      const cell = countTraffic(sum, reading.traits, record)
      const { found } = seen
      if (found.length > 0)
        countMatches(sum, record, cell, {
          found: reading.foundOf(found),
          at: at(time),
          matcher,
          object: name,
          part: part?.from,
          position,
        })
      if (position - settled >= RECORDS_A_SETTLEMENT) settle(position)
      return position - committed >= RECORDS_A_COMMIT ? commit(position) : undefined
    }

    return { kind, take, commit }
  }

  type Counting = ReturnType<typeof createCounting>

  /** When a record is there: at once, or with its object. */
  function arrival(time: number, kind: LogKind, named: number | undefined): number {
    if (options.clock === 'event') return time
    const gathered = Math.ceil(time / GATHERED_MS) * GATHERED_MS + options.deliverySeconds[kind] * 1000
    return Math.max(time, named ?? gathered)
  }

  /** Whether a record counts; those that do not are counted by the reason. */
  function isCounted(view: RecordView, message: string): boolean {
    if (!reading.isWanted(view, message)) {
      sum.outOfSpan += 1
      return false
    }
    const { identity } = view
    if (identity !== undefined && (isKnown(identity) || !identities.add(identity))) {
      sum.duplicates += 1
      return false
    }
    if (reading.filter(view) === undefined) return true
    sum.filtered += 1
    return false
  }

  async function read(object: ReplayObject, index: number, { body }: OpenedObject): Promise<void> {
    const { key, name, part } = object
    const { kind, time } = toldByKey(key)
    const { config } = reading
    if (kind !== undefined && readingOf(kind).skip !== undefined) {
      sum.skipped += 1
      return
    }
    const times = { named: time.named, last: time.start }
    reading.clock.now = time.start
    let position = 0
    let counting: Counting | undefined
    /** Records without a time that stand before all that have one. */
    const early: (() => Promise<void> | undefined)[] = []
    /** Codes of pieces that could not be read. */
    const pieces = new Set<string>()

    function take(record: NormalizedRecord, of: LogKind): Promise<void> | undefined {
      position += 1
      const { view, message } = record
      if (!isCounted(view, message)) return undefined
      counting ??= createCounting(object, index, of, times)
      const isCopy = copies.isCopy(view.call)
      times.last = view.eventTimeMs ?? times.last
      const sent = isCopy ? { ...record, message: markCopy(message) } : record
      if (times.last > 0 && early.length === 0) return counting.take(sent, times.last, position, isCopy)
      return takeLater(counting, sent, position, isCopy)
    }

    /** Before a first time is known records wait for it. */
    function takeLater(to: Counting, record: NormalizedRecord, at: number, isCopy: boolean) {
      early.push(() => to.take(record, times.last, at, isCopy))
      return times.last > 0 || early.length > EARLY_RECORDS ? takeEarly() : undefined
    }

    async function takeEarly(): Promise<void> {
      for (const count of early.splice(0)) await count()
    }

    const found = await readLog(body, {
      readers: reading.readers,
      object: part?.kind ?? kind,
      key,
      maxInflatedBytes: Number.MAX_SAFE_INTEGER,
      maxRecordBytes: config.maxRecordBytes,
      onRecord: take,
      onUnreadable(piece) {
        if (piece.isContinued !== true && piece.isCut !== true) {
          sum.problem(piece.code, name)
          pieces.add(piece.code)
        }
        return undefined
      },
    })
    await takeEarly()
    await counting?.commit(position)
    // A part of an object may hold nothing; the object does not.
    const isEmpty = part === undefined && found.error === undefined && found.skipped !== undefined
    const isNoLog = isEmpty && found.object === 'unknown' && found.skipped !== 'empty'
    if (isNoLog) sum.passOver(found.skipped ?? '', name)
    if (isEmpty) sum.skipped += 1
    else countObject(sum, object, found, counting?.kind)
    if (part !== undefined) sum.rows.readPart(name, part.from, position)
    if (found.error !== undefined && !pieces.has(found.error.code))
      sum.problem(found.error.code, `${name}: ${found.error.message}`)
  }

  return {
    sum,
    read,
    result: () => ({ partial: sum.part(), told: told.part(), texts: texts.pack(), identities: identities.pairs() }),
  }
}

/** What a key says of its object: the kind, when it came, and the time to begin with. */
function toldByKey(key: string) {
  const classified = classifyKey(key)
  // A partition by event time names the day only.
  const isDay = classified.bucket !== undefined && classified.time?.endsWith('T00:00:00Z') === true
  const time = classified.time === undefined ? Number.NaN : Date.parse(classified.time)
  return {
    kind: classified.kind === 'unknown' ? undefined : classified.kind,
    time: { named: classified.time === undefined || isDay ? undefined : time, start: time || 0 },
  }
}

/** Of an object that is read in parts the first counts. */
function countObject(sum: Sum, { size, part }: ReplayObject, found: ReadLogResult, kind: LogKind | undefined): void {
  const of = kind ?? (found.object === 'unknown' ? undefined : readingOf(found.object).kind)
  if (of === undefined) return
  sum.kinds[of].objects += part === undefined || part.from === 0 ? 1 : 0
  sum.kinds[of].bytes += size
  sum.kinds[of].inflatedBytes += found.bytesInflated
}
