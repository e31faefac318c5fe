/** A replay from units of objects to what is known of all of them; who reads the units is given. */
import type { AlertRules } from '../alert/rules.ts'
import { ERROR_CODES } from '../contracts/errors.ts'
import type { CountRule } from '../incident/count-windows.ts'
import { createCounters } from '../incident/counters.ts'
import type { Hit } from '../incident/hit.ts'
import type { HitRule } from '../incident/hit-rules.ts'
import { createMemoryState } from '../state/memory.ts'
import { contributionOf, nameOfCount, type Told } from './held.ts'
import { createIdentityWindow } from './identities.ts'
import { createNear, type Near } from './near.ts'
import type { Spool } from './spool.ts'
import { createSum, type Sum } from './sum.ts'
import { createTelltale, type Telltale } from './tell.ts'
import type { Collected, ReplayObject, UnitOptions } from './unit.ts'

/** Reads units: in this thread, in others, or elsewhere. */
export interface UnitReader {
  /** How many units it reads at once. */
  readonly parallel: number
  collect(unit: readonly ReplayObject[], options: UnitOptions): Promise<Collected>
}

export interface RunOptions {
  /** In their order; see unitsOf. */
  readonly units: readonly (readonly ReplayObject[])[]
  readonly reader: UnitReader
  readonly spool: Spool
  readonly rules: readonly HitRule[]
  readonly alertRules: AlertRules
  readonly stage: string
  readonly accountId: string
  readonly showAlerts: boolean
  readonly rowLimit: number
  /** False: a unit's result does not depend on the others, so that it can be kept. */
  readonly isCutting: boolean
  readonly signal?: AbortSignal | undefined
  readonly onUnit?: ((unit: readonly ReplayObject[], sum: Sum) => void) | undefined
}

export interface Ran {
  readonly sum: Sum
  readonly told: Awaited<ReturnType<Telltale['finish']>>
  /** Units that were read a second time, for what only the whole showed to be wanted. */
  readonly readAgain: number
  /** Units that were merged: fewer than there are where it was interrupted. */
  readonly units: number
}

/** Identities of records that are known across units: the last half a million to a million. */
const KNOWN_IDENTITIES = 2 ** 19
/** Units that are read before the one that is merged next, for each that is read at once. */
const AHEAD = 2

/**
 * Reads all units and puts together what they say, in their order: what comes out does not depend on how many are read at
 * once, nor on which is done first.
 *
 * @example
 * const { sum, told } = await runReplay({ units, reader, spool: createMemorySpool(), … })
 */
export async function runReplay(options: RunOptions): Promise<Ran> {
  const { units, reader, spool, signal } = options
  const sum = createSum(options.rowLimit)
  const window = createIdentityWindow(KNOWN_IDENTITIES)
  const counted: CountedRules = { rules: countingRules(options.rules), near: createNear() }
  /** Unit → identities that units before it have. */
  const known = new Map<number, Float64Array>()
  const results = new Map<number, Promise<Collected>>()
  /** Units of which not all could be read. */
  const troubled = new Set<number>()
  let next = 0
  let merged = 0

  function begin(): void {
    const rowCut = options.isCutting ? sum.rows.cut : undefined
    while (next < units.length && next < merged + reader.parallel * AHEAD && signal?.aborted !== true) {
      const result = reader.collect(units[next]!, { rowCut })
      // Whoever waits for it gets the error.
      result.catch(() => {})
      results.set(next, result)
      next += 1
    }
  }

  for (begin(); merged < next; begin()) {
    const unit = units[merged]!
    const first = await unlessAborted(results.get(merged)!, signal)
    if (first === undefined) break
    let collected = first
    results.delete(merged)
    const pairs = window.take(collected.identities)
    if (pairs.length > 0) {
      known.set(merged, pairs)
      collected = await reader.collect(unit, { known: pairs, rowCut: options.isCutting ? sum.rows.cut : undefined })
    }
    if (signal?.aborted === true) break
    sum.merge(collected.partial)
    if (troubleOf(collected).length > 0) troubled.add(merged)
    for (const told of collected.told) {
      const adding = spool.add(told.time, JSON.stringify({ unit: merged, ...told }), tagOf(told, counted))
      if (adding !== undefined) await adding
    }
    merged += 1
    options.onUnit?.(unit, sum)
  }
  const { decisions, wanted } = await decide(options, counted)
  for (const [index, names] of wanted) {
    const collected = await reader.collect(units[index]!, { known: known.get(index), wanted: [...names] })
    const { told } = collected
    // Read the first time, and not this time: its hits would be missing without a word.
    if (!troubled.has(index))
      for (const [code, count, examples] of troubleOf(collected))
        for (const [nth, example] of examples.entries()) sum.problem(code, example, nth === 0 ? count : 0)
    for (const one of told) {
      const reached = one.held === undefined ? undefined : decisions.get(placeOf(one.held))
      if (reached?.isLate === true) await spool.add(one.time, JSON.stringify({ unit: index, ...one, isLate: true }))
    }
  }
  return { sum, told: await tellAll(options, counted, decisions), readAgain: wanted.size, units: merged }
}

/** What could not be read for a reason that may come and go. */
const troubleOf = ({ partial }: Pick<Collected, 'partial'>): Collected['partial']['problems'] =>
  partial.problems.filter(([code]) => ERROR_CODES[code].retryable)

/** Undefined where the signal comes first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return promise
  if (signal.aborted) return undefined
  const ended = Promise.withResolvers<undefined>()
  const end = () => ended.resolve(undefined)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([promise, ended.promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

type Line = Told & { readonly unit: number; readonly isLate?: true }

interface Decision {
  readonly amount: number
  readonly isAtLeast: boolean
  readonly at: number
  /** Its hits were not there yet. */
  readonly isLate: boolean
}

/** Names a count of one entity in one part of an object. */
const placeOf = ({ rule, entity, object, from }: NonNullable<Told['held']>): string =>
  `${nameOfCount(rule, entity)}\n${object}\n${from}`

/** The rules that count in windows, and which entities may come to their thresholds. */
interface CountedRules {
  readonly rules: ReadonlyMap<string, CountRule>
  readonly near: Near
}

const countingRules = (rules: readonly HitRule[]): Map<string, CountRule> =>
  new Map(
    rules.flatMap(({ id, counting: of }) =>
      of === undefined ? [] : [[id, { id, ...of, allowance: 0, pool: 0 }] as const],
    ),
  )

/** Lines without a count have the tag 0. Of a rule that is not there nothing is decided. */
function tagOf({ held }: Told, { rules, near }: CountedRules): number {
  const rule = held === undefined ? undefined : rules.get(held.rule)
  return held === undefined || rule === undefined ? 0 : 1 + near.add(held, rule)
}

const isHeldNear = (tag: number, { near }: CountedRules): boolean => tag !== 0 && near.mayReach(tag - 1)

/** Counts in the order of the times what was held, as one function instance would. */
async function decide(
  { spool }: RunOptions,
  counted: CountedRules,
): Promise<{
  readonly decisions: ReadonlyMap<string, Decision>
  /** Unit → names of counts whose hits are wanted. */
  readonly wanted: ReadonlyMap<number, Set<string>>
}> {
  let clock = 0
  const counters = createCounters({ state: createMemoryState({ now: () => clock }), now: () => clock, log: QUIET })
  const decisions = new Map<string, Decision>()
  const wanted = new Map<number, Set<string>>()
  for await (const { time, line } of spool.sorted((tag) => isHeldNear(tag, counted))) {
    const { unit, held, hits } = JSON.parse(line) as Line
    const rule = held === undefined ? undefined : counted.rules.get(held.rule)
    if (held === undefined || rule === undefined) continue
    clock = Math.max(clock, time)
    const reached = await counters.count(rule, held.entity, contributionOf(held))
    if (reached === undefined) continue
    const isLate = hits.length === 0
    decisions.set(placeOf(held), { ...reached, isLate })
    if (!isLate) continue
    const names = wanted.get(unit) ?? new Set()
    wanted.set(unit, names.add(nameOfCount(held.rule, held.entity)))
  }
  return { decisions, wanted }
}

async function tellAll(
  { spool, alertRules, stage, accountId, showAlerts }: RunOptions,
  counted: CountedRules,
  decisions: ReadonlyMap<string, Decision>,
): Promise<Awaited<ReturnType<Telltale['finish']>>> {
  const telltale = createTelltale({ rules: alertRules, stage, accountId, showAlerts })
  for await (const { time, line } of spool.sorted((tag) => tag === 0 || isHeldNear(tag, counted))) {
    const { held, hits } = JSON.parse(line) as Line
    const decision = held === undefined ? undefined : decisions.get(placeOf(held))
    if (hits.length === 0 || (held !== undefined && decision === undefined)) continue
    await telltale.take(time, decision === undefined ? hits : hits.map((hit) => decided(hit, decision)))
  }
  return telltale.finish()
}

function decided(hit: Hit, { amount, isAtLeast, at }: Decision): Hit {
  const { isAtLeast: _, ...rest } = hit
  return { ...rest, amount, at, ...(isAtLeast ? { isAtLeast } : {}) }
}

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
