import type { ErrorClass } from '../contracts/record.ts'
import { principalFromArn } from '../derive/arn.ts'
import { deriveIdentity } from '../derive/identity.ts'
import type { AccessLogFields } from './fields.ts'
import type { Omissions } from './lean.ts'

/** What a requester says about who acted, rendered. */
export interface RequesterFacts {
  /** `,"userIdentity":{…}` */
  readonly identityJson: string
  /** `,"actorType":…,"awsService":…,"anonymous":…` and the actor's other fields. */
  readonly derivedJson: string
  readonly actor: string | undefined
  readonly awsService: boolean
  readonly anonymous: boolean
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
  if (/^[0-9a-f]{64}$/i.test(requester)) return { type: 'AWSAccount', principalId: requester }
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
  const { actorType, actor, actorAccount, awsService, anonymous } = facts
  const derived = {
    actorType,
    awsService,
    anonymous,
    actor,
    actorAccount:
      omissions('actorAccount') === 'never' || actorAccount !== identity.accountId ? actorAccount : undefined,
    root: facts.root ? true : undefined,
    crossAccount: actorAccount !== undefined && !awsService && isForeign(actorAccount) ? true : undefined,
  }
  return {
    identityJson: `,"userIdentity":${JSON.stringify({
      ...identity,
      // Anonymous callers are known by this very id.
      accountId: anonymous || omissions('userIdentity.accountId') === 'never' ? identity.accountId : undefined,
      userName:
        identity.arn === undefined || omissions('userIdentity.userName') === 'never' ? identity.userName : undefined,
    })}`,
    derivedJson: `,${JSON.stringify(derived).slice(1, -1)}`,
    actor,
    awsService,
    anonymous,
    canonicalId: identity.principalId?.toLowerCase(),
  }
}

/**
 * A user agent proves nothing, so it makes nobody a service, with one exception: Amazon's own client whose signature S3
 * did not accept has no requester. Such a request has failed, so nobody gains anything by claiming this.
 */
export function isInternalFailure(fields: AccessLogFields, errorClass: ErrorClass): boolean {
  return (
    fields.requester === undefined &&
    fields.signatureVersion !== undefined &&
    errorClass !== 'none' &&
    fields.userAgent?.startsWith('aws-internal/') === true
  )
}

/** A canonical user id can be compared with the bucket owner's; which account it is, no line says. */
export function isOtherOwner(canonicalId: string, bucketOwner: string | undefined): boolean {
  return bucketOwner !== undefined && bucketOwner.length === 64 && bucketOwner.toLowerCase() !== canonicalId
}
