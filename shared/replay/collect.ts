/** Reads the objects of one unit: what they say of the rules, of the traffic, and of what matches. */
import { compileGlobs } from '../basics/glob.ts'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { RecordView } from '../contracts/record.ts'
import { isObject } from '../derive/json.ts'
import { createRecordFilter } from '../forward/filter.ts'
import { type HitRule, type ReadyRule, readyRules } from '../incident/hit-rules.ts'
import { createKindRules, type KindRules } from '../incident/kind-rules.ts'
import type { LogKind } from '../kinds/kinds.ts'
import { completeRecord } from '../object/complete.ts'
import { createReaders } from '../object/readers.ts'
import { DEFAULT_CONFIG } from '../settings/defaults.ts'
import { createFoundRules } from './found-rules.ts'
import { createPass, type Matching } from './pass.ts'
import { createSum } from './sum.ts'
import { createToldWriter } from './told.ts'
import { createTraitReader } from './traits.ts'
import type { Collected, CollectOptions, ReplayObject, ReplayStore, UnitOptions } from './unit.ts'

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
  const clock = { now: 0 }
  const reading = {
    clock,
    config: DEFAULT_CONFIG,
    readers: createReaders({
      environment: options.environment,
      detail: 'lean',
      capBytes: DEFAULT_CONFIG.capBytes,
      now: () => clock.now,
    }),
    filter: createRecordFilter(DEFAULT_CONFIG),
    traits: createTraitReader(),
    foundOf: createFoundRules(),
    sum: createSum(options.rowLimit),
    told: createToldWriter(),
    isWanted: createWantedTest(options),
    matchingOf: createMatching(options.rules),
    onRecord,
  }

  async function collect(objects: readonly ReplayObject[], given: UnitOptions): Promise<Collected> {
    const pass = createPass(options, reading, given)
    for (const [index, object] of objects.entries()) {
      try {
        await pass.read(object, index, await store.open(object))
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
