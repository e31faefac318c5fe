import { type Decoded, decodeFully } from './full-decoding.ts'
import { isObject } from './json.ts'

/** What a secret is replaced by. */
export const REDACTED = 'REDACTED'

/** Query parameters and headers of signed requests, SSE-C keys among them: whatever their value is, it goes. */
const SIGNING =
  'x-amz-(?:signature|credential|security-token|(?:copy-source-)?server-side-encryption-customer-key)' +
  '|signature|awsaccesskeyid'

/**
 * Secrets of other services, by the names that their APIs give them. Tokens that only page or make a call idempotent
 * (nextToken, clientToken, continuation-token) are none, and neither are the ids and ARNs of secrets.
 */
const SECRETS =
  '[\\w-]{0,40}pass(?:word|wd|phrase)|(?:aws[-_]?)?secret[-_]?(?:access[-_]?)?key|secret[-_]?(?:string|binary)' +
  '|(?:client|shared|app|consumer)[-_]?secret|(?:session|access|refresh|id|auth|oauth|bearer|web[-_]?identity)[-_]?token' +
  '|saml[-_]?assertion|private[-_]?key(?:[-_]?(?:plaintext|material))?|pre[-_]?shared[-_]?key|(?:token|mfa)[-_]?code' +
  '|key[-_]?material|authorization'

const NAME = new RegExp(`(?<![a-z0-9_-])(?:${SIGNING}|${SECRETS})(?![a-z0-9_-])`, 'gi')
const WHOLE_NAME = new RegExp(`^(?:${SIGNING}|${SECRETS})$`, 'i')
const WHOLE_SIGNING = new RegExp(`^(?:${SIGNING})$`, 'i')

/** The ends of names, as far as they are needed to tell them from others. */
const NAME_END =
  '(?:signature|x-amz-credential|awsaccesskeyid|customer-key|pass(?:word|wd|phrase)|secret[-_]?(?:access[-_]?)?key' +
  '|secret[-_]?(?:string|binary)|(?:client|shared|app|consumer)[-_]?secret' +
  '|(?:security-|session[-_]?|access[-_]?|refresh[-_]?|id[-_]?|auth[-_]?|bearer[-_]?|identity[-_]?)token' +
  '|assertion|private[-_]?key(?:[-_]?(?:plaintext|material))?|shared[-_]?key' +
  '|(?:token|mfa)[-_]?code|key[-_]?material|authorization)'
/** `[]`, `[0]`, as forms and shells write lists; the end of `user[password]`. */
const INDEX = '(?:\\]|%(?:25){0,7}5d)?(?:\\[[^\\[\\]\\s]{0,40}\\]|%(?:25){0,7}5b[^%\\s]{0,40}%(?:25){0,7}5d)*'
/** What can follow a name: quotes, space and a delimiter, any of them encoded; the end of an XML tag. */
const FOLLOWS =
  '(?:\\\\*["\']?(?:\\s|%(?:25){0,7}20)*[:=]|%(?:25){0,7}(?:2[27]|3[ade])|(?:%(?:25){0,7}20)+%(?:25){0,7}3d' +
  '|\\\\+u00(?:2[27]|3[ade])|(?:\\s[^<>]{0,200})?>)'
/** A value whose name stands in another member, as variables of containers and parameters of stacks have it. */
const PAIRED_VALUE = 'value(?:\\\\*["\']\\s*:|%(?:25){0,7}2[27]|\\\\+u002[27])'
/** Cheap test before the costly one: the end of a name with what can follow it. */
const HINT = new RegExp(`${NAME_END}${INDEX}${FOLLOWS}|${PAIRED_VALUE}`, 'i')
const AT_END = new RegExp(`(?:${NAME_END}|value)$`, 'i')

/** Whether a text ends as the name of a secret, or of a value with a name, does: for readers of bytes. */
export function endsLikeSecretName(text: string): boolean {
  return AT_END.test(text)
}

/** An encoded letter, hyphen, underline or percent sign: a name may be hidden. */
const HIDDEN = /%(?:2[5d]|[46][1-9a-f]|[57][0-9a]|5[bdf])|\\u00(?:2d|[46][1-9a-f]|[57][0-9a]|5f)/i

/** What AWS itself writes in place of a secret. */
const ALREADY = /^(?:HIDDEN_DUE_TO_SECURITY_REASONS|<?sensitiveDataRemoved>?|\*+|REDACTED)$/

/**
 * Replaces the values of secrets by REDACTED, wherever they occur in a text, in any letter case and however often the
 * name is percent-encoded: parameters of presigned URLs (`X-Amz-Signature`, `X-Amz-Credential`, `X-Amz-Security-Token`,
 * `Signature`, `AWSAccessKeyId`), headers (`x-amz-security-token: …`), and JSON members or parameters with a secret's
 * name (`password`, `secretAccessKey`, `sessionToken` …), XML elements of such a name, and values whose name stands beside
 * them (`"name":"DB_PASSWORD","value":…`). Everything else stays as it is. For request lines, referers,
 * keys, and text that could not be read. Linear in the length of the text.
 *
 * @see Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)"
 * @example
 * redactSecrets('GET /a?%58-Amz-Signature=abc&x=1 HTTP/1.1') // 'GET /a?%58-Amz-Signature=REDACTED&x=1 HTTP/1.1'
 */
export function redactSecrets(text: string): string {
  if (!mayHoldSecrets(text)) return text
  const decoded = decodeFully(text)
  const { starts, ends } = decoded
  let out = ''
  let from = 0
  NAME.lastIndex = 0
  for (let match = NAME.exec(decoded.text); match !== null; match = NAME.exec(decoded.text)) {
    for (const [start, end] of valuesAfter(decoded, match[0], NAME.lastIndex)) {
      if (ALREADY.test(decoded.text.slice(start, end))) continue
      out += text.slice(from, starts[start]) + REDACTED
      from = ends[end - 1]!
      NAME.lastIndex = end
    }
  }
  return redactPairs(from === 0 ? text : out + text.slice(from))
}

/** The name of a secret that is named beside its value: there also short ones mean what they say. */
const PAIRED =
  /(?:^|[\s./:_-])(?:pass|pwd|passwd|secret|token|credentials?|(?:api|access|account|encryption|signing)[-_]?key)$/i
const PAIR =
  /((\\*)"(?:option|parameter|variable)?(?:name|key)\2"\s*:\s*\2"([^"\\]{1,200})\2"\s*,\s*\2"(?:parameter|string)?value\2"\s*:\s*\2")((?:[^"\\]|\\.)*?)(?=\2")/gi

/** `"name":"DB_PASSWORD","value":"…"`. */
function redactPairs(text: string): string {
  if (!/value\\*"/i.test(text)) return text
  return text.replace(PAIR, (all, before: string, _escape: string, name: string, value: string) =>
    isPairedName(name) && value !== '' && !ALREADY.test(value) ? before + REDACTED : all,
  )
}

function isPairedName(name: string): boolean {
  return (
    PAIRED.test(name) ||
    isSecretName(name) ||
    isSecretName(name.slice(Math.max(...[...'./:'].map((mark) => name.lastIndexOf(mark))) + 1))
  )
}

const pack = (a: number, b: number, c: number) => ((a | 32) << 16) | ((b | 32) << 8) | (c | 32)
/** The last three letters of the names that HINT knows. */
const NAME_ENDS: ReadonlySet<number> = new Set(
  ['ure', 'ial', 'yid', 'key', 'ord', 'swd', 'ase', 'ing', 'ary', 'ret', 'ken', 'ion', 'ext', 'ode'].map((end) =>
    pack(end.charCodeAt(0), end.charCodeAt(1), end.charCodeAt(2)),
  ),
)

/** Whether a name of HINT may end before a delimiter in plain letters. */
function mayNameEnd(text: string, at: number): boolean {
  const last = text.charCodeAt(at - 1)
  // Quotes and white space may stand between the two.
  if (last <= 32 || last > 126 || last === 34 || last === 39 || last === 93) return true
  // An encoded space.
  if (last === 48 && text.charCodeAt(at - 2) === 50 && text.charCodeAt(at - 3) === 37) return true
  return NAME_ENDS.has(pack(text.charCodeAt(at - 3), text.charCodeAt(at - 2), last))
}

/** Whether a percent sign may encode a delimiter, a letter, a hyphen, an underline or another percent sign. */
function mayHide(text: string, at: number): boolean {
  const high = text.charCodeAt(at + 1)
  const low = text.charCodeAt(at + 2) | 32
  if (high === 0x32) return low === 0x32 || low === 0x35 || low === 0x37 || low === 0x64
  if (high === 0x33) return low === 0x61 || low === 0x64 || low === 0x65
  return high >= 0x34 && high <= 0x37 && low !== 0x30
}

/** No pattern has to be tried: no delimiter follows what a secret's name may end with, and no escape can hide one. */
function isInnocent(text: string): boolean {
  for (let at = text.indexOf('%'); at !== -1; at = text.indexOf('%', at + 1)) if (mayHide(text, at)) return false
  for (let at = text.indexOf('='); at !== -1; at = text.indexOf('=', at + 1)) if (mayNameEnd(text, at)) return false
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) if (mayNameEnd(text, at)) return false
  if (text.includes('>') && text.includes('<')) return false
  return !text.includes('\\')
}

/** Whether a text may hold secrets that {@link redactSecrets} replaces; cheap, and never false where it does. */
export function mayHoldSecrets(text: string): boolean {
  if (isInnocent(text)) return false
  return HINT.test(text) || (HIDDEN.test(text) && HINT.test(decodeFully(text).text))
}

/** As {@link mayHoldSecrets}, for a text in which no member has a secret's name: then only a value can be one. */
export function mayHideValue(text: string): boolean {
  return /[=%:<]/.test(text) && mayHoldSecrets(text)
}

/** Whether a parameter or member of this name holds a secret: its whole value must go. */
export function isSecretName(name: string): boolean {
  return WHOLE_NAME.test(name) || (name.includes('%') && WHOLE_NAME.test(decodeFully(name).text))
}

// ---------------------------------------------------------------- where a value is

type Range = readonly [start: number, end: number]

const SPACES = /\s*/y
const BLANKS = /[ \t]*/y
const INDICES = /\]?(?:\[[^[\]\s]{0,40}\])*/y
const ATTRIBUTES = /(?:\s[^<>]{0,200})?/y
const CDATA = '<![CDATA['
const NUMBER = /[\d.eE+-]+/y
const LINE = /[^"'\r\n]*/y
const IN_PARAMETER = /[&\s"'<>#;\\]/

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  pattern.exec(text)
  return Math.max(at, pattern.lastIndex)
}

/** The backslashes from `at` on. */
function backslashes(text: string, at: number): number {
  let end = at
  while (text.charCodeAt(end) === 92) end++
  return end - at
}

const isQuote = (character: string | undefined) => character === '"' || character === "'"

/**
 * The values that follow a name which ends at `end`: of a parameter, a header, an XML element, or a JSON member (an array
 * has several).
 */
function valuesAfter(decoded: Decoded, name: string, end: number): Range[] {
  const { text } = decoded
  const element = elementValue(text, end - name.length, end)
  if (element !== undefined) return element[1] > element[0] ? [element] : []
  const at = skip(INDICES, text, end)
  const escapes = backslashes(text, at)
  const quoted = isQuote(text[at + escapes])
  if (escapes > 0 && !quoted) return []
  let next = quoted ? skip(SPACES, text, at + escapes + 1) : at
  const sign = skip(BLANKS, text, next)
  if (text[sign] === '=') return [parameterValue(decoded, sign)].filter(([from, to]) => to > from)
  next = skip(SPACES, text, next)
  if (text[next] !== ':') return []
  next = skip(SPACES, text, next + 1)
  if (text[next] === '[') return arrayValues(decoded, next + 1)
  const value = stringValue(decoded, next)
  if (value !== undefined) return value[1] > value[0] ? [value] : []
  if (quoted) {
    const after = skip(NUMBER, text, next)
    return after > next ? [[next, after]] : []
  }
  // In prose a signature is only spoken of.
  if (/^(?:signature|awsaccesskeyid)$/i.test(name)) return []
  const after = text.slice(next, skip(LINE, text, next)).trimEnd().length + next
  return after > next ? [[next, after]] : []
}

/** What is in an XML element whose name stands there; undefined where it is no opening tag. */
function elementValue(text: string, start: number, end: number): Range | undefined {
  const tag = /<(?:[\w.-]{1,40}:)?$/.exec(text.slice(Math.max(0, start - 42), start))
  const close = skip(ATTRIBUTES, text, end)
  if (tag === null || text[close] !== '>' || text[close - 1] === '/') return undefined
  const isCdata = text.startsWith(CDATA, close + 1)
  const from = close + 1 + (isCdata ? CDATA.length : 0)
  const to = text.indexOf(isCdata ? ']]>' : '<', from)
  return [from, to === -1 ? text.length : to]
}

/** The value after `=`: to the next delimiter that is encoded no more often than the sign itself. */
function parameterValue(decoded: Decoded, equals: number): Range {
  const { text, depths } = decoded
  const depth = depths[equals]!
  const sign = text[equals + 1] === '>' ? equals + 2 : equals + 1
  const blank = skip(BLANKS, text, sign)
  // Of an empty parameter in a request line, what follows is the protocol.
  const start = /^HTTP\/\d/.test(text.slice(blank, blank + 6)) ? sign : blank
  const quoted = stringValue(decoded, start)
  if (quoted !== undefined) return quoted
  let end = start
  while (end < text.length && !(IN_PARAMETER.test(text[end]!) && depths[end]! <= depth)) end++
  return [start, end]
}

/** What is between the quotes that open at `at`, escaped as they are; undefined where there are none. */
function stringValue({ ends, starts, text }: Decoded, at: number): Range | undefined {
  const escapes = backslashes(text, at)
  const start = at + escapes + 1
  const quote = text[start - 1]
  if (!isQuote(quote)) return undefined
  const width = ends[start - 1]! - starts[start - 1]!
  for (let end = text.indexOf(quote!, start); end !== -1; end = text.indexOf(quote!, end + 1)) {
    // One that is written otherwise, as `\u0022`, belongs to the value.
    if (ends[end]! - starts[end]! !== width) continue
    let run = 0
    while (run < end - start && text.charCodeAt(end - 1 - run) === 92) run++
    if (run <= escapes || (escapes === 0 && run % 2 === 0)) return [start, end - Math.min(run, escapes)]
  }
  return [start, text.length]
}

function arrayValues(decoded: Decoded, from: number): Range[] {
  const { text } = decoded
  const found: Range[] = []
  for (let at = skip(SPACES, text, from); ; ) {
    const value = stringValue(decoded, at)
    if (value === undefined) return found
    if (value[1] > value[0]) found.push(value)
    at = skip(SPACES, text, value[1] + backslashes(text, value[1]) + 1)
    if (text[at] !== ',') return found
    at = skip(SPACES, text, at + 1)
  }
}

// ---------------------------------------------------------------- JSON values

/**
 * Redacts a JSON value: members with a secret's name, and secrets inside any text. Returns the very same value where
 * there was nothing to do. Types stay: a text becomes a text, an array of texts an array.
 *
 * @example
 * redactValue({ 'X-Amz-Signature': 'abc', key: 'a' }) // { 'X-Amz-Signature': 'REDACTED', key: 'a' }
 */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactSecrets(value)
  if (Array.isArray(value)) {
    const redacted = value.map(redactValue)
    return redacted.some((item, at) => item !== value[at]) ? redacted : value
  }
  if (!isObject(value)) return value
  let changed = false
  const named = pairedName(value)
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => {
    const isSecret = isSecretName(name) || (named !== undefined && PAIRED_MEMBER.test(name))
    const redacted = isSecret ? blank(member, named ?? name) : redactValue(member)
    // S3 makes a parameter's name of all that stands before the first bare `=`, an encoded `X-Amz-Signature%3D…` too.
    const shown = redactSecrets(name)
    changed ||= redacted !== member || shown !== name
    return [shown, redacted]
  })
  return changed ? Object.fromEntries(entries) : value
}

const NAMING = /"(?:option|parameter|variable)?(?:name|key)":"([^"]*)"/gi

/**
 * Whether compact JSON without escapes has a member that names a secret, as `redactValue` looks for them beside values.
 *
 * @example
 * namesPairedSecret('{"name":"DB_PASSWORD","value":"…"}') // true
 */
export function namesPairedSecret(json: string): boolean {
  for (const [, name] of json.matchAll(NAMING)) if (isPairedName(name!)) return true
  return false
}

const NAMING_MEMBER = /^(?:option|parameter|variable)?(?:name|key)$/i
const PAIRED_MEMBER = /^(?:parameter|string)?values?$/i

/** The name of a secret that an object tells of beside its value. */
function pairedName(value: Readonly<Record<string, unknown>>): string | undefined {
  if (!Object.keys(value).some((name) => PAIRED_MEMBER.test(name))) return undefined
  for (const [name, member] of Object.entries(value))
    if (typeof member === 'string' && NAMING_MEMBER.test(name) && isPairedName(member)) return member
  return undefined
}

function blank(value: unknown, name: string): unknown {
  if (value === null || value === '' || typeof value === 'boolean') return value
  if (typeof value === 'string' && ALREADY.test(value)) return value
  if (Array.isArray(value)) return value.map((item) => blank(item, name))
  // RDS and the like tell about a secret in an object of this name, ids and status.
  return isObject(value) && !WHOLE_SIGNING.test(name) ? redactValue(value) : REDACTED
}
