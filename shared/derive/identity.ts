import type { ActorType } from '../contracts/record.ts'
import { principalFromArn } from './arn.ts'
import { booleanOf, isObject, type JsonObject, objectOf, textOf } from './json.ts'
import { isInstance, personOf } from './person.ts'
import { isAwsAccount } from './strangers.ts'

/** Who acted. */
export interface IdentityFacts {
  readonly actorType: ActorType
  /** The role without its session, the user, the service: what stays the same over sessions. */
  readonly actor?: string | undefined
  readonly actorAccount?: string | undefined
  /** The root user in person: no service acting for it. */
  readonly root: boolean
  /** AWS acted by itself: a service principal, a service-linked role, an account of AWS, a service event. */
  readonly awsService: boolean
  /** An AWS service acted for somebody: the identity is not its own. */
  readonly onBehalf: boolean
  /** Who it was in person, where the record names one. */
  readonly person?: string | undefined
  /** The ARN ends with the person: the name of an IAM user, the id of an EC2 instance. */
  readonly personInArn: 'user' | 'instance' | undefined
  readonly anonymous: boolean
  /** Whether the session was opened with a second factor; undefined where the record does not say. */
  readonly sessionMfa?: boolean | undefined
}

const ACTOR_TYPES: ReadonlyMap<string, ActorType> = new Map<string, ActorType>([
  ['Root', 'root'],
  ['IAMUser', 'user'],
  ['AssumedRole', 'role'],
  ['Role', 'role'],
  ['FederatedUser', 'federated'],
  ['SAMLUser', 'federated'],
  ['WebIdentityUser', 'federated'],
  ['AWSService', 'service'],
  ['AWSAccount', 'account'],
  ['IdentityCenterUser', 'identityCenter'],
])

/** What `userIdentity.type` alone says of who acted; undefined for types that are not known. */
export function actorTypeOfType(type: string | undefined): ActorType | undefined {
  return type === undefined ? undefined : ACTOR_TYPES.get(type)
}

/** Identities that somebody has, and that a service may act with. */
const PERSONS: ReadonlySet<string> = new Set([
  'IAMUser',
  'AssumedRole',
  'Role',
  'FederatedUser',
  'SAMLUser',
  'WebIdentityUser',
  'IdentityCenterUser',
  'AWSAccount',
])

const AWS_SOURCE = /\.amazonaws\.com(?:\.cn)?$|^AWS Internal$/i

function isAnonymousName(value: unknown): boolean {
  // The lengths first: nearly every value is an account id or a principal id.
  if (typeof value !== 'string' || (value.length !== 9 && value.length !== 19)) return false
  const name = value.toLowerCase()
  return name === 'anonymous' || name === 'anonymous_principal'
}

/** Addresses end in a digit or a hexadecimal letter, the names of AWS in none of these. */
export function isAwsSource(sourceIPAddress: string | undefined): boolean {
  if (sourceIPAddress === undefined) return false
  const lastLetter = sourceIPAddress.charCodeAt(sourceIPAddress.length - 1) | 0x20
  return lastLetter > 0x66 && AWS_SOURCE.test(sourceIPAddress)
}

/**
 * Account ids are 12 digits, as text. Pipelines that turned one into a number lost its leading zeros.
 *
 * @example
 * accountIdOf(12345678901) // '012345678901'
 */
export function accountIdOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return String(value).padStart(12, '0')
  return typeof value === 'string' && /^\d+$/.test(value) ? value : undefined
}

/**
 * Who acted, from a record's userIdentity. Root with `invokedBy` is AWS, not a person. A service-linked role is known
 * by its path, which only AWS can use; by its name only where the record shows no path.
 *
 * @param userIdentity as in the record; absent or of another type gives `unknown`.
 * @param sourceIPAddress a service's DNS name or "AWS Internal" means that AWS called.
 * @param eventType `AwsServiceEvent` means that AWS acted by itself.
 * @see CloudTrail User Guide, "CloudTrail userIdentity element"
 * @example
 * deriveIdentity({ type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/alice' }, '192.0.2.1', 'AwsApiCall').actorType
 * // 'user'
 */
export function deriveIdentity(
  userIdentity: unknown,
  sourceIPAddress: string | undefined,
  eventType: string | undefined,
): IdentityFacts {
  const identity = objectOf(userIdentity)
  const type = textOf(identity.type)
  const arn = textOf(identity.arn)
  const invokedBy = textOf(identity.invokedBy)
  const session = isObject(identity.sessionContext) ? identity.sessionContext : undefined
  const issuer = session === undefined ? undefined : objectOf(session.sessionIssuer)
  const principal = arn === undefined ? undefined : principalFromArn(arn)
  const anonymous = isAnonymous(identity)
  const calledByAws = isAwsSource(sourceIPAddress)
  const isServicesOwn =
    identity.accountId === 'cloudfront' ||
    principal?.type === 'AWSService' ||
    isAwsAccount(accountIdOf(identity.accountId) ?? '') ||
    isServiceLinkedRole(textOf(issuer?.arn), principal?.type === 'AssumedRole' ? principal.userName : undefined)
  // The root user behind a service is the account itself: nobody in person.
  const onBehalf = invokedBy !== undefined && PERSONS.has(type ?? principal?.type ?? '') && !isServicesOwn && !anonymous
  const awsService =
    !anonymous &&
    !onBehalf &&
    (type === 'AWSService' ||
      invokedBy !== undefined ||
      calledByAws ||
      eventType === 'AwsServiceEvent' ||
      isServicesOwn)
  const person = anonymous ? undefined : personOf(identity)
  const actorType = actorTypeOf(type, principal?.type, anonymous, invokedBy !== undefined || calledByAws)
  return {
    actorType,
    actor: anonymous
      ? undefined
      : (principal?.actor ?? arn ?? actorWithoutArn(identity, textOf(issuer?.arn), actorType, sourceIPAddress)),
    actorAccount: anonymous
      ? undefined
      : (accountIdOf(identity.accountId) ?? principal?.accountId ?? accountIdOf(issuer?.accountId)),
    root: actorType === 'root' && invokedBy === undefined && eventType !== 'AwsServiceEvent',
    awsService,
    onBehalf,
    person,
    personInArn:
      person === undefined || arn?.endsWith(`/${person}`) !== true
        ? undefined
        : type === 'IAMUser'
          ? 'user'
          : isInstance(person)
            ? 'instance'
            : undefined,
    anonymous,
    sessionMfa: session === undefined ? undefined : booleanOf(objectOf(session.attributes).mfaAuthenticated),
  }
}

function isAnonymous(identity: JsonObject): boolean {
  return isAnonymousName(identity.accountId) || isAnonymousName(identity.principalId) || isAnonymousName(identity.type)
}

function actorTypeOf(
  type: string | undefined,
  arnType: string | undefined,
  anonymous: boolean,
  calledByAws: boolean,
): ActorType {
  if (anonymous) return 'anonymous'
  // "AWS Internal" and the like come without a type, and without anybody's identity.
  if (type === undefined && arnType === undefined && calledByAws) return 'service'
  return ACTOR_TYPES.get(type ?? arnType ?? '') ?? 'unknown'
}

function actorWithoutArn(
  identity: JsonObject,
  issuerArn: string | undefined,
  actorType: ActorType,
  sourceIPAddress: string | undefined,
): string | undefined {
  if (actorType === 'role' && issuerArn !== undefined) return principalFromArn(issuerArn)?.actor ?? issuerArn
  const onBehalfOf = textOf(objectOf(identity.onBehalfOf).userId)
  const named = textOf(identity.userName) ?? onBehalfOf ?? textOf(identity.invokedBy) ?? accountIdOf(identity.accountId)
  if (actorType === 'service') return textOf(identity.invokedBy) ?? named ?? sourceIPAddress
  return named ?? textOf(identity.principalId)
}

function isServiceLinkedRole(issuerArn: string | undefined, roleName: string | undefined): boolean {
  if (issuerArn !== undefined) return issuerArn.includes(':role/aws-service-role/')
  return roleName?.startsWith('AWSServiceRoleFor') ?? false
}
