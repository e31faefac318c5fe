/**
 * A set of identities in little memory: those of the usual shapes (up to 16 ASCII characters, such as a request id; a
 * UUID, alone or as `uuid/account`, such as CloudTrail's) are kept as numbers, exactly, so that no text stays alive; any
 * other as its text.
 */
export interface IdentitySet {
  readonly size: number
  has(identity: string): boolean
  /** False where it was there already. */
  add(identity: string): boolean
  clear(): void
}

const WORDS = 6
const FIRST_SLOTS = 64

/** The identity that pack() has read: four words of content, and two that say what they are. Never 0 in KIND. */
const packed = new Int32Array(WORDS)
const KIND = 4
const REST = 5
const TEXT = -1
const UUID = -2

const UUID_LENGTH = 36
const ACCOUNT_LENGTH = 12

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
    // Capital letters stay text: they would be another identity.
    const nibble = c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : -1
    if (nibble === -1) return false
    packed[nibbles >> 3] = (packed[nibbles >> 3]! << 4) | nibble
    nibbles++
  }
  packed[KIND] = UUID
  packed[REST] = 0
  if (identity.length === UUID_LENGTH) return true
  if (identity.charCodeAt(UUID_LENGTH) !== 47) return false
  let account = 0
  for (let i = UUID_LENGTH + 1; i < identity.length; i++) {
    const digit = identity.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return false
    account = account * 10 + digit
  }
  packed[KIND] = 1 + Math.floor(account / 2 ** 32)
  packed[REST] = account | 0
  return true
}

function pack(identity: string): boolean {
  const { length } = identity
  if (length <= 16) return packText(identity)
  const isUuid = length === UUID_LENGTH || length === UUID_LENGTH + 1 + ACCOUNT_LENGTH
  return isUuid && packUuid(identity)
}

function hashOf(words: Int32Array, at: number): number {
  let hash = 0
  for (let i = at; i < at + WORDS; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

/**
 * @example
 * const set = createIdentitySet()
 * set.add('79A59DF900B949E5') // true
 * set.add('79A59DF900B949E5') // false
 */
export function createIdentitySet(): IdentitySet {
  let slots = FIRST_SLOTS
  let words = new Int32Array(slots * WORDS)
  let count = 0
  const texts = new Set<string>()

  /** Where the packed identity is, or the free slot for it. */
  function find(source: Int32Array, from: number): number {
    let slot = hashOf(source, from) & (slots - 1)
    for (;;) {
      const at = slot * WORDS
      if (words[at + KIND] === 0) return at
      if (
        words[at] === source[from] &&
        words[at + 1] === source[from + 1] &&
        words[at + 2] === source[from + 2] &&
        words[at + 3] === source[from + 3] &&
        words[at + KIND] === source[from + KIND] &&
        words[at + REST] === source[from + REST]
      ) {
        return at
      }
      slot = (slot + 1) & (slots - 1)
    }
  }

  function put(at: number, source: Int32Array, from: number): void {
    for (let i = 0; i < WORDS; i++) words[at + i] = source[from + i]!
  }

  function grow(): void {
    const old = words
    slots *= 2
    words = new Int32Array(slots * WORDS)
    for (let at = 0; at < old.length; at += WORDS) if (old[at + KIND] !== 0) put(find(old, at), old, at)
  }

  return {
    get size() {
      return count + texts.size
    },
    has(identity) {
      return pack(identity) ? words[find(packed, 0) + KIND] !== 0 : texts.has(identity)
    },
    add(identity) {
      if (!pack(identity)) {
        const before = texts.size
        return texts.add(identity).size > before
      }
      const at = find(packed, 0)
      if (words[at + KIND] !== 0) return false
      put(at, packed, 0)
      count += 1
      // At most half full, so that a search is short.
      if (count * 2 > slots) grow()
      return true
    },
    clear() {
      if (count > 0) words.fill(0)
      count = 0
      texts.clear()
    },
  }
}
