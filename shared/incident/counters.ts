import { errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { hitAt } from './allowances.ts'
import type { Counted, Known } from './count-item.ts'
import { joined, LATE, MANY } from './count-join.ts'
import {
  type Contribution,
  type CountRule,
  fullestHeld,
  newestOf,
  ownRule,
  type Reached,
  reachedIn,
  secondsOf,
  slotsOf,
} from './count-windows.ts'
import { addDigest, compress } from './digest.ts'
import { emptySample, forgetBefore, joinSample } from './key-sample.ts'
import { type Lease, NO_LEASE } from './lease.ts'
import { Overtaken, type SharedCounts } from './shared-counts.ts'
import { addAllSlots, mostIn, type Slots } from './slots.ts'
import { REMEMBERED_MS } from './usual.ts'

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

interface Entry {
  readonly rule: CountRule
  readonly entity: string
  /** What the table said last. */
  known: Known | undefined
  /** Not written yet. */
  held: Contribution[]
  /** Writes under way. */
  writing: number
  /** Nodes of what is added up, from which on it is compressed anew. */
  compressAt: number
  /** When something came last, ms since the epoch. */
  touched: number
  /** The same two at a glance; undefined: of what is known nobody has asked. */
  knownSlots: Slots | undefined
  readonly heldSlots: Slots
}

/** Entities that an instance remembers. Of more, half go: the old, those of which all is told, those with least that is not. */
const MAX_ENTITIES = 10_000
/** Contributions of one entity that are held by themselves; older ones are added up. */
const MAX_HELD = 16
/** Nodes that need not be compressed. */
const FEW_NODES = 64
const MAX_ATTEMPTS = 8
/** To see whether a part has become less. */
const ALL = 1e6
const EXPIRES_MS = 26 * 3_600_000

/**
 * The counts of one function instance, and its side of the counts that all instances share. An entity's windows are of
 * event time: late and unordered objects count where they belong. See docs/state.md for the items.
 *
 * An entity that reaches 1.25 times the threshold within a window hits, one that stays at 0.8 times never does: a quarter
 * of the threshold may be held by instances, and less than a fifth may lie at the wrong end of a window.
 *
 * @example
 * const reached = await createCounters({ shared, now, log }).count(rule, 'actor=alice', contribution)
 */
export function createCounters(options: {
  readonly shared: SharedCounts
  /** ms since the epoch. */
  readonly now: () => number
  readonly log: OperatorLog
  readonly lease?: Lease | undefined
}): Counters {
  const { shared, now, log, lease = NO_LEASE } = options
  const entries = new Map<string, Entry>()
  let writes = 0
  let failures = 0
  /** Some entity may have had more than is known. */
  let hasForgotten = false
  /** Others write the same items: what is known of one may be old. */
  let isAlone = true

  function entryOf(rule: CountRule, entity: string): Entry {
    const id = `${rule.id}\n${entity}`
    let entry = entries.get(id)
    if (entry === undefined) {
      if (entries.size >= MAX_ENTITIES) forgetSmallest()
      entry = emptyEntry(rule, entity)
      entries.set(id, entry)
    }
    entry.touched = now()
    return entry
  }

  function forgetSmallest(): void {
    const old = now() - EXPIRES_MS
    const ranked = [...entries].map(([id, entry]) => ({ id, entry, untold: entry.touched < old ? 0 : untoldOf(entry) }))
    ranked.sort((a, b) => a.untold - b.untold || a.entry.touched - b.entry.touched)
    for (const { id, entry, untold } of ranked.slice(0, MAX_ENTITIES / 2)) {
      // What is being written is not lost.
      if (entry.writing > 0) continue
      entries.delete(id)
      hasForgotten ||= untold > 0
    }
  }

  /** Adds the oldest that is held by itself to those before it. */
  function addUp(rule: CountRule, entry: Entry): void {
    const { held } = entry
    if (held[0]!.object !== MANY) held.unshift({ object: MANY, from: 0, upTo: 0, amounts: new Map(), keys: undefined })
    const [sum, oldest] = held.splice(0, 2) as [Contribution, Contribution]
    const keys = sum.keys ?? (oldest.keys === undefined ? undefined : emptySample())
    held.unshift(sum.keys === keys ? sum : { ...sum, keys })
    addDigest(sum.amounts, oldest.amounts)
    if (keys !== undefined && oldest.keys !== undefined) {
      forgetBefore(keys, newestOf(oldest.amounts, oldest.keys) - rule.window - LATE)
      joinSample(keys, oldest.keys)
    }
    if (sum.amounts.size < entry.compressAt) return
    const room = { share: SHARED / (rule.holders ?? 1), beside: entry.known?.amounts, together: SHARED }
    compress(sum.amounts, rule.window, rule.threshold, newestOf(sum.amounts, undefined) - rule.window - LATE, room)
    entry.compressAt = Math.max(FEW_NODES, 2 * sum.amounts.size)
  }

  async function write(rule: CountRule, entry: Entry): Promise<void> {
    const held = [...entry.held]
    for (let attempt = 1; ; attempt += 1) {
      const next = joined(rule, entry.known, held, { share: SHARED })
      try {
        writes += 1
        await shared.write({
          rule: rule.id,
          entity: entry.entity,
          next,
          before: entry.known?.rev,
          expiresAt: now() + (rule.aboveUsual === undefined ? Math.max(EXPIRES_MS, 2000 * rule.window) : REMEMBERED_MS),
        })
        entry.known = next
        // What has come meanwhile stays.
        entry.held = entry.held.filter((one) => !held.includes(one))
        refresh(rule, entry)
        return
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error
        // Somebody else has written it, or this very call has and its answer got lost: then its objects are in `seen`.
        isAlone = false
        entry.known = error.known
        if (attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  /** A read is a fifth of a write, and of a write whose condition fails. */
  async function readAnew(rule: CountRule, entry: Entry): Promise<void> {
    const known = await shared.read(rule.id, entry.entity)
    if (known === undefined || known.rev <= (entry.known?.rev ?? 0)) return
    entry.known = known
    // What came here came elsewhere, too.
    entry.held = entry.held.filter(({ object, from }) => (known.seen.get(object) ?? 0) <= from)
    refresh(rule, entry)
  }

  const allowanceNow = ({ allowance, pool }: CountRule): number => allowance + lease.partOf(pool)

  /** Tells the table what is held, unless that says enough already: then more of the same need not be told at once. */
  async function share(rule: CountRule, entry: Entry, enough: () => Reached | undefined): Promise<Reached | undefined> {
    const found = enough()
    if (found !== undefined) return found
    try {
      entry.writing += 1
      if (!isAlone) {
        await readAnew(rule, entry)
        const foundAnew = enough()
        if (foundAnew !== undefined) return foundAnew
      }
      await write(rule, entry)
    } catch (error) {
      failures += 1
      refresh(rule, entry)
      log.error('A count could not be shared; it counts in this instance.', {
        rule: rule.id,
        reason: errorMessage(error),
      })
    } finally {
      entry.writing -= 1
    }
    return undefined
  }

  /** Where a part was given back, what was kept with it is told before somebody else has it. */
  async function ask(): Promise<void> {
    const before = lease.partOf(ALL)
    await lease.ask()
    if (lease.partOf(ALL) >= before) return
    for (const entry of [...entries.values()]) {
      const { rule, heldSlots, writing } = entry
      if (writing === 0 && mostIn([heldSlots], heldSlots.keys()) > allowanceNow(rule))
        await share(rule, entry, () => undefined)
    }
  }

  const reached = (rule: CountRule, counted: readonly (Counted | undefined)[], seconds: ArrayLike<number>) =>
    reachedIn(rule, hitAt(rule, allowanceNow(rule)), counted, seconds)

  /** Shares what may not be kept, and looks at each window. */
  async function countClosely(rule: CountRule, entry: Entry, contribution: Contribution): Promise<Reached | undefined> {
    const seconds = secondsOf(contribution)
    let held = fullestHeld(rule, entry.held)
    if (held > allowanceNow(rule) && rule.pool >= 1) {
      await ask()
      held = fullestHeld(rule, entry.held)
    }
    if (held > allowanceNow(rule)) {
      const enough = () => (held * 2 <= rule.threshold ? reached(rule, [entry.known], seconds) : undefined)
      const found = await share(rule, entry, enough)
      if (found !== undefined) return found
    }
    // What was read meanwhile may tell what is usual.
    const own = ownRule(rule, entry.known, contribution)
    const found = reached(own, [entry.known, ...entry.held], seconds)
    return found === undefined || !hasForgotten ? found : { ...found, isAtLeast: true }
  }

  return {
    get writes() {
      return writes
    },
    get failures() {
      return failures
    },
    count(of, entity, contribution) {
      const entry = entryOf(of, entity)
      const rule = ownRule(of, entry.known, contribution)
      const isHeld = entry.held.some(({ object, upTo }) => object === contribution.object && upTo > contribution.from)
      const isKnown = (entry.known?.seen.get(contribution.object) ?? 0) > contribution.from
      const slots = slotsOf(rule, contribution)
      if (!isHeld && !isKnown) {
        entry.held.push(contribution)
        addAllSlots(entry.heldSlots, slots)
      }
      while (entry.held.length > MAX_HELD && entry.writing === 0) addUp(rule, entry)
      const isKept = mostIn([entry.heldSlots], slots.keys()) <= allowanceNow(rule)
      if (
        isKept &&
        mostIn([entry.heldSlots, knownSlotsOf(rule, entry)], slots.keys()) < hitAt(rule, allowanceNow(rule))
      )
        return undefined
      return countClosely(rule, entry, contribution)
    },
  }
}

const emptyEntry = (rule: CountRule, entity: string): Entry => ({
  rule,
  entity,
  known: undefined,
  held: [],
  writing: 0,
  compressAt: FEW_NODES,
  touched: 0,
  knownSlots: undefined,
  heldSlots: new Map(),
})

/** The part of the threshold that only this instance knows of, of any window. */
const untoldOf = ({ rule, heldSlots }: Entry): number => mostIn([heldSlots], heldSlots.keys()) / rule.threshold

/** Sees anew what there is at a glance. */
function refresh(rule: CountRule, entry: Entry): void {
  const { held, heldSlots } = entry
  entry.knownSlots = undefined
  heldSlots.clear()
  for (const one of held) addAllSlots(heldSlots, slotsOf(rule, one))
}

function knownSlotsOf(rule: CountRule, entry: Entry): Slots {
  entry.knownSlots ??= entry.known === undefined ? new Map() : slotsOf(rule, entry.known)
  return entry.knownSlots
}
