import { createAccessLogNormalizer } from '../access-log/normalize.ts'
import { createCloudTrailNormalizer } from '../cloudtrail/normalize.ts'
import type { Environment, NormalizedRecord, Source } from '../contracts/record.ts'
import { parseKeepingDigits } from '../derive/json.ts'
import { isCutParseError } from '../derive/parse-error.ts'

/** What a filter looks at: the log event's text, and what JSON.parse makes of it (undefined where it is no JSON). */
export interface Form {
  readonly text: string
  readonly value: unknown
}

/** The three forms in which a filter can meet one log record. */
export interface RecordForms {
  readonly source: Source
  /** As AWS writes it: the CloudTrail event in compact JSON, or the access-log line. */
  readonly raw: Form
  readonly lean: Form
  readonly full: Form
  /** It is no event, or cannot be read and is too long for a log event: it goes into the quarantine, and not into the log group. */
  readonly isQuarantined: boolean
  /** ms since the epoch; undefined where the record has no usable time. */
  readonly eventTimeMs: number | undefined
}

export interface Forms {
  readonly cloudTrail: (json: string) => RecordForms
  readonly accessLog: (line: string) => RecordForms
  /** Whose stack it would be. */
  readonly own: Pick<Environment, 'account' | 'region'>
}

export const DETAILS = ['lean', 'full'] as const

/**
 * Makes the three forms of log records, as the pipeline of a deployment with these settings would.
 *
 * @example
 * const { cloudTrail } = createForms({ environment: EMPTY_ENVIRONMENT, capBytes: 8192, now: Date.now })
 * cloudTrail('{"eventName":"StopLogging", …}').lean.text
 */
export function createForms(options: {
  readonly environment: Environment
  readonly capBytes: number
  readonly now: () => number
}): Forms {
  const [leanEvent, fullEvent] = DETAILS.map((detail) => createCloudTrailNormalizer({ ...options, detail }))
  const [leanLine, fullLine] = DETAILS.map((detail) => createAccessLogNormalizer({ ...options, detail }))
  const forms = (source: Source, raw: Form, lean: NormalizedRecord, full: NormalizedRecord): RecordForms => ({
    source,
    raw,
    lean: formOf(lean.message),
    full: formOf(full.message),
    isQuarantined: full.isOther === true || isCutParseError(full),
    eventTimeMs: full.view.eventTimeMs,
  })
  return {
    cloudTrail(json) {
      const { text, value } = formOf(json)
      // CloudTrail sends compact JSON to CloudWatch Logs, however a file at hand is laid out.
      const compact =
        /^\s|\n|[{,:]\s/.test(text) && value !== undefined ? JSON.stringify(parseKeepingDigits(text)) : text
      return forms('cloudtrail', { text: compact, value }, leanEvent!(json), fullEvent!(json))
    },
    own: options.environment,
    accessLog: (line) => forms('s3access', { text: line, value: undefined }, leanLine!(line), fullLine!(line)),
  }
}

function formOf(text: string): Form {
  try {
    return { text, value: JSON.parse(text) }
  } catch {
    return { text, value: undefined }
  }
}
