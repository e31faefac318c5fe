/** A text with every escape undone, and where each of its characters stood. */
export interface Decoded {
  readonly text: string
  /** Of each character of `text`, the half-open range it had in the source. */
  readonly starts: Uint32Array
  readonly ends: Uint32Array
  /** Of each character, how often it was percent-encoded. */
  readonly depths: Uint8Array
}

const PERCENT = 37
const BACKSLASH = 92
const LETTER_U = 117
/** One URL inside another inside another … */
const MAX_DEPTH = 8

function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** The ASCII character of two hexadecimal digits; -1 where there are none, or it is beyond ASCII. */
function ascii(codes: Uint16Array, at: number, end: number): number {
  if (at + 2 > end) return -1
  const high = hexDigit(codes[at])
  const low = hexDigit(codes[at + 1])
  return high < 0 || high > 7 || low < 0 ? -1 : high * 16 + low
}

/**
 * Undoes percent-encoding (up to eight times over) and JSON's `\u00xx`, as far as they stand for ASCII. What cannot be
 * undone stays. Linear in the length of the text.
 *
 * @example
 * decodeFully('%2558-Amz').text // 'X-Amz'
 */
export function decodeFully(text: string): Decoded {
  let length = text.length
  const codes = new Uint16Array(length)
  const starts = new Uint32Array(length)
  const ends = new Uint32Array(length)
  const depths = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    codes[i] = text.charCodeAt(i)
    starts[i] = i
    ends[i] = i + 1
  }
  for (let round = 0; round < MAX_DEPTH; round++) {
    let out = 0
    for (let i = 0; i < length; ) {
      let code = codes[i]!
      let depth = depths[i]!
      let width = 1
      if (code === PERCENT) {
        const plain = ascii(codes, i + 1, length)
        if (plain !== -1) {
          code = plain
          width = 3
          depth = Math.max(depth, depths[i + 1]!, depths[i + 2]!) + 1
        }
      } else if (code === BACKSLASH) {
        // In JSON inside of JSON an escape has several backslashes.
        let u = i + 1
        while (u < length && codes[u] === BACKSLASH) u++
        const isAscii = codes[u] === LETTER_U && codes[u + 1] === 48 && codes[u + 2] === 48
        const plain = isAscii ? ascii(codes, u + 3, length) : -1
        if (plain !== -1) {
          code = plain
          width = u + 5 - i
        } else {
          // All of them stand for themselves: looked at once, not once for each.
          for (; i < u - 1; i++, out++) {
            codes[out] = code
            depths[out] = depths[i]!
            starts[out] = starts[i]!
            ends[out] = ends[i]!
          }
          depth = depths[i]!
        }
      }
      codes[out] = code
      depths[out] = depth
      starts[out] = starts[i]!
      ends[out] = ends[i + width - 1]!
      out++
      i += width
    }
    if (out === length) break
    length = out
  }
  return { text: Buffer.from(codes.buffer, 0, length * 2).toString('utf16le'), starts, ends, depths }
}
