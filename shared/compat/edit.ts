import type { JsonObject } from '../derive/json.ts'

/** A record that is being made up. */
export type Tree = Record<string, unknown>
/** One step of a path: a member's name, or an index. */
export type Step = string | number

/** A changed copy of a record. */
export function edited(record: JsonObject, edit: (copy: Tree) => void): JsonObject {
  const copy = structuredClone(record) as Tree
  edit(copy)
  return copy
}

/** Puts a value at a path, making what is missing on the way there; undefined changes nothing. */
export function setAt(record: Tree, steps: readonly Step[], value: unknown): void {
  const last = steps.at(-1)
  if (value === undefined || last === undefined) return
  let node: Tree = record
  for (const [index, step] of steps.slice(0, -1).entries()) {
    const next = node[step]
    const after = steps[index + 1]!
    const wantsList = typeof after === 'number'
    if (typeof next !== 'object' || next === null || Array.isArray(next) !== wantsList) node[step] = wantsList ? [] : {}
    const child = node[step] as Tree
    // Of a list that is made up, what comes before an index must be something.
    if (Array.isArray(child)) for (let i = child.length; i < Number(after); i += 1) child[i] = {}
    node = child
  }
  node[last] = value
}

/** What is at a path; undefined where nothing is. */
export function valueAt(record: JsonObject, steps: readonly Step[]): unknown {
  let node: unknown = record
  for (const step of steps) {
    if (typeof node !== 'object' || node === null) return undefined
    node = (node as Tree)[step]
  }
  return node
}

/** Takes away what is at a path, where there is something. */
export function removeAt(record: Tree, steps: readonly Step[]): void {
  let node: unknown = record
  for (const step of steps.slice(0, -1)) {
    if (typeof node !== 'object' || node === null) return
    node = (node as Tree)[step]
  }
  if (typeof node !== 'object' || node === null) return
  const last = steps.at(-1)!
  if (Array.isArray(node)) node.splice(Number(last), 1)
  else delete (node as Tree)[last]
}
