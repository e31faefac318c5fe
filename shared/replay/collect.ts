/** Reads the objects of one unit: what they say of the rules, of the traffic, and of what matches. */
import { compileGlobs } from '../basics/glob.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { OpenedObject } from '../contracts/ports.ts'
import type { Environment, RecordView } from '../contracts/record.ts'
import { isObject } from '../derive/json.ts'
import { createRecordFilter } from '../forward/filter.ts'
import { type HitRule, type ReadyRule, readyRules } from '../incident/hit-rules.ts'
import { createKindRules, type KindRules } from '../incident/object-hits.ts'
import type { LogKind, ObjectKind } from '../kinds/kinds.ts'
import { completeRecord } from '../object/complete.ts'
import { createReaders } from '../object/readers.ts'
import { readConfig } from '../settings/config.ts'
import type { Told } from './held.ts'
import type { ReplayClock } from './model.ts'
import type { Partial } from './partial.ts'
import { createPass, type Matching } from './pass.ts'
import type { RowRank } from './rows.ts'
import { createSum } from './sum.ts'
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
  /** It is a plain file of lines that each stand for themselves: it can be read in parts. */
  readonly lines?: ObjectKind | undefined
  /** Only the lines of it that begin there: a part of a large file, which begins with such a line. */
  readonly part?: Part | undefined
}

/** A part of a file of lines. */
export interface Part {
  readonly kind: ObjectKind
  /** Bytes; `to` is not in it. */
  readonly from: number
  readonly to: number
}

/** Opens objects, and parts of them. Failures are those of an ObjectStore. */
export interface ReplayStore {
  open(object: ReplayObject): Promise<OpenedObject>
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
  store: ReplayStore,
  onRecord?: (kind: LogKind, message: string) => void,
): Collector {
  const config = readConfig({})
  const clock = { now: 0 }
  const reading = {
    clock,
    config,
    readers: createReaders({
      environment: options.environment,
      detail: 'lean',
      capBytes: config.capBytes,
      now: () => clock.now,
    }),
    filter: createRecordFilter(config),
    traits: createTraitReader(),
    sum: createSum(options.rowLimit),
    isWanted: createWantedTest(options),
    matchingOf: createMatching(options.rules),
    onRecord,
  }

  async function collect(objects: readonly ReplayObject[], given: UnitOptions): Promise<Collected> {
    const pass = createPass(options, reading, given)
    for (const object of objects) {
      try {
        await pass.read(object, await store.open(object))
      } catch (error) {
        const code = error instanceof BucketwatchError ? error.code : 'INTERNAL'
        pass.sum.problem(code, `${object.name}: ${errorMessage(error)}`)
      }
    }
    return pass.result()
  }

  // One after the other: memory is that of one.
  let busy: Promise<unknown> = Promise.resolve()
  return {
    collect(objects, given = {}) {
      const result = busy.then(() => collect(objects, given))
      busy = result.catch(() => {})
      return result
    },
  }
}

/** The rules of each kind, compiled when it is met; which of them the last record matched can be asked. */
function createMatching(rules: readonly HitRule[]): (kind: LogKind) => Matching {
  const kinds = new Map<LogKind, Matching>()
  return (kind) => {
    const known = kinds.get(kind)
    if (known !== undefined) return known
    const ofKind = createKindRules(readyRules(rules, kind), { instances: 1, isMatchingOnly: true })
    const { matcher } = ofKind
    const seen: { found: readonly ReadyRule[] } = { found: [] }
    const told: KindRules['matcher'] = {
      match(view, message) {
        seen.found = matcher.match(view, message)
        return seen.found
      },
      get record() {
        return matcher.record
      },
    }
    const made = { rules: { ...ofKind, matcher: told }, seen, matcher }
    kinds.set(kind, made)
    return made
  }
}

/** Whether a record is one of those that were asked for. */
function createWantedTest(options: CollectOptions): (view: RecordView, message: string) => boolean {
  const isBucket = options.buckets.length === 0 ? undefined : compileGlobs(options.buckets)
  const accounts = new Set(options.accounts)
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options
  return (view, message) => {
    const time = view.eventTimeMs
    if (time !== undefined && (time < from || time >= to)) return false
    if (isBucket !== undefined && (view.bucket === undefined || !isBucket(view.bucket))) return false
    return accounts.size === 0 || accounts.has(accountOf(message) ?? '')
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
