import { detach } from '../derive/detach.ts'
import { type Connection, cut, type Fields, recovered } from './fields.ts'
import { dashed, isWorthKeeping, skipSpaces, tokenEnd } from './scan.ts'
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

/** The tokens of the tail. */
const tail: string[] = []
/** The first place whose token does not fit; the number of places with a token where all do. */
let tailFit = 0

function readTail(line: string, from: number): void {
  tail.length = 0
  tailFit = TAIL_LENGTH
  let at = skipSpaces(line, from)
  while (at < line.length) {
    const end = tokenEnd(line, at)
    const token = line.slice(at, end)
    if (tail.length < tailFit && !fits(token, tail.length)) tailFit = tail.length
    tail.push(token)
    at = skipSpaces(line, end)
  }
  if (tailFit > tail.length) tailFit = tail.length
}

/**
 * What follows the host id: signature, cipher, host, Region … The lines of a bucket have a few of these over and over,
 * so those that were read in full are compared as a whole instead of being read again; the last eight of each bucket.
 */
interface Rest extends Connection {
  readonly text: string
  readonly values: readonly (string | undefined)[]
  readonly fieldCount: number
}

const MAX_BUCKETS = 512
const RESTS_OF_BUCKET = 8
const MAX_REST = 1024
const restsOf = new Map<string, Rest[]>()
const NO_RESTS: readonly Rest[] = []

function takeKnownRest(fields: Fields, line: string, from: number): boolean {
  const versionStart = skipSpaces(line, from)
  const versionEnd = tokenEnd(line, versionStart)
  const hostStart = skipSpaces(line, versionEnd)
  const hostEnd = tokenEnd(line, hostStart)
  const length = line.length - hostEnd
  const rests = restsOf.get(fields.bucket ?? '') ?? NO_RESTS
  let rest: Rest | undefined
  for (let i = 0; i < rests.length && rest === undefined; i++) {
    const known = rests[i]!
    if (known.text.length === length && line.slice(hostEnd) === known.text) rest = known
  }
  if (rest === undefined) return false
  fields.versionId = dashed(line, versionStart, versionEnd)
  fields.hostId = dashed(line, hostStart, hostEnd)
  for (let i = 0; i < rest.values.length; i++) fields[TAIL[i + OWN_LENGTH]!.name] = rest.values[i]
  fields.connection = rest
  fields.fieldCount = rest.fieldCount
  return true
}

function rememberRest(fields: Fields, line: string, from: number): void {
  const hostStart = skipSpaces(line, tokenEnd(line, skipSpaces(line, from)))
  const start = tokenEnd(line, hostStart)
  const bucket = fields.bucket ?? ''
  const rests = restsOf.get(bucket) ?? []
  const isFull = rests.length >= RESTS_OF_BUCKET
  if (line.length - start > MAX_REST || !isWorthKeeping(isFull ? rests : undefined)) return
  const rest: Rest = {
    owner: undefined,
    json: '',
    text: detach(line.slice(start)),
    values: TAIL.slice(OWN_LENGTH).map(({ name }) => {
      const value = fields[name]
      return value === undefined ? undefined : detach(value)
    }),
    fieldCount: fields.fieldCount,
  }
  if (isFull) rests[nextReplaced++ % RESTS_OF_BUCKET] = rest
  else rests.push(rest)
  if (restsOf.has(bucket)) return
  if (restsOf.size >= MAX_BUCKETS) restsOf.clear()
  restsOf.set(detach(bucket), rests)
}

let nextReplaced = 0

/** As `tailFit`, for a tail whose first token is not part of it. */
function shiftedFit(): number {
  const count = Math.min(TAIL_LENGTH, tail.length - 1)
  for (let place = 0; place < count; place++) if (!fits(tail[place + 1]!, place)) return place
  return count
}

/** Whether the tail reads as well when the version id or the host header are taken to hold spaces. */
function tailHasOtherReading(shift: number): boolean {
  for (let tls = TAIL_TLS + 1 + shift; tls < tail.length; tls++) {
    const version = tail[tls]!
    if (!fits(version, TAIL_TLS)) continue
    if (version !== '-') return true
    const region = tail[tls + 3]
    if (region === undefined || region === '-' || !fits(region, TAIL_TLS + 3)) continue
    if (fits(tail[tls + 1]!, TAIL_TLS + 1) && fits(tail[tls + 2]!, TAIL_TLS + 2)) return true
  }
  return false
}

function tailField(place: number, shift: number, count: number): string | undefined {
  if (place >= count) return undefined
  const token = tail[place + shift]!
  return token === '-' ? undefined : token
}

/**
 * The fields after the user agent, from tokens that S3 alone wrote: they follow the last quote of the line, and none of
 * them is quoted. Their shapes are checked all the same, since a cut line may end inside a client's text.
 */
export function takeTail(fields: Fields, line: string, from: number, before: number, mayShift: boolean): void {
  if (!mayShift && takeKnownRest(fields, line, from)) return
  readTail(line, from)
  let shift = 0
  let fit = tailFit
  if (mayShift) {
    // One quoted text only: the user agent is a bare dash here.
    if (tail[0] !== '-') {
      if (tail.length === 0) cut(fields, 'after the referer')
      else recovered(fields, 'Referer and user agent cannot be told apart.')
      fields.fieldCount = before
      return
    }
    shift = 1
    before++
    fit = shiftedFit()
  }
  const length = tail.length - shift
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
      recovered(fields, 'The fields after the user agent have no shape that is known.')
      count = 0
    }
    fields.fieldCount = before + count
  } else if (length > fit) {
    if (fit < TAIL_LENGTH) {
      recovered(fields, 'A field after the TLS version has no shape that is known.')
      if (fit === length - 1) fields.partial = true
    } else if (tailHasOtherReading(shift)) {
      recovered(fields, 'The fields after the user agent have several readings.')
      count = 0
    }
    if (count > 0) fields.extra = tail.slice(shift + count)
  }
  for (let place = 0; place < TAIL_LENGTH; place++) fields[TAIL[place]!.name] = tailField(place, shift, count)
  // Only what was read without any doubt: then the same text reads the same again.
  if (shift === 0 && count === tail.length && count > TAIL_TLS && before === 17) rememberRest(fields, line, from)
}

/** As {@link takeTail}, for a line that is damaged before: only if there is a whole tail whose shapes fit; else false. */
export function takeWholeTail(fields: Fields, line: string, from: number): boolean {
  readTail(line, from)
  if (tail.length <= TAIL_TLS || tailFit <= TAIL_TLS) return false
  takeTail(fields, line, from, 17, false)
  return true
}
