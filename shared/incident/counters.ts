import { hash } from 'node:crypto'
import { errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { StateError, type StateItem, type StateStore } from '../contracts/state.ts'
import {
  compress,
  type Digest,
  firstOf,
  fullestWindow,
  lastOf,
  type Room,
  readDigest,
  type Span,
  spansOf,
  within,
  writeDigest,
} from './digest.ts'
import {
  emptySample,
  forgetBefore,
  joinSample,
  type KeySample,
  readSample,
  spansOfKeys,
  writeSample,
} from './key-sample.ts'
import { type Lease, NO_LEASE } from './lease.ts'
import { addAllSlots, addSlots, mostIn, type Slots } from './slots.ts'
import { addToDays, type Days, daysOfKeys, forgetDays, REMEMBERED_MS, raiseDays, usualDay } from './usual.ts'

/** What a rule counts of one entity in one part of an object: amounts by second, or which keys came when. */
export interface Counted {
  readonly amounts: Digest
  readonly keys: KeySample | undefined
}

/** Part of an object: its records after `from`, up to `upTo`. A part is counted once, whoever brings it. */
export interface Contribution extends Counted {
  readonly object: string
  readonly from: number
  readonly upTo: number
}

/** The rule's side of a count. */
export interface CountRule {
  readonly id: string
  readonly threshold: number
  /** Seconds of event time. */
  readonly window: number
  /** So much of an entity an instance may keep to itself. */
  readonly allowance: number
  /** And its share of this: see createLease. */
  readonly pool: number
  /** Instances that count it at once, at the most; absent: one. */
  readonly holders?: number | undefined
  /** An entity that did as much on earlier days hits with so many times that. */
  readonly aboveUsual?: number | undefined
}

/** The threshold was reached in a window that holds the contribution. */
export interface Reached {
  readonly amount: number
  readonly isAtLeast: boolean
  /** When, ms since the epoch. */
  readonly at: number
}

export interface Counters {
  /**
   * Counts a contribution to an entity; at once where it is far from the threshold. Never throws: what the table does not
   * take counts in this instance.
   */
  count(rule: CountRule, entity: string, contribution: Contribution): Promise<Reached | undefined> | Reached | undefined
  /** Writes to the table so far, and failures of it. */
  readonly writes: number
  readonly failures: number
}

/**
 * Of what a span of several seconds may hold, the part that the table fills; the rest is for what all instances add
 * before they see what it holds by then.
 */
const SHARED = 0.5

/** Of a quarter of the threshold, what is divided among all instances; the rest is for those that have a lease. */
const DIVIDED = 0.25

/**
 * How much of an entity instances may keep to themselves, so that all of them together keep no more than a quarter of the
 * threshold: each its allowance, and those that have a lease their share of the pool.
 *
 * @param instances that count at once, at the most.
 * @param kinds of logs that the rule watches: leases are given for each.
 * @example
 * allowancesOf(400, 10, 1) // { allowance: 2, pool: 75, holders: 10 }
 */
export function allowancesOf(
  threshold: number,
  instances: number,
  kinds = 1,
): Pick<CountRule, 'allowance' | 'pool' | 'holders'> {
  const holders = Math.max(1, instances * kinds)
  const allowance = Math.floor(((threshold / 4) * DIVIDED) / holders)
  return { allowance, pool: ((threshold / 4) * (1 - DIVIDED)) / kinds, holders }
}

interface Known {
  readonly rev: number
  readonly amounts: Digest
  readonly keys: KeySample | undefined
  /** Object → up to where it is counted. */
  readonly seen: ReadonlyMap<string, number>
  /** Of rules that compare days: what each day had. */
  readonly days: Days
}

interface Entry {
  /** What the table said last. */
  known: Known | undefined
  /** Not written yet. */
  held: Contribution[]
  isWriting: boolean
  /** The same two at a glance. */
  readonly knownSlots: Slots
  readonly heldSlots: Slots
}

/** Entities that an instance remembers; those longest untouched go, and with them less than an allowance each. */
const MAX_ENTITIES = 10_000
/** Contributions of one entity that are held by themselves; older ones are added up. */
const MAX_HELD = 16
/** Contributions of many objects, which are done. */
const MANY = ''
/** Objects that an item remembers to have counted: more than can be under way, or come again, at once. */
const MAX_SEEN = 96
const MAX_ATTEMPTS = 8
/** Access logs come hours late. Seconds. */
const LATE = 86_400
const EXPIRES_MS = 26 * 3_600_000

/**
 * The counts of one function instance, and its side of the counts that all instances share. An entity's windows are of
 * event time: late and unordered objects count where they belong. See docs/state.md for the items.
 *
 * An entity that reaches 1.25 times the threshold within a window hits, one that stays at 0.8 times never does: a quarter
 * of the threshold may be held by instances, and less than a fifth may lie at the wrong end of a window.
 *
 * @example
 * const reached = await createCounters({ state, now, log }).count(rule, 'actor=alice', contribution)
 */
export function createCounters(options: {
  readonly state: StateStore
  /** ms since the epoch. */
  readonly now: () => number
  readonly log: OperatorLog
  readonly lease?: Lease | undefined
}): Counters {
  const { state, now, log, lease = NO_LEASE } = options
  const entries = new Map<string, Entry>()
  let writes = 0
  let failures = 0
  /** Some entity may have had more than is known. */
  let hasForgotten = false

  function entryOf(key: string): Entry {
    const entry = entries.get(key) ?? emptyEntry()
    entries.delete(key)
    entries.set(key, entry)
    if (entries.size > MAX_ENTITIES) {
      entries.delete(entries.keys().next().value!)
      hasForgotten = true
    }
    return entry
  }

  /** Takes what is held over into the item, unless it is there already. */
  function joined(rule: CountRule, known: Known | undefined, held: readonly Contribution[], room: Room): Known {
    const amounts: Digest = new Map(known?.amounts)
    const keys = held.some((one) => one.keys !== undefined) || known?.keys !== undefined ? emptySample() : undefined
    if (keys !== undefined && known?.keys !== undefined) joinSample(keys, known.keys)
    const seen = new Map(known?.seen)
    const days: Days = new Map(known?.days)
    for (const { object, from, upTo, ...counted } of held) {
      if (object !== MANY && (seen.get(object) ?? 0) > from) continue
      if (object !== MANY) {
        seen.delete(object)
        seen.set(object, upTo)
      }
      for (const [node, amount] of counted.amounts) amounts.set(node, (amounts.get(node) ?? 0) + amount)
      if (rule.aboveUsual !== undefined) addToDays(days, counted.amounts)
      if (keys !== undefined && counted.keys !== undefined) joinSample(keys, counted.keys)
    }
    for (const object of [...seen.keys()].slice(0, Math.max(0, seen.size - MAX_SEEN))) seen.delete(object)
    const oldest = newestOf(amounts, keys) - rule.window - LATE
    compress(amounts, rule.window, rule.threshold, oldest, room)
    if (keys !== undefined && rule.aboveUsual !== undefined) raiseDays(days, daysOfKeys(keys))
    if (keys !== undefined) forgetBefore(keys, oldest)
    forgetDays(days)
    return { rev: (known?.rev ?? 0) + 1, amounts, keys, seen, days }
  }

  /** Adds up the older half of what is held. */
  function addUp(rule: CountRule, entry: Entry): void {
    const older = entry.held.splice(0, MAX_HELD / 2)
    const room = { share: SHARED / (rule.holders ?? 1), beside: entry.known?.amounts, together: SHARED }
    const { amounts, keys } = joined(rule, undefined, older, room)
    entry.held.unshift({ object: MANY, from: 0, upTo: 0, amounts, keys })
  }

  async function write(rule: CountRule, key: string, entry: Entry): Promise<void> {
    const held = [...entry.held]
    for (let attempt = 1; ; attempt += 1) {
      const next = joined(rule, entry.known, held, { share: SHARED })
      const rev = entry.known?.rev
      try {
        writes += 1
        await state.write({
          key,
          set: itemOf(next),
          when: [rev === undefined ? { attribute: 'rev', is: 'absent' } : { attribute: 'rev', is: '=', value: rev }],
          expiresAt: now() + (rule.aboveUsual === undefined ? Math.max(EXPIRES_MS, 2000 * rule.window) : REMEMBERED_MS),
        })
        entry.known = next
        // What has come meanwhile stays.
        entry.held = entry.held.filter((one) => !held.includes(one))
        refresh(rule, entry)
        return
      } catch (error) {
        if (!(error instanceof StateError && error.failure === 'condition')) throw error
        // Somebody else has written it, or this very call has and its answer got lost: then its objects are in `seen`.
        entry.known = error.item === undefined ? undefined : readItem(error.item)
        if (attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  const allowanceNow = ({ allowance, pool }: CountRule): number => allowance + Math.floor(pool * lease.share)

  /** Shares what may not be kept, and looks at each window. */
  async function countClosely(
    rule: CountRule,
    entity: string,
    entry: Entry,
    contribution: Contribution,
  ): Promise<Reached | undefined> {
    const seconds = secondsOf(contribution)
    const held = fullestHeld(rule, entry.held)
    const mayKeep = held > allowanceNow(rule) && held <= rule.allowance + rule.pool
    if (mayKeep) await lease.ask()
    if (held > allowanceNow(rule)) {
      // Where the table says enough already, more of the same need not be told at once.
      const reached = held * 2 <= rule.threshold ? reachedIn(rule, [entry.known], seconds) : undefined
      if (reached !== undefined) return reached
      try {
        entry.isWriting = true
        await write(rule, counterKey(rule.id, entity), entry)
      } catch (error) {
        failures += 1
        refresh(rule, entry)
        log.error('A count could not be shared; it counts in this instance.', {
          rule: rule.id,
          reason: errorMessage(error),
        })
      } finally {
        entry.isWriting = false
      }
    }
    // What was read meanwhile may tell what is usual.
    const reached = reachedIn(ownRule(rule, entry.known, contribution), [entry.known, ...entry.held], seconds)
    return reached === undefined || !hasForgotten ? reached : { ...reached, isAtLeast: true }
  }

  return {
    get writes() {
      return writes
    },
    get failures() {
      return failures
    },
    count(of, entity, contribution) {
      const id = `${of.id}\n${entity}`
      const entry = entryOf(id)
      const rule = ownRule(of, entry.known, contribution)
      const isHeld = entry.held.some(({ object, upTo }) => object === contribution.object && upTo > contribution.from)
      const isKnown = (entry.known?.seen.get(contribution.object) ?? 0) > contribution.from
      const slots = slotsOf(rule, contribution)
      if (!isHeld && !isKnown) {
        entry.held.push(contribution)
        addAllSlots(entry.heldSlots, slots)
      }
      if (entry.held.length > MAX_HELD && !entry.isWriting) addUp(rule, entry)
      const isKept = mostIn([entry.heldSlots], slots.keys()) <= allowanceNow(rule)
      if (isKept && mostIn([entry.heldSlots, entry.knownSlots], slots.keys()) < rule.threshold) return undefined
      return countClosely(rule, entity, entry, contribution)
    },
  }
}

/** The key of an entity's item. */
export function counterKey(rule: string, entity: string): string {
  return `count#${rule}#${hash('sha256', entity, 'base64url').slice(0, 32)}`
}

const emptyEntry = (): Entry => ({
  known: undefined,
  held: [],
  isWriting: false,
  knownSlots: new Map(),
  heldSlots: new Map(),
})

/** The rule as it is for one entity: by what that one usually does. */
function ownRule(rule: CountRule, known: Known | undefined, { amounts, keys }: Counted): CountRule {
  if (rule.aboveUsual === undefined || known === undefined || known.days.size === 0) return rule
  const own = rule.aboveUsual * usualDay(known.days, newestOf(amounts, keys))
  if (own <= rule.threshold) return rule
  const share = own / rule.threshold
  return { ...rule, threshold: own, allowance: Math.floor(rule.allowance * share), pool: rule.pool * share }
}

/** Sees anew what there is at a glance. */
function refresh(rule: CountRule, { known, held, knownSlots, heldSlots }: Entry): void {
  knownSlots.clear()
  heldSlots.clear()
  if (known !== undefined) addAllSlots(knownSlots, slotsOf(rule, known))
  for (const one of held) addAllSlots(heldSlots, slotsOf(rule, one))
}

function slotsOf({ window }: CountRule, { amounts, keys }: Counted): Slots {
  const slots: Slots = new Map()
  for (const [node, amount] of amounts) addSlots(slots, window, firstOf(node), lastOf(node), amount)
  const each = 2 ** (keys?.level ?? 0)
  for (const [first, last] of keys?.times.values() ?? []) {
    addSlots(slots, window, first, first, each)
    if (Math.floor(last / window) !== Math.floor(first / window)) addSlots(slots, window, last, last, each)
  }
  return slots
}

function secondsOf({ amounts, keys }: Counted): number[] {
  const seconds = keys === undefined ? [...amounts.keys()].map(firstOf) : [...keys.times.values()].flat()
  return seconds.sort((a, b) => a - b)
}

function newestOf(amounts: Digest, keys: KeySample | undefined): number {
  let newest = Number.NEGATIVE_INFINITY
  for (const node of amounts.keys()) newest = Math.max(newest, firstOf(node))
  for (const [, last] of keys?.times.values() ?? []) newest = Math.max(newest, last)
  return newest
}

/** What all of these say together. */
function spansTogether(rule: CountRule, counted: readonly (Counted | undefined)[]): Span[] {
  const all = counted.filter((one) => one !== undefined)
  if (all.every(({ keys }) => keys === undefined)) return all.flatMap(({ amounts }) => spansOf(amounts))
  const keys = emptySample()
  for (const one of all) if (one.keys !== undefined) joinSample(keys, one.keys)
  return spansOfKeys(keys, rule.window)
}

/** The most that is held of any window. */
function fullestHeld(rule: CountRule, held: readonly Contribution[]): number {
  let total = 0
  for (const { amounts, keys } of held) {
    for (const amount of amounts.values()) total += amount
    total += (keys?.times.size ?? 0) * 2 ** (keys?.level ?? 0)
  }
  if (total <= rule.allowance) return total
  const seconds = held.flatMap(secondsOf).sort((a, b) => a - b)
  return fullestWindow(spansTogether(rule, held), rule.window, seconds)?.amount ?? 0
}

function reachedIn(
  rule: CountRule,
  counted: readonly (Counted | undefined)[],
  seconds: readonly number[],
): Reached | undefined {
  const { allowance, pool, threshold, window } = rule
  const spans = spansTogether(rule, counted)
  const fullest = fullestWindow(spans, window, seconds)
  if (fullest === undefined || fullest.amount < threshold) return undefined
  const { sure, reachedAt } = within(spans, window, fullest.from, threshold)
  return { amount: sure, isAtLeast: sure < fullest.amount || allowance > 0 || pool >= 1, at: reachedAt * 1000 }
}

function itemOf({ rev, amounts, keys, seen, days }: Known): StateItem {
  return {
    rev,
    ...(keys === undefined ? { amounts: writeDigest(amounts) } : { keys: writeSample(keys) }),
    seen: [...seen].map(([object, upTo]) => `${object}:${upTo.toString(36)}`).join(','),
    ...(days.size === 0 ? {} : { days: writeDigest(days) }),
  }
}

function readItem({ rev, amounts, keys, seen, days }: StateItem): Known {
  const objects = typeof seen === 'string' && seen !== '' ? seen.split(',') : []
  return {
    rev: typeof rev === 'number' ? rev : 0,
    amounts: typeof amounts === 'string' ? readDigest(amounts) : new Map(),
    keys: typeof keys === 'string' ? readSample(keys) : undefined,
    seen: new Map(
      objects.map((text) => {
        const colon = text.indexOf(':')
        return [text.slice(0, colon), Number.parseInt(text.slice(colon + 1), 36)] as const
      }),
    ),
    days: typeof days === 'string' ? readDigest(days) : new Map(),
  }
}
