import { isObject } from './json.ts'

/** What a secret is replaced by. */
export const REDACTED = 'REDACTED'

/** Hyphen, equals and quotes may be percent-encoded (once or more, one URL inside another) or JSON-escaped. */
const HYPHEN = '(?:-|%(?:25){0,4}2d)'
const NAME = `x${HYPHEN}amz${HYPHEN}(?:signature|credential|security${HYPHEN}token)|signature|awsaccesskeyid`
const BEFORE = '(?<=^|[^a-z0-9_-]|%(?:25){0,4}[0-9a-f]{2}|\\\\u00[0-9a-f]{2})'
const END = `&\\s"'<>#;\\\\`

/** One alternative each: name=value, name%3Dvalue, and the JSON member "name":"value" (also inside a JSON string). */
const SECRET = new RegExp(
  `${BEFORE}(${NAME})(?:(=)[^${END}]+|(%(?:25){0,4}3d|\\\\u003d)(?:(?!%(?:25){0,4}26)[^${END}])+` +
    `|(\\\\*"\\s*:\\s*\\[?\\s*\\\\*")(?:[^"\\\\]|\\\\/|\\\\u[0-9a-f]{4})+)`,
  'gi',
)
/** Cheap test before the costly one: the end of a name with what can follow it. */
const HINT = /(?:signature|credential|y(?:-|%(?:25){0,4}2d)token|awsaccesskeyid)(?:=|%(?:25){0,4}3d|\\u003d|\\*"\s*:)/i

const SECRET_NAME = /^(?:x-amz-(?:signature|credential|security-token)|signature|awsaccesskeyid)$/i

/**
 * Replaces the values of presigned-URL parameters (`X-Amz-Signature`, `X-Amz-Credential`, `X-Amz-Security-Token`,
 * `Signature`, `AWSAccessKeyId`, in any letter case) by REDACTED, wherever they occur in a text: a request line, a
 * referer, JSON. Everything else stays as it is, and so does a text without such a parameter.
 *
 * @see Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)"
 * @example
 * redactSecrets('GET /a?X-Amz-Signature=abc&x=1 HTTP/1.1') // 'GET /a?X-Amz-Signature=REDACTED&x=1 HTTP/1.1'
 */
export function redactSecrets(text: string): string {
  if (!mayHoldSecrets(text)) return text
  return text.replace(
    SECRET,
    (_match, name: string, equals?: string, encoded?: string, member?: string) =>
      `${name}${equals ?? encoded ?? member ?? ''}${REDACTED}`,
  )
}

/** Whether a text may hold secrets that {@link redactSecrets} replaces; cheap, and never false where it does. */
export function mayHoldSecrets(text: string): boolean {
  return HINT.test(text)
}

/** As {@link mayHoldSecrets}, for a text in which no member has a secret's name: then only a value after `=` can be one. */
export function mayHideValue(text: string): boolean {
  return (text.includes('=') || text.includes('%')) && mayHoldSecrets(text)
}

/** Whether a parameter of this name holds a secret: its whole value must go. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

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
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => {
    const redacted = isSecretName(name) ? blank(member) : redactValue(member)
    changed ||= redacted !== member
    return [name, redacted]
  })
  return changed ? Object.fromEntries(entries) : value
}

function blank(value: unknown): unknown {
  if (value === null || value === '' || typeof value === 'boolean') return value
  return Array.isArray(value) ? value.map(blank) : REDACTED
}
