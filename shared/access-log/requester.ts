import type { ActorType, ErrorClass } from '../contracts/record.ts'
import { principalFromArn } from '../derive/arn.ts'
import { deriveIdentity } from '../derive/identity.ts'
import { type AccessLogFields, connectionOf } from './fields.ts'
import { type Omissions, unlessPlain } from './table.ts'

/** What a requester says about who acted, rendered. */
export interface RequesterFacts {
  /** `,"userIdentity":{…}` */
  readonly identityJson: string
  /** `,"actorType":…,"awsService":…,"anonymous":…` and the actor's other fields. */
  readonly derivedJson: string
  readonly actor: string | undefined
  readonly actorType: ActorType
  readonly person: string | undefined
  readonly identityType: string
  readonly awsService: boolean
  readonly anonymous: boolean
  readonly crossAccount: boolean
  readonly canonicalId: string | undefined
}

interface Identity {
  readonly type: string
  readonly principalId?: string | undefined
  readonly arn?: string | undefined
  readonly accountId?: string | undefined
  readonly userName?: string | undefined
  readonly invokedBy?: string | undefined
}

export const ANONYMOUS: Identity = { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL' }
export const S3_ITSELF: Identity = { type: 'AWSService', invokedBy: 's3.amazonaws.com' }
export const AWS_INTERNAL: Identity = { type: 'AWSService', invokedBy: 'AWS Internal' }

/** 64 digits are an account's; 96 are those of a CloudFront origin access identity. */
const CANONICAL_ID = /^(?:[0-9a-f]{64}|[0-9a-f]{96})$/i
const ORIGIN_ACCESS_IDENTITY_LENGTH = 96

/** The requester in CloudTrail's words. */
export function readRequester(requester: string): Identity {
  if (requester.startsWith('arn:')) {
    const principal = principalFromArn(requester)
    if (principal === undefined) return { type: 'Unknown', arn: requester }
    const { type, accountId, userName } = principal
    // The only service that has a user ARN: a CloudFront origin access identity.
    const invokedBy = type === 'AWSService' ? 'cloudfront.amazonaws.com' : undefined
    return { type, arn: requester, accountId, userName, invokedBy }
  }
  if (requester.startsWith('svc:')) return { type: 'AWSService', invokedBy: requester.slice(4) }
  if (requester === 'AmazonS3') return S3_ITSELF
  if (/^[\w.-]+\.amazonaws\.com(?:\.cn)?$/.test(requester)) return { type: 'AWSService', invokedBy: requester }
  if (CANONICAL_ID.test(requester)) return { type: 'AWSAccount', principalId: requester }
  if (/^\d{12}$/.test(requester)) return { type: 'AWSAccount', accountId: requester }
  // Lines of 2006 say so instead of a dash.
  if (requester === 'Anonymous') return ANONYMOUS
  return { type: 'Unknown', userName: requester }
}

export function requesterFacts(
  identity: Identity,
  isForeign: (accountId: string) => boolean,
  omissions: Omissions,
): RequesterFacts {
  const facts = deriveIdentity(identity, undefined, undefined)
  const { actorType, actor, actorAccount, anonymous } = facts
  const awsService = facts.awsService || identity.principalId?.length === ORIGIN_ACCESS_IDENTITY_LENGTH
  const { accountId, arn, principalId, userName } = identity
  const inArn = arn !== undefined
  const derived = {
    actorType: unlessPlain(omissions, 'actorType', true, actorType),
    awsService: unlessPlain(omissions, 'awsService', !awsService, awsService),
    anonymous: unlessPlain(omissions, 'anonymous', !anonymous, anonymous),
    actor: unlessPlain(omissions, 'actor', inArn || actor === principalId, actor),
    actorAccount: unlessPlain(omissions, 'actorAccount', inArn || actorAccount === accountId, actorAccount),
    person: unlessPlain(omissions, 'person', facts.personInArn !== undefined, facts.person),
    root: facts.root ? true : undefined,
    crossAccount: actorAccount !== undefined && !awsService && isForeign(actorAccount) ? true : undefined,
  }
  return {
    identityJson: `,"userIdentity":${JSON.stringify({
      ...identity,
      accountId: unlessPlain(omissions, 'userIdentity.accountId', inArn, accountId),
      userName: unlessPlain(omissions, 'userIdentity.userName', inArn, userName),
    })}`,
    derivedJson: members(derived),
    actor,
    actorType,
    person: facts.person,
    identityType: identity.type,
    awsService,
    anonymous,
    crossAccount: derived.crossAccount === true,
    canonicalId: identity.principalId?.toLowerCase(),
  }
}

/** `,"a":1,"b":2`, or nothing. */
function members(object: object): string {
  const json = JSON.stringify(object).slice(1, -1)
  return json === '' ? '' : `,${json}`
}

/**
 * A user agent proves nothing, so it makes nobody a service, with one exception: Amazon's own client whose signature S3
 * did not accept has no requester. Such a request has failed, so nobody gains anything by claiming this.
 */
export function isInternalFailure(fields: AccessLogFields, errorClass: ErrorClass): boolean {
  return (
    fields.requester === undefined &&
    connectionOf(fields).signatureVersion !== undefined &&
    errorClass !== 'none' &&
    fields.userAgent?.startsWith('aws-internal/') === true
  )
}

/** A canonical user id can be compared with the bucket owner's; which account it is, no line says. */
export function isOtherOwner(canonicalId: string, bucketOwner: string | undefined): boolean {
  return bucketOwner !== undefined && bucketOwner.length === 64 && bucketOwner.toLowerCase() !== canonicalId
}
