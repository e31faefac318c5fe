const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const SMALL_F = 0x66
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** ASCII that stands for itself inside a string. */
const PLAIN = new Uint8Array(256).fill(1, 0x20, 0x80)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

/** A number of more digits may not survive JSON.parse. */
const MAX_DIGITS = 15
/** The open containers are the bits of one number. */
const MAX_DEPTH = 30
const MAX_MEMBERS = 512

/** "true", "alse" and "null", as little-endian words. */
const TRUE = 0x65757274
const ALSE = 0x65736c61
const NULL = 0x6c6c756e

/**
 * Where the members of one JSON object lie in its bytes, and the members of those members that are objects. Entry by
 * entry in the order of the text: a member, then its own members, then the next one.
 */
export interface JsonIndex {
  /**
   * Indexes the JSON object that `bytes` hold. False where they hold anything but plain JSON as AWS writes it: ASCII, no
   * white space between tokens, no escapes, no control characters, whole numbers of at most 15 digits. What is not plain
   * may well be sound JSON: only a parser can tell. What is plain is sound JSON, to the last byte.
   */
  scan(bytes: Uint8Array): boolean
  /** How many entries there are. All arrays hold until the next scan, up to this index. */
  readonly count: number
  /** The opening quote of the name. */
  readonly names: Int32Array
  /** The first byte of the value; the colon and the name's closing quote stand before it. */
  readonly values: Int32Array
  /** The byte after the value. */
  readonly ends: Int32Array
  /** The entry of the next member on the same level. */
  readonly nexts: Int32Array
}

/**
 * Makes an index that can be used over and over.
 *
 * One loop over all bytes, nothing called inside: a function for each value, or a second table for the states, made it
 * twice as slow, and JSON.parse takes three times as long.
 *
 * @example
 * const index = createJsonIndex()
 * index.scan(Buffer.from('{"a":1,"b":{"c":2}}')) // true; three entries: a, b, c
 */
export function createJsonIndex(): JsonIndex {
  const names = new Int32Array(MAX_MEMBERS)
  const values = new Int32Array(MAX_MEMBERS)
  const ends = new Int32Array(MAX_MEMBERS)
  const nexts = new Int32Array(MAX_MEMBERS)
  const index = { scan, count: 0, names, values, ends, nexts }

  function scan(bytes: Uint8Array): boolean {
    index.count = 0
    if (bytes.length < 2 || bytes[0] !== OPEN_BRACE) return false
    let count = 0
    let outer = 0
    let inner = 0
    let depth = 1
    /** A bit each, the innermost lowest: 1 is an array, 0 an object. */
    let containers = 0
    let isName = true
    let i = 1
    for (;;) {
      // The second level counts only inside of objects: there the whole of `containers` is 0.
      const isIndexed = depth <= 2 && containers === 0
      if (isName) {
        const name = i
        if (i >= bytes.length || bytes[i] !== QUOTE) return false
        i++
        while (i < bytes.length && PLAIN[bytes[i]!] === 1) i++
        if (i + 2 >= bytes.length || bytes[i] !== QUOTE || bytes[i + 1] !== COLON) return false
        i += 2
        isName = false
        if (isIndexed) {
          if (count === MAX_MEMBERS) return false
          names[count] = name
          values[count] = i
          if (depth === 1) outer = count
          else inner = count
          count++
        }
      }
      const byte = bytes[i]!
      if (byte === QUOTE) {
        i++
        while (i < bytes.length && PLAIN[bytes[i]!] === 1) i++
        if (i >= bytes.length || bytes[i] !== QUOTE) return false
        i++
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        const isArray = byte === OPEN_BRACKET ? 1 : 0
        i++
        if (i >= bytes.length) return false
        if (bytes[i] !== (isArray === 1 ? CLOSE_BRACKET : CLOSE_BRACE)) {
          depth++
          if (depth > MAX_DEPTH) return false
          containers = (containers << 1) | isArray
          isName = isArray === 0
          continue
        }
        i++
      } else {
        i = endOfLiteral(bytes, i)
        if (i === -1) return false
      }
      // After a value: close what ends here, up to the comma before the next one.
      for (;;) {
        if (i >= bytes.length) return false
        if (containers === 0 && depth <= 2) {
          const entry = depth === 1 ? outer : inner
          ends[entry] = i
          nexts[entry] = count
        }
        const after = bytes[i]
        i++
        if (after === COMMA) {
          isName = (containers & 1) === 0
          break
        }
        if (after !== ((containers & 1) === 0 ? CLOSE_BRACE : CLOSE_BRACKET)) return false
        depth--
        containers >>>= 1
        if (depth === 0) {
          index.count = count
          return i === bytes.length
        }
      }
      if (i >= bytes.length) return false
    }
  }
  return index
}

/** The index after `true`, `false`, `null` or a whole number as JSON.stringify writes it; -1 for anything else. */
function endOfLiteral(bytes: Uint8Array, at: number): number {
  // No record ends with a literal: a brace and one more byte come after it.
  if (at + 5 > bytes.length) return -1
  const word = wordAt(bytes, at)
  if (word === TRUE || word === NULL) return at + 4
  if (bytes[at] === SMALL_F) return wordAt(bytes, at + 1) === ALSE ? at + 5 : -1
  const first = bytes[at] === MINUS ? at + 1 : at
  let i = first
  while (i < bytes.length && bytes[i]! >= ZERO && bytes[i]! <= NINE) i++
  const digits = i - first
  if (digits === 0 || digits > MAX_DIGITS) return -1
  const hasLeadingZero = bytes[first] === ZERO && (digits > 1 || first > at)
  return hasLeadingZero ? -1 : i
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
