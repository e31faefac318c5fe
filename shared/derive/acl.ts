import { isObject, type JsonObject, listOf, objectOf, someText, textOf } from './json.ts'
import type { Known } from './strangers.ts'

const PUBLIC_CANNED = new Set(['public-read', 'public-read-write', 'authenticated-read'])
const EVERYBODY = /acs\.amazonaws\.com\/groups\/global\/(?:AllUsers|AuthenticatedUsers)/
const GRANTS = ['AccessControlPolicy', 'accessControlPolicy', 'accessControlList', 'AccessControlList'] as const
const GRANT_HEADER = /^x-amz-grant-/i

/**
 * Whether the ACL in a call's parameters admits everybody (AllUsers), or everybody who has an AWS account
 * (AuthenticatedUsers): the canned ACL (a text, or an array in old events), the grant headers (on top or inside
 * `accessControlList`) and the ACL's body (one grant or many).
 *
 * @param parameters the record's requestParameters.
 * @see Amazon S3 User Guide, "Access control list (ACL) overview"
 * @example
 * isPublicAcl({ 'x-amz-acl': ['public-read'] }) // true
 */
export function isPublicAcl(parameters: JsonObject): boolean {
  if (hasPublicCanned(parameters['x-amz-acl'])) return true
  for (const name of GRANTS) {
    const grants = parameters[name]
    if (grants === undefined) continue
    if (isObject(grants) && hasPublicCanned(grants['x-amz-acl'])) return true
    if (hasEverybody(grants)) return true
  }
  return Object.keys(parameters).some((name) => GRANT_HEADER.test(name) && hasEverybody(parameters[name]))
}

/**
 * Whether the ACL in a call's parameters admits somebody who is not known to be ours: a canonical user id other than the
 * owner's, or an e-mail address.
 *
 * @example
 * isExternalAcl({ 'x-amz-grant-read': 'emailAddress="jane@example.com"' }, known) // true
 */
export function isExternalAcl(parameters: JsonObject, known: Known): boolean {
  const isStranger = (id: string, owner: string | undefined) => id !== owner && !known.isOurs('canonicalIds', id)
  const headers = [parameters, ...GRANTS.map((name) => objectOf(parameters[name]))].flatMap((object) =>
    Object.keys(object).flatMap((name) => (GRANT_HEADER.test(name) ? [object[name]] : [])),
  )
  if (someText(headers, (text) => isStrangersHeader(text, (id) => isStranger(id, undefined)))) return true
  return GRANTS.some((name) => {
    const policy = objectOf(parameters[name])
    const owner = textOf(objectOf(policy.Owner).ID)
    const list = objectOf(policy.AccessControlList)
    return [...listOf(list.Grant), ...listOf(policy.Grant), ...listOf(policy.Grants)].some((item) => {
      const { ID, EmailAddress } = objectOf(objectOf(item).Grantee)
      const id = textOf(ID)
      return textOf(EmailAddress) !== undefined || (id !== undefined && isStranger(id, owner))
    })
  })
}

/** `id="…", emailAddress="…", uri="…"`. */
function isStrangersHeader(text: string, isStranger: (id: string) => boolean): boolean {
  if (/emailaddress\s*=/i.test(text)) return true
  return [...text.matchAll(/(?:^|[\s,])id\s*=\s*"?([0-9a-f]{16,})/gi)].some(([, id = '']) => isStranger(id))
}

function hasPublicCanned(value: unknown): boolean {
  return listOf(value).some((canned) => typeof canned === 'string' && PUBLIC_CANNED.has(canned.trim().toLowerCase()))
}

function hasEverybody(value: unknown): boolean {
  return someText(value, (text) => EVERYBODY.test(text))
}
