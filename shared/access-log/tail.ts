import { detach } from '../derive/detach.ts'
import { type Connection, type ConnectionFields, cut, type Fields, unread } from './fields.ts'
import { dashed, isWorthKeeping, mixOf, skipSpaces, tokenEnd } from './scan.ts'
import { FIELDS, type Field, type TextName } from './table.ts'

/** The fields after the user agent. */
const TAIL: readonly (Field & { readonly name: TailName })[] = FIELDS.slice(
  FIELDS.findIndex(({ name }) => name === 'versionId'),
) as never
type TailName = Exclude<TextName, 'time'>
const TAIL_LENGTH = TAIL.length
const TAIL_TLS = TAIL.findIndex(({ name }) => name === 'tlsVersion')
/** Version id and host id are of one line only; what follows them is shared by many. */
const OWN_LENGTH = 2

/** Whether a token can stand at a place of the tail. Version id, host id and host header can be almost anything. */
function fits(token: string, place: number): boolean {
  return token === '-' || (TAIL[place]?.shape?.test(token) ?? true)
}

interface Tail {
  readonly tokens: readonly string[]
  /** The first place whose token does not fit; the number of places with a token where all do. */
  readonly fit: number
}

function readTail(line: string, from: number): Tail {
  const tokens: string[] = []
  let fit = TAIL_LENGTH
  let at = skipSpaces(line, from)
  while (at < line.length) {
    const end = tokenEnd(line, at)
    const token = line.slice(at, end)
    if (tokens.length < fit && !fits(token, tokens.length)) fit = tokens.length
    tokens.push(token)
    at = skipSpaces(line, end)
  }
  return { tokens, fit: Math.min(fit, tokens.length) }
}

/**
 * What follows the host id: signature, cipher, host, Region … The lines of a bucket have a few of these over and over,
 * so those that were read in full are compared as a whole instead of being read again.
 */
interface Rest extends Connection {
  readonly text: string
  readonly bucket: string | undefined
  readonly fieldCount: number
}

/** Two places for each mix, the older one is replaced. */
const REST_SLOTS = 1024
const MAX_REST = 1024
const rests: (Rest | undefined)[] = Array.from({ length: REST_SLOTS }, () => undefined)

/** A number that tells most texts of this kind apart: every third character of them, and the bucket. */
function restSlot(line: string, start: number, bucket: string | undefined): number {
  let mix = line.length - start
  for (let at = line.length - 1; at > start; at -= 3) mix = (Math.imul(mix, 31) + line.charCodeAt(at)) | 0
  if (bucket !== undefined) mix ^= mixOf(bucket, 0, bucket.length)
  return (mix ^ (mix >>> 11)) & (REST_SLOTS - 2)
}

function takeKnownRest(fields: Fields, line: string, from: number): boolean {
  const versionStart = skipSpaces(line, from)
  const versionEnd = tokenEnd(line, versionStart)
  const hostStart = skipSpaces(line, versionEnd)
  const hostEnd = tokenEnd(line, hostStart)
  if (line.length - hostEnd > MAX_REST) return false
  const { bucket } = fields
  const slot = restSlot(line, hostEnd, bucket)
  const text = line.slice(hostEnd)
  let rest = rests[slot]
  if (rest === undefined || rest.text !== text || rest.bucket !== bucket) {
    rest = rests[slot + 1]
    if (rest === undefined || rest.text !== text || rest.bucket !== bucket) return false
  }
  fields.versionId = dashed(line, versionStart, versionEnd)
  fields.hostId = dashed(line, hostStart, hostEnd)
  fields.connection = rest
  fields.fieldCount = rest.fieldCount
  return true
}

function rememberRest(fields: Fields, line: string, from: number): void {
  const hostStart = skipSpaces(line, tokenEnd(line, skipSpaces(line, from)))
  const start = tokenEnd(line, hostStart)
  const { bucket, fieldCount } = fields
  if (line.length - start > MAX_REST) return
  const slot = restSlot(line, start, bucket)
  if (!isWorthKeeping(rests[slot + 1])) return
  const own = (text: string | undefined) => (text === undefined ? undefined : detach(text))
  const values = TAIL.slice(OWN_LENGTH).map(({ name }) => [name, own(fields[name])])
  rests[slot + 1] = rests[slot]
  rests[slot] = {
    owner: undefined,
    json: '',
    fields: Object.fromEntries(values) as unknown as ConnectionFields,
    text: detach(line.slice(start)),
    bucket: own(bucket),
    fieldCount,
  }
}

/** As `fit`, for a tail whose first token is not part of it. */
function shiftedFit(tokens: readonly string[]): number {
  const count = Math.min(TAIL_LENGTH, tokens.length - 1)
  for (let place = 0; place < count; place++) if (!fits(tokens[place + 1]!, place)) return place
  return count
}

/** Whether the tail reads as well when the version id or the host header are taken to hold spaces. */
function tailHasOtherReading(tokens: readonly string[], shift: number): boolean {
  for (let tls = TAIL_TLS + 1 + shift; tls < tokens.length; tls++) {
    const version = tokens[tls]!
    if (!fits(version, TAIL_TLS)) continue
    if (version !== '-') return true
    const region = tokens[tls + 3]
    if (region === undefined || region === '-' || !fits(region, TAIL_TLS + 3)) continue
    if (fits(tokens[tls + 1]!, TAIL_TLS + 1) && fits(tokens[tls + 2]!, TAIL_TLS + 2)) return true
  }
  return false
}

function tailField(tokens: readonly string[], place: number, shift: number, count: number): string | undefined {
  if (place >= count) return undefined
  const token = tokens[place + shift]!
  return token === '-' ? undefined : token
}

/**
 * The fields after the user agent, from tokens that S3 alone wrote: they follow the last quote of the line, and none of
 * them is quoted. Their shapes are checked all the same, since a cut line may end inside a client's text.
 */
export function takeTail(fields: Fields, line: string, from: number, before: number, mayShift: boolean): void {
  if (!mayShift && takeKnownRest(fields, line, from)) return
  const { tokens, fit: plainFit } = readTail(line, from)
  let shift = 0
  let fit = plainFit
  if (mayShift) {
    // One quoted text only: the user agent is a bare dash here.
    if (tokens[0] !== '-') {
      if (tokens.length === 0) cut(fields, 'after the referer')
      else unread(fields, 'Referer and user agent cannot be told apart.')
      fields.fieldCount = before
      return
    }
    shift = 1
    before++
    fit = shiftedFit(tokens)
  }
  const length = tokens.length - shift
  fields.fieldCount = before + length
  if (length === 0) {
    cut(fields, 'after the user agent')
    return
  }
  let count = fit
  // Where a client's text has several readings, a cut may be inside it: then no token before it is S3's for certain.
  const isCertain = fields.parse === 'exact'
  if (length > 1 && length <= TAIL_TLS) {
    // Between 18 and 24 fields there never was a format: the line is cut, maybe inside its last token.
    cut(fields, 'inside the last fields')
    if (fit < length - 1 || !isCertain) count = 0
    else count = length - 1
    fields.fieldCount = before + count
  } else if (length > 1 && fit <= TAIL_TLS) {
    if (fit === TAIL_TLS && length === TAIL_TLS + 1) {
      cut(fields, 'inside the TLS version')
      if (!isCertain) count = 0
    } else {
      unread(fields, 'The fields after the user agent have no shape that is known.')
      count = 0
    }
    fields.fieldCount = before + count
  } else if (length > fit) {
    if (fit < TAIL_LENGTH) {
      unread(fields, 'A field after the TLS version has no shape that is known.')
      if (fit === length - 1) fields.partial = true
    } else if (tailHasOtherReading(tokens, shift)) {
      unread(fields, 'The fields after the user agent have several readings.')
      count = 0
    }
    if (count > 0) fields.extra = tokens.slice(shift + count)
  }
  for (let place = 0; place < TAIL_LENGTH; place++) fields[TAIL[place]!.name] = tailField(tokens, place, shift, count)
  // Only what was read without any doubt: then the same text reads the same again.
  if (shift === 0 && count === tokens.length && count > TAIL_TLS && before === 17) rememberRest(fields, line, from)
}

/** As {@link takeTail}, for a line that is damaged before: only if there is a whole tail whose shapes fit; else false. */
export function takeWholeTail(fields: Fields, line: string, from: number): boolean {
  const { tokens, fit } = readTail(line, from)
  if (tokens.length <= TAIL_TLS || fit <= TAIL_TLS) return false
  takeTail(fields, line, from, 17, false)
  return true
}
