/** Many values as few objects: what threads hand to each other costs by the object, in its copy and in its garbage. */

/** Texts one after another, and where each of them ends. */
export interface TextColumn {
  readonly text: string
  readonly ends: Uint32Array<ArrayBuffer>
}

/**
 * @example
 * textsOf(textColumn(['a', 'bc'])) // ['a', 'bc']
 */
export function textColumn(texts: readonly string[]): TextColumn {
  const ends = new Uint32Array(texts.length)
  let end = 0
  for (let at = 0; at < texts.length; at += 1) {
    end += texts[at]!.length
    ends[at] = end
  }
  return { text: texts.join(''), ends }
}

/** The texts: pieces of the whole, which keep it alive (see detach). */
export function textsOf({ text, ends }: TextColumn): string[] {
  const texts: string[] = []
  let from = 0
  for (let at = 0; at < ends.length; at += 1) {
    texts.push(text.slice(from, ends[at]!))
    from = ends[at]!
  }
  return texts
}

type Column = Float64Array | Uint32Array | Uint8Array

const COLUMNS = { f64: Float64Array, u32: Uint32Array, u8: Uint8Array } as const

/** For JSON.stringify: lists of numbers as base64 of their bytes. */
export function writeColumn(_name: string, value: unknown): unknown {
  for (const [name, Kind] of Object.entries(COLUMNS)) if (value instanceof Kind) return { [name]: base64Of(value) }
  return value
}

/** For JSON.parse: what {@link writeColumn} wrote. */
export function readColumn(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const [name, Kind] of Object.entries(COLUMNS)) {
    const bytes = (value as Readonly<Record<string, unknown>>)[name]
    if (typeof bytes === 'string') return new Kind(Uint8Array.from(Buffer.from(bytes, 'base64')).buffer)
  }
  return value
}

const base64Of = ({ buffer, byteOffset, byteLength }: Column): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')
