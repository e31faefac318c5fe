/** Reads the objects of one unit: what they say of the rules, of the traffic, and of what matches. */
import { compileGlobs } from '../basics/glob.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { ObjectStore } from '../contracts/ports.ts'
import type { Environment, NormalizedRecord, RecordView } from '../contracts/record.ts'
import { isObject } from '../derive/json.ts'
import { SEVERITIES, type Severity } from '../detection/schema.ts'
import { createCopies, markCopy } from '../forward/copies.ts'
import { createRecordFilter } from '../forward/filter.ts'
import { type HitRule, type ReadyRule, readyRules } from '../incident/hit-rules.ts'
import { createKindRules, createObjectHits, type KindRules, type ObjectHits } from '../incident/object-hits.ts'
import { type LogKind, reading } from '../kinds/kinds.ts'
import { completeRecord } from '../object/complete.ts'
import { classifyKey } from '../object/key.ts'
import { readLog } from '../object/read-log.ts'
import { createReaders } from '../object/readers.ts'
import { readConfig } from '../settings/config.ts'
import { createHolder, type Told } from './held.ts'
import { createIdentityTable, createIdentityTest } from './identities.ts'
import type { ReplayClock } from './model.ts'
import { createSum, type Partial, type Sum } from './partial.ts'
import { type RowRank, rankRow } from './rows.ts'
import { createTraitReader } from './traits.ts'

/** An object to read. */
export interface ReplayObject {
  readonly bucket: string
  readonly key: string
  /** What people know it by. */
  readonly name: string
  /** Bytes as stored. */
  readonly size: number
  /** Where it lies on this machine; absent: in S3. */
  readonly file?: string | undefined
  /** Tells one content of it from another, where that is known. */
  readonly version?: string | undefined
}

/** What all units of a replay share. */
export interface CollectOptions {
  /** The enabled rules. */
  readonly rules: readonly HitRule[]
  readonly environment: Environment
  readonly clock: ReplayClock
  /** Of the delivery clock: how long after a record its object comes, where its name does not tell. Seconds. */
  readonly deliverySeconds: Readonly<Record<LogKind, number>>
  /** ms since the epoch. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** Empty: all. */
  readonly accounts: readonly string[]
  readonly buckets: readonly string[]
  readonly rowLimit: number
}

/** What differs from unit to unit. */
export interface UnitOptions {
  /** Records that were read with units before, as pairs of {@link createIdentityTable}. */
  readonly known?: Float64Array | undefined
  /** Counts whose hits are wanted, see nameOfCount. */
  readonly wanted?: readonly string[] | undefined
  readonly rowCut?: RowRank | undefined
}

/** What a unit said. */
export interface Collected {
  readonly partial: Partial
  readonly told: readonly Told[]
  /** Of its records, those known before left out. */
  readonly identities: Float64Array<ArrayBuffer>
}

export interface Collector {
  /** Never throws for what is in the objects, or for one that cannot be read: that is a problem of the partial result. */
  collect(objects: readonly ReplayObject[], options?: UnitOptions): Promise<Collected>
}

/** As deployed: records of large objects between two commits of what they count. */
const RECORDS_A_COMMIT = 8_192
/** CloudTrail and S3 hand over what they gathered every few minutes. Milliseconds. */
const GATHERED_MS = 300_000

/**
 * Makes the reader of units: once a thread, since it remembers what it met. The records are normalized, matched and
 * counted by the code that is deployed.
 *
 * @param onRecord told of each record that counts, as it would be forwarded.
 * @example
 * const { partial, told } = await createCollector(options, store).collect(unit)
 */
export function createCollector(
  options: CollectOptions,
  store: ObjectStore,
  onRecord?: (kind: LogKind, message: string) => void,
): Collector {
  const { environment, clock } = options
  const config = readConfig({})
  let recordTime = 0
  const readers = createReaders({ environment, detail: 'lean', capBytes: config.capBytes, now: () => recordTime })
  const filter = createRecordFilter(config)
  const traitsOf = createTraitReader()
  const isBucket = options.buckets.length === 0 ? undefined : compileGlobs(options.buckets)
  const accounts = new Set(options.accounts)
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options
  const kinds = new Map<LogKind, ReturnType<typeof watch>>()
  const watchOf = (kind: LogKind) => {
    const known = kinds.get(kind) ?? watch(kind)
    kinds.set(kind, known)
    return known
  }

  /** The rules of a kind, whose matches are told here, too. */
  function watch(kind: LogKind) {
    const rules = createKindRules(readyRules(options.rules, kind), { instances: 1, isMatchingOnly: true })
    const { matcher } = rules
    const seen: { found: readonly ReadyRule[] } = { found: [] }
    const told: KindRules = {
      ...rules,
      matcher: {
        match(view, message) {
          seen.found = matcher.match(view, message)
          return seen.found
        },
        get record() {
          return matcher.record
        },
      },
    }
    return { rules: told, seen, matcher }
  }

  function isWanted(view: RecordView, message: string): boolean {
    const time = view.eventTimeMs
    if (time !== undefined && (time < from || time >= to)) return false
    if (isBucket !== undefined && (view.bucket === undefined || !isBucket(view.bucket))) return false
    return accounts.size === 0 || accounts.has(accountOf(message) ?? '')
  }

  return {
    async collect(objects, { known = new Float64Array(0), wanted = [], rowCut } = {}) {
      const sum = createSum(options.rowLimit, rowCut)
      const identities = createIdentityTable()
      const isKnown = createIdentityTest(known)
      const copies = createCopies()
      const told: Told[] = []
      const wantedCounts = new Set(wanted)

      async function readObject(object: ReplayObject): Promise<void> {
        const { bucket, key, name } = object
        const classified = classifyKey(key)
        // A partition by event time names the day only.
        const isDay = classified.bucket !== undefined && classified.time?.endsWith('T00:00:00Z') === true
        const named = classified.time === undefined || isDay ? undefined : Date.parse(classified.time)
        if (classified.kind !== 'unknown' && reading(classified.kind).skip !== undefined) {
          sum.skipped += 1
          return
        }
        /** Of records without a time: that of the record before, or of the object. */
        let lastTime = Date.parse(classified.time ?? '') || 0
        recordTime = lastTime
        let position = 0
        let committed = 0
        let kind: LogKind | undefined
        let hits: ObjectHits | undefined
        const arrival = (time: number, of: LogKind): number => {
          if (clock === 'event') return time
          const gathered = Math.ceil(time / GATHERED_MS) * GATHERED_MS + options.deliverySeconds[of] * 1000
          return Math.max(time, named ?? gathered)
        }
        /** Codes of pieces that could not be read. */
        const pieces = new Set<string>()
        let holder: ReturnType<typeof createHolder> | undefined

        function open(of: LogKind): ObjectHits {
          kind = of
          holder = createHolder(wantedCounts, (time) => arrival(time, of))
          return createObjectHits({
            rules: watchOf(of).rules,
            counters: holder.counters,
            sink: holder.sink,
            object: { bucket, key },
            objectId: `${bucket}/${key}`,
            logGroupName: of,
            from: 0,
            now: () => lastTime,
          })
        }

        async function commit(): Promise<void> {
          hits!.settle(position)
          await hits!.commit(position)
          told.push(...holder!.take())
          committed = position
        }

        function take({ view, message: given }: NormalizedRecord, of: LogKind): Promise<void> | undefined {
          position += 1
          if (!isWanted(view, given)) {
            sum.outOfSpan += 1
            return undefined
          }
          const { identity } = view
          if (identity !== undefined && (isKnown(identity) || !identities.add(identity))) {
            sum.duplicates += 1
            return undefined
          }
          if (filter(view) !== undefined) {
            sum.filtered += 1
            return undefined
          }
          hits ??= open(of)
          const isCopy = copies.isCopy(view.call)
          const message = isCopy ? markCopy(given) : given
          const time = view.eventTimeMs ?? lastTime
          lastTime = time
          onRecord?.(of, message)
          const isForwarded = hits.take(view, message, position, isCopy)
          const { seen, matcher } = watchOf(of)
          countTraffic(sum, of, { view, message, time, isForwarded, traits: traitsOf(message, view) })
          const found = seen.found.filter(({ rule }) => rule.atMost === undefined)
          const at = arrival(time, of)
          for (const ready of seen.found) countRule(sum, ready, { view, time, at, record: matcher })
          if (found.length > 0) addRow(sum, { found, message, time, object: name, position, kind: of })
          return position - committed >= RECORDS_A_COMMIT ? commit() : undefined
        }

        const read = await readLog((await store.open({ bucket, key })).body, {
          readers,
          object: classified.kind === 'unknown' ? undefined : classified.kind,
          key,
          maxInflatedBytes: Number.MAX_SAFE_INTEGER,
          maxRecordBytes: config.maxRecordBytes,
          onRecord: take,
          onUnreadable(piece) {
            if (piece.isContinued !== true) {
              sum.problem(piece.code, name)
              pieces.add(piece.code)
            }
            return undefined
          },
        })
        if (hits !== undefined) await commit()
        const of = kind ?? (read.object === 'unknown' ? undefined : reading(read.object).kind)
        if (of !== undefined) {
          sum.kinds[of].objects += 1
          sum.kinds[of].bytes += object.size
          sum.kinds[of].inflatedBytes += read.bytesInflated
        }
        if (read.error !== undefined && !pieces.has(read.error.code))
          sum.problem(read.error.code, `${name}: ${read.error.message}`)
        if (read.error === undefined && read.skipped !== undefined) sum.skipped += 1
      }

      for (const object of objects) {
        try {
          await readObject(object)
        } catch (error) {
          const code = error instanceof BucketwatchError ? error.code : 'INTERNAL'
          sum.problem(code, `${object.name}: ${errorMessage(error)}`)
        }
      }
      return { partial: sum.part(), told, identities: identities.pairs() }
    },
  }
}

/** The account of a record; access logs do not say it. */
function accountOf(message: string): string | undefined {
  try {
    const record: unknown = JSON.parse(message)
    if (!isObject(record)) return undefined
    const { recipientAccountId } = completeRecord(record)
    return typeof recipientAccountId === 'string' ? recipientAccountId : undefined
  } catch {
    return undefined
  }
}

interface Counted {
  readonly view: RecordView
  readonly message: string
  readonly time: number
  readonly isForwarded: boolean
  readonly traits: ReturnType<ReturnType<typeof createTraitReader>>
}

/** Order of the columns as in TRAFFIC_COLUMNS. */
function countTraffic(sum: Sum, kind: LogKind, { view, message, time, isForwarded, traits }: Counted): void {
  const totals = sum.kinds[kind]
  const length = Buffer.byteLength(message)
  totals.records += 1
  totals.recordBytes += length
  if (isForwarded) {
    totals.matchingRecords += 1
    totals.matchingBytes += length
  }
  if (view.eventTimeMs !== undefined) {
    if (time < sum.first) sum.first = time
    if (time > sum.last) sum.last = time
  }
  if (kind === 'cloudtrail' && view.eventCategory === 'Data') sum.dataEvents += 1
  const isError = view.outcome === 'failure'
  const bytesOut = view.bytesOut ?? 0
  const row = sum.traffic[kind].row(time)
  row[0]! += 1
  row[1]! += bytesOut
  row[2]! += traits.bytesIn
  if (isError) row[view.errorClass === 'server' ? 4 : 3]! += 1
  if (view.errorClass === 'denied') row[5]! += 1
  if (view.anonymous) row[6]! += 1
  if (isWrite(view)) row[7]! += 1
  countTop(sum, view, traits)
  const cell = sum.cell(view.actor ?? (view.anonymous ? 'anonymous' : 'unknown'), view.bucket ?? '', view.eventName)
  cell.count += 1
  cell.bytes += bytesOut
  if (isError) cell.errors += 1
  if (view.eventTimeMs !== undefined) {
    if (time < cell.first) cell.first = time
    if (time > cell.last) cell.last = time
  }
}

const isWrite = ({ readOnly, action }: RecordView): boolean => readOnly === false || /\.(?:write|delete)$/.test(action)

/** Actors, buckets and actions are the sums of the cells. */
function countTop({ top }: Sum, view: RecordView, { person, keyId, tool, errorCode }: Counted['traits']): void {
  const { bytesOut = 0, bucket, key } = view
  if (person !== undefined) top.people.add(person, '', bytesOut)
  if (keyId !== undefined) top.keyIds.add(keyId, '', bytesOut)
  if (view.sourceIPAddress !== undefined) top.addresses.add(view.sourceIPAddress, view.ipClass, bytesOut)
  if (view.outcome === 'failure') top.errors.add(errorCode ?? view.errorClass)
  if (tool !== undefined && tool !== 'none') top.tools.add(tool, view.toolRisk)
  if (key !== undefined) top.keys.add(bucket === undefined ? key : `${bucket}/${key}`, '', bytesOut)
}

function countRule(
  sum: Sum,
  { rule, amountOf }: ReadyRule,
  given: {
    readonly view: RecordView
    readonly time: number
    readonly at: number
    readonly record: { readonly record: unknown }
  },
): void {
  const { view, time, at } = given
  const of = sum.rule(rule.id)
  const value = publishedBy(rule, amountOf, given)
  if (value !== undefined) {
    const metric = of.metric.row(at)
    metric[0]! += value
    metric[1]! += 1
    if (value < metric[2]!) metric[2] = value
    if (value > metric[3]!) metric[3] = value
  }
  // What watches for silence is about nobody, and finds nothing.
  if (rule.atMost !== undefined) return
  of.matches += 1
  of.byMinute.row(time)[0]! += 1
  of.actors.add(view.actor ?? (view.anonymous ? 'anonymous' : 'unknown'))
  if (view.bucket !== undefined) of.buckets.add(view.bucket)
  if (view.sourceIPAddress !== undefined) of.addresses.add(view.sourceIPAddress, view.ipClass)
}

/** What a matching record publishes to the rule's metric; undefined: nothing. */
function publishedBy(
  { metricValue }: HitRule,
  amountOf: ReadyRule['amountOf'],
  { view, record }: { readonly view: RecordView; readonly record: { readonly record: unknown } },
): number | undefined {
  const number = Number(metricValue)
  if (Number.isFinite(number)) return number
  return amountOf === undefined ? view.bytesOut : amountOf(record.record)
}

function addRow(
  sum: Sum,
  given: {
    readonly found: readonly ReadyRule[]
    readonly message: string
    readonly time: number
    readonly object: string
    readonly position: number
    readonly kind: LogKind
  },
): void {
  const { found, message, time, object, position, kind } = given
  const direct = found.filter(({ rule }) => (rule.counting?.window ?? 0) === 0)
  const isCounted = direct.length === 0
  const severity = worstOf(isCounted ? found : direct)
  const ids = [...found]
    .sort(
      (a, b) =>
        SEVERITIES.indexOf(b.rule.severity) - SEVERITIES.indexOf(a.rule.severity) || (a.rule.id < b.rule.id ? -1 : 1),
    )
    .map(({ rule }) => rule.id)
  sum.rows.add(rankRow(severity, isCounted, object, position), {
    time,
    rules: ids,
    severity,
    kind,
    object,
    record: position,
    message,
  })
}

function worstOf(rules: readonly ReadyRule[]): Severity {
  return SEVERITIES[Math.max(...rules.map(({ rule }) => SEVERITIES.indexOf(rule.severity)))]!
}
