import { isObject, type JsonObject, listOf, someText } from './json.ts'

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

function hasPublicCanned(value: unknown): boolean {
  return listOf(value).some((canned) => typeof canned === 'string' && PUBLIC_CANNED.has(canned.trim().toLowerCase()))
}

function hasEverybody(value: unknown): boolean {
  return someText(value, (text) => EVERYBODY.test(text))
}
