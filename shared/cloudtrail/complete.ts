import { principalFromArn } from '../derive/arn.ts'
import { deriveIdentity } from '../derive/identity.ts'
import { isAddress } from '../derive/ip.ts'
import { isObject, type JsonObject, objectOf, textOf } from '../derive/json.ts'
import { deriveCall, deriveConnection, HAS_INSIGHT } from './derive.ts'

/**
 * What a lean CloudTrail record leaves out because the rest of it says it: derived fields, which the same functions read
 * again, and our own account. What only the whole event tells (which of TLS 1.2 and 1.3 an S3 data event came over) is not made up.
 *
 * @param record an event, parsed as JSON; derived fields that are in it count for more.
 */
export function leftOutOfCloudTrail(record: JsonObject): JsonObject {
  const { anonymous = false, awsService = false } = record
  const call = deriveCall(record, isObject(record.insightDetails) ? HAS_INSIGHT : 0)
  const sourceIPAddress = textOf(record.sourceIPAddress)
  const identity = deriveIdentity(record.userIdentity, sourceIPAddress, undefined)
  const { https, tlsVersion } = deriveConnection(record)
  const { accountId, accessKeyId, arn } = objectOf(record.userIdentity)
  // Of S3 data events both go where they are the same, and the ARN says it.
  const isByArn = call.isObjectEvent && accountId === undefined && record.recipientAccountId === undefined
  const ownAccount = isByArn ? principalFromArn(textOf(arn) ?? '')?.accountId : undefined
  return {
    source: 'cloudtrail',
    // Whatever the name says: false stays, and what the event does not say is told.
    readOnly: call.isCall && call.eventName !== undefined ? true : undefined,
    service: call.service,
    action: call.action,
    change: 'none',
    errorClass: 'none',
    actorType: identity.actorType,
    awsService,
    anonymous,
    toolRisk: 'none',
    weakens: false,
    actor: identity.actor,
    person: identity.personInArn !== undefined ? identity.person : undefined,
    keyId: textOf(accessKeyId),
    mfa: awsService === true ? undefined : identity.sessionMfa,
    ipClass: isAddress(sourceIPAddress) ? 'public' : undefined,
    https: https ? true : undefined,
    tlsVersion,
    recipientAccountId: ownAccount,
    userIdentity: ownAccount === undefined ? undefined : { accountId: ownAccount },
    website: anonymous === true && call.isS3 ? false : undefined,
  }
}
