/**
 * The models of AWS services, as the SDK's clients carry them at run time: schemas in nested arrays. An operation is
 * `[9, namespace, name, traits, input, output]`, a structure `[3, namespace, name, traits, names, members, …]`, a union
 * the same with 4, a list `[1, namespace, name, traits, item]`, a map `[2, namespace, name, traits, key, value]`. A
 * reference may be a function, and one with traits of its own is a pair `[schema, traits]`; scalars are numbers.
 */
type Raw = unknown
type Traits = Readonly<Record<string, unknown>>

export interface Operation {
  readonly name: string
  readonly input: Raw
}

/** A member of a structure. */
export interface Member {
  readonly name: string
  readonly target: Raw
  readonly traits: Traits
}

/** What a reference leads to. */
export type Shape =
  | { readonly kind: 'structure'; readonly name: string; readonly members: readonly Member[] }
  | { readonly kind: 'list'; readonly item: Raw; readonly itemTraits: Traits }
  | { readonly kind: 'map' | 'text' | 'number' | 'boolean' }

const BOOLEAN = 2
const NUMBER = 1

/** The operations of a client's module, by name. */
export function operationsOf(client: Readonly<Record<string, unknown>>): readonly Operation[] {
  return Object.values(client)
    .filter((value): value is readonly Raw[] => Array.isArray(value) && value[0] === 9)
    .map((value) => ({ name: String(value[2]), input: value[4] }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** The input of an operation and all structures inside it, by name. */
export function structuresOf(input: Raw, found = new Map<string, readonly Member[]>()): typeof found {
  const shape = shapeOf(input)
  if (shape.kind === 'list') structuresOf(shape.item, found)
  if (shape.kind !== 'structure' || found.has(shape.name)) return found
  found.set(shape.name, shape.members)
  for (const { target } of shape.members) structuresOf(target, found)
  return found
}

export function shapeOf(reference: Raw): Shape {
  const schema = referred(reference).schema
  if (!Array.isArray(schema)) {
    return { kind: schema === BOOLEAN ? 'boolean' : schema === NUMBER ? 'number' : 'text' }
  }
  const [type, , name, , ...rest] = schema
  if (type === 3 || type === 4) return { kind: 'structure', name: String(name), members: membersOf(rest) }
  if (type === 1) {
    const { schema: item, traits } = referred(rest[0])
    return { kind: 'list', item, itemTraits: traits }
  }
  return { kind: type === 2 ? 'map' : 'text' }
}

function membersOf([names, targets]: readonly Raw[]): readonly Member[] {
  if (!Array.isArray(names) || !Array.isArray(targets)) return []
  return names.map((name, at) => {
    const { schema, traits } = referred(targets[at])
    return { name: String(name), target: schema, traits }
  })
}

function referred(reference: Raw): { readonly schema: Raw; readonly traits: Traits } {
  const value = typeof reference === 'function' ? (reference as () => Raw)() : reference
  // A schema begins with its type and its namespace; a pair of a schema and traits has no text in second place.
  if (!Array.isArray(value) || typeof value[1] === 'string') return { schema: value, traits: {} }
  const { schema, traits } = referred(value[0])
  return { schema, traits: { ...traits, ...(typeof value[1] === 'object' ? value[1] : {}) } }
}
