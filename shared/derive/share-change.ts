/** What a call of Resource Access Manager shares: what keeps data, with whom. */
import { parseArn } from './arn.ts'
import { booleanOf, type JsonObject, listOf } from './json.ts'
import { type IsForeign, type Known, sideOfOrganization, sideOfPrincipal } from './strangers.ts'

/** The calls that share, or say with whom. */
export const SHARE_CHANGES: ReadonlySet<string> = new Set([
  'CreateResourceShare',
  'AssociateResourceShare',
  'UpdateResourceShare',
])

/** What keeps data, or hands out access to it: grants, Outposts, tables, vaults of backups, event data stores. */
const KEEPS_DATA = /^(?:s3[a-z-]*|backup|cloudtrail|glue|lakeformation)$/

/**
 * Reads a share: whether what keeps data, or what the call does not name, is shared with somebody who is not known to be
 * ours; or may be, since anybody may be added.
 *
 * @see AWS Resource Access Manager API Reference, "CreateResourceShare", "AssociateResourceShare"
 */
export function readShare(parameters: JsonObject, isForeign: IsForeign, known: Known) {
  const texts = (value: unknown) => listOf(value).filter((one) => typeof one === 'string')
  const resources = texts(parameters.resourceArns)
  const isData = resources.some((arn) => KEEPS_DATA.test(parseArn(arn)?.service ?? ''))
  if (resources.length > 0 && !isData) return {}
  const external = texts(parameters.principals).some((who) => isStranger(who, isForeign, known))
  const isOpen = isData && booleanOf(parameters.allowExternalPrincipals) === true
  return { external, weakens: external || isOpen }
}

/** `arn:aws:organizations::111122223333:organization/o-exampleorgid`, and units of it. */
const ORGANIZATION = /^arn:[^:]*:organizations::(\d{12}):(?:organization|ou)\/(o-[a-z0-9]+)/

function isStranger(who: string, isForeign: IsForeign, known: Known): boolean {
  const [, account = '', organization = ''] = ORGANIZATION.exec(who) ?? []
  if (organization !== '') return isForeign(account) && sideOfOrganization(organization, known) === 'stranger'
  return sideOfPrincipal(who, isForeign, known) === 'stranger'
}
