import type { ErrorCode } from '../contracts/errors.ts'
import type { RecordRange } from '../contracts/ports.ts'

/** Where something came from that could not be read or delivered. */
export interface QuarantineOrigin {
  /** The function that met it. */
  readonly function: string
  readonly bucket: string
  readonly key: string
  readonly versionId?: string | undefined
}

/** Something that could not be read or delivered, as it is put aside. */
export interface Quarantined extends QuarantineOrigin {
  /** ISO 8601. */
  readonly time: string
  /** A code of docs/errors.md, or why CloudWatch Logs rejected it (`tooOld`, `tooNew`, `expired`, `invalid` …). */
  readonly reason: string
  /** A sentence, where there is more to say. */
  readonly message?: string | undefined
  /** Its number in the object, from 1; absent where the object itself is damaged behind `record`. */
  readonly record?: number | undefined
  /** The object is damaged, and ends after this many records. */
  readonly endsAfter?: number | undefined
  /** All of its text, secrets replaced; absent where there is none (gzip data that cannot be inflated). */
  readonly text?: string | undefined
}

/** One log event of the `pipeline` group; a long text takes several. */
export interface QuarantineEntry extends Quarantined {
  /** `rejectedPart` for the second and further parts, so that a filter counts what was rejected and not its parts. */
  readonly kind: 'rejected' | 'rejectedPart'
  /** From 1; absent where there is one part. */
  readonly part?: number
  readonly parts?: number
}

/** UTF-16 units of text a log event: at most six bytes each in JSON, and a log event holds 1 MB. */
const PART_LENGTH = 128 * 1024

/**
 * The log events that keep what could not be read or delivered, whole: as many as its text takes.
 *
 * @example
 * quarantineEntries({ …origin, time, reason: 'RECORD_TOO_LARGE', record: 7, text })
 */
export function* quarantineEntries(given: Quarantined, partLength = PART_LENGTH): Generator<QuarantineEntry> {
  const { text } = given
  if (text === undefined || text.length <= partLength) {
    yield { kind: 'rejected', ...given }
    return
  }
  const cuts: number[] = [0]
  while (text.length - cuts.at(-1)! > partLength) {
    const end = cuts.at(-1)! + partLength
    // Never between the halves of a surrogate pair: each alone would become a replacement character in UTF-8.
    cuts.push(isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end)
  }
  for (const [index, start] of cuts.entries()) {
    yield {
      kind: index === 0 ? 'rejected' : 'rejectedPart',
      ...given,
      part: index + 1,
      parts: cuts.length,
      text: text.slice(start, cuts[index + 1]),
    }
  }
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff

/**
 * Puts entries together again, in any order and from any number of objects. What lacks a part is told in `missing`.
 *
 * @example
 * joinEntries(messages.flatMap((message) => readEntry(message) ?? []))
 */
export function joinEntries(entries: readonly QuarantineEntry[]): (Quarantined & { readonly missing?: number })[] {
  const found = new Map<string, { whole: QuarantineEntry; texts: (string | undefined)[] }>()
  for (const entry of entries) {
    const { bucket, key, versionId, record, reason, time } = entry
    const id = JSON.stringify([bucket, key, versionId, record, reason, time])
    const known = found.get(id) ?? { whole: entry, texts: [] }
    known.texts[(entry.part ?? 1) - 1] = entry.text
    found.set(id, known)
  }
  return [...found.values()].map(({ whole, texts }) => {
    const { kind: _kind, part: _part, parts, ...rest } = whole
    const all = Array.from({ length: parts ?? 1 }, (_, index) => texts[index])
    const missing = parts === undefined ? 0 : all.filter((text) => text === undefined).length
    return {
      ...rest,
      ...(whole.text === undefined ? {} : { text: all.map((text) => text ?? '').join('') }),
      ...(missing > 0 ? { missing } : {}),
    }
  })
}

/** An entry from a log event's message; undefined for anything else. Never throws. */
export function readEntry(message: string): QuarantineEntry | undefined {
  if (!message.includes('"rejected')) return undefined
  try {
    const entry = JSON.parse(message) as Partial<QuarantineEntry> | null
    const { kind, bucket, key, reason, time } = entry ?? {}
    if (kind !== 'rejected' && kind !== 'rejectedPart') return undefined
    return [bucket, key, reason, time].every((member) => typeof member === 'string')
      ? (entry as QuarantineEntry)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * What of an object must be read again to replay what was put aside.
 *
 * @example
 * rangesOf([{ record: 3 }, { record: 4 }, { endsAfter: 90 }]) // [{ from: 3, to: 4 }, { from: 91 }]
 */
export function rangesOf(all: readonly Pick<Quarantined, 'record' | 'endsAfter'>[]): RecordRange[] {
  const numbers = [...new Set(all.flatMap(({ record }) => record ?? []))].sort((a, b) => a - b)
  const ranges: { from: number; to?: number }[] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last?.to === number - 1) last.to = number
    else ranges.push({ from: number, to: number })
  }
  const ends = all.flatMap(({ endsAfter }) => endsAfter ?? [])
  return ends.length === 0 ? ranges : [...ranges, { from: Math.min(...ends) + 1 }]
}

/**
 * True for the records of the ranges. Ranges are few; numbers come in order.
 *
 * @example
 * createRangeTest([{ from: 3, to: 4 }])(3) // true
 */
export function createRangeTest(ranges: readonly RecordRange[]): (record: number) => boolean {
  return (record) => ranges.some(({ from, to }) => record >= from && (to === undefined || record <= to))
}

/** Reasons that reading again can mend once something has changed: limits, the reader, the clock, the group. */
export const NEVER_MENDED: readonly (ErrorCode | string)[] = ['GZIP_CORRUPT', 'GZIP_TRUNCATED', 'OBJECT_KIND']
