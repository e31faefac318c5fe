import { errorMessage } from '../contracts/errors.ts'
import type { NormalizedRecord, Source } from '../contracts/record.ts'
import { redactSecrets } from './redact.ts'

/** CloudWatch Logs API Reference, "InputLogEvent": 1 MB, of which 26 bytes are counted for each event. */
const MAX_MESSAGE_BYTES = 1_048_576 - 26

/** What cannot be read and does not fit into a log event: it goes into the quarantine whole, and not in part. */
export function isCutParseError({ message, view }: NormalizedRecord): boolean {
  if (view.kind !== 'parseError' || message.length * 3 <= MAX_MESSAGE_BYTES) return false
  return view.truncated === true || Buffer.byteLength(message) > MAX_MESSAGE_BYTES
}

/**
 * A text that cannot be read, as a record: `kind: "parseError"`, the text in `raw` (secrets replaced), and of every
 * always-present field the least that it can say.
 *
 * @param given.reason a sentence that says why.
 * @param given.truncated the text is only the beginning of a longer one.
 * @example
 * parseErrorRecord({ source: 'cloudtrail', service: 'unknown', eventSource: '', text: '{{', reason: 'No JSON.' })
 */
export function parseErrorRecord(given: {
  readonly source: Source
  readonly service: string
  readonly eventSource: string
  readonly text: string
  readonly reason: string
  readonly truncated?: boolean | undefined
}): NormalizedRecord {
  const { source, service, eventSource, text, reason } = given
  const truncated = given.truncated === true ? true : undefined
  const fields = {
    kind: 'parseError',
    source,
    parse: 'raw',
    service,
    action: 'unknown',
    change: 'none',
    outcome: 'unknown',
    errorClass: 'none',
    actorType: 'unknown',
    awsService: false,
    anonymous: false,
    tool: 'none',
    toolRisk: 'none',
    weakens: false,
  } as const
  return {
    // JSON.parse quotes a piece of the text in its message.
    message: JSON.stringify({
      ...fields,
      parseErrorReason: redactSecrets(reason),
      raw: redactSecrets(text),
      truncated,
    }),
    view: {
      kind: fields.kind,
      source,
      parse: fields.parse,
      eventName: '',
      eventSource,
      action: fields.action,
      outcome: fields.outcome,
      errorClass: fields.errorClass,
      awsService: false,
      anonymous: false,
      logBucket: false,
      truncated,
    },
  }
}

/**
 * A normalizer that makes a parse error of whatever its record makes it throw, so that the records beside it are not
 * touched. What is thrown is a fault of ours (a stack that is too small for the nesting, say), and the record says so.
 *
 * @example
 * const normalize = guarded(normalizeRecord, (text, reason) => parseErrorRecord({ …, text, reason }))
 */
export function guarded<Raw>(
  normalize: (raw: Raw) => NormalizedRecord,
  toRecord: (raw: Raw, reason: string) => NormalizedRecord,
): (raw: Raw) => NormalizedRecord {
  return (raw) => {
    try {
      return normalize(raw)
    } catch (error) {
      return toRecord(raw, `It cannot be read: ${errorMessage(error)}.`)
    }
  }
}
