import { Buffer } from 'node:buffer'
import type { NormalizedRecord, NormalizeOptions, Normalizer, RecordView } from '../contracts/record.ts'
import { prepareEnvironment } from '../derive/environment.ts'
import { createIpClassifier } from '../derive/ip.ts'
import { holdsLongNumber, isObject, type JsonObject, parseExactJson, textOf } from '../derive/json.ts'
import { parseErrorRecord } from '../derive/parse-error.ts'
import { mayHoldSecrets, redactValue } from '../derive/redact.ts'
import { type DerivedFields, deriveFacts, type RecordFacts } from './derive.ts'
import { createFastLean } from './fast-lean.ts'
import { fullRecord, mayHideSecrets } from './full.ts'
import { createJsonIndex } from './json-index.ts'
import { leanRecord } from './lean.ts'
import { MEMBERS } from './record-layout.ts'

/** Further names that are ours: no member of the record itself may take one, nor a derived field's. */
const RESERVED: ReadonlySet<string> = new Set(['parse', 'raw', 'parseErrorReason', 'collided', 'truncatedFields'])

/**
 * Makes a normalizer of single CloudTrail records, given as bytes or text: a JSON object, pretty-printed or not. The
 * message is one line of JSON: the lean record or (detail `full`) the record as it came, plus the derived fields.
 *
 * Never throws on content. What is no JSON object becomes `kind: "parseError"` with its text in `raw`, secrets
 * redacted, and the reason in `parseErrorReason`. A record without a readable eventTime is kept, with `timeMissing`.
 *
 * @throws BucketwatchError SETTINGS_INVALID, when it is made, where the environment holds no valid CIDR range.
 * @see CloudTrail User Guide, "CloudTrail record contents"
 * @example
 * const normalize = createCloudTrailNormalizer({
 *   environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: Date.now,
 * })
 * normalize('{"eventSource":"s3.amazonaws.com","eventName":"GetObject"}').view.action // 'object.read'
 */
export function createCloudTrailNormalizer(options: NormalizeOptions): Normalizer<Uint8Array | string> {
  return createCloudTrailReader(options).normalize
}

/** A normalizer, and the same for records that lie in a larger text: see SplitterOptions.readAhead. */
export interface CloudTrailReader {
  readonly normalize: Normalizer<Uint8Array | string>
  readonly readAhead: (bytes: Uint8Array, at: number, out: (Uint8Array | NormalizedRecord)[]) => number
}

/**
 * Makes a {@link createCloudTrailNormalizer} that can also find where a record ends, in one go: that saves the splitter
 * a pass over all bytes. Ordinary records of detail `lean` are not even parsed (see fast-lean.ts).
 *
 * @throws BucketwatchError as createCloudTrailNormalizer.
 * @example
 * const { normalize, readAhead } = createCloudTrailReader(options)
 * const splitter = createRecordSplitter({ readAhead })
 */
export function createCloudTrailReader(options: NormalizeOptions): CloudTrailReader {
  const { capBytes, detail } = options
  const context = {
    environment: prepareEnvironment(options.environment),
    classifyIp: createIpClassifier(options.environment),
    now: options.now,
  }
  const fastLean = detail === 'lean' ? createFastLean(context, capBytes) : undefined
  const index = createJsonIndex(MEMBERS)

  /** The way that every record can go, and that tells what is right. */
  function parse(text: string): NormalizedRecord {
    let record: unknown
    try {
      record = JSON.parse(text)
    } catch (error) {
      return parseError(text, error instanceof Error ? error.message : String(error))
    }
    if (!isObject(record)) return parseError(text, 'The record is no JSON object.')
    const facts = deriveFacts(record, context)
    const isReserved = (name: string): boolean => Object.hasOwn(facts.derived, name) || RESERVED.has(name)
    if (detail === 'full') {
      const derived = mayHideSecrets(text) ? redactValue(facts.derived) : facts.derived
      const message = fullRecord(text, record, facts, JSON.stringify(derived), isReserved)
      return { message, view: viewOf(record, facts, facts.derived) }
    }
    let lean = leanRecord(record, facts, capBytes, text.length, isReserved)
    if (lean.loose.some(holdsLongNumber)) {
      lean = leanRecord(parseExactJson(text) as JsonObject, facts, capBytes, text.length, isReserved)
    }
    const derived = lean.truncated ? { ...facts.derived, truncated: true as const } : facts.derived
    const message = joinObjects(JSON.stringify(lean.core), JSON.stringify(derived))
    // Of an object event all parameters have passed by name already: a secret can only be in an address, behind "=".
    const isPlain = facts.isObjectEvent && !message.includes('=') && !message.includes('%')
    return {
      message:
        !isPlain && mayHoldSecrets(message)
          ? joinObjects(JSON.stringify(redactValue(lean.core)), JSON.stringify(redactValue(derived)))
          : message,
      view: viewOf(record, facts, derived),
    }
  }

  return {
    normalize(raw) {
      if (typeof raw === 'string') return parse(withoutMark(raw))
      const bytes = asBuffer(raw)
      const end = fastLean === undefined ? 0 : index.scan(bytes, 0)
      if (end > 0 && end === bytes.length) return fastLean?.(index) ?? parse(index.text)
      return parse(withoutMark(bytes.toString('utf8')))
    },
    readAhead(bytes, at, out) {
      const end = index.scan(asBuffer(bytes), at)
      if (end > 0) out.push(fastLean?.(index) ?? parse(index.text))
      return end
    },
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A byte order mark is no part of JSON. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function joinObjects(first: string, second: string): string {
  return first === '{}' ? second : `${first.slice(0, -1)},${second.slice(1)}`
}

function viewOf(record: JsonObject, facts: RecordFacts, derived: DerivedFields): RecordView {
  const eventID = textOf(record.eventID)
  return {
    kind: derived.kind,
    source: 'cloudtrail',
    eventTimeMs: facts.eventTimeMs,
    identity: eventID === undefined ? undefined : `${eventID}/${facts.recipientAccountId ?? ''}`,
    eventName: facts.eventName ?? '',
    eventSource: facts.eventSource ?? '',
    eventCategory: facts.eventCategory,
    action: derived.action,
    outcome: derived.outcome,
    errorClass: derived.errorClass,
    readOnly: facts.readOnly,
    actor: derived.actor,
    awsService: derived.awsService,
    anonymous: derived.anonymous,
    sourceIPAddress: textOf(record.sourceIPAddress),
    bucket: facts.bucket,
    key: facts.key,
    bytesOut: derived.bytesOut,
    logBucket: derived.logBucket === true,
    truncated: derived.truncated,
  }
}

/** Nothing is known about such a text, so every field says the least that it can. */
function parseError(text: string, reason: string): NormalizedRecord {
  return parseErrorRecord({ source: 'cloudtrail', service: 'unknown', eventSource: '', text, reason })
}
