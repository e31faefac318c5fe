/**
 * How much happened when, to the second where that matters, in bounded space: a q-digest over event time. Nodes are
 * spans of 2^level seconds, aligned; a span holds more than a second only where its whole amount is at most `cap`.
 */

/** Node → amount. A node's number is that of its first second, times 32, plus its level. */
export type Digest = Map<number, number>

const LEVELS = 32

export const nodeOf = (second: number, level = 0): number =>
  Math.floor(second / 2 ** level) * 2 ** level * LEVELS + level
const levelOf = (node: number): number => node % LEVELS
export const firstOf = (node: number): number => Math.floor(node / LEVELS)
export const lastOf = (node: number): number => firstOf(node) + 2 ** levelOf(node) - 1

/** Adds an amount at a second. */
export function addAmount(digest: Digest, second: number, amount: number): void {
  // As nodeOf: this is done for each record.
  const node = second * LEVELS
  digest.set(node, (digest.get(node) ?? 0) + amount)
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
 */
export function compress(digest: Digest, window: number, threshold: number, oldest: number, room = ALL): void {
  for (const node of digest.keys()) if (lastOf(node) < oldest) digest.delete(node)
  const cap = capOf(window, threshold)
  const { share, beside, together = share } = room
  const fits = (node: number, amount: number): boolean =>
    amount <= cap * share && (beside === undefined || amount + (beside.get(node) ?? 0) <= cap * together)
  const top = topLevel(window)
  if (cap > 0) joinWhole(digest, top, fits)
  for (let level = 0; cap > 0 && level < top; level += 1) joinLevel(digest, level, fits, false)
  // What comes once in a while has no neighbours.
  for (let level = 0; cap > 0 && level < top && digest.size > MANY_NODES; level += 1)
    joinLevel(digest, level, fits, true)
  if (digest.size <= MAX_NODES) return
  const sorted = [...digest.keys()].sort((a, b) => lastOf(b) - lastOf(a))
  for (const node of sorted.slice(MAX_NODES)) digest.delete(node)
}

type Fits = (node: number, amount: number) => boolean

/**
 * Joins what lies in one of the widest spans and is small together, however it lies there: of ordinary traffic that is
 * nearly everything.
 */
function joinWhole(digest: Digest, top: number, fits: Fits): void {
  const spans = new Map<number, { amount: number; nodes: number; isJoined: boolean }>()
  for (const [node, amount] of digest) {
    if (levelOf(node) > top) continue
    const whole = nodeOf(firstOf(node), top)
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
    if (levelOf(node) <= top && spans.get(nodeOf(firstOf(node), top))!.isJoined) digest.delete(node)
  for (const [whole, { amount, isJoined }] of spans) if (isJoined) digest.set(whole, amount)
}

function joinLevel(digest: Digest, level: number, fits: Fits, alone: boolean): void {
  for (const node of [...digest.keys()]) {
    const amount = digest.get(node)
    if (amount === undefined || levelOf(node) !== level) continue
    const first = firstOf(node)
    const parent = nodeOf(first, level + 1)
    const sibling = nodeOf(firstOf(parent) === first ? first + 2 ** level : firstOf(parent), level)
    // Alone it is as exact as it can be.
    if (!alone && !digest.has(sibling) && !digest.has(parent)) continue
    const together = amount + (digest.get(sibling) ?? 0) + (digest.get(parent) ?? 0)
    if (!fits(parent, together)) continue
    digest.delete(node)
    digest.delete(sibling)
    digest.set(parent, together)
  }
}

/** As text: spans in order, each by its distance from the one before. */
export function writeDigest(digest: Digest): string {
  let before = 0
  return [...digest]
    .sort(([a], [b]) => a - b)
    .map(([node, amount]) => {
      const text = `${(node - before).toString(36)}.${amount.toString(36)}`
      before = node
      return text
    })
    .join(',')
}

/** What `writeDigest` wrote; what is no such text is empty. */
export function readDigest(text: string): Digest {
  const digest: Digest = new Map()
  let node = 0
  for (const part of text === '' ? [] : text.split(',')) {
    const dot = part.indexOf('.')
    node += Number.parseInt(part.slice(0, dot), 36)
    const amount = Number.parseInt(part.slice(dot + 1), 36)
    if (Number.isFinite(node) && Number.isFinite(amount)) digest.set(node, amount)
  }
  return digest
}

/** An amount that counts for every window that touches the span, both ends included. */
export interface Span {
  readonly first: number
  readonly last: number
  readonly amount: number
}

export const spansOf = (digest: Digest): Span[] =>
  [...digest].map(([node, amount]) => ({ first: firstOf(node), last: lastOf(node), amount }))

/** The fullest window, and what it holds at the most. */
export interface Fullest {
  /** Its first second. */
  readonly from: number
  readonly amount: number
}

/**
 * The fullest window of so many seconds that holds one of the given seconds; of equals the first. `seconds` ascending.
 */
export function fullestWindow(spans: readonly Span[], window: number, seconds: readonly number[]): Fullest | undefined {
  const changes: (readonly [number, number])[] = []
  for (const { first, last, amount } of spans) changes.push([first - window + 1, amount], [last + 1, -amount])
  changes.sort((a, b) => a[0] - b[0])
  let best: Fullest | undefined
  let amount = 0
  let next = 0
  for (let i = 0; i < changes.length; ) {
    const from = changes[i]![0]
    while (i < changes.length && changes[i]![0] === from) amount += changes[i++]![1]
    const until = changes[i]?.[0] ?? Number.POSITIVE_INFINITY
    if (best !== undefined && amount <= best.amount) continue
    // The windows that begin in [from, until) hold a second x if they begin in [x - window + 1, x].
    while (next > 0 && seconds[next - 1]! >= from) next -= 1
    while (next < seconds.length && seconds[next]! < from) next += 1
    const second = seconds[next]
    if (second !== undefined && second - window + 1 < until)
      best = { from: Math.max(from, second - window + 1), amount }
  }
  return best
}

/** What surely lies in the window that begins at `from`, and when it came to the threshold: the second. */
export function within(
  spans: readonly Span[],
  window: number,
  from: number,
  threshold: number,
): { readonly sure: number; readonly reachedAt: number } {
  const to = from + window - 1
  let sure = 0
  let sum = 0
  let reachedAt: number | undefined
  let latest = from
  for (const { first, last, amount } of [...spans].sort((a, b) => a.last - b.last)) {
    if (last < from || first > to) continue
    if (first >= from && last <= to) sure += amount
    sum += amount
    latest = Math.min(last, to)
    if (sum >= threshold) reachedAt ??= latest
  }
  return { sure, reachedAt: reachedAt ?? latest }
}
