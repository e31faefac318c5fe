/** A member that is deeper stays the text that it is. */
export const MAX_DEPTH = 256

/** Thrown at a text that is deeper; caught where members are read. */
export class TooDeep extends Error {}

/** `{a=b, c={d=e}, f=[{g=h}]}`; undefined where it is none. Values hold no comma, as Athena does not quote them. */
export function readStruct(text: string): unknown {
  let at = 0
  let depth = 0
  function value(): unknown {
    if (text[at] !== '{' && text[at] !== '[') return scalar()
    depth += 1
    if (depth > MAX_DEPTH) throw new TooDeep()
    const found = text[at] === '{' ? members() : items()
    depth -= 1
    return found
  }
  function scalar(): string | null {
    const start = at
    // A comma ends a value only where a name follows it.
    while (at < text.length && text[at] !== '}' && text[at] !== ']' && !/^, ?\w+=/.test(text.slice(at, at + 64)))
      at += 1
    const found = text.slice(start, at).trim()
    return found === 'null' || found === '' ? null : found
  }
  function members(): Record<string, unknown> | undefined {
    const found: Record<string, unknown> = {}
    at += 1
    while (at < text.length && text[at] !== '}') {
      const name = /^,?\s*([\w-]+)=/.exec(text.slice(at, at + 256))
      if (name === null) return undefined
      at += name[0].length
      found[name[1]!] = value()
    }
    at += 1
    return found
  }
  function items(): unknown[] {
    const found: unknown[] = []
    at += 1
    while (at < text.length && text[at] !== ']') {
      found.push(value())
      while (text[at] === ',' || text[at] === ' ') at += 1
    }
    at += 1
    return found
  }
  return value()
}
