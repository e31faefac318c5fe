/** What an object holds, told from its first bytes. */
export type SniffedContent = 'cloudtrail' | 'cloudtrail-digest' | 'access-log' | 'validation' | 'unknown'

// Longer than any access-log line's start, and long enough to see the first keys of a wrapper with odd members.
const SNIFF_BYTES = 16 * 1024
// Lines looked at before text is given up: a log may begin in the middle of one.
const MAX_LINES = 8

const ACCESS_LOG_LINE = /^\S+ \S+ \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] /
const ACCESS_LOG_KEYS = new Set(['schema_version_id', 'bucket_owner_id', 'request_time', 'remote_ip', 'request_uri'])
const CLOUDTRAIL_KEYS = new Set([
  'eventVersion',
  'userIdentity',
  'eventTime',
  'eventSource',
  'eventName',
  'eventID',
  'eventType',
  'eventCategory',
  'awsRegion',
  'sourceIPAddress',
  'userAgent',
  'errorCode',
  'errorMessage',
  'requestParameters',
  'responseElements',
  'additionalEventData',
  'requestID',
  'readOnly',
  'managementEvent',
  'recipientAccountId',
  'tlsDetails',
  'insightDetails',
])

/**
 * Tells from the first (inflated) bytes of an object which log it is: a few KB are enough, and a cut-off end does no
 * harm. CloudTrail in any of its shapes (wrapper, list, bare record, NDJSON), a digest, CloudTrail's validation message,
 * server access-log lines, or the JSON form in which AWS delivers access logs natively.
 *
 * @example
 * sniffContent(Buffer.from('{"Records":[{"eventVersion":"1.11"')) // 'cloudtrail'
 */
export function sniffContent(firstBytes: Uint8Array): SniffedContent {
  const head = firstBytes.subarray(0, SNIFF_BYTES)
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF?\s*/, '')
  if (/^"?CloudTrail validation message/.test(text)) return 'validation'
  if (text.startsWith('{') || text.startsWith('[')) return sniffJson(text)
  const lines = text.split('\n', MAX_LINES)
  return lines.some((line) => ACCESS_LOG_LINE.test(line)) ? 'access-log' : 'unknown'
}

function sniffJson(text: string): SniffedContent {
  if (/^\[\s*\]\s*$/.test(text)) return 'cloudtrail'
  const keys = topLevelKeys(text)
  if (keys.includes('Records')) return 'cloudtrail'
  if (keys.includes('digestStartTime')) return 'cloudtrail-digest'
  if (keys.filter((key) => CLOUDTRAIL_KEYS.has(key)).length >= Math.min(2, keys.length) && keys.length > 0) {
    return 'cloudtrail'
  }
  return keys.filter((key) => ACCESS_LOG_KEYS.has(key)).length >= 2 ? 'access-log' : 'unknown'
}

/** The keys of the first object: of the document, or of the first element of its list. The text may be cut off. */
function topLevelKeys(text: string): string[] {
  const keys: string[] = []
  const open = text.startsWith('[') ? /^\[\s*\{/.exec(text)?.[0].length : 1
  if (open === undefined) return keys
  let depth = 1
  // Strings, brackets and what stands between members; everything else is skipped.
  const token = /"((?:[^"\\]|\\.)*)"(\s*:)?|[{[]|[}\]]/gs
  token.lastIndex = open
  for (let match = token.exec(text); match !== null && depth > 0; match = token.exec(text)) {
    if (match[0] === '{' || match[0] === '[') depth++
    else if (match[0] === '}' || match[0] === ']') depth--
    else if (depth === 1 && match[2] !== undefined) keys.push(unescaped(match[1]!))
  }
  return keys
}

function unescaped(key: string): string {
  if (!key.includes('\\')) return key
  try {
    return JSON.parse(`"${key}"`) as string
  } catch {
    return key
  }
}
