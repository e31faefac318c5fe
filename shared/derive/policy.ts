import { parseArnPattern } from './arn.ts'
import { isInternet } from './ip.ts'
import { anyText, isObject, type JsonObject, listOf, textOf } from './json.ts'
import { locksOut } from './policy-lockout.ts'
import { isPositive, member, principalsOf, readDocument } from './policy-parts.ts'
import {
  type IsForeign,
  type Known,
  NOBODY,
  type Side,
  sideOfAccount,
  sideOfArn,
  sideOfOrganization,
  sideOfPrincipal,
  sideOfUniqueId,
} from './strangers.ts'

/** Whom a resource policy lets in. */
export interface PolicyFacts {
  /** An Allow statement admits everybody. */
  readonly public: boolean
  /** An Allow statement admits somebody who is not known to be ours. */
  readonly external: boolean
  /** A Deny shuts out everybody, or everybody but one. */
  readonly lockout: boolean
}

const CLOSED: PolicyFacts = { public: false, external: false, lockout: false }

type Reader = (value: string, isForeign: IsForeign, known: Known) => Side

const ofAccount: Reader = (value, isForeign) => (/^\d{12}$/.test(value) ? sideOfAccount(value, isForeign) : undefined)
const ofOrganization: Reader = (value, _, known) => sideOfOrganization(value, known)
const listed =
  (kind: Parameters<Known['isOurs']>[0]): Reader =>
  (value, _, known) =>
    known.isOurs(kind, value) ? 'ours' : 'stranger'

/** How a condition key's value ties down who may come in: exactly, by an account inside an ARN, by how it begins. */
type Tie = 'exact' | 'arn' | 'prefix'

/** The condition keys that tell who may come in, or from where. */
const KEYS: Readonly<Record<string, readonly [Tie, Reader]>> = {
  'aws:principalaccount': ['exact', ofAccount],
  'aws:sourceaccount': ['exact', ofAccount],
  'aws:sourceowner': ['exact', ofAccount],
  's3:dataaccesspointaccount': ['exact', ofAccount],
  'kms:calleraccount': ['exact', ofAccount],
  'aws:vpcesourceaccount': ['exact', ofAccount],
  'aws:vpceaccount': ['exact', ofAccount],
  'aws:principalorgid': ['exact', ofOrganization],
  'aws:sourceorgid': ['exact', ofOrganization],
  'aws:vpceorgid': ['exact', ofOrganization],
  'aws:principalorgpaths': ['prefix', ofOrganization],
  'aws:sourceorgpaths': ['prefix', ofOrganization],
  'aws:vpceorgpaths': ['prefix', ofOrganization],
  'aws:sourcevpc': ['exact', listed('vpcs')],
  'aws:sourcevpce': ['exact', listed('vpcEndpoints')],
  'aws:sourcevpcarn': ['exact', sideOfArn],
  'aws:userid': ['prefix', sideOfUniqueId],
  'aws:principalarn': ['arn', sideOfPrincipal],
  'aws:sourcearn': ['arn', sideOfArn],
  's3:dataaccesspointarn': ['arn', sideOfArn],
  'lambda:sourcefunctionarn': ['arn', sideOfArn],
  // An upload must name this key: whoever may not use it, may not write.
  's3:x-amz-server-side-encryption-aws-kms-key-id': ['arn', sideOfArn],
}

/** The keys that say for whom a service acts. */
const SOURCE_KEY = /^aws:source(?:arn|account|owner|org(?:id|paths))$/
/** The keys that excuse a named principal of another account: it is in our organization after all. */
const MEMBER_KEY = /^aws:principal(?:orgid|orgpaths|account|arn)$/

/**
 * Reads a resource policy (an object, or its JSON text) and tells whom it lets in. Every statement counts, whether
 * `Statement` is one object or an array. A Deny opens nothing; one that shuts out everybody, or all but one, is a
 * `lockout`.
 *
 * - `*` (also as `{"AWS": "*"}`) and an Allow with NotPrincipal are public unless a condition ties them to an
 *   organization, account, ARN, VPC, VPC endpoint, id or address range; ranges that add up to more than a /8 (IPv6:
 *   /32) tie nothing. Tied to somebody who is not known to be ours, they are external.
 * - Accounts, ARNs, canonical user ids and origin access identities that are not known to be ours are external.
 * - Service principals act for all customers of AWS: without a condition on the source they are public, where they may
 *   do more than deliver; with one that is not ours, external.
 *
 * @param isForeign which accounts are not ours.
 * @param known who and what else is ours; by default nobody.
 * @see Amazon S3 User Guide, "The meaning of public"; IAM User Guide, "AWS JSON policy elements: Principal", "The
 *   confused deputy problem"
 * @example
 * analyzePolicy({ Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject' } }, () => false).public // true
 */
export function analyzePolicy(policy: unknown, isForeign: IsForeign, known: Known = NOBODY): PolicyFacts {
  const document = readDocument(policy)
  if (document === undefined) return CLOSED
  const facts = { public: false, external: false, lockout: false }
  for (const statement of listOf(member(document, 'Statement'))) {
    if (!isObject(statement)) continue
    const effect = textOf(member(statement, 'Effect'))?.toLowerCase()
    if (effect === 'deny' && locksOut(statement, isForeign, known)) facts.lockout = true
    if (effect !== 'allow') continue
    const opened = openedBy(statement, isForeign, known)
    if (opened.public) facts.public = true
    if (opened.external) facts.external = true
  }
  return facts
}

interface Condition {
  readonly key: string
  readonly values: readonly string[]
  readonly holdsWhenAbsent: boolean
  readonly side: Side
}

type Opened = Omit<PolicyFacts, 'lockout'>

function openedBy(statement: JsonObject, isForeign: IsForeign, known: Known): Opened {
  const condition = member(statement, 'Condition')
  const conditions = positiveConditions(condition, isForeign, known)
  const principals = principalsOf(statement)
  const opened: Opened[] = []
  // Any service of AWS, for whomever it acts.
  const isServiceOnly = admitsOnlyServices(condition)
  const isRestricted = conditions.some(restricts)
  if (principals.everybody && isServiceOnly && !isRestricted) {
    opened.push({ public: !isDelivery(statement), external: true })
  } else if (principals.everybody) {
    opened.push({ public: !isRestricted, external: isRestricted && sideOfAll(conditions) === 'stranger' })
  }
  if (principals.services.length > 0) opened.push(openedToServices(statement, conditions))
  const isMember = conditions.some(({ key, side, holdsWhenAbsent }) => {
    return MEMBER_KEY.test(key) && side === 'ours' && !holdsWhenAbsent
  })
  const isNamed =
    principals.named.some((one) => sideOfPrincipal(one, isForeign, known) === 'stranger') ||
    principals.canonical.some((id) => !known.isOurs('canonicalIds', id)) ||
    principals.named.some((one) => WEB_IDENTITY.test(one) && !namesAudience(condition, one))
  if (isNamed && !isMember) opened.push({ public: false, external: true })
  return { public: opened.some((one) => one.public), external: opened.some((one) => one.external) }
}

/** What services that deliver something may be allowed without saying for whom. */
const DELIVERY =
  /^s3:(?:put(?:object|objectacl|objecttagging)|getbucket(?:acl|location|policy|versioning)|listbucket|abortmultipartupload)$/i
/** Where a service that acts for anybody reads, or changes, what is stored. */
const STORAGE = /^(?:\*|s3[a-z-]*:|glacier:)/i

function isDelivery(statement: JsonObject): boolean {
  const actions = listOf(member(statement, 'Action')).map(anyText)
  if (member(statement, 'NotAction') !== undefined) return false
  return actions.every((action) => !STORAGE.test(action) || DELIVERY.test(action))
}

function openedToServices(statement: JsonObject, conditions: readonly Condition[]): Opened {
  const sources = conditions.filter(({ key, holdsWhenAbsent }) => SOURCE_KEY.test(key) && !holdsWhenAbsent)
  const side = sideOfAll(sources)
  if (side !== undefined) return { public: false, external: side === 'stranger' }
  // `arn:aws:cloudfront::*:distribution/*` is everybody's.
  const isTied = conditions.some(restricts)
  return { public: !isTied && !isDelivery(statement), external: false }
}

/** All conditions must hold: one that only ours can meet settles it. */
function sideOfAll(conditions: readonly Condition[]): Side {
  const counting = conditions.filter(({ key, holdsWhenAbsent }) => key === 'aws:sourceip' || !holdsWhenAbsent)
  if (counting.some(({ side }) => side === 'ours')) return 'ours'
  return conditions.some(({ side }) => side === 'stranger') ? 'stranger' : undefined
}

/** The conditions that admit only what they name. */
function positiveConditions(condition: unknown, isForeign: IsForeign, known: Known): readonly Condition[] {
  if (!isObject(condition)) return []
  return Object.entries(condition).flatMap(([operator, keys]) => {
    const positive = isPositive(operator)
    if (positive === undefined || !isObject(keys)) return []
    return Object.entries(keys).map(([name, given]): Condition => {
      const key = name.toLowerCase()
      const values = listOf(given).map(anyText)
      return { key, values, holdsWhenAbsent: positive.ifExists, side: sideOfValues(key, values, isForeign, known) }
    })
  })
}

function sideOfValues(key: string, values: readonly string[], isForeign: IsForeign, known: Known): Side {
  const sides = values.map((value): Side => {
    if (key === 'aws:sourceip') return known.isOurRange(value) ? 'ours' : 'stranger'
    return KEYS[key]?.[1](value, isForeign, known)
  })
  if (sides.includes('stranger')) return 'stranger'
  return sides.length > 0 && sides.every((side) => side === 'ours') ? 'ours' : undefined
}

function restricts({ key, values, holdsWhenAbsent }: Condition): boolean {
  if (values.length === 0) return false
  // Every request has a source address, so IfExists weakens all keys but this one.
  if (key === 'aws:sourceip') return !isInternet(values)
  return !holdsWhenAbsent && values.every((value) => pinsDown(key, value))
}

function pinsDown(key: string, value: string): boolean {
  const tie = KEYS[key]?.[0]
  if (tie === undefined) return false
  if (value !== '' && !/[*?]/.test(value)) return true
  if (tie === 'prefix') return /^[\w-]{5,}[:/]/.test(value)
  const arn = tie === 'arn' ? parseArnPattern(value) : undefined
  if (arn === undefined) return false
  // A bucket's ARN has no account, so its name must be there; elsewhere the account decides.
  return arn.accountId === '' ? /^[^*?]{3}/.test(arn.resource) : /^\d{12}$/.test(arn.accountId)
}

/** Providers whose identities anybody can get; a condition says for which application. */
const WEB_IDENTITY =
  /^(?:cognito-identity\.amazonaws\.com|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com)$/i

function namesAudience(condition: unknown, provider: string): boolean {
  const audience = new RegExp(`^${provider.replaceAll('.', '\\.')}:(?:aud|app_id|sub|oaud)$`, 'i')
  return (
    isObject(condition) &&
    Object.entries(condition).some(
      ([operator, keys]) =>
        isPositive(operator)?.ifExists === false &&
        isObject(keys) &&
        Object.entries(keys).some(
          ([key, values]) => audience.test(key) && listOf(values).every((one) => !/^\*+$/.test(anyText(one))),
        ),
    )
  )
}

/** Services by any name, or by theirs: whoever they act for. */
function admitsOnlyServices(condition: unknown): boolean {
  if (!isObject(condition)) return false
  return Object.entries(condition).some(([operator, keys]) => {
    if (!isObject(keys)) return false
    const isBool = operator.toLowerCase() === 'bool'
    const isNamed = isPositive(operator)?.ifExists === false
    return Object.entries(keys).some(([name, value]) => {
      const key = name.toLowerCase()
      if (key === 'aws:principalisawsservice') return isBool && anyText(value).toLowerCase() === 'true'
      return isNamed && /^aws:principalservicename(?:slist)?$/.test(key)
    })
  })
}
