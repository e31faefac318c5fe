/** What a unit tells, packed: its lines, and of each as much as says whether it will be wanted. */

import type { Hit } from '../incident/hit.ts'
import { hashKey } from '../incident/key-sample.ts'
import type { Held, Kept, Told } from './held.ts'
import { createLineWriter, type SpoolLines } from './spool.ts'

/** Numbers of a line that holds a count: of its entity, what it comes to, and when (see Held). */
const WIDTH = 4

export interface ToldPart {
  /** See {@link readHead} and {@link readHits}. */
  readonly lines: SpoolLines
  /** The rules of the counts. */
  readonly rules: readonly string[]
  /** Of each line the place of its rule, from 1; 0: it holds no count. */
  readonly ruleAt: Uint32Array<ArrayBuffer>
  readonly counts: Float64Array<ArrayBuffer>
}

/** A line's count. */
export interface ToldCount {
  /** Tells rule and entity from others, mostly: a whole number of 48 bits. */
  readonly hash: number
  readonly total: number
  /** ms since the epoch. */
  readonly first: number
  readonly last: number
}

/** What is held of a line's count, and what its hits would be made of. */
export interface Head {
  readonly held: Held
  readonly kept?: Kept | undefined
}

/** The head of a line that holds a count. */
export const readHead = (text: string): Head => JSON.parse(text) as Head

/** The body of a line: its hits. */
export const readHits = (text: string): readonly Hit[] => (text === '' ? [] : (JSON.parse(text) as Hit[]))

export interface ToldWriter {
  add(told: Told): void
  /** What was told since the last part. */
  part(): ToldPart
}

/**
 * Texts are made where the unit is read: the thread that puts all together looks into few of them.
 *
 * @example
 * const writer = createToldWriter(); writer.add({ time, hits: [hit] }); writer.part().lines.times.length // 1
 */
export function createToldWriter(): ToldWriter {
  const writer = createLineWriter()
  const rules = new Map<string, { readonly place: number; readonly salt: number }>()
  let ruleAt: number[] = []
  let counts: number[] = []

  function ruleOf(id: string) {
    let rule = rules.get(id)
    if (rule === undefined) {
      rule = { place: rules.size + 1, salt: hashKey(id, 0x7feb352d) }
      rules.set(id, rule)
    }
    return rule
  }

  return {
    add(told) {
      const { time, held, kept, hits } = told
      const head = held === undefined ? '' : JSON.stringify({ held, kept } satisfies Head)
      writer.add(time, head, hits.length === 0 ? '' : JSON.stringify(hits))
      if (held === undefined) {
        ruleAt.push(0)
        counts.push(0, 0, 0, 0)
        return
      }
      const { place, salt } = ruleOf(held.rule)
      ruleAt.push(place)
      counts.push(hashKey(held.entity, salt), held.total, held.first, held.last)
    },
    part() {
      const part = {
        lines: writer.lines(),
        rules: [...rules.keys()],
        ruleAt: Uint32Array.from(ruleAt),
        counts: Float64Array.from(counts),
      }
      rules.clear()
      ruleAt = []
      counts = []
      return part
    },
  }
}

/** The count of a line, and its rule; undefined: it holds none. */
export function countOf({ rules, ruleAt, counts }: ToldPart, line: number): (ToldCount & { rule: string }) | undefined {
  const place = ruleAt[line]!
  if (place === 0) return undefined
  const at = line * WIDTH
  return {
    rule: rules[place - 1]!,
    hash: counts[at]!,
    total: counts[at + 1]!,
    first: counts[at + 2]!,
    last: counts[at + 3]!,
  }
}

/** Of a unit that tells nothing. */
export const NOTHING_TOLD: ToldPart = createToldWriter().part()
