/** What comes to a threshold, when all units are there, and what is told of it. */
import { giveBack } from '../basics/give-back.ts'
import type { CountRule, Reached } from '../incident/count-windows.ts'
import { createCounters } from '../incident/counters.ts'
import type { Hit } from '../incident/hit.ts'
import type { HitRule } from '../incident/hit-rules.ts'
import { createOwnCounts } from '../incident/shared-counts.ts'
import { unpackTexts } from '../incident/texts.ts'
import { createDistinctKeys } from './distinct-keys.ts'
import { contributionOf, type Held } from './held.ts'
import { hitsOfKept } from './late-hits.ts'
import { createNear } from './near.ts'
import type { Silences } from './silences.ts'
import { createLineWriter, lastUpTo, type Spool } from './spool.ts'
import { createTelltale, type Telltale, type TelltaleOptions } from './tell.ts'
import { countOf, readHead, readHits } from './told.ts'
import type { Collected, ReplayObject } from './unit.ts'

/** The tag of lines that hold no count. Those of counts tell their entities, below 0 where keys are counted. */
const NO_COUNT = 0

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

  const isNear = (tag: number): boolean => tag !== NO_COUNT && near.mayReach(Math.abs(tag) - 1)
  const isNearWithKeys = (tag: number): boolean => tag < 0 && isNear(tag)

  /** Of a rule that is not there nothing is decided. */
  async function add(unit: number, { told, texts: packed }: Pick<Collected, 'told' | 'texts'>): Promise<void> {
    texts[unit] = await spool.keep(packed)
    firstLines[unit] = spool.length
    const { lines } = told
    const tags = new Float64Array(lines.times.length)
    for (let line = 0; line < tags.length; line += 1) {
      const count = countOf(told, line)
      if (count === undefined) continue
      const rule = counting.get(count.rule)
      if (rule !== undefined) near.add(count, rule)
      tags[line] = rule?.count === 'keys' ? -1 - count.hash : 1 + count.hash
    }
    giveBack(told.ruleAt, told.counts)
    await spool.add(lines, tags)
  }

  /** Lines of entities that are near, but have too few different keys. */
  function fewKeys(): ReadonlySet<number> {
    const distinct = createDistinctKeys()
    for (const line of spool.inOrder(isNearWithKeys)) {
      const { held } = readHead(spool.head(line))
      distinct.add(held, counting.get(held.rule)?.threshold ?? 0, line)
    }
    return distinct.few()
  }

  /** Counts what was held. */
  async function decide(): Promise<ReadonlyMap<number, Reached>> {
    const few = fewKeys()
    let clock = 0
    const now = () => clock
    const counters = createCounters({ shared: createOwnCounts(now), now, log: QUIET })
    const decisions = new Map<number, Reached>()
    const late: number[] = []
    for (const line of spool.inOrder((tag, line) => isNear(tag) && !few.has(line))) {
      const { held, kept } = readHead(spool.head(line))
      const rule = counting.get(held.rule)
      if (rule === undefined) continue
      clock = Math.max(clock, spool.time(line))
      const reached = await counters.count(rule, held.entity, contributionOf(held))
      if (reached === undefined) continue
      decisions.set(line, reached)
      if (kept !== undefined) late.push(line)
    }
    await makeLate(
      late.sort((a, b) => a - b),
      decisions,
    )
    return decisions
  }

  /** Makes hits of what was kept, unit by unit: lines of their own. */
  async function makeLate(late: readonly number[], decisions: ReadonlyMap<number, Reached>): Promise<void> {
    let unit = -1
    let its: readonly string[] = []
    const writer = createLineWriter()
    for (const line of late) {
      const { held, kept } = readHead(spool.head(line))
      if (kept === undefined) continue
      const of = lastUpTo(firstLines, line, (first) => first)
      if (of !== unit) its = unpackTexts(spool.kept(texts[of]!))
      unit = of
      const text = (number: number) => its[number] ?? ''
      const hits = hitsOfKept({ held, kept }, rules.get(held.rule)!, decisions.get(line)!, options.units[of]!, text)
      writer.add(spool.time(line), '', JSON.stringify(hits))
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
    for (const line of spool.inOrder((tag, line) => tag === NO_COUNT || decisions.has(line))) {
      const time = spool.time(line)
      const hits = hitsOf(spool.body(line), decisions.get(line))
      if (hits.length === 0) continue
      await tellSilences(time)
      await telltale.take(time, hits)
      silences.heard(time, hits)
    }
    await tellSilences(Number.POSITIVE_INFINITY)
    return telltale.finish()
  }

  return { add, tell }
}

/** The hits of a line; of one that holds a count as they are when it has come to the threshold. */
function hitsOf(body: string, reached: Reached | undefined): readonly Hit[] {
  const hits = readHits(body)
  return reached === undefined ? hits : hits.map((hit) => decided(hit, reached))
}

/** One that says that there may be more goes on saying so. */
function decided(hit: Hit, { amount, isAtLeast, at }: Reached): Hit {
  const { isAtLeast: isShort = false, ...rest } = hit
  return { ...rest, amount, at, ...(isAtLeast || isShort ? { isAtLeast: true } : {}) }
}

type Counting = CountRule & NonNullable<HitRule['counting']>

/** The rules that count in windows. */
const countingRules = (rules: readonly HitRule[]): ReadonlyMap<Held['rule'], Counting> =>
  new Map(
    rules.flatMap(({ id, counting: of }) =>
      of === undefined ? [] : [[id, { id, ...of, allowance: 0, pool: 0 }] as const],
    ),
  )

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
