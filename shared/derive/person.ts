import { type JsonObject, objectOf, textOf } from './json.ts'

const SESSION_ARN = /^arn:[\w-]*:sts:[\w-]*:[\w-]*:assumed-role\/([^/]+)\/(.+)$/
/** The roles that Identity Center makes for its permission sets: their sessions have the name of the user. */
const IDENTITY_CENTER_ROLE = /^AWSReservedSSO_/
const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/
/** `jane.doe@example.com`; `jane.doe`. What software calls its sessions holds digits, hyphens or one word only. */
const NAME_OF_A_PERSON = /^[^\s@/]+@[^\s@/]+\.[a-z]{2,}$|^[a-z]{2,}\.[a-z]{2,}$/i

/** Whether a session is named after an EC2 instance. */
export const isInstance = (session: string): boolean => INSTANCE_ID.test(session)

/**
 * The person (or the EC2 instance) that a role's session is named after; undefined where the name is one that software
 * chose, or may be.
 *
 * @param role the role's name, without its path.
 * @example
 * personOfSession('AWSReservedSSO_Admin_0123456789abcdef', 'jane') // 'jane'
 * personOfSession('Deploy', 'botocore-session-1700000000') // undefined
 */
export function personOfSession(role: string, session: string): string | undefined {
  if (IDENTITY_CENTER_ROLE.test(role) || INSTANCE_ID.test(session)) return session
  return NAME_OF_A_PERSON.test(session) ? session : undefined
}

/**
 * Who acted in person, from a record's userIdentity: the source identity that a session cannot change; the Identity
 * Center user; the session's name where it names a person; the IAM user; the EC2 instance; the account that a temporary
 * delegation was given to. Undefined where the record names nobody.
 *
 * @see IAM User Guide, "Monitor and control actions taken with assumed roles"; CloudTrail userIdentity element
 * @example
 * personOf({ type: 'IAMUser', userName: 'alice' }) // 'alice'
 */
export function personOf(identity: JsonObject): string | undefined {
  const session = objectOf(identity.sessionContext)
  const sourceIdentity = textOf(session.sourceIdentity)
  if (sourceIdentity !== undefined) return sourceIdentity
  const type = textOf(identity.type)
  const userName = textOf(identity.userName)
  const behalf = textOf(objectOf(identity.onBehalfOf).userId)
  if (type === 'IdentityCenterUser') return userName ?? behalf
  const [, role, name] = SESSION_ARN.exec(textOf(identity.arn) ?? '') ?? []
  const named = role === undefined || name === undefined ? undefined : personOfSession(role, name)
  if (named !== undefined && !INSTANCE_ID.test(named)) return named
  if (behalf !== undefined) return behalf
  if (type === 'IAMUser' || type === 'SAMLUser' || type === 'WebIdentityUser') return userName
  return named ?? textOf(objectOf(identity.invokedByDelegate).accountId)
}
