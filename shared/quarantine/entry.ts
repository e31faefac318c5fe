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
  /** Its number in the object, from 1; with `endsAfter`, the one that the damage of the object cuts off. */
  readonly record?: number | undefined
  /** The object is damaged, and ends after this many records. */
  readonly endsAfter?: number | undefined
  /** The object holds logs of another kind: nothing that a rule would read is in it. */
  readonly otherLog?: true | undefined
  /** All of its text, secrets replaced; absent where there is none (gzip data that cannot be inflated). */
  readonly text?: string | undefined
}

/** One log event of the `pipeline` group; a long text takes several. */
export interface QuarantineEntry extends Quarantined {
  /** `rejectedPart` for the second and further parts, so that a filter counts what was rejected and not its parts. */
  readonly kind: 'rejected' | 'rejectedPart'
  /** From 1; absent where there is one part. */
  readonly part?: number
  /** How many there are; stands in the last one, since a text is written as it comes. */
  readonly parts?: number
}

/** UTF-16 units of text a log event: at most six bytes each in JSON, and a log event holds 1 MB. */
const PART_LENGTH = 128 * 1024
/** So much of a text is looked at beyond a cut, so that no secret is cut in two. */
const LOOK_AHEAD = 16 * 1024
/** Where a cut would lie inside of a secret, how far back the next is tried; and how long a secret is waited for. */
const CUT_STEP = 1024
const MAX_WAITING = 4 * 1024 * 1024

/** Turns a text that comes in pieces into entries. Holds a part, and what it has to look ahead. */
export interface EntryWriter {
  write(text: string): QuarantineEntry[]
  /** Call once: the last entry, or the only one. */
  end(): QuarantineEntry[]
}

/**
 * Makes the writer of one thing that is put aside.
 *
 * @param redact replaces secrets; what it does to a text must not depend on what is further away than 16 K characters.
 * @example
 * const writer = createEntryWriter({ …origin, time, reason: 'RECORD_TOO_LARGE', record: 7 }, redactSecrets)
 * for (const entry of [...writer.write(text), ...writer.end()]) put(JSON.stringify(entry))
 */
export function createEntryWriter(
  about: Omit<Quarantined, 'text'>,
  redact: (text: string) => string = (text) => text,
  partLength = PART_LENGTH,
): EntryWriter {
  let waiting: string | undefined
  /** Worth a look again once so much is waiting. */
  let lookAt = partLength + LOOK_AHEAD
  let part = 0

  function entry(text: string | undefined, isLast: boolean): QuarantineEntry {
    part += 1
    const isOnly = isLast && part === 1
    return {
      kind: part === 1 ? 'rejected' : 'rejectedPart',
      ...about,
      ...(!isOnly && { part }),
      ...(isLast && !isOnly && { parts: part }),
      ...(text !== undefined && { text }),
    }
  }

  /** The redacted text in pieces that fit; redaction may have made it longer. */
  function entries(text: string, isLast: boolean): QuarantineEntry[] {
    const out: QuarantineEntry[] = []
    let rest = text
    while (rest.length > partLength) {
      const end = wholeCharacter(rest, partLength)
      out.push(entry(rest.slice(0, end), false))
      rest = rest.slice(end)
    }
    return [...out, entry(rest, isLast)]
  }

  /** Where the text can be cut so that its halves are redacted as the whole is; 0 where it has to grow first. */
  function cutOf(text: string): number {
    // A secret that is longer than what is looked ahead takes a second look.
    for (let length = partLength + LOOK_AHEAD; ; length *= 4) {
      const seen = text.slice(0, length)
      const whole = redact(seen)
      for (let at = partLength; at > partLength / 2; at -= Math.min(CUT_STEP, partLength / 8)) {
        const end = wholeCharacter(seen, Math.floor(at))
        if (redact(seen.slice(0, end)) + redact(seen.slice(end)) === whole) return end
      }
      if (length < text.length) continue
      return text.length > MAX_WAITING ? wholeCharacter(text, partLength) : 0
    }
  }

  return {
    write(text) {
      let rest = (waiting ?? '') + text
      const out: QuarantineEntry[] = []
      while (rest.length > lookAt) {
        const end = cutOf(rest)
        lookAt = end === 0 ? rest.length * 2 : partLength + LOOK_AHEAD
        if (end === 0) break
        out.push(...entries(redact(rest.slice(0, end)), false))
        rest = rest.slice(end)
      }
      waiting = rest
      return out
    },
    end: () => (waiting === undefined ? [entry(undefined, true)] : entries(redact(waiting), true)),
  }
}

/** Never between the halves of a surrogate pair: each alone would become a replacement character in UTF-8. */
function wholeCharacter(text: string, end: number): number {
  return end < text.length && end > 1 && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff

/**
 * Puts entries together again, in any order and from any number of objects. What lacks a part is told in `missing`.
 *
 * @example
 * joinEntries(messages.flatMap((message) => readEntry(message) ?? []))
 */
export function joinEntries(entries: readonly QuarantineEntry[]): Joined[] {
  const found = new Map<string, { whole: QuarantineEntry; parts: number | undefined; texts: (string | undefined)[] }>()
  for (const entry of entries) {
    const { bucket, key, versionId, record, endsAfter, reason, time } = entry
    const id = JSON.stringify([bucket, key, versionId, record, endsAfter, reason, time])
    const known = found.get(id) ?? { whole: entry, parts: undefined, texts: [] }
    known.texts[(entry.part ?? 1) - 1] = entry.text
    known.parts ??= entry.parts
    found.set(id, known)
  }
  const joined = [...found.values()].map(({ whole, parts, texts }) => {
    const { kind: _kind, part, parts: _parts, text, ...rest } = whole
    // Without the last part nobody knows how many there were: one more, at least.
    const length = parts ?? (part === undefined ? 1 : texts.length + 1)
    const all = Array.from({ length }, (_, index) => texts[index])
    const missing = part === undefined ? 0 : all.filter((one) => one === undefined).length
    return {
      ...rest,
      ...(text === undefined ? {} : { text: all.map((one) => one ?? '').join('') }),
      ...(missing > 0 ? { missing } : {}),
    }
  })
  return withDamage(joined)
}

type Joined = Quarantined & { readonly missing?: number }

/** What a reader says of a piece that the object ends in, or is damaged in. */
const CUT: readonly (ErrorCode | string)[] = ['JSON_TRUNCATED', 'JSON_SYNTAX']

/** The damage of an object, and the piece that it cuts off, were put aside one after the other: they are one fault. */
function withDamage(all: readonly Joined[]): Joined[] {
  const objectOf = ({ bucket, key, versionId }: Joined) => JSON.stringify([bucket, key, versionId])
  const pieces = Map.groupBy(
    all.filter(({ record, reason }) => record !== undefined && CUT.includes(reason)),
    (one) => JSON.stringify([objectOf(one), one.record]),
  )
  const taken = new Set<Joined>()
  const told = all.map((damage) => {
    if (damage.endsAfter === undefined) return damage
    const of = pieces.get(JSON.stringify([objectOf(damage), damage.endsAfter])) ?? []
    const piece = of.findLast((one) => one.time <= damage.time && !taken.has(one))
    if (piece === undefined) return damage
    taken.add(piece)
    const { record, text, missing } = piece
    return {
      ...damage,
      record,
      ...(text === undefined ? {} : { text }),
      ...(missing === undefined ? {} : { missing }),
    }
  })
  return told.filter((one) => !taken.has(one))
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
