import { deriveIdentity } from '../derive/identity.ts'
import { isAddress } from '../derive/ip.ts'
import { isObject, type JsonObject, textOf } from '../derive/json.ts'
import { usualOperation } from './operation.ts'
import { readRequester } from './requester.ts'

/**
 * What a lean access-log record leaves out because the rest of it says it. Members that only the line had (host id,
 * cipher suite …) are not made up, and neither is one of which lean keeps a part of the values only (`httpStatus`,
 * `signatureVersion`).
 *
 * @param record an event, parsed as JSON; what is in it counts for more.
 */
export function leftOutOfAccessLog(record: JsonObject): JsonObject {
  const { eventName, requestID, requestParameters } = record
  const userIdentity = completeIdentity(record.userIdentity)
  const facts = deriveIdentity(userIdentity, undefined, undefined)
  const hasKey = isObject(requestParameters) && requestParameters.key !== undefined
  return {
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
    person: facts.personInArn !== undefined ? facts.person : undefined,
    actorAccount: facts.actorAccount,
    awsService: false,
    anonymous: false,
    tool: 'none',
    toolRisk: 'none',
    website: facts.anonymous ? false : undefined,
    ipClass: isAddress(textOf(record.sourceIPAddress)) ? 'public' : undefined,
    parse: 'exact',
    userIdentity,
  }
}

/** A lean userIdentity without what its ARN says. */
function completeIdentity(userIdentity: unknown): unknown {
  if (!isObject(userIdentity)) return userIdentity
  const arn = textOf(userIdentity.arn)
  return arn === undefined ? userIdentity : { ...readRequester(arn), ...userIdentity }
}
