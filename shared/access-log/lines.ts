import { isAscii } from 'node:buffer'
import { StringDecoder } from 'node:string_decoder'

/** One line of a text object, without its line ending. */
export interface Line {
  /** UTF-8 with replacement characters where the bytes are not valid. */
  readonly text: string
  /** The line is longer than the cap: `text` is a part of it, and all of them are the line. */
  readonly oversize: boolean
  /** No character of it is beyond ASCII; absent: it is not known. */
  readonly isAscii?: true | undefined
  /** True of the second part of an oversize line and those after it. */
  readonly isContinued?: true | undefined
  /** True where more of an oversize line follows. */
  readonly hasMore?: true | undefined
}

/** What a splitter has seen so far. Each line is counted once: `lines` were delivered, `blank` were not. */
export interface LineCounts {
  readonly lines: number
  readonly blank: number
  /** How many of `lines` were longer than the cap. */
  readonly oversize: number
}

/** Splits bytes into lines; holds at most one unfinished line of up to the cap. */
export interface LineSplitter {
  /** The lines that end inside this chunk. The chunk is not kept. */
  push(chunk: Uint8Array): Line[]
  /** The last line, where the bytes did not end with a line feed. */
  end(): Line[]
  counts(): LineCounts
}

/** Longer lines come in parts: S3's are some hundred bytes, the longest seen in the wild 100 KB. */
export const DEFAULT_MAX_LINE_BYTES = 1_048_576

/** So much is decoded at once. */
const PIECE_BYTES = 65_536

const LF = 10
const CR = 13

/**
 * Makes a splitter of bytes into lines. Only LF ends a line (one CR before it goes too): U+2028, form feed and the like
 * occur inside fields. Chunks of any size give the same lines. A line of more than `maxLineBytes` bytes is delivered in
 * parts, as they come, flagged `oversize`, with the CR that may end it; its neighbours are not touched. Empty lines are
 * counted, not delivered. A byte order mark before the first line is dropped. Never throws on content.
 *
 * @param options.maxLineBytes bytes held of one line (default 1 MiB), and so the memory bound.
 * @example
 * const splitter = createLineSplitter()
 * splitter.push(Buffer.from('a\nb')) // [{ text: 'a', oversize: false }]
 * splitter.end() // [{ text: 'b', oversize: false }]
 */
export function createLineSplitter(options: { readonly maxLineBytes?: number } = {}): LineSplitter {
  const cap = options.maxLineBytes ?? DEFAULT_MAX_LINE_BYTES
  // Two bytes more than the cap tell a line of just the cap, with or without its CR, from a longer one.
  const hold = cap + 2
  let pending = Buffer.allocUnsafe(Math.min(hold, 4096))
  let held = 0
  /** The oversize line of which parts were delivered, and which has not ended yet. */
  let open: StringDecoder | undefined
  let lines = 0
  let blank = 0
  let oversize = 0

  const withoutMark = (text: string): string =>
    lines === 0 && blank === 0 && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text

  const deliver = (bytes: Buffer, start: number, end: number, out: Line[]): void => {
    const stop = end > start && bytes[end - 1] === CR ? end - 1 : end
    if (stop - start > cap) {
      beginParts(bytes, start, end, out)
      addPart(bytes, end, end, true, out)
      return
    }
    const text = withoutMark(bytes.toString('utf8', start, stop))
    if (text.length === 0) {
      blank++
      return
    }
    lines++
    out.push({ text, oversize: false })
  }

  const beginParts = (bytes: Buffer, start: number, end: number, out: Line[]): void => {
    open = new StringDecoder('utf8')
    out.push({ text: withoutMark(open.write(bytes.subarray(start, end))), oversize: true, hasMore: true })
    lines++
    oversize++
  }

  const addPart = (bytes: Buffer, start: number, end: number, isLast: boolean, out: Line[]): void => {
    const text = open!.write(bytes.subarray(start, end)) + (isLast ? open!.end() : '')
    out.push({ text, oversize: true, isContinued: true, ...(!isLast && { hasMore: true }) })
    if (isLast) open = undefined
  }

  /**
   * Whole lines of ASCII, decoded in one go: a call of the decoder costs more than the bytes of a line do. The lines are
   * slices of the text. Returns the position after them; `start` where the other way has to be gone.
   */
  const deliverPiece = (bytes: Buffer, start: number, out: Line[]): number => {
    const last = bytes.lastIndexOf(LF, Math.min(start + PIECE_BYTES, bytes.length) - 1)
    if (last < start || cap < PIECE_BYTES || !isAscii(bytes.subarray(start, last))) return start
    const piece = bytes.toString('latin1', start, last)
    let from = 0
    while (from <= piece.length) {
      const at = piece.indexOf('\n', from)
      const end = at === -1 ? piece.length : at
      const stop = end > from && piece.charCodeAt(end - 1) === CR ? end - 1 : end
      if (stop === from) blank++
      else {
        lines++
        out.push({ text: piece.slice(from, stop), oversize: false, isAscii: true })
      }
      from = end + 1
    }
    return last + 1
  }

  /** Returns how many bytes there was room for. */
  const keep = (bytes: Buffer, start: number, end: number): number => {
    const take = Math.min(end - start, hold - held)
    if (held + take > pending.length) {
      const grown = Buffer.allocUnsafe(Math.min(hold, Math.max(held + take, pending.length * 2)))
      pending.copy(grown, 0, 0, held)
      pending = grown
    }
    bytes.copy(pending, held, start, start + take)
    held += take
    return take
  }

  const flush = (out: Line[]): void => {
    deliver(pending, 0, held, out)
    held = 0
  }

  return {
    push(chunk) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const out: Line[] = []
      let start = 0
      let pieceEnd = 0
      while (start < bytes.length) {
        if (held === 0 && open === undefined && start >= pieceEnd) {
          const next = deliverPiece(bytes, start, out)
          // Where it is no ASCII, so far line by line.
          pieceEnd = start + PIECE_BYTES
          if (next > start) {
            start = next
            pieceEnd = next
            continue
          }
        }
        const at = bytes.indexOf(LF, start)
        const end = at === -1 ? bytes.length : at
        if (open === undefined && (held > 0 || at === -1)) {
          start += keep(bytes, start, end)
          if (start < end || (held === hold && at === -1)) {
            beginParts(pending, 0, held, out)
            held = 0
          } else if (at !== -1) flush(out)
        } else if (open === undefined) deliver(bytes, start, end, out)
        if (open !== undefined && (start < end || at !== -1)) addPart(bytes, start, end, at !== -1, out)
        if (at === -1) break
        start = at + 1
      }
      return out
    },
    end() {
      const out: Line[] = []
      if (held > 0) flush(out)
      else if (open !== undefined) addPart(pending, 0, 0, true, out)
      return out
    },
    counts: () => ({ lines, blank, oversize }),
  }
}

/**
 * The lines of a byte stream, as one array a chunk (an await a line would cost more than splitting it).
 *
 * @param splitter made by {@link createLineSplitter}; ask it for its counts afterwards.
 * @throws whatever the source throws.
 * @example
 * for await (const lines of readLines(body)) for (const line of lines) normalize(line.text)
 */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  splitter: LineSplitter = createLineSplitter(),
): AsyncGenerator<readonly Line[], void, undefined> {
  for await (const chunk of source) {
    const lines = splitter.push(chunk)
    if (lines.length > 0) yield lines
  }
  const last = splitter.end()
  if (last.length > 0) yield last
}
