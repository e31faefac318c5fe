import { MEMBERS } from './members.ts'

/** No such member. */
export const NONE = -1

/** The members of {@link MEMBERS} have numbers: their places in it. */
export type Slot = number

const SLOT_OF: ReadonlyMap<string, Slot> = new Map(MEMBERS.map(({ path }, slot) => [path, slot]))

/** The number of a member. @throws Error where the table has no such member: a mistake in the code. */
export function slotOf(path: string): Slot {
  const slot = SLOT_OF.get(path)
  if (slot === undefined) throw new Error(`no such member: ${path}`)
  return slot
}

/** How the last name of a member's path stands in a record. */
export function nameOf(slot: Slot): string {
  const { path } = MEMBERS[slot]!
  return path.slice(path.lastIndexOf('.') + 1)
}

/** Finds a member by the bytes of its name. */
export interface Names {
  readonly find: (bytes: Uint8Array, from: number, to: number) => Slot
}

const SIZE = 1024

function hash(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from
  return (
    ((length * 131) ^
      (bytes[from]! * 7) ^
      (bytes[to - 1]! * 31) ^
      (bytes[from + (length >> 1)]! * 17) ^
      (bytes[length > 2 ? to - 3 : from]! * 57)) &
    (SIZE - 1)
  )
}

function namesOf(slots: readonly Slot[]): Names {
  const table = new Int16Array(SIZE).fill(NONE)
  const names = MEMBERS.map((_, slot) => Buffer.from(nameOf(slot)))
  for (const slot of slots) {
    const name = names[slot]!
    let at = hash(name, 0, name.length)
    while (table[at] !== NONE) at = (at + 1) & (SIZE - 1)
    table[at] = slot
  }
  return {
    find(bytes, from, to) {
      if (to === from) return NONE
      for (let at = hash(bytes, from, to); ; at = (at + 1) & (SIZE - 1)) {
        const slot = table[at]!
        if (slot === NONE) return NONE
        const name = names[slot]!
        if (name.length !== to - from) continue
        let same = 0
        while (same < name.length && name[same] === bytes[from + same]) same++
        if (same === name.length) return slot
      }
    },
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('.')))
const childrenOf = (parent: string): readonly Slot[] =>
  MEMBERS.flatMap(({ path }, slot) => (parentOf(path) === parent ? [slot] : []))

/** The members on top. */
export const TOP_NAMES: Names = namesOf(childrenOf(''))

/** By slot: the members inside it; undefined where the table names none, and its value is one piece. */
export const INNER_NAMES: readonly (Names | undefined)[] = MEMBERS.map(({ path }) => {
  const children = childrenOf(path)
  return children.length === 0 ? undefined : namesOf(children)
})
