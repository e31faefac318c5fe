/**
 * Feeds a parser what its generators make of a fixed seed, and tells how often each path was reached: a generator that
 * misses what it aims at shows.
 */
import { createRandom, type Random } from '../support/random.ts'

export interface Target<Input> {
  readonly name: string
  readonly seed: number
  readonly runs: number
  /** Makes an input; taken in turns. */
  readonly aims: readonly ((random: Random) => Input)[]
  /** Gives an input to the parser and says which paths it took. Must not throw. */
  readonly feed: (input: Input, random: Random) => readonly string[] | Promise<readonly string[]>
  /** Each must be reached at least once. */
  readonly paths: readonly string[]
}

/** Runs a target; throws with what to run again where the parser throws or a path is never reached. */
export async function fuzz<Input>({ name, seed, runs, aims, feed, paths }: Target<Input>): Promise<void> {
  const random = createRandom(seed)
  const reached = new Map<string, number>(paths.map((path) => [path, 0]))
  for (let run = 0; run < runs; run++) {
    const input = aims[run % aims.length]!(random)
    try {
      for (const path of await feed(input, random)) reached.set(path, (reached.get(path) ?? 0) + 1)
    } catch (cause) {
      throw new Error(`${name}: input ${run} of seed ${seed} threw: ${show(input)}`, { cause })
    }
  }
  console.log(`${name}, seed ${seed}: ${runs} inputs; ${[...reached].map(([path, n]) => `${path} ${n}`).join(', ')}`)
  const missed = paths.filter((path) => reached.get(path) === 0)
  if (missed.length > 0) throw new Error(`${name}: never reached: ${missed.join(', ')}`)
}

const show = (input: unknown): string =>
  (input instanceof Uint8Array ? `0x${Buffer.from(input).toString('hex')}` : (JSON.stringify(input) ?? '')).slice(
    0,
    2000,
  )

/** Characters and words at which parsers turn. */
const NASTY = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', ' ', '\n', '\r\n', '\t', '\0', '%', '&', '*', '?', '-', '+', '='],
  ...['\u001b[31m', '\u0085', '\u2028', '\u202e', '\ufeff', '\ud800', '\udc00', '\u{1f600}', '%00', '%2525', '\\u0000'],
  ...['null', 'true', '1e999', '-0', '12345678901234567890', '__proto__', 'constructor', 'toString', '""', '{}', '[]'],
]

/** The same text after one to eight accidents: cut, doubled, moved, overwritten. */
export function mutate(random: Random, text: string, words: readonly string[] = NASTY): string {
  let out = text
  for (let left = random.int(1, 8); left > 0; left--) {
    const at = random.int(0, out.length)
    const length = random.int(0, Math.min(40, out.length - at))
    const before = out.slice(0, at)
    const after = out.slice(at + length)
    switch (random.int(0, 5)) {
      case 0:
        out = before + after
        break
      case 1:
        out = before + random.pick(words) + out.slice(at)
        break
      case 2:
        out = before + random.pick(words) + after
        break
      case 3:
        out = before + out.slice(at, at + length) + out.slice(at)
        break
      case 4:
        out = after + before
        break
      default:
        out = random.chance(0.3) ? before : `${before}${String.fromCharCode(random.int(0, 0xffff))}${out.slice(at + 1)}`
    }
  }
  return out
}

/** The same for bytes: what it makes need not be UTF-8. */
export function mutateBytes(random: Random, bytes: Uint8Array): Buffer {
  let out = Buffer.from(bytes)
  for (let left = random.int(1, 6); left > 0 && out.length > 0; left--) {
    const at = random.int(0, out.length - 1)
    const end = Math.min(out.length, at + random.int(1, 30))
    switch (random.int(0, 3)) {
      case 0:
        out[at] = random.int(0, 255)
        break
      case 1:
        out = Buffer.concat([out.subarray(0, at), out.subarray(end)])
        break
      case 2:
        out = Buffer.concat([out.subarray(0, end), out.subarray(at)])
        break
      default:
        out = random.chance(0.5) ? out.subarray(0, at) : Buffer.concat([out, out.subarray(at, end)])
    }
  }
  return out
}

/** A text out of nothing but words and junk. */
export function babble(random: Random, words: readonly string[], length: number): string {
  let text = ''
  for (let left = random.int(0, length); left > 0; left--) text += random.pick(random.chance(0.8) ? words : NASTY)
  return text
}

/** A JSON value: small mostly, sometimes deep, with odd names. */
export function jsonValue(random: Random, depth = 0): unknown {
  if (depth === 0 && random.chance(0.02)) {
    let deep: unknown = 'x'
    for (let left = random.int(50, 400); left > 0; left--) deep = random.chance(0.5) ? [deep] : { a: deep }
    return deep
  }
  const scalars = [null, true, 0, -1, 1e300, 2 ** 53, '', 'x', ...NASTY]
  if (depth > 3 || random.chance(0.5)) return random.pick(scalars)
  const members = Array.from({ length: random.int(0, 4) }, () => jsonValue(random, depth + 1))
  if (random.chance(0.4)) return members
  return Object.fromEntries(members.map((member) => [String(random.pick(scalars)), member]))
}

/** In place of some members of an object, at any depth, something else; `JSON.stringify` can fail on none of it. */
export function disturb(random: Random, value: unknown, chance = 0.1): unknown {
  if (random.chance(chance)) return random.chance(0.2) ? undefined : jsonValue(random)
  if (Array.isArray(value)) return value.map((item) => disturb(random, item, chance) ?? null)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, disturb(random, member, chance)]))
}

/** Bytes in pieces of random size. */
export function* pieces(random: Random, bytes: Uint8Array): Generator<Uint8Array> {
  const largest = random.pick([1, 7, 100, 5000, bytes.length + 1])
  for (let at = 0; at < bytes.length; ) {
    const end = at + random.int(1, largest)
    yield bytes.subarray(at, end)
    at = end
  }
}
