import { deriveIdentity } from '../derive/identity.ts'
import { isObject, type JsonObject, textOf } from '../derive/json.ts'
import { usualOperation } from './operation.ts'
import { readRequester } from './requester.ts'

/**
 * An access-log record with what `detail: "lean"` leaves out because the rest of the record says it: for readers who
 * want the words and not the bytes. Members that only the line had (host id, cipher suite …) are not made up, and
 * neither is one of which lean keeps a part of the values only (`httpStatus`, `signatureVersion`). Any other record comes
 * back as it is.
 *
 * @param record a record's message, parsed as JSON.
 * @example
 * completeAccessLogRecord({ source: 's3access', eventName: 'GetObject', userIdentity: { type: 'IAMUser', arn } }).actor // arn
 */
export function completeAccessLogRecord(record: JsonObject): JsonObject {
  const { kind = 'event', source, eventName, requestID, requestParameters, sourceIPAddress } = record
  if (source !== 's3access' || kind !== 'event') return record
  const userIdentity = completeIdentity(record.userIdentity)
  const facts = deriveIdentity(userIdentity, undefined, undefined)
  const hasKey = isObject(requestParameters) && requestParameters.key !== undefined
  const said: Record<string, unknown> = {
    kind,
    service: 's3',
    eventSource: 's3.amazonaws.com',
    eventCategory: 'Data',
    readOnly: true,
    operation: typeof eventName === 'string' ? usualOperation(eventName, hasKey) : undefined,
    eventID: requestID,
    change: 'none',
    errorClass: 'none',
    weakens: false,
    actorType: facts.actorType,
    actor: facts.actor,
    actorAccount: facts.actorAccount,
    awsService: false,
    anonymous: false,
    tool: 'none',
    toolRisk: 'none',
    website: facts.anonymous ? false : undefined,
    ipClass: sourceIPAddress === undefined ? undefined : 'public',
    parse: 'exact',
    ...record,
    userIdentity,
  }
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))
}

/** A lean userIdentity without what its ARN says. */
function completeIdentity(userIdentity: unknown): unknown {
  if (!isObject(userIdentity)) return userIdentity
  const arn = textOf(userIdentity.arn)
  return arn === undefined ? userIdentity : { ...readRequester(arn), ...userIdentity }
}
