import type { JsonObject } from '../derive/json.ts'
import { MEMBERS } from './members.ts'
import type { RecordScanner } from './scan.ts'
import { NONE, type Slot, slotOf } from './slots.ts'
import { createTokenMemo } from './token-memo.ts'

/** Facts that follow from a few members of a record, and from nothing else. */
export type Facet<T> = (record: RecordScanner, bits?: number) => T

/** How often facets found what they remembered; for the bench. */
export interface FacetCounts {
  readonly name: string
  readonly found: number
  readonly made: number
}

/**
 * Makes facets. A facet's function is given an object that holds the named members and no others, so what is remembered
 * under their raw tokens cannot depend on anything else.
 *
 * @example
 * const { facet } = createFacets()
 * const isRoot = facet('root', ['userIdentity.type'], 64, 32, ({ userIdentity }) => …)
 */
export function createFacets() {
  const all: (() => FacetCounts)[] = []

  /**
   * @param limit how many results to keep; `keyBytes` how long the tokens are together, as a rule.
   * @param read `bits` are what else it depends on.
   */
  function facet<T>(
    name: string,
    paths: readonly string[],
    limit: number,
    keyBytes: number,
    read: (members: JsonObject, bits: number) => T,
  ): Facet<T> {
    const slots = Int16Array.from(paths, slotOf)
    const memo = createTokenMemo<T>(slots, limit, keyBytes)
    all.push(() => ({ name, ...memo.counts }))
    return (record, bits = 0) => memo.find(record, bits) ?? memo.keep(read(membersAt(record, slots), bits))
  }

  return { facet, counts: (): readonly FacetCounts[] => all.map((count) => count()) }
}

/** An object of the record's members at some slots. */
export function membersAt(record: RecordScanner, slots: Int16Array): JsonObject {
  const members: Record<string, unknown> = {}
  for (let at = 0; at < slots.length; at++) {
    const slot = slots[at]!
    const value = valueAt(record, slot)
    if (value === undefined) continue
    const names = NAMES[slot]!
    let inside = members
    for (let i = 0; i < names.length - 1; i++) {
      const name = names[i]!
      inside[name] ??= {}
      inside = inside[name] as Record<string, unknown>
    }
    inside[names[names.length - 1]!] = value
  }
  return members
}
const NAMES = MEMBERS.map(({ path }) => path.split('.'))

/** A member's value, parsed; undefined where it is not there. */
export function valueAt(record: RecordScanner, slot: Slot): unknown {
  const json = jsonAt(record, slot)
  return json === undefined ? undefined : JSON.parse(json)
}

/** A member's value as JSON. */
export function jsonAt({ at, bytes, ends, values }: RecordScanner, slot: Slot): string | undefined {
  const entry = at[slot]!
  return entry === NONE ? undefined : (bytes as Buffer).toString('utf8', values[entry], ends[entry])
}
