import { gunzipSync } from 'node:zlib'
import { isObject } from '../basics/is-object.ts'

/** What CloudWatch Logs says of the events it sends. */
export interface SubscriptionPayload {
  readonly logGroup: string
  readonly logStream: string
  /** It only tries whether the target can be reached. */
  readonly isControl: boolean
  /** Id of the first event; undefined: there are none. */
  readonly firstId: string | undefined
  /** Of the payload, as JSON. */
  readonly bytes: number
}

/** A subscription sends up to 1 MB, gzipped and in base64: some 20 MB of JSON. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Reads the head of a payload; undefined where it is none. The events are read later, as the content of an object.
 *
 * Source: CloudWatch Logs User Guide, "Log group-level subscription filters", with AWS Lambda.
 *
 * @param data `awslogs.data` of the event: gzipped JSON in base64.
 * @example
 * readSubscription(event.awslogs.data)?.logGroup // '/aws/cloudtrail/management'
 */
export function readSubscription(data: string): SubscriptionPayload | undefined {
  try {
    const plain = gunzipSync(Buffer.from(data, 'base64'), { maxOutputLength: MAX_BYTES })
    const payload: unknown = JSON.parse(plain.toString('utf8'))
    if (!isObject(payload) || typeof payload.logGroup !== 'string' || typeof payload.logStream !== 'string')
      return undefined
    const events: readonly unknown[] = Array.isArray(payload.logEvents) ? payload.logEvents : []
    const [first] = events
    return {
      logGroup: payload.logGroup,
      logStream: payload.logStream,
      isControl: payload.messageType === 'CONTROL_MESSAGE',
      firstId: events.length === 0 ? undefined : isObject(first) && typeof first.id === 'string' ? first.id : '0',
      bytes: plain.length,
    }
  } catch {
    return undefined
  }
}
