/**
 * A strict scanner for the JSON that CloudTrail itself writes: no white space between tokens, no escapes, no control
 * characters, whole numbers only. Anything else counts as not plain, sound or not: whoever asks has a real parser for it.
 */

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Bytes that stand for themselves inside a string; those of characters beyond ASCII too. */
const PLAIN = new Uint8Array(256).fill(1, 0x20)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

/** More digits than this may not survive JSON.parse. */
const MAX_DIGITS = 15
/** The open containers are bits of one number. */
const MAX_DEPTH = 30

/** The value, or the whole text, is not plain. */
export const NOT_PLAIN = -1

const TRUE = 0x65757274
const FALSE = 0x65736c61
const NULL = 0x6c6c756e

/** The index after the closing quote of the string that opens at `at`, or {@link NOT_PLAIN}. */
function endOfString(bytes: Uint8Array, at: number, end: number): number {
  let i = at + 1
  while (i < end && PLAIN[bytes[i]!] === 1) i++
  return i < end && bytes[i] === QUOTE ? i + 1 : NOT_PLAIN
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** The index after `true`, `false`, `null` or a whole number in the form in which JSON.stringify writes it. */
function endOfLiteral(bytes: Uint8Array, at: number, end: number): number {
  if (at + 5 > end) return NOT_PLAIN
  const word = wordAt(bytes, at)
  if (word === TRUE || word === NULL) return at + 4
  if (bytes[at] === 0x66) return wordAt(bytes, at + 1) === FALSE ? at + 5 : NOT_PLAIN
  const first = bytes[at] === MINUS ? at + 1 : at
  let i = first
  while (i < end && bytes[i]! >= ZERO && bytes[i]! <= NINE) i++
  const digits = i - first
  if (digits === 0 || digits > MAX_DIGITS) return NOT_PLAIN
  if (bytes[first] === ZERO && (digits > 1 || first > at)) return NOT_PLAIN
  return i
}

/** The index of the value of the member whose name opens at `at`, or {@link NOT_PLAIN}. */
function endOfName(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== QUOTE) return NOT_PLAIN
  const after = endOfString(bytes, at, end)
  return after !== NOT_PLAIN && after < end && bytes[after] === COLON ? after + 1 : NOT_PLAIN
}

/**
 * The index after the plain JSON value that begins at `at` and ends before `end`, or {@link NOT_PLAIN}.
 *
 * @example
 * endOfPlainValue(Buffer.from('{"a":[1,true]},'), 0, 15) // 14
 */
export function endOfPlainValue(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  let depth = 0
  /** The open containers, a bit each, the innermost one lowest: 1 is an array, 0 an object. */
  let containers = 0
  for (;;) {
    if (i >= end) return NOT_PLAIN
    const byte = bytes[i]!
    if (byte === QUOTE) {
      i = endOfString(bytes, i, end)
      if (i === NOT_PLAIN) return NOT_PLAIN
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      const isArray = byte === OPEN_BRACKET
      if (i + 1 < end && bytes[i + 1] === (isArray ? CLOSE_BRACKET : CLOSE_BRACE)) {
        i += 2
      } else {
        if (++depth > MAX_DEPTH) return NOT_PLAIN
        containers = (containers << 1) | (isArray ? 1 : 0)
        i = isArray ? i + 1 : endOfName(bytes, i + 1, end)
        if (i === NOT_PLAIN) return NOT_PLAIN
        continue
      }
    } else {
      i = endOfLiteral(bytes, i, end)
      if (i === NOT_PLAIN) return NOT_PLAIN
    }
    // After a value: close what ends here, up to the comma before the next one.
    for (;;) {
      if (depth === 0) return i
      if (i >= end) return NOT_PLAIN
      const isArray = (containers & 1) === 1
      const after = bytes[i]
      if (after === COMMA) {
        i = isArray ? i + 1 : endOfName(bytes, i + 1, end)
        if (i === NOT_PLAIN) return NOT_PLAIN
        break
      }
      if (after !== (isArray ? CLOSE_BRACKET : CLOSE_BRACE)) return NOT_PLAIN
      i++
      depth--
      containers >>>= 1
    }
  }
}

/** Where the members of one object lie in its bytes. Members that are not there begin, and end, at 0. */
export interface MemberSpans {
  /** By slot: the opening quote of the name, the first byte of the value, the byte after the value. */
  readonly starts: Int32Array
  readonly values: Int32Array
  readonly ends: Int32Array
  /** Finds them in the object `bytes`; false where that is not plain, or has one of the names twice. */
  readonly scan: (bytes: Uint8Array) => boolean
}

/**
 * Makes a scanner of plain JSON objects that notes where the members of the given names lie. `slots` gives each name's
 * index. Other members are checked and passed over. The spans hold until the next scan.
 *
 * @example
 * const spans = createMemberSpans(['eventName', 'eventID'])
 * spans.scan(Buffer.from('{"eventName":"GetObject"}')) // true
 * spans.values[0] // 13
 */
export function createMemberSpans(names: readonly string[]): MemberSpans {
  const bytesOf = names.map((name) => Buffer.from(name))
  const slotOf = new Map(bytesOf.map((name, slot) => [hashOf(name, 0, name.length), slot]))
  if (slotOf.size !== names.length) throw new Error('two names have the same hash')
  const starts = new Int32Array(names.length)
  const values = new Int32Array(names.length)
  const ends = new Int32Array(names.length)

  function scan(bytes: Uint8Array): boolean {
    starts.fill(0)
    ends.fill(0)
    const end = bytes.length
    if (end < 3 || bytes[0] !== OPEN_BRACE) return false
    let at = 1
    for (;;) {
      const value = endOfName(bytes, at, end)
      if (value === NOT_PLAIN) return false
      const after = endOfPlainValue(bytes, value, end)
      if (after === NOT_PLAIN || after >= end) return false
      const slot = slotOf.get(hashOf(bytes, at + 1, value - 2))
      if (slot !== undefined && holds(bytes, at + 1, value - 2, bytesOf[slot]!)) {
        if (starts[slot] !== 0) return false
        starts[slot] = at
        values[slot] = value
        ends[slot] = after
      }
      if (bytes[after] === CLOSE_BRACE) return after + 1 === end
      if (bytes[after] !== COMMA) return false
      at = after + 1
    }
  }
  return { starts, values, ends, scan }
}

/** 30 bits, so that it stays a small integer. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from
  for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0
  return hash & 0x3fffffff
}

/** Whether the bytes from `from` to `to` are these. */
export function holds(bytes: Uint8Array, from: number, to: number, text: Uint8Array): boolean {
  if (to - from !== text.length) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false
  return true
}
