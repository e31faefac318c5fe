import { endsLikeSecretName } from '../derive/redact.ts'
import { MEMBERS } from './members.ts'
import { INNER_NAMES, type Names, NONE, nameOf, type Slot, TOP_NAMES } from './slots.ts'

/** {@link RecordScanner.scan}: the bytes end before the record does. */
export const MORE = -1
/** {@link RecordScanner.scan}: the text is no JSON object. */
export const BROKEN = -2
/** {@link RecordScanner.scan}: containers are nested deeper than {@link MAX_DEPTH}. */
export const TOO_DEEP = -3

/** So deep may containers be nested; CloudTrail's are some ten levels deep. */
export const MAX_DEPTH = 256

/** What was noticed on the way, a bit each. */
export const NOTICED = {
  /** A byte beyond ASCII. */
  wide: 1,
  /** A backslash in a text. */
  escape: 2,
  /** White space between tokens. */
  space: 4,
  /** A member twice, or a backslash in a name: what the record says must be settled first. */
  twice: 8,
  /** A value of a type that CloudTrail does not write there. */
  type: 16,
  /** What may be the end of a secret's name, and of a value after it. */
  secret: 32,
  /** A name that a derived field has. */
  taken: 64,
  /** A header that the table does not name, in a place where headers set access. */
  header: 128,
  /** A member named `value` or `values`: a secret where another member beside it names one. */
  paired: 256,
} as const

/** Names that derived fields have, or that are ours otherwise. */
export type IsTaken = (name: string) => boolean

/**
 * A record's members: in the order of the text, those inside of a member right after it (as far as the table knows what
 * is inside). All are indices into `bytes`, the quotes of a name and of a text included.
 */
export interface RecordScanner {
  /**
   * Reads the JSON object that begins at `from`, strictly: all that JSON.parse refuses is refused. Returns the index after
   * it, or a negative number that says why not; what is here is then of no use.
   */
  scan(bytes: Uint8Array, from: number): number
  bytes: Uint8Array
  view: DataView
  start: number
  end: number
  noticed: number
  count: number
  slots: Int16Array
  names: Int32Array
  values: Int32Array
  ends: Int32Array
  /** The next entry that is not inside of this one. */
  nexts: Int32Array
  /** By slot: its entry, or NONE. */
  readonly at: Int32Array
}

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const COLON = 0x3a
const LESS = 0x3c
const EQUALS = 0x3d
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const PERCENT = 0x25
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SMALL_S = 0x73
const SMALL_X = 0x78

/** The bytes of a text that need a look: quote, backslash, control characters, beyond ASCII, what a secret follows. */
const SPECIAL = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) SPECIAL[byte] = byte < 0x20 || byte >= 0x80 ? 1 : 0
for (const character of '"\\=:%<') SPECIAL[character.charCodeAt(0)] = 1

/** The same of two neighbours, as a 16-bit number. */
const PAIRS = new Uint8Array(0x10000)
for (let pair = 0; pair < PAIRS.length; pair++) PAIRS[pair] = SPECIAL[pair & 0xff]! | SPECIAL[pair >> 8]!

/** What may follow a backslash, but for `u`. */
const ESCAPED = new Uint8Array(256)
for (const character of '"\\/bfnrt') ESCAPED[character.charCodeAt(0)] = 1

/** What a value must be, by slot. PLACEHOLDER: anything but the name of the member itself, which CloudTrail sometimes writes. */
const ANY = 0
const TEXT = 1
const BOOLEAN = 2
const ACCOUNT = 3
const PLACEHOLDER = 4
const TYPES = Uint8Array.from(MEMBERS, ({ path, type }) => {
  if (path === 'userIdentity.accountId') return ACCOUNT
  if (path.startsWith('tlsDetails.')) return PLACEHOLDER
  return type === 'text' ? TEXT : type === 'boolean' ? BOOLEAN : ANY
})
const MOST_NAME_WORDS = 24
/** By slot: the name as it stands in compact JSON, with its quotes and colon, as numbers of four bytes, and its length. */
const QUOTED = MEMBERS.map((_, slot) => Buffer.from(`"${nameOf(slot)}":`))
const NAME_LENGTHS = Uint8Array.from(QUOTED, ({ length }) => length)
/** Four at a time; the last four maybe twice. */
const NAME_WORDS = new Int32Array(MEMBERS.length * MOST_NAME_WORDS)
for (const [slot, name] of QUOTED.entries()) {
  for (let i = 0; i * 4 < name.length; i++) {
    NAME_WORDS[slot * MOST_NAME_WORDS + i] = name.readInt32LE(Math.min(i * 4, name.length - 4))
  }
}
const PARAMETERS = MEMBERS.findIndex(({ path }) => path === 'requestParameters')

/**
 * Makes a scanner; it holds one record at a time.
 *
 * @param isTaken tells the names that no member of a record may have.
 * @example
 * const record = createRecordScanner(() => false)
 * record.scan(bytes, 0) // bytes.length
 */
export function createRecordScanner(isTaken: IsTaken): RecordScanner {
  let b: Uint8Array = new Uint8Array(0)
  let n = 0
  let view: DataView = new DataView(new ArrayBuffer(0))
  let noticed = 0
  let count = 0
  const at = new Int32Array(MEMBERS.length)
  const isArray = new Uint8Array(MAX_DEPTH + 1)
  let { slots, names, values, ends, nexts } = columns(512)
  const strange: number[] = []
  /** What came next the last time: after the opening of the container in a member (or of the record), after a member. */
  const after = new Int16Array(MEMBERS.length * 2 + 1).fill(NONE)

  function grow(): void {
    const larger = columns(slots.length * 2)
    larger.slots.set(slots)
    larger.names.set(names)
    larger.values.set(values)
    larger.ends.set(ends)
    larger.nexts.set(nexts)
    ;({ slots, names, values, ends, nexts } = larger)
  }

  function space(from: number): number {
    let i = from
    while (i < n && (b[i] === 0x20 || b[i] === 0x0a || b[i] === 0x0d || b[i] === 0x09)) i++
    if (i > from) noticed |= NOTICED.space
    return i
  }

  /**
   * The text whose opening quote is at `from`; the index after its closing quote. Four bytes at a time, two of them in one
   * look-up: texts are most of a record.
   */
  function string(from: number): number {
    // Local names: what a closure shares is loaded anew for each byte.
    const bytes = b
    const end = n
    const fours = view
    const last = end - 4
    let i = from + 1
    for (;;) {
      while (i <= last) {
        const four = fours.getInt32(i, true)
        if ((PAIRS[four & 0xffff]! | PAIRS[four >>> 16]!) !== 0) break
        i += 4
      }
      while (i < end && SPECIAL[bytes[i]!] === 0) i++
      if (i >= end) return MORE
      const byte = bytes[i]!
      if (byte === QUOTE) return i + 1
      i = special(bytes, byte, i)
      if (i < 0) return i
    }
  }

  /** A byte of a text that needs a look; the index of the next. */
  function special(bytes: Uint8Array, byte: number, at: number): number {
    if (byte >= 0x80) {
      noticed |= NOTICED.wide
      return at + 1
    }
    if (byte < 0x20) return BROKEN
    if (mayEndSecret(bytes, at) && endsSecretName(bytes, at)) noticed |= NOTICED.secret
    if (byte === PERCENT && isHidden(bytes, at)) noticed |= NOTICED.secret
    if (byte === LESS || (byte === EQUALS && isIndexOrSpace(bytes, at))) noticed |= NOTICED.secret
    return byte === BACKSLASH ? escaped(at) : at + 1
  }

  function escaped(from: number): number {
    noticed |= NOTICED.escape
    if (from + 1 >= n) return MORE
    if (ESCAPED[b[from + 1]!] === 1) {
      // JSON inside of a text: its own escapes stand there with one backslash more.
      if (b[from + 1] === BACKSLASH && b[from + 2] === 0x75 && isOfName(asciiAt(b, from + 3))) noticed |= NOTICED.secret
      return from + 2
    }
    if (b[from + 1] !== 0x75) return BROKEN
    let code = 0
    for (let i = from + 2; i < from + 6; i++) {
      if (i >= n) return MORE
      const digit = hexDigit(b[i]!)
      if (digit === -1) return BROKEN
      code = code * 16 + digit
    }
    // A letter written so, a hyphen, an underline or a percent sign may be a part of a secret's name.
    if (isOfName(code)) noticed |= NOTICED.secret
    return from + 6
  }

  /** `true`, `false`, `null` or a number; the index after it. */
  function literal(from: number): number {
    const first = b[from]!
    if (first === 0x74) return word(from, 'true')
    if (first === 0x66) return word(from, 'false')
    if (first === 0x6e) return word(from, 'null')
    let i = first === MINUS ? from + 1 : from
    if (i >= n) return MORE
    i = b[i] === 0x30 ? i + 1 : digits(i)
    if (i > 0 && i < n && b[i] === DOT) i = digits(i + 1)
    if (i > 0 && i < n && (b[i]! | 0x20) === 0x65) {
      const hasSign = i + 1 < n && (b[i + 1] === 0x2b || b[i + 1] === MINUS)
      i = digits(hasSign ? i + 2 : i + 1)
    }
    if (i < 0) return i
    return i < n ? i : MORE
  }

  function word(from: number, expected: string): number {
    for (let i = 0; i < expected.length; i++) {
      if (from + i >= n) return MORE
      if (b[from + i] !== expected.charCodeAt(i)) return BROKEN
    }
    return from + expected.length
  }

  function digits(from: number): number {
    let i = from
    while (i < n && b[i]! >= 0x30 && b[i]! <= 0x39) i++
    return i > from ? i : i >= n ? MORE : BROKEN
  }

  /** From a name's opening quote to its value; the end of the name is `nameEnd`. */
  let nameEnd = 0
  function name(from: number): number {
    if (from >= n) return MORE
    if (b[from] !== QUOTE) return BROKEN
    const before = noticed & NOTICED.escape
    noticed &= ~NOTICED.escape
    let i = string(from)
    if (i < 0) return i
    nameEnd = i
    if ((noticed & NOTICED.escape) !== 0) noticed |= NOTICED.twice
    noticed |= before
    if (i < n && b[i] !== COLON) i = space(i)
    if (i >= n) return MORE
    if (b[i] !== COLON) return BROKEN
    i++
    if (i < n && b[i]! <= 0x20) i = space(i)
    return i < n ? i : MORE
  }

  /** What the table does not name may be a secret. Of what it names only the token is, and that is never kept. */
  function lookAtName(): void {
    const end = nameEnd - 1
    if (isValue(b, (b[end - 1]! | 0x20) === SMALL_S ? end - 1 : end)) noticed |= NOTICED.paired
    else if (mayEndSecret(b, end) && endsSecretName(b, end)) noticed |= NOTICED.secret
  }

  /** The index after the name of a member and the colon behind it, where they stand at `from`; else NONE. */
  function skipName(slot: Slot, from: number): number {
    const length = NAME_LENGTHS[slot]!
    if (from + length >= n) return NONE
    const last = from + length - 4
    let word = slot * MOST_NAME_WORDS
    for (let at = from; at < last; at += 4) if (view.getInt32(at, true) !== NAME_WORDS[word++]) return NONE
    if (view.getInt32(last, true) !== NAME_WORDS[word]) return NONE
    return b[from + length]! <= 0x20 ? NONE : from + length
  }

  /** A container of whose members none is named in the table; the index after it. */
  function container(from: number, outer: number): number {
    let depth = outer
    let i = from
    for (;;) {
      // A value begins at i.
      const first = b[i]!
      if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) return TOO_DEEP
        isArray[depth] = first === OPEN_BRACKET ? 1 : 0
        i++
        if (i < n && b[i]! <= 0x20) i = space(i)
        if (i >= n) return MORE
        if (b[i] !== (first === OPEN_BRACKET ? CLOSE_BRACKET : CLOSE_BRACE)) {
          if (first === OPEN_BRACE) {
            i = name(i)
            if (i < 0) return i
            lookAtName()
          }
          continue
        }
      } else {
        i = first === QUOTE ? string(i) : literal(i)
        if (i < 0) return i
      }
      // After a value, or at the end of an empty container.
      for (;;) {
        if (i < n && b[i]! <= 0x20) i = space(i)
        if (i >= n) return MORE
        const byte = b[i]!
        if (byte === COMMA) {
          i++
          if (i < n && b[i]! <= 0x20) i = space(i)
          if (i >= n) return MORE
          if (isArray[depth] === 0) {
            i = name(i)
            if (i < 0) return i
            lookAtName()
          }
          break
        }
        if (byte !== (isArray[depth] === 1 ? CLOSE_BRACKET : CLOSE_BRACE)) return BROKEN
        i++
        if (--depth === outer) return i
      }
    }
  }

  /** The object at `from`, some of whose members are in the table. */
  function object(known: Names, inside: Slot, from: number, depth: number): number {
    let i = from + 1
    let before = inside + 1
    if (i < n && b[i]! <= 0x20) i = space(i)
    if (i < n && b[i] === CLOSE_BRACE) return i + 1
    for (;;) {
      // CloudTrail writes its members in one order: the one that came next the last time is likely to come again.
      let slot = after[before]!
      let value = slot === NONE ? NONE : skipName(slot, i)
      if (value === NONE) {
        value = name(i)
        if (value < 0) return value
        slot = known.find(b, i + 1, nameEnd - 1)
        after[before] = slot
        if (slot === NONE) lookAtName()
      }
      before = slot === NONE ? inside + 1 : MEMBERS.length + 1 + slot
      if (count === slots.length) grow()
      const entry = count++
      slots[entry] = slot
      names[entry] = i
      values[entry] = value
      const first = b[value]!
      if (first === QUOTE) {
        i = string(value)
      } else if (first === OPEN_BRACE && slot !== NONE && INNER_NAMES[slot] !== undefined) {
        i = object(INNER_NAMES[slot]!, slot, value, depth + 1)
      } else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
        i = container(value, depth)
      } else {
        i = literal(value)
      }
      if (i < 0) return i
      ends[entry] = i
      nexts[entry] = count
      if (slot === NONE) {
        if (inside === NONE) strange.push(entry)
        else if (inside === PARAMETERS && (b[names[entry]! + 1]! | 0x20) === SMALL_X) noticed |= NOTICED.header
      } else {
        if (at[slot] !== NONE) noticed |= NOTICED.twice
        at[slot] = entry
        if (TYPES[slot] !== ANY && !isSound(slot, entry)) noticed |= NOTICED.type
      }
      if (i < n && b[i]! <= 0x20) i = space(i)
      if (i >= n) return MORE
      if (b[i] === CLOSE_BRACE) return i + 1
      if (b[i] !== COMMA) return BROKEN
      i++
      if (i < n && b[i]! <= 0x20) i = space(i)
    }
  }

  /** Whether a value is what CloudTrail writes there. */
  function isSound(slot: Slot, entry: number): boolean {
    const from = values[entry]!
    const first = b[from]!
    switch (TYPES[slot]!) {
      case TEXT:
        return first === QUOTE || first === 0x6e
      case BOOLEAN:
        return first === 0x74 || first === 0x66 || first === 0x6e
      case ACCOUNT:
        return first !== MINUS && (first < 0x30 || first > 0x39)
      case PLACEHOLDER: {
        let same = 0
        const length = ends[entry]! - from
        while (same < length && b[from + same] === b[names[entry]! + same]) same++
        return same < length
      }
      default:
        return true
    }
  }

  /** Members on top that the table does not name: none may be there twice, or have a name that is ours. */
  function lookAtStrange(): void {
    const seen = new Set<string>()
    for (const entry of strange) {
      const text = Buffer.from(
        b.buffer,
        b.byteOffset + names[entry]! + 1,
        values[entry]! - names[entry]! - 1,
      ).toString()
      const own = text.slice(0, text.indexOf('"'))
      if (isTaken(own)) noticed |= NOTICED.taken
      if (seen.has(own)) noticed |= NOTICED.twice
      seen.add(own)
    }
  }

  const scanner: RecordScanner = {
    bytes: b,
    view,
    start: 0,
    end: 0,
    noticed: 0,
    count: 0,
    slots,
    names,
    values,
    ends,
    nexts,
    at,
    scan(bytes, from) {
      if (bytes !== b) {
        b = bytes
        n = bytes.length
        view = new DataView(bytes.buffer, bytes.byteOffset, n)
      }
      noticed = 0
      count = 0
      strange.length = 0
      at.fill(NONE)
      if (from >= n) return MORE
      if (b[from] !== OPEN_BRACE) return BROKEN
      const end = object(TOP_NAMES, NONE, from, 1)
      if (strange.length > 0 && end > 0) lookAtStrange()
      scanner.bytes = bytes
      scanner.view = view
      scanner.start = from
      scanner.end = end
      scanner.noticed = noticed
      scanner.count = count
      if (scanner.slots !== slots) Object.assign(scanner, { slots, names, values, ends, nexts })
      return end
    },
  }
  for (let i = 0; i < PRIMER_RUNS; i++) scanner.scan(PRIMER, 0)
  return scanner
}

/**
 * Something of everything that a text may hold. V8 compiles the scanner for what it has met: the first percent sign among
 * a thousand records would throw away what was compiled, again and again for each thing that is rare.
 */
const PRIMER = Buffer.from(
  JSON.stringify({
    eventVersion: '1.11',
    requestParameters: {
      key: 'a=b&c]=d:%41%20=%3cé<x>\\"\n',
      'x-y': [1, -2.5e3, true, false, null, {}, [], { a: 'b' }],
    },
    other: 'my key: "x" \u0001 \\u0041 password=1',
    readOnly: true,
  }),
)
const PRIMER_RUNS = 24

function columns(size: number) {
  return {
    slots: new Int16Array(size),
    names: new Int32Array(size),
    values: new Int32Array(size),
    ends: new Int32Array(size),
    nexts: new Int32Array(size),
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** The ASCII character of `00xx` at `at`; -1 where something else stands there. */
function asciiAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x30 || bytes[at + 1] !== 0x30) return -1
  const high = hexDigit(bytes[at + 2] ?? 0)
  const low = hexDigit(bytes[at + 3] ?? 0)
  return high === -1 || low === -1 ? -1 : high * 16 + low
}

/** No name is longer. */
const MAX_NAME_BYTES = 48
/** The last three letters of the names of secrets, as a number. */
const ENDINGS: ReadonlySet<number> = new Set(
  'ure ial yid key ord swd ase ing ary ret ken ion ext ode lue'.split(' ').map((end) => packed(Buffer.from(end), 3)),
)

function packed(bytes: Uint8Array, at: number): number {
  return (bytes[at - 3]! << 16) | (bytes[at - 2]! << 8) | bytes[at - 1]! | 0x202020
}

/** By a look at the last letters: nearly always the answer is no. */
function mayEndSecret(bytes: Uint8Array, at: number): boolean {
  const last = bytes[at - 1]!
  if (last < 0x41) return isBetween(last) && isBetweenAfterName(bytes, at - 1)
  return last === BACKSLASH ? isBetweenAfterName(bytes, at - 1) : ENDINGS.has(packed(bytes, at))
}

function isBetweenAfterName(bytes: Uint8Array, at: number): boolean {
  const end = beforeBetween(bytes, at)
  return end === NONE || (end > 2 && ENDINGS.has(packed(bytes, end)))
}

/** Longer runs between a name and its value are not walked back byte for byte: they may belong to a secret. */
const MAX_BETWEEN = 32

/** Where what may stand between a name and its value begins; NONE: too far back. */
function beforeBetween(bytes: Uint8Array, at: number): number {
  let end = at
  while (end > 0 && isBetween(bytes[end - 1]!)) {
    end--
    if (at - end > MAX_BETWEEN) return NONE
  }
  return end
}

/** Whether the bytes before `at` end as the names of secrets end: where one is meant, redact.ts tells. */
function endsSecretName(bytes: Uint8Array, at: number): boolean {
  const end = beforeBetween(bytes, at)
  if (end === NONE) return true
  const from = Math.max(0, end - MAX_NAME_BYTES)
  return mayEndSecret(bytes, end) && endsLikeSecretName((bytes as Buffer).toString('latin1', from, end))
}

/** Whether the bytes before `at` are `value`, in any letter case. */
function isValue(bytes: Uint8Array, at: number): boolean {
  return packed(bytes, at) === LUE && (bytes[at - 4]! | 0x20) === 0x61 && (bytes[at - 5]! | 0x20) === 0x76
}
const LUE = packed(Buffer.from('lue'), 3)

/** Backslash, quotes, space. */
function isBetween(byte: number): boolean {
  return byte === BACKSLASH || byte === QUOTE || byte === 0x27 || byte === 0x20
}

/** A letter, a hyphen, an underline, a percent sign. */
function isOfName(code: number): boolean {
  const letter = code | 0x20
  return (letter >= 0x61 && letter <= 0x7a) || code === MINUS || code === 0x5f || code === PERCENT
}

/** Whether a percent-encoded character may be a part of a secret's name, an index behind it, or begin a tag. */
function isHidden(bytes: Uint8Array, at: number): boolean {
  const high = hexDigit(bytes[at + 1] ?? 0)
  const low = hexDigit(bytes[at + 2] ?? 0)
  if (high === -1 || low === -1) return false
  const code = high * 16 + low
  return isOfName(code) || code === LESS || code === OPEN_BRACKET
}

/** Whether `]` or an encoded space stands before `at`. */
function isIndexOrSpace(bytes: Uint8Array, at: number): boolean {
  const last = bytes[at - 1]
  return last === CLOSE_BRACKET || (last === 0x30 && bytes[at - 2] === 0x32 && bytes[at - 3] === PERCENT)
}
