/**
 * A table from identities to small numbers above 0, in little memory: identities of the usual shapes (up to 24 ASCII
 * characters; a UUID, alone or as `uuid/account`, such as CloudTrail's) are kept as numbers,
 * exactly, so that no text stays alive and nothing is left to the garbage collector; any other as its text.
 */
export interface IdentityTable {
  /** The number of an identity, 0 where it has none; `mark` is set in its place if `replace` says so of the number. */
  swap(identity: string, mark: number, replace: (mark: number) => boolean): number
  /** Forgets the identities whose numbers are not worth keeping any more. */
  purge(): void
}

/** Six words of content, and one that says what they are; never 0. */
const WORDS = 7
const ACCOUNT = 4
const KIND = 6
const TEXT = -1
const UUID = -2

const FIRST_SLOTS = 64
const MAX_TEXT = 24
const UUID_LENGTH = 36
const ACCOUNT_LENGTH = 12

/** The identity that pack() has read. */
const packed = new Int32Array(WORDS)

function packText(identity: string): boolean {
  const { length } = identity
  if (length === 0) return false
  packed.fill(0)
  for (let i = 0; i < length; i++) {
    const c = identity.charCodeAt(i)
    // 0 pads; what is beyond ASCII does not fit.
    if (c === 0 || c > 127) return false
    packed[i >> 2] = (packed[i >> 2]! << 8) | c
  }
  packed[KIND] = TEXT
  return true
}

function packUuid(identity: string): boolean {
  let nibbles = 0
  for (let i = 0; i < UUID_LENGTH; i++) {
    const c = identity.charCodeAt(i)
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (c !== 45) return false
      continue
    }
    // Capital letters stay text: they make another identity.
    const nibble = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1
    if (nibble === -1) return false
    packed[nibbles >> 3] = (packed[nibbles >> 3]! << 4) | nibble
    nibbles++
  }
  packed[KIND] = UUID
  packed[ACCOUNT] = 0
  packed[ACCOUNT + 1] = 0
  if (identity.length === UUID_LENGTH) return true
  if (identity.charCodeAt(UUID_LENGTH) !== 47) return false
  let account = 0
  for (let i = UUID_LENGTH + 1; i < identity.length; i++) {
    const digit = identity.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return false
    account = account * 10 + digit
  }
  packed[KIND] = 1 + Math.floor(account / 2 ** 32)
  packed[ACCOUNT] = account | 0
  return true
}

function pack(identity: string): boolean {
  const { length } = identity
  if (length <= MAX_TEXT) return packText(identity)
  const isUuid = length === UUID_LENGTH || length === UUID_LENGTH + 1 + ACCOUNT_LENGTH
  return isUuid && packUuid(identity)
}

function hashOf(words: Int32Array, from: number): number {
  let hash = 0
  for (let i = from; i < from + WORDS; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

/**
 * @param isKept whether a number is still worth keeping; asked before the table grows.
 * @example
 * const table = createIdentityTable(() => true)
 * table.swap('79A59DF900B949E5', 1, () => true) // 0
 * table.swap('79A59DF900B949E5', 2, () => true) // 1
 */
export function createIdentityTable(isKept: (mark: number) => boolean): IdentityTable {
  let slots = FIRST_SLOTS
  let words = new Int32Array(slots * WORDS)
  let marks = new Uint32Array(slots)
  let count = 0
  const texts = new Map<string, number>()
  let textsKept = 0

  /** The slot of an identity, or the free one for it. */
  function find(source: Int32Array, from: number): number {
    for (let slot = hashOf(source, from) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const at = slot * WORDS
      if (marks[slot] === 0) return slot
      if (
        words[at] === source[from] &&
        words[at + 1] === source[from + 1] &&
        words[at + 2] === source[from + 2] &&
        words[at + 3] === source[from + 3] &&
        words[at + 4] === source[from + 4] &&
        words[at + 5] === source[from + 5] &&
        words[at + KIND] === source[from + KIND]
      ) {
        return slot
      }
    }
  }

  function put(slot: number, source: Int32Array, from: number): void {
    const at = slot * WORDS
    for (let i = 0; i < WORDS; i++) words[at + i] = source[from + i]!
  }

  function purge(): void {
    const oldWords = words
    const oldMarks = marks
    const kept = oldMarks.reduce((sum, mark) => (mark !== 0 && isKept(mark) ? sum + 1 : sum), 0)
    // At most three quarters full, so that a search is short; and not full again at once.
    while (kept * 2 > slots) slots *= 2
    words = new Int32Array(slots * WORDS)
    marks = new Uint32Array(slots)
    count = kept
    for (let old = 0; old < oldMarks.length; old++) {
      const mark = oldMarks[old]!
      if (mark === 0 || !isKept(mark)) continue
      const slot = find(oldWords, old * WORDS)
      put(slot, oldWords, old * WORDS)
      marks[slot] = mark
    }
    for (const [identity, mark] of texts) if (!isKept(mark)) texts.delete(identity)
    textsKept = texts.size
  }

  return {
    swap(identity, mark, replace) {
      if (!pack(identity)) {
        const before = texts.get(identity) ?? 0
        if (replace(before)) texts.set(identity, mark)
        if (texts.size > textsKept * 2 + FIRST_SLOTS) purge()
        return before
      }
      const slot = find(packed, 0)
      const before = marks[slot]!
      if (!replace(before)) return before
      marks[slot] = mark
      if (before !== 0) return before
      put(slot, packed, 0)
      count++
      if (count * 4 > slots * 3) purge()
      return before
    },
    purge,
  }
}
