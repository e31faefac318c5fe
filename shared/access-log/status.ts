import type { ErrorClass, Outcome } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import { deriveErrorClass } from '../derive/error-class.ts'
import type { AccessLogFields } from './fields.ts'
import type { OperationFacts } from './operation.ts'
import { type Omissions, unlessPlain } from './table.ts'

export const EVENT_SOURCE = 's3.amazonaws.com'

/** What operation, status and error code decide. */
export interface StatusFacts {
  readonly facts: OperationFacts
  readonly httpStatus: number | undefined
  readonly errorCode: string | undefined
  /** `,"eventName":…` to `"errorClass":…`: everything that operation, status and error code decide. */
  readonly head: string
  /** `,"parse":"exact","action":…` and so on. */
  readonly exact: string
  readonly recovered: string
  readonly outcome: Outcome
  readonly errorClass: ErrorClass
}

/** S3 logs of itself what it has done, without a status; of any other line it is the status that tells. */
function outcomeOf(errorClass: ErrorClass, isTold: boolean): Outcome {
  if (errorClass !== 'none') return 'failure'
  return isTold ? 'success' : 'unknown'
}

function statusFacts(
  operation: string,
  facts: OperationFacts,
  httpStatus: number | undefined,
  errorCode: string | undefined,
  omissions: Omissions,
): StatusFacts {
  const errorClass = deriveErrorClass(errorCode, httpStatus)
  const outcome = outcomeOf(errorClass, facts.internal || httpStatus !== undefined || errorCode !== undefined)
  const { action, change, eventCategory, eventName, readOnly, weakens, website } = facts
  const head = {
    eventSource: unlessPlain(omissions, 'eventSource', readOnly && eventCategory === 'Data', EVENT_SOURCE),
    eventName,
    eventCategory: unlessPlain(omissions, 'eventCategory', eventCategory === 'Data', eventCategory),
    readOnly: unlessPlain(omissions, 'readOnly', readOnly, readOnly),
    operation: unlessPlain(omissions, 'operation', facts.usual, operation),
    httpStatus: unlessPlain(omissions, 'httpStatus', httpStatus === 200 && errorCode === undefined, httpStatus),
    errorCode,
  }
  const derived = {
    action,
    change: unlessPlain(omissions, 'change', change === 'none', change),
    outcome,
    errorClass: unlessPlain(omissions, 'errorClass', errorClass === 'none', errorClass),
    weakens: unlessPlain(omissions, 'weakens', !weakens, weakens),
    website: website ? true : undefined,
  }
  const json = JSON.stringify(derived).slice(1, -1)
  return {
    facts,
    httpStatus,
    errorCode: errorCode === undefined ? undefined : detach(errorCode),
    head: `,${JSON.stringify(head).slice(1, -1)}`,
    exact: omissions('parse') === 'plain' ? `,${json}` : `,"parse":"exact",${json}`,
    recovered: `,"parse":"recovered",${json}`,
    outcome,
    errorClass,
  }
}

/** Two for each mix of operation, status and error code. */
const STATUS_SLOTS = 1024

/** Makes the facts, and remembers them. */
export function createStatusMemory(omissions: Omissions) {
  const known: (StatusFacts | undefined)[] = Array.from({ length: STATUS_SLOTS }, () => undefined)
  return (operation: string, facts: OperationFacts, fields: AccessLogFields): StatusFacts => {
    const { httpStatus, errorCode } = fields
    const error = errorCode === undefined ? 0 : errorCode.length * 8 + errorCode.charCodeAt(0)
    const slot = (facts.mark ^ (facts.mark >>> 10) ^ Math.imul((httpStatus ?? 0) + error, 37)) & (STATUS_SLOTS - 1)
    const newer = known[slot]
    if (newer?.facts === facts && newer.httpStatus === httpStatus && newer.errorCode === errorCode) return newer
    const older = known[slot ^ 1]
    if (older?.facts === facts && older.httpStatus === httpStatus && older.errorCode === errorCode) return older
    const value = statusFacts(operation, facts, httpStatus, errorCode, omissions)
    known[slot ^ 1] = newer
    known[slot] = value
    return value
  }
}
