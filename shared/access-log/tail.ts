import { detach } from '../derive/detach.ts'
import { cut, type Fields, recovered } from './fields.ts'
import { dashed, isWorthKeeping, skipSpaces, tokenEnd } from './scan.ts'

// The places of the fields after the user agent.
const TAIL_VERSION = 0
const TAIL_HOST_ID = 1
const TAIL_SIGNATURE = 2
const TAIL_CIPHER = 3
const TAIL_AUTH = 4
const TAIL_HOST = 5
const TAIL_TLS = 6
const TAIL_ACCESS_POINT = 7
const TAIL_ACL = 8
const TAIL_REGION = 9
const TAIL_LENGTH = 10

const TLS_SHAPE = /^(?:TLS|SSL)v?\d(?:\.\d)?$/i
const CIPHER_SHAPE = /^[A-Z0-9]+(?:[-_][A-Z0-9]+)+$/i
const REGION_SHAPE = /^[a-z]{2,}(?:-[a-z]+)+-\d{1,2}$/

/** Whether a token can stand at a place of the tail. Version id, host id and host header can be almost anything. */
function fits(token: string, place: number): boolean {
  if (token === '-') return true
  switch (place) {
    case TAIL_SIGNATURE:
      return token.startsWith('SigV')
    case TAIL_CIPHER:
      return CIPHER_SHAPE.test(token)
    case TAIL_AUTH:
      return /^[A-Za-z]+$/.test(token)
    case TAIL_TLS:
      return TLS_SHAPE.test(token)
    case TAIL_ACCESS_POINT:
      return token.startsWith('arn:')
    case TAIL_ACL:
      return token === 'Yes' || token === 'No'
    case TAIL_REGION:
      return REGION_SHAPE.test(token)
    default:
      return true
  }
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
interface Rest {
  readonly text: string
  readonly signatureVersion: string | undefined
  readonly cipherSuite: string | undefined
  readonly authenticationType: string | undefined
  readonly hostHeader: string | undefined
  readonly tlsVersion: string | undefined
  readonly accessPointArn: string | undefined
  readonly aclRequired: string | undefined
  readonly sourceRegion: string | undefined
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
  fields.signatureVersion = rest.signatureVersion
  fields.cipherSuite = rest.cipherSuite
  fields.authenticationType = rest.authenticationType
  fields.hostHeader = rest.hostHeader
  fields.tlsVersion = rest.tlsVersion
  fields.accessPointArn = rest.accessPointArn
  fields.aclRequired = rest.aclRequired
  fields.sourceRegion = rest.sourceRegion
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
  const { signatureVersion, cipherSuite, authenticationType, hostHeader } = fields
  const { tlsVersion, accessPointArn, aclRequired, sourceRegion, fieldCount } = fields
  const own = (text: string | undefined) => (text === undefined ? undefined : detach(text))
  const rest: Rest = {
    text: detach(line.slice(start)),
    signatureVersion: own(signatureVersion),
    cipherSuite: own(cipherSuite),
    authenticationType: own(authenticationType),
    hostHeader: own(hostHeader),
    tlsVersion: own(tlsVersion),
    accessPointArn: own(accessPointArn),
    aclRequired: own(aclRequired),
    sourceRegion: own(sourceRegion),
    fieldCount,
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
    if (region === undefined || region === '-' || !fits(region, TAIL_REGION)) continue
    if (fits(tail[tls + 1]!, TAIL_ACCESS_POINT) && fits(tail[tls + 2]!, TAIL_ACL)) return true
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
  fields.versionId = tailField(TAIL_VERSION, shift, count)
  fields.hostId = tailField(TAIL_HOST_ID, shift, count)
  fields.signatureVersion = tailField(TAIL_SIGNATURE, shift, count)
  fields.cipherSuite = tailField(TAIL_CIPHER, shift, count)
  fields.authenticationType = tailField(TAIL_AUTH, shift, count)
  fields.hostHeader = tailField(TAIL_HOST, shift, count)
  fields.tlsVersion = tailField(TAIL_TLS, shift, count)
  fields.accessPointArn = tailField(TAIL_ACCESS_POINT, shift, count)
  fields.aclRequired = tailField(TAIL_ACL, shift, count)
  fields.sourceRegion = tailField(TAIL_REGION, shift, count)
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
