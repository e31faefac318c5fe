/**
 * How much happened when, to the second where that matters, in bounded space: a q-digest over event time. Nodes are
 * spans of 2^level seconds, aligned; a span holds more than a second only where its whole amount is at most `cap`.
 */
import { digits36, digitsRead, readDigits36 } from '../basics/digits.ts'

/**
 * Node → amount. A node's number is that of its first second, and levels lie far apart: nearly all nodes are single
 * seconds, whose numbers are small integers to V8.
 */
export type Digest = Map<number, number>

/** Between two levels; times lie within half of it. */
const APART = 2 ** 45

/** Seconds of a span, by its level. */
const SECONDS = Float64Array.from({ length: 64 }, (_, level) => 2 ** level)

export const nodeOf = (second: number, level = 0): number =>
  level === 0 ? second : Math.floor(second / SECONDS[level]!) * SECONDS[level]! + level * APART
const levelOf = (node: number): number => (node < APART / 2 ? 0 : Math.floor(node / APART + 0.5))
export const firstOf = (node: number): number => node - levelOf(node) * APART
export const lastOf = (node: number): number => {
  const level = levelOf(node)
  return node - level * APART + SECONDS[level]! - 1
}

/** Adds an amount at a second. */
export function addAmount(digest: Digest, second: number, amount: number): void {
  // As nodeOf: this is done for each record.
  digest.set(second, (digest.get(second) ?? 0) + amount)
}

export function addDigest(digest: Digest, more: Digest): void {
  for (const [node, amount] of more) digest.set(node, (digest.get(node) ?? 0) + amount)
}

/** The widest spans of a digest for windows of so many seconds: an eighth of the window, at most. */
export function topLevel(window: number): number {
  return Math.max(0, Math.floor(Math.log2(window / 8)))
}

/**
 * What a span of several seconds may hold, so that a window that cuts spans at both of its ends is off by less than a
 * fifth of the threshold: at each end, one span of every level.
 */
export function capOf(window: number, threshold: number): number {
  return Math.floor((0.19 * threshold) / (2 * Math.max(1, topLevel(window))))
}

/** From so many nodes on, those without neighbours are made wider, too. */
const MANY_NODES = 256
/** More nodes than these are not kept; the oldest go. */
const MAX_NODES = 768

/** How much a span of several seconds may hold beside what others add to the same span. */
export interface Room {
  /** Part of the cap. */
  readonly share: number
  /** What the span holds elsewhere, and the part of the cap that both together may come to. */
  readonly beside?: Digest | undefined
  readonly together?: number | undefined
}

const ALL: Room = { share: 1 }

/**
 * Joins neighbours that are small together, and forgets what ended before `oldest`.
 *
 * Space: some 40 nodes a level of what one threshold comes to within the window; 768 at the most.
 *
 * @param room where the digest is to be added to others: sums of spans must not come to more than the cap.
 * @param added nodes that have come, or hold more, since it was compressed like this: nothing else can have become small
 * enough to be joined. Absent: all.
 */
export function compress(
  digest: Digest,
  window: number,
  threshold: number,
  oldest: number,
  room = ALL,
  added?: ReadonlySet<number>,
): void {
  for (const node of digest.keys()) if (lastOf(node) < oldest) digest.delete(node)
  const cap = capOf(window, threshold)
  const { share, beside, together = share } = room
  const fits = (node: number, amount: number): boolean =>
    amount <= cap * share && (beside === undefined || amount + (beside.get(node) ?? 0) <= cap * together)
  const top = topLevel(window)
  if (cap > 0) joinWhole(digest, top, fits, added)
  if (cap > 0) joinLevels(digest, top, fits, added ?? digest.keys(), false)
  // What comes once in a while has no neighbours.
  if (cap > 0 && digest.size > MANY_NODES) joinLevels(digest, top, fits, digest.keys(), true)
  if (digest.size <= MAX_NODES) return
  const sorted = [...digest.keys()].sort((a, b) => lastOf(b) - lastOf(a))
  for (const node of sorted.slice(MAX_NODES)) digest.delete(node)
}

type Fits = (node: number, amount: number) => boolean

/**
 * Joins what lies in one of the widest spans and is small together, however it lies there: of ordinary traffic that is
 * nearly everything.
 */
function joinWhole(digest: Digest, top: number, fits: Fits, added: ReadonlySet<number> | undefined): void {
  const wholeOf = (node: number): number => nodeOf(firstOf(node), top)
  const near = added === undefined ? undefined : new Set(Array.from(added, wholeOf))
  const spans = new Map<number, { amount: number; nodes: number; isJoined: boolean }>()
  for (const [node, amount] of digest) {
    if (levelOf(node) > top) continue
    const whole = wholeOf(node)
    if (near?.has(whole) === false) continue
    const span = spans.get(whole)
    if (span === undefined) spans.set(whole, { amount, nodes: 1, isJoined: false })
    else {
      span.amount += amount
      span.nodes += 1
    }
  }
  let joined = 0
  for (const [whole, span] of spans) {
    span.isJoined = span.nodes > 1 && fits(whole, span.amount)
    if (span.isJoined) joined += 1
  }
  if (joined === 0) return
  for (const node of [...digest.keys()])
    if (levelOf(node) <= top && spans.get(wholeOf(node))?.isJoined === true) digest.delete(node)
  for (const [whole, { amount, isJoined }] of spans) if (isJoined) digest.set(whole, amount)
}

/**
 * @param nodes of these, and of what they become, neighbours are looked for.
 * @param alone also what has no neighbour, as long as there are many nodes.
 */
function joinLevels(digest: Digest, top: number, fits: Fits, nodes: Iterable<number>, alone: boolean): void {
  const levels: number[][] = Array.from({ length: top + 1 }, () => [])
  for (const node of nodes) levels[levelOf(node)]?.push(node)
  for (let level = 0; level < top; level += 1) {
    if (alone && digest.size <= MANY_NODES) return
    for (const node of levels[level]!) {
      const parent = joinNode(digest, node, level, fits, alone)
      if (parent !== undefined) levels[level + 1]!.push(parent)
    }
  }
}

/** The parent that was made of a node and of what is beside it; undefined: none. */
function joinNode(digest: Digest, node: number, level: number, fits: Fits, alone: boolean): number | undefined {
  const amount = digest.get(node)
  if (amount === undefined) return undefined
  const first = node - level * APART
  const parent = nodeOf(first, level + 1)
  const isLeft = parent - (level + 1) * APART === first
  const sibling = isLeft ? node + SECONDS[level]! : node - SECONDS[level]!
  const beside = digest.get(sibling)
  const above = digest.get(parent)
  // Alone it is as exact as it can be.
  if (!alone && beside === undefined && above === undefined) return undefined
  const together = amount + (beside ?? 0) + (above ?? 0)
  if (!fits(parent, together)) return undefined
  digest.delete(node)
  if (beside !== undefined) digest.delete(sibling)
  digest.set(parent, together)
  return above === undefined ? parent : undefined
}

/** In texts a node's number is that of its first second, times this, plus its level. */
const LEVELS = 32

/** As text: spans in order, each by its distance from the one before. */
export function writeDigest(digest: Digest): string {
  const numbers = Float64Array.from(digest.keys(), numberOf).sort()
  let text = ''
  let before = 0
  for (const number of numbers) {
    const amount = digest.get(nodeIn(number))!
    text += `${text === '' ? '' : ','}${digits36(number - before)}.${digits36(amount)}`
    before = number
  }
  return text
}

const numberOf = (node: number): number => firstOf(node) * LEVELS + levelOf(node)

function nodeIn(number: number): number {
  const first = Math.floor(number / LEVELS)
  return nodeOf(first, number - first * LEVELS)
}

/** What `writeDigest` wrote; what is no such text is empty. */
export function readDigest(text: string): Digest {
  const digest: Digest = new Map()
  let number = 0
  for (let at = 0; at < text.length; at = digitsRead.end + 1) {
    number += readDigits36(text, at)
    const amount = readDigits36(text, digitsRead.end + 1)
    if (Number.isFinite(number) && Number.isFinite(amount)) digest.set(nodeIn(number), amount)
  }
  return digest
}

/** From one second to another, both included. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

const EVER: Stretch = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }

/** Amounts, each of which counts for every window that touches its span, both ends included: lists of one length. */
export interface Spans {
  /** What does not touch it is left out. */
  readonly stretch: Stretch
  readonly first: number[]
  readonly last: number[]
  readonly amount: number[]
}

export const noSpans = (stretch = EVER): Spans => ({ stretch, first: [], last: [], amount: [] })

export function addSpan(spans: Spans, first: number, last: number, amount: number): void {
  if (last < spans.stretch.from || first > spans.stretch.to) return
  spans.first.push(first)
  spans.last.push(last)
  spans.amount.push(amount)
}

/** @param stretch only what touches it; absent: all. */
export function spansOf(digests: readonly Digest[], stretch?: Stretch): Spans {
  const spans = noSpans(stretch)
  for (const digest of digests) for (const [node, amount] of digest) addSpan(spans, firstOf(node), lastOf(node), amount)
  return spans
}

/** The fullest window, and what it holds at the most. */
export interface Fullest {
  /** Its first second. */
  readonly from: number
  readonly amount: number
}

/**
 * The fullest window of so many seconds; of equals the first.
 *
 * @param seconds ascending; the window is to hold one of them. Absent: any.
 * @param least what comes to less is not looked for; it may be found.
 */
export function fullestWindow(
  spans: Spans,
  window: number,
  seconds?: ArrayLike<number>,
  least = 0,
): Fullest | undefined {
  const { first, last, amount } = spans
  let [latest, earliest, sum] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0]
  for (let at = 0; at < amount.length; at += 1) {
    if (amount[at]! <= 0) continue
    if (first[at]! > latest) latest = first[at]!
    if (last[at]! < earliest) earliest = last[at]!
    sum += amount[at]!
  }
  if (sum < least) return undefined
  const from = latest - window + 1
  // Where one window holds everything, as it mostly is: that one.
  const all = sum > 0 && from <= earliest ? windowHolding(from, earliest + 1, sum, window, seconds) : undefined
  return all ?? fullestOfMany(spans, window, seconds)
}

/** Of the windows that begin in [from, until), the first one that holds one of the seconds. */
function windowHolding(
  from: number,
  until: number,
  amount: number,
  window: number,
  seconds: ArrayLike<number> | undefined,
): Fullest | undefined {
  if (seconds === undefined) return { from, amount }
  // They hold a second x if they begin in [x - window + 1, x].
  const second = seconds[placeOf(seconds, from)]
  if (second === undefined || second - window + 1 >= until) return undefined
  return { from: Math.max(from, second - window + 1), amount }
}

/** Where the first is that is not less. */
function placeOf(sorted: ArrayLike<number>, least: number): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (sorted[middle]! < least) from = middle + 1
    else to = middle
  }
  return from
}

function fullestOfMany(
  { first, last, amount }: Spans,
  window: number,
  seconds: ArrayLike<number> | undefined,
): Fullest | undefined {
  const begun = byValue(first)
  const ended = byValue(last)
  let best: Fullest | undefined
  let [sum, next, gone] = [0, 0, 0]
  // A span is touched by the windows that begin in [first - window + 1, last + 1).
  const begins = () => (next < begun.length ? first[begun[next]!]! - window + 1 : Number.POSITIVE_INFINITY)
  const ends = () => (gone < ended.length ? last[ended[gone]!]! + 1 : Number.POSITIVE_INFINITY)
  while (gone < ended.length) {
    const from = Math.min(begins(), ends())
    for (; begins() === from; next += 1) sum += amount[begun[next]!]!
    for (; ends() === from; gone += 1) sum -= amount[ended[gone]!]!
    if (best !== undefined && sum <= best.amount) continue
    best = windowHolding(from, Math.min(begins(), ends()), sum, window, seconds) ?? best
  }
  return best
}

/** The places of numbers, by what they are. Mostly they are in order. */
function byValue(numbers: readonly number[]): readonly number[] {
  const places = Array.from(numbers.keys())
  return numbers.every((number, at) => at === 0 || numbers[at - 1]! <= number)
    ? places
    : places.sort((a, b) => numbers[a]! - numbers[b]!)
}

/** What surely lies in the window that begins at `from`, and when it came to the threshold: the second. */
export function within(
  { first, last, amount }: Spans,
  window: number,
  from: number,
  threshold: number,
): { readonly sure: number; readonly reachedAt: number } {
  const to = from + window - 1
  let sure = 0
  const ends = new Map<number, number>()
  for (let at = 0; at < amount.length; at += 1) {
    if (last[at]! < from || first[at]! > to) continue
    if (first[at]! >= from && last[at]! <= to) sure += amount[at]!
    ends.set(last[at]!, (ends.get(last[at]!) ?? 0) + amount[at]!)
  }
  let sum = 0
  let latest = from
  for (const end of Float64Array.from(ends.keys()).sort()) {
    sum += ends.get(end)!
    latest = Math.min(end, to)
    if (sum >= threshold) break
  }
  return { sure, reachedAt: latest }
}
