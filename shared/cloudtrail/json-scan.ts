/**
 * Byte-level JSON scanning for the record splitter: a fast scanner that only knows strings and brackets, and a strict
 * one that is used when a record does not end, to prove that it is broken rather than long.
 */

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

const QUOTES = 0x22222222
const ONES = 0x01010101
const HIGH_BITS = 0x80808080

const IN_STRING = 1
const OPEN = 2
const CLOSE = 3
const STRUCTURE = new Uint8Array(256)
STRUCTURE[QUOTE] = IN_STRING
for (const bracket of '{[') STRUCTURE[bracket.charCodeAt(0)] = OPEN
for (const bracket of '}]') STRUCTURE[bracket.charCodeAt(0)] = CLOSE

/** What may stand right before the opening quote of a string. */
const BEFORE_STRING = new Uint8Array(256)
for (const character of '{[,: \t\r\n') BEFORE_STRING[character.charCodeAt(0)] = 1

const MAX_CHECKED_DEPTH = 31

/** {@link scanBalanced}: the bytes end before the value does. */
export const MORE = -1
/** {@link scanBalanced}: the value is certainly no JSON. */
export const BROKEN = -2

/** Where a balanced scan stands between two chunks. */
export interface ScanState {
  depth: number
  inString: boolean
  /** The chunk before ended with a backslash: the first byte of the next one is escaped. */
  escaped: boolean
  /** The open containers, a bit each, the innermost one lowest: 1 is an array, 0 an object. */
  containers: number
  /** Whether to look for impossible neighbours. Off after a BROKEN, and beyond the depth that `containers` can hold. */
  checked: boolean
  /** The last byte of the chunk before, and its last one that is no white space. */
  last: number
  lastSolid: number
  /** `wordsOf` seen as 32-bit words, from the beginning of its buffer. */
  words: Int32Array | undefined
  wordsOf: Uint8Array | undefined
  /** After BROKEN: the index of the byte that cannot stand where it does, and at which to go on. */
  brokenAt: number
}

/** A scan before its first byte. */
export function newScan(): ScanState {
  return {
    depth: 0,
    inString: false,
    escaped: false,
    containers: 0,
    checked: true,
    last: 0,
    lastSolid: 0,
    words: undefined,
    wordsOf: undefined,
    brokenAt: 0,
  }
}

/** Sets `state` to just after the opening byte of a value: `{`, `[` or `"`. Scanning goes on in the same chunk. */
export function enterValue(state: ScanState, byte: number): void {
  state.depth = byte === QUOTE ? 0 : 1
  state.inString = byte === QUOTE
  state.escaped = false
  state.containers = byte === OPEN_BRACKET ? 1 : 0
  state.checked = true
  state.last = state.lastSolid = byte
}

/**
 * Scans on until the value that `state` is inside of ends: the bracket that brings the depth to 0, or the closing quote
 * of a string at depth 0. Returns the index after that byte, {@link MORE} when the bytes end first (`state` then carries
 * on), or {@link BROKEN}.
 *
 * BROKEN comes from three cheap checks that sound JSON always passes: brackets pair up, a `{` or `[` follows `:` in an
 * object and `,` or `[` in an array, a string does not open right after a letter. Together they notice a missing or
 * superfluous quote or bracket at once instead of at the end of the object. Called again after BROKEN, only brackets
 * count.
 *
 * Quotes are found four bytes at a time, with the zero-byte trick on 32-bit words (little-endian, as everything that
 * runs Node.js is): strings are four fifths of a CloudTrail record, and most of the splitter's time. `Buffer.indexOf`
 * pays its call for 15 bytes at a time and reaches 45 % of this, a byte loop with a table 70 %.
 */
export function scanBalanced(state: ScanState, bytes: Uint8Array, from: number): number {
  const end = bytes.length
  const base = bytes.byteOffset
  if (state.words === undefined || state.wordsOf !== bytes) {
    state.words = new Int32Array(bytes.buffer, 0, (base + end) >> 2)
    state.wordsOf = bytes
  }
  const words = state.words
  const wordsEnd = words.length
  // Backslashes before this are no part of what is counted: the first byte may itself be escaped.
  const low = state.escaped && from < end ? from + 1 : from
  let i = low
  let { depth, inString, containers, checked } = state
  if (from < end) state.escaped = false
  for (;;) {
    if (inString) {
      for (;;) {
        while (((base + i) & 3) !== 0 && i < end && bytes[i] !== QUOTE) i++
        if (i < end && bytes[i] !== QUOTE) {
          let word = (base + i) >> 2
          let hits = 0
          for (; word < wordsEnd; word++) {
            const quotesAreZero = words[word]! ^ QUOTES
            hits = (quotesAreZero - ONES) & ~quotesAreZero & HIGH_BITS
            if (hits !== 0) break
          }
          i = (word << 2) - base
          if (hits !== 0) i += (31 - Math.clz32(hits & -hits)) >> 3
          else while (i < end && bytes[i] !== QUOTE) i++
        }
        if (i >= end) {
          state.depth = depth
          state.containers = containers
          state.checked = checked
          state.inString = true
          if (end > from) state.escaped = isEscaped(bytes, end, low)
          return MORE
        }
        i++
        if (i - 2 >= low && bytes[i - 2] === BACKSLASH && isEscaped(bytes, i - 1, low)) continue
        if (depth === 0) {
          state.inString = false
          return i
        }
        // `":"` and `","`, nearly always.
        if (i + 1 < end && bytes[i + 1] === QUOTE && (bytes[i] === COLON || bytes[i] === COMMA)) {
          i += 2
          continue
        }
        break
      }
      inString = false
    }
    for (;;) {
      if (i >= end) {
        state.depth = depth
        state.containers = containers
        state.checked = checked
        state.inString = false
        keepLast(state, bytes)
        return MORE
      }
      const byte = bytes[i++]!
      const kind = STRUCTURE[byte]!
      if (kind === 0) continue
      if (kind === IN_STRING) {
        if (checked && BEFORE_STRING[i > 1 ? bytes[i - 2]! : state.last] === 0) break
        inString = true
        break
      }
      if (kind === OPEN) {
        if (checked && !mayOpen(state, bytes, i - 2, containers)) break
        depth++
        containers = (containers << 1) | (byte === OPEN_BRACKET ? 1 : 0)
        if (depth > MAX_CHECKED_DEPTH) checked = false
      } else {
        if (checked && (byte === CLOSE_BRACKET ? 1 : 0) !== (containers & 1)) break
        containers >>>= 1
        if (--depth <= 0) {
          state.depth = 0
          state.inString = false
          return i
        }
      }
    }
    if (!inString) {
      state.depth = depth
      state.containers = containers
      state.inString = false
      state.checked = false
      state.brokenAt = i - 1
      return BROKEN
    }
  }
}

/** Whether an odd number of backslashes stands before `at`, none of them before `low`. */
function isEscaped(bytes: Uint8Array, at: number, low: number): boolean {
  let before = at - 1
  while (before >= low && bytes[before] === BACKSLASH) before--
  return ((at - 1 - before) & 1) === 1
}

function keepLast(state: ScanState, bytes: Uint8Array): void {
  let at = bytes.length - 1
  if (at < 0) return
  state.last = bytes[at]!
  while (at >= 0 && isSpace(bytes[at]!)) at--
  if (at >= 0) state.lastSolid = bytes[at]!
}

/** Whether a container may open after the byte at `at`, inside of the innermost of `containers`. */
function mayOpen(state: ScanState, bytes: Uint8Array, at: number, containers: number): boolean {
  let before = at
  while (before >= 0 && isSpace(bytes[before]!)) before--
  const byte = before < 0 ? state.lastSolid : bytes[before]
  return (containers & 1) === 0 ? byte === COLON : byte === COMMA || byte === OPEN_BRACKET
}

/** JSON's white space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

const EXPECT = {
  value: 0,
  valueOrClose: 1,
  keyOrClose: 2,
  key: 3,
  colon: 4,
  commaOrClose: 5,
} as const

/**
 * The offset of the first byte that breaks JSON's grammar in the value that starts at 0, or -1 when there is none: the
 * value is then complete, or merely cut off. Runs only over records that do not end, so it may be slow.
 */
export function findSyntaxError(bytes: Uint8Array): number {
  const containers: number[] = []
  let expected: number = EXPECT.value
  let i = 0
  while (i < bytes.length) {
    const byte = bytes[i]!
    if (isSpace(byte)) {
      i++
      continue
    }
    switch (expected) {
      case EXPECT.colon:
        if (byte !== COLON) return i
        expected = EXPECT.value
        i++
        continue
      case EXPECT.commaOrClose: {
        const container = containers.at(-1)
        if (byte === COMMA) {
          expected = container === OPEN_BRACE ? EXPECT.key : EXPECT.value
        } else if (byte === (container === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET)) {
          containers.pop()
          if (containers.length === 0) return -1
        } else {
          return i
        }
        i++
        continue
      }
      case EXPECT.key:
      case EXPECT.keyOrClose: {
        if (byte === CLOSE_BRACE && expected === EXPECT.keyOrClose) {
          containers.pop()
          if (containers.length === 0) return -1
          expected = EXPECT.commaOrClose
          i++
          continue
        }
        if (byte !== QUOTE) return i
        const after = endOfString(bytes, i + 1)
        if (after === -1) return -1
        if (after < 0) return -after - 2
        i = after
        expected = EXPECT.colon
        continue
      }
      default: {
        if (byte === CLOSE_BRACKET && expected === EXPECT.valueOrClose) {
          containers.pop()
          if (containers.length === 0) return -1
          expected = EXPECT.commaOrClose
          i++
          continue
        }
        if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          containers.push(byte)
          expected = byte === OPEN_BRACE ? EXPECT.keyOrClose : EXPECT.valueOrClose
          i++
          continue
        }
        if (byte === QUOTE) {
          const after = endOfString(bytes, i + 1)
          if (after === -1) return -1
          if (after < 0) return -after - 2
          i = after
        } else {
          if (!startsLiteral(byte)) return i
          const start = i
          while (i < bytes.length && isLiteralByte(bytes[i]!)) i++
          if (i === bytes.length) return -1
          const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(i - start, 400)).toString('latin1')
          if (text !== 'true' && text !== 'false' && text !== 'null' && !NUMBER.test(text)) return start
        }
        if (containers.length === 0) return -1
        expected = EXPECT.commaOrClose
      }
    }
  }
  return -1
}

/**
 * Where the objects begin that are still open at the end of a value which breaks no rule but is cut off, the outermost
 * first.
 */
export function openObjects(bytes: Uint8Array): number[] {
  const open: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === QUOTE) {
      const after = endOfString(bytes, i + 1)
      if (after < 0) break
      i = after - 1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) open.push(i)
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) open.pop()
  }
  return open.filter((at) => bytes[at] === OPEN_BRACE)
}

/** The index after the closing quote; -1 when the bytes end first; -(offset + 2) for a raw control character. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === QUOTE) return i + 1
    if (byte === BACKSLASH) i++
    else if (byte < 0x20) return -(i + 2)
  }
  return -1
}

/** Whether a number, `true`, `false` or `null` may begin with this byte. */
export function startsLiteral(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39) || byte === 0x74 || byte === 0x66 || byte === 0x6e
}

function isLiteralByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  )
}
