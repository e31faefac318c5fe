import { ABSENT, type JsonIndex, jsonAt } from './json-index.ts'

/** What the values of one call say: its requestParameters, responseElements and additionalEventData. */
export interface CallDetails {
  /** The members requestParameters and additionalEventData, pruned, each with a comma before it. */
  readonly json: string
  readonly isHttps: boolean
  readonly aclRequired: boolean
  readonly bytesIn: number | undefined
  readonly bytesOut: number | undefined
  readonly bucket: string | undefined
  readonly key: string | undefined
  /** Derived fields that few calls have, each with a comma before it. */
  readonly more: string
}

/** A member's value, parsed; undefined where the record does not have it. */
export function parseMember(index: JsonIndex, slot: number): unknown {
  const entry = index.entries[slot]!
  return entry === ABSENT ? undefined : JSON.parse(jsonAt(index, entry))
}
