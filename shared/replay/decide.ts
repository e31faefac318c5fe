/** What comes to a threshold, when all units are there, and with that what is told. */
import { giveBack } from '../basics/give-back.ts'
import type { CountRule, Reached } from '../incident/count-windows.ts'
import { type Counters, createCounters } from '../incident/counters.ts'
import type { HitRule } from '../incident/hit-rules.ts'
import { createOwnCounts } from '../incident/shared-counts.ts'
import { unpackTexts } from '../incident/texts.ts'
import { createDistinctKeys, type DistinctKeys } from './distinct-keys.ts'
import { contributionOf, type Held } from './held.ts'
import { hitsOfKept } from './late-hits.ts'
import { createNear } from './near.ts'
import { createLineWriter, lastUpTo, type Spool } from './spool.ts'
import { countOf, readHead } from './told.ts'
import type { Collected, ReplayObject } from './unit.ts'

/** The tag of lines that hold no count. Those of counts tell their entities, below 0 where keys are counted. */
const NO_COUNT = 0

export interface DeciderOptions {
  readonly units: readonly (readonly ReplayObject[])[]
  readonly spool: Spool
  readonly rules: readonly HitRule[]
}

export interface Decider {
  /** Takes what a unit told; units come in their order. */
  add(unit: number, collected: Pick<Collected, 'told' | 'texts'>): Promise<void> | undefined
  /** Before then nothing more comes, as far as those units that have come let one think so. ms since the epoch. */
  quietBefore(): number
  /**
   * What is told of lines before a time. Wait for it before the next call; units may come meanwhile.
   *
   * @param turn waited for in between.
   */
  plan(before: number, turn: Turn): Promise<Plan>
}

/** Undefined: there is nothing to wait for. */
export type Turn = () => Promise<void> | undefined

/** Lines that hold hits, in their order, and what their counts come to. */
export interface Plan {
  readonly lines: Uint32Array
  readonly decisions: ReadonlyMap<number, Reached>
}

/** Of how far units go back behind what had come before them, so much more is thought to come. */
const DISORDER = 1.5

/** Entities whose different keys are looked into; of others it is not known. */
const MAX_WITH_KEYS = 2_048
/** Entities that are counted each by itself. More are counted together, which forgets the least of very many. */
const MAX_ALONE = 5_000
/** The tag of all of them. */
const TOGETHER = Number.NaN

/** What is known of an entity from lines of it, in their order: some of it is known when there are more. */
interface Known<What> {
  lines: readonly number[]
  readonly what: What
}

/** What lines come to. */
interface Count {
  readonly counters: Counters
  /** The time of the last one, ms since the epoch. */
  clock: number
  readonly decisions: Map<number, Reached>
  /** Lines that came to a threshold, and whose hits have to be made. */
  readonly late: number[]
}

function beginCount(): Count {
  const now = () => begun.clock
  const counters = createCounters({ shared: createOwnCounts(now), now, log: QUIET })
  const begun: Count = { counters, clock: 0, decisions: new Map(), late: [] }
  return begun
}

/**
 * Whether a count comes to its threshold is known when all units are there. Then they are counted as one function instance
 * would: in the order of their times, and only those of entities that may reach it at all. Hits that were not made with
 * their unit are made of the messages that were kept of it: nothing is read twice.
 *
 * @example
 * const decider = createDecider(options); await decider.add(0, collected); const { lines } = await decider.plan(Infinity, () => undefined)
 */
export function createDecider(options: DeciderOptions): Decider {
  const { spool } = options
  const rules = new Map(options.rules.map((rule) => [rule.id, rule]))
  const counting = countingRules(options.rules)
  const near = createNear()
  /** Where the texts of each unit are, and which lines are its. */
  const texts: number[] = []
  const firstLines: number[] = []
  /** Lines that were made of others, by their numbers, and by that of the other one. */
  const madeLines = new Set<number>()
  const madeOf = new Map<number, { readonly line: number; readonly reached: Reached }>()
  /** The latest time of a line, and how far any unit went back behind that. */
  let latest = Number.NEGATIVE_INFINITY
  let disorder = 0
  /** By tags. */
  const keys = new Map<number, Known<DistinctKeys>>()
  const counts = new Map<number, Known<Count>>()

  const isNear = (tag: number): boolean => tag !== NO_COUNT && near.mayReach(Math.abs(tag) - 1)

  /** Of a rule that is not there nothing is decided. */
  async function add(unit: number, { told, texts: packed }: Pick<Collected, 'told' | 'texts'>): Promise<void> {
    texts[unit] = await spool.keep(packed)
    firstLines[unit] = spool.length
    const { lines } = told
    const tags = new Float64Array(lines.times.length)
    const before = latest
    for (let line = 0; line < tags.length; line += 1) {
      const time = lines.times[line]!
      latest = Math.max(latest, time)
      disorder = Math.max(disorder, before - time)
      const of = countOf(told, line)
      if (of === undefined) continue
      const rule = counting.get(of.rule)
      if (rule !== undefined) near.add(of, rule)
      tags[line] = rule?.count === 'keys' ? -1 - of.hash : 1 + of.hash
    }
    giveBack(told.ruleAt, told.counts)
    await spool.add(lines, tags)
  }

  /** Lines of entities that are near, before a time: by their tags, in their order. */
  function nearLines(before: number): Map<number, number[]> {
    const groups = new Map<number, number[]>()
    for (const line of spool.inOrder(isNear)) {
      if (spool.time(line) >= before) break
      const tag = spool.tag(line)
      const group = groups.get(tag)
      if (group === undefined) groups.set(tag, [line])
      else group.push(line)
    }
    return groups
  }

  /** The same without entities that have too few different keys. */
  async function withKeys(groups: Map<number, number[]>, turn: Turn): Promise<ReadonlyMap<number, readonly number[]>> {
    const withThem = [...groups].filter(([tag]) => tag < 0).slice(0, MAX_WITH_KEYS)
    for (const [tag, lines] of withThem) {
      const known = goOn(keys, tag, lines, createDistinctKeys)
      const distinct = known.what
      for (const line of lines.slice(known.lines.length)) {
        if (distinct.areMany()) break
        const waiting = turn()
        if (waiting !== undefined) await waiting
        const { held } = readHead(spool.head(line))
        distinct.add(held, counting.get(held.rule)?.threshold ?? 0)
      }
      known.lines = lines
      if (!distinct.areMany()) groups.delete(tag)
    }
    if (groups.size <= MAX_ALONE) return groups
    for (const tag of counts.keys()) if (!Number.isNaN(tag)) counts.delete(tag)
    const all = new Set([...groups.values()].flat())
    return new Map([[TOGETHER, [...spool.inOrder((_, line) => all.has(line))]]])
  }

  /** Counts what was held of lines before a time: of each entity what was not counted yet, where nothing has come in between. */
  async function plan(before: number, turn: Turn): Promise<Plan> {
    const decisions = new Map<number, Reached>()
    const late: number[] = []
    for (const [tag, lines] of await withKeys(nearLines(before), turn)) {
      const known = goOn(counts, tag, lines, beginCount)
      for (const line of lines.slice(known.lines.length)) {
        const waiting = turn()
        if (waiting !== undefined) await waiting
        await count(line, known.what)
      }
      known.lines = lines
      for (const [line, reached] of known.what.decisions) decisions.set(line, reached)
      // Of a hostile log they may be more than a call takes arguments.
      for (const line of known.what.late) late.push(line)
    }
    late.sort((a, b) => a - b)
    await makeLate(late, decisions)
    return { lines: inOrder(late, decisions), decisions }
  }

  async function count(line: number, to: Count): Promise<void> {
    const { held, kept } = readHead(spool.head(line))
    const rule = counting.get(held.rule)
    if (rule === undefined) return
    to.clock = Math.max(to.clock, spool.time(line))
    const reached = await to.counters.count(rule, held.entity, contributionOf(held))
    if (reached === undefined) return
    to.decisions.set(line, reached)
    if (kept !== undefined) to.late.push(line)
  }

  /** Makes hits of what was kept, unit by unit: lines of their own. */
  async function makeLate(late: readonly number[], decisions: Plan['decisions']): Promise<void> {
    let unit = -1
    let its: readonly string[] = []
    const writer = createLineWriter()
    const made: number[] = []
    for (const line of late) {
      const reached = decisions.get(line)!
      if (isSame(madeOf.get(line)?.reached, reached)) continue
      const { held, kept } = readHead(spool.head(line))
      if (kept === undefined) continue
      const of = lastUpTo(firstLines, line, (first) => first)
      if (of !== unit) its = unpackTexts(spool.kept(texts[of]!))
      unit = of
      const text = (number: number) => its[number] ?? ''
      const hits = hitsOfKept({ held, kept }, rules.get(held.rule)!, reached, options.units[of]!, text)
      writer.add(spool.time(line), '', JSON.stringify(hits))
      made.push(line)
    }
    const first = spool.length
    const adding = spool.add(writer.lines())
    for (const [index, line] of made.entries()) {
      madeLines.add(first + index)
      madeOf.set(line, { line: first + index, reached: decisions.get(line)! })
    }
    await adding
  }

  /** Lines whose hits are told; of equal times those that were made come last, in the order of those they were made of. */
  function inOrder(late: readonly number[], decisions: Plan['decisions']): Uint32Array {
    const isLate = new Set(late)
    const others = spool.inOrder((tag, line) =>
      tag === NO_COUNT ? !madeLines.has(line) : decisions.has(line) && !isLate.has(line),
    )
    const made = late
      .map((line) => ({ line: madeOf.get(line)!.line, time: spool.time(line) }))
      .sort((a, b) => a.time - b.time)
    const lines = new Uint32Array(others.length + made.length)
    let [at, next] = [0, 0]
    for (const line of others) {
      const time = made.length === next ? 0 : spool.time(line)
      while (next < made.length && made[next]!.time < time) lines[at++] = made[next++]!.line
      lines[at++] = line
    }
    for (const { line } of made.slice(next)) lines[at++] = line
    return lines
  }

  return { add, quietBefore: () => latest - DISORDER * disorder, plan }
}

export function isSame(one: Reached | undefined, other: Reached | undefined): boolean {
  return one?.amount === other?.amount && one?.isAtLeast === other?.isAtLeast && one?.at === other?.at
}

/** What was known, where the lines begin with those that it was known from; else anew. */
function goOn<What>(
  of: Map<number, Known<What>>,
  tag: number,
  lines: readonly number[],
  begin: () => What,
): Known<What> {
  let known = of.get(tag)
  if (known === undefined || !known.lines.every((line, index) => lines[index] === line)) {
    known = { lines: [], what: begin() }
    of.set(tag, known)
  }
  return known
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
