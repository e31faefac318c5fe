/** What comes to a threshold, when all units are there, and what is told of it. */
import { giveBack } from '../basics/give-back.ts'
import type { CountRule, Reached } from '../incident/count-windows.ts'
import { createCounters } from '../incident/counters.ts'
import type { Hit } from '../incident/hit.ts'
import type { HitRule } from '../incident/hit-rules.ts'
import { createOwnCounts } from '../incident/shared-counts.ts'
import { createDistinctKeys } from './distinct-keys.ts'
import { contributionOf, type Held, nameOfCount, type Told } from './held.ts'
import { hitsOfKept } from './late-hits.ts'
import { createNear } from './near.ts'
import type { Silences } from './silences.ts'
import { createLineWriter, type Spool, type SpooledLine } from './spool.ts'
import { createTelltale, type Telltale, type TelltaleOptions } from './tell.ts'
import { unpackTexts } from './texts.ts'
import { countOf } from './told.ts'
import type { Collected, ReplayObject } from './unit.ts'

export interface DeciderOptions extends TelltaleOptions {
  readonly units: readonly (readonly ReplayObject[])[]
  readonly spool: Spool
  readonly rules: readonly HitRule[]
}

export interface Decider {
  /** Takes what a unit told; units come in their order. */
  add(unit: number, collected: Pick<Collected, 'told' | 'texts'>): Promise<void> | undefined
  /**
   * When all are there: tells people, by the clock of the replay.
   *
   * @param silences those that somebody may have brought about
   */
  tell(silences: Silences): ReturnType<Telltale['finish']>
}

/**
 * Whether a count comes to its threshold is known when all units are there. Then they are counted as one function instance
 * would: in the order of their times, and only those of entities that may reach it at all. Hits that were not made with
 * their unit are made of the messages that were kept of it: nothing is read twice.
 *
 * @example
 * const decider = createDecider(options); await decider.add(0, collected); const { incidents } = await decider.tell()
 */
export function createDecider(options: DeciderOptions): Decider {
  const { spool } = options
  const rules = new Map(options.rules.map((rule) => [rule.id, rule]))
  const counting = countingRules(options.rules)
  const near = createNear()
  /** Where the texts of each unit are, and which lines are its. */
  const texts: number[] = []
  const firstLines: number[] = []

  const isNear = (tag: number): boolean => tag !== 0 && near.mayReach(tag - 1)

  /** Lines without a count have the tag 0. Of a rule that is not there nothing is decided. */
  async function add(unit: number, { told, texts: packed }: Pick<Collected, 'told' | 'texts'>): Promise<void> {
    texts[unit] = await spool.keep(packed)
    firstLines[unit] = spool.length
    const { lines } = told
    const tags = new Float64Array(lines.times.length)
    for (let line = 0; line < tags.length; line += 1) {
      const count = countOf(told, line)
      const rule = count === undefined ? undefined : counting.get(count.rule)
      if (count === undefined || rule === undefined) continue
      near.add(count, rule)
      tags[line] = 1 + count.hash
    }
    giveBack(told.ruleAt, told.counts)
    await spool.add(lines, tags)
    giveBack(lines.ends, lines.times, tags)
  }

  /** Which entities, of those that are near, have too few different keys. */
  async function fewKeys(): Promise<ReadonlySet<string>> {
    const distinct = createDistinctKeys()
    for await (const { line } of spool.sorted(isNear)) {
      const { held } = JSON.parse(line) as Told
      const rule = held === undefined ? undefined : counting.get(held.rule)
      if (held?.keys !== undefined && rule !== undefined) distinct.add(held, rule.threshold)
    }
    return distinct.few()
  }

  /** Counts what was held. */
  async function decide(): Promise<ReadonlyMap<number, Reached>> {
    const few = await fewKeys()
    let clock = 0
    const now = () => clock
    const counters = createCounters({ shared: createOwnCounts(now), now, log: QUIET })
    const decisions = new Map<number, Reached>()
    const late: number[] = []
    for await (const { id, time, line } of spool.sorted(isNear)) {
      const { held, kept } = JSON.parse(line) as Told
      const rule = held === undefined ? undefined : counting.get(held.rule)
      if (held === undefined || rule === undefined || few.has(nameOfCount(held.rule, held.entity))) continue
      clock = Math.max(clock, time)
      const reached = await counters.count(rule, held.entity, contributionOf(held))
      if (reached === undefined) continue
      decisions.set(id, reached)
      if (kept !== undefined) late.push(id)
    }
    await makeLate(
      late.sort((a, b) => a - b),
      decisions,
    )
    return decisions
  }

  /** Makes hits of what was kept, unit by unit. */
  async function makeLate(late: readonly number[], decisions: ReadonlyMap<number, Reached>): Promise<void> {
    let unit = -1
    let its: readonly string[] = []
    const writer = createLineWriter()
    for await (const { id, time, line } of spool.lines(late)) {
      const { held, kept } = JSON.parse(line) as Told
      if (held === undefined || kept === undefined) continue
      const of = firstLines.findLastIndex((first) => first <= id)
      if (of !== unit) its = unpackTexts(await spool.kept(texts[of]!))
      unit = of
      const text = (number: number) => its[number] ?? ''
      const hits = hitsOfKept({ held, kept }, rules.get(held.rule)!, decisions.get(id)!, options.units[of]!, text)
      writer.add(time, JSON.stringify({ time, hits } satisfies Told))
    }
    await spool.add(writer.lines())
  }

  async function tell(silences: Silences): ReturnType<Telltale['finish']> {
    const decisions = await decide()
    const telltale = createTelltale(options)
    const tellSilences = async (until: number): Promise<void> => {
      for (let one = silences.next(until); one !== undefined; one = silences.next(until)) {
        const { time } = one
        const hits = await one.hits((principal) => telltale.incidentsAt(time, principal))
        if (hits.length > 0) await telltale.take(time, hits)
      }
    }
    for await (const one of spool.sorted((tag) => tag === 0 || isNear(tag))) {
      const hits = hitsOf(one, decisions)
      if (hits.length === 0) continue
      await tellSilences(one.time)
      await telltale.take(one.time, hits)
      silences.heard(one.time, hits)
    }
    await tellSilences(Number.POSITIVE_INFINITY)
    return telltale.finish()
  }

  return { add, tell }
}

function hitsOf({ id, line }: SpooledLine, decisions: ReadonlyMap<number, Reached>): readonly Hit[] {
  const { held, hits } = JSON.parse(line) as Told
  if (held === undefined) return hits
  const reached = decisions.get(id)
  return reached === undefined ? [] : hits.map((hit) => decided(hit, reached))
}

/** One that says that there may be more goes on saying so. */
function decided(hit: Hit, { amount, isAtLeast, at }: Reached): Hit {
  const { isAtLeast: isShort = false, ...rest } = hit
  return { ...rest, amount, at, ...(isAtLeast || isShort ? { isAtLeast: true } : {}) }
}

/** The rules that count in windows. */
const countingRules = (rules: readonly HitRule[]): ReadonlyMap<Held['rule'], CountRule> =>
  new Map(
    rules.flatMap(({ id, counting: of }) =>
      of === undefined ? [] : [[id, { id, ...of, allowance: 0, pool: 0 }] as const],
    ),
  )

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
