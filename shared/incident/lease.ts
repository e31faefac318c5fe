/** Who of the function instances may keep how much to itself. */
import { errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { StateError, type StateItem, type StateStore } from '../contracts/state.ts'

export interface Lease {
  /** Of so much that instances may keep to themselves, this one's part. Together they never have more than all of it. */
  partOf(pool: number): number
  /** Asks for a part, for a fair one, or for the same one longer. Never throws: what cannot be had is 0. */
  ask(): Promise<void>
}

const MINUTE_MS = 60_000
/** The smaller a part, the longer it is given: its holder may be gone, and then nobody has it. */
const SHORTEST_MS = 60 * MINUTE_MS
const LONGEST_MS = 6 * 60 * MINUTE_MS
/** So long before its end it is asked for anew, where it is needed. */
const AHEAD_MS = 5 * MINUTE_MS
/** What its holder has kept may belong to a window with what comes later. */
const GRACE_MS = 60 * MINUTE_MS
/** Nothing was left, or nothing could be read. */
const AGAIN_MS = 15 * MINUTE_MS
/** It was less than a fair part. */
const MORE_MS = 60 * MINUTE_MS
/** Whoever has got nothing is known to wait for so long. */
const WAITING_MS = 120 * MINUTE_MS
/** One that is alone takes so much. */
const ALONE = 0.8
const MAX_TRIES = 3

/** What somebody has: places from the one up to before the other. None: an instance waits. */
interface Held {
  /** Empty: it was given back, and what was kept with it may still belong to a window. */
  readonly id: string
  readonly from: number
  readonly to: number
  /** ms since the epoch. */
  readonly until: number
}

/** No part of anything. */
export const NO_LEASE: Lease = { partOf: () => 0, async ask() {} }

/**
 * Parts are given away in the state table, a write every hour or every few hours. Alone, as an instance mostly is in an
 * ordinary account, it gets four fifths; where there are others, each comes to have as much as the next one: whoever had
 * more gives it back as it asks anew. There are as many places as there are instances at the most, and what there is to
 * keep is divided among the places: no place has two holders, so that parts never add up to more than all of it, and of
 * the few that a low threshold leaves, each has one holder, too.
 *
 * @param options.name what the instances have in common: the kind of logs.
 * @param options.instances of them at once, at the most.
 * @example
 * const lease = createLease({ state, name: 'cloudtrail', instanceId, instances: 10, now, log })
 * await lease.ask()
 * lease.partOf(100) // 80
 */
export function createLease(options: {
  readonly state: StateStore
  readonly name: string
  readonly instanceId: string
  readonly instances: number
  readonly now: () => number
  readonly log: OperatorLog
}): Lease {
  const { state, name, instanceId: id, instances, now, log } = options
  // No rule is called so; roles may write what begins so.
  const key = `count#/lease/${name}/${instances}`
  let own: readonly Held[] = []
  let until = 0
  let askAt = 0
  let wasRefused = false
  let asking: Promise<void> | undefined

  async function attempt(): Promise<void> {
    const item = await state.get(key)
    const all = readHeld(item?.holders).filter((one) => one.until + (isWaiting(one) ? 0 : GRACE_MS) > now())
    const others = all.filter((one) => one.id !== id)
    const mine = all.filter((one) => one.id === id && !isWaiting(one))
    own = mine
    until = Math.max(0, ...mine.map((one) => one.until))
    const wanted = fairPart(others, instances, now())
    const { kept, given } = trimmed(mine, wanted, now())
    const pieces = joined([...kept, ...gapsFor(wanted - sizeOf(kept), [...others, ...kept, ...given], instances)])
    const size = sizeOf(pieces)
    if (size === 0) return await waitFor(item, others, all)
    if (now() < until - AHEAD_MS && size <= sizeOf(mine) && given.length === 0) return askLater(size >= wanted)
    const next = pieces.map((piece) => ({ ...piece, id, until: now() + lengthOf(size) }))
    await write(item, [...others, ...given, ...next])
    own = next
    until = next[0]!.until
    wasRefused = false
    askLater(size >= wanted)
  }

  function askLater(isAll: boolean): void {
    askAt = Math.min(until - AHEAD_MS, isAll ? until : now() + MORE_MS)
  }

  const lengthOf = (size: number): number =>
    Math.max(SHORTEST_MS, Math.min(LONGEST_MS, (SHORTEST_MS * instances) / size))

  /** Whoever is refused twice says that it is there, so that others leave it something. */
  async function waitFor(item: StateItem | undefined, others: readonly Held[], all: readonly Held[]): Promise<void> {
    const isKnown = all.some((one) => one.id === id && isWaiting(one))
    if (wasRefused && !isKnown) await write(item, [...others, { id, from: 0, to: 0, until: now() + WAITING_MS }])
    wasRefused = true
    askAt = now() + AGAIN_MS
  }

  async function write(item: StateItem | undefined, all: readonly Held[]): Promise<void> {
    const rev = typeof item?.rev === 'number' ? item.rev : undefined
    await state.write({
      key,
      set: { rev: (rev ?? 0) + 1, holders: writeHeld(all) },
      when: [rev === undefined ? { attribute: 'rev', is: 'absent' } : { attribute: 'rev', is: '=', value: rev }],
      expiresAt: Math.max(...all.map((one) => one.until)) + GRACE_MS,
    })
  }

  async function ask(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt()
      } catch (error) {
        const isTaken = error instanceof StateError && error.failure === 'condition'
        if (isTaken && tries < MAX_TRIES) continue
        askAt = now() + AGAIN_MS
        if (!isTaken) log.warn('Nothing may be kept back: counts are shared at once.', { reason: errorMessage(error) })
        return
      }
    }
  }

  return {
    partOf(pool) {
      if (own.length === 0 || now() >= until) return 0
      const upTo = (place: number) => Math.floor((pool * place) / instances)
      return own.reduce((sum, { from, to }) => sum + upTo(to) - upTo(from), 0)
    },
    async ask() {
      if (now() < askAt) return
      asking ??= ask().finally(() => {
        asking = undefined
      })
      await asking
    },
  }
}

const isWaiting = ({ from, to }: Held): boolean => from === to
const sizeOf = (pieces: readonly Pick<Held, 'from' | 'to'>[]): number =>
  pieces.reduce((sum, { from, to }) => sum + to - from, 0)

/** Places for one of those that are there. */
function fairPart(others: readonly Held[], instances: number, now: number): number {
  const living = new Set(others.filter(({ id, until }) => id !== '' && until > now).map(({ id }) => id)).size
  return Math.max(1, Math.floor(living === 0 ? instances * ALONE : instances / (living + 1)))
}

/** What is kept of one's own, and what is given back, where it is more than wanted. */
function trimmed(mine: readonly Held[], wanted: number, now: number): { kept: Held[]; given: Held[] } {
  const kept: Held[] = []
  const given: Held[] = []
  let left = wanted
  for (const piece of mine) {
    const middle = piece.from + Math.min(left, piece.to - piece.from)
    if (middle > piece.from) kept.push({ ...piece, to: middle })
    if (middle < piece.to) given.push({ ...piece, from: middle, id: '', until: Math.min(now, piece.until) })
    left -= middle - piece.from
  }
  return { kept, given }
}

/** What touches is one piece. */
function joined(pieces: readonly Pick<Held, 'from' | 'to'>[]): { from: number; to: number }[] {
  const joined: { from: number; to: number }[] = []
  for (const { from, to } of [...pieces].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last?.to === from) last.to = to
    else joined.push({ from, to })
  }
  return joined
}

/** So many places that nobody has. */
function gapsFor(wanted: number, taken: readonly Held[], places: number): { from: number; to: number }[] {
  const gaps: { from: number; to: number }[] = []
  let at = 0
  let left = wanted
  for (const { from, to } of [...taken, { from: places, to: places }].sort((a, b) => a.from - b.from)) {
    const size = Math.min(left, from - at)
    if (size > 0) {
      gaps.push({ from: at, to: at + size })
      left -= size
    }
    at = Math.max(at, to)
  }
  return gaps
}

const writeHeld = (all: readonly Held[]): string =>
  all.map(({ id, from, to, until }) => [from, to, until, id].join(' ')).join('\n')

function readHeld(text: unknown): Held[] {
  if (typeof text !== 'string') return []
  return text.split('\n').flatMap((line) => {
    const [from, to, until, ...id] = line.split(' ')
    const held = { id: id.join(' '), from: Number(from), to: Number(to), until: Number(until) }
    return [held.from, held.to, held.until].every(Number.isFinite) ? [held] : []
  })
}
