import { compileGlob } from '../basics/glob.ts'
import { principalFromArn } from './arn.ts'
import { anyText, isObject, type JsonObject, listOf } from './json.ts'
import { isPositive, member, principalsOf, readDocument } from './policy-parts.ts'
import { type IsForeign, type Known, NOBODY, sideOfAccount } from './strangers.ts'

const NEGATED =
  /^(?:for(?:all|any)values?:)?(?:stringnot(?:equals|equalsignorecase|like)|arnnot(?:equals|like)|notipaddress)(?:ifexists)?$/
/** Who is left out of a Deny, by name. */
const WHO = /^aws:(?:principalarn|userid|username|principalaccount)$/
const WHERE = /^aws:(?:sourceip|sourcevpc|sourcevpce)$/
/** What anybody can send who knows it: a word that only one has is a key to the door. */
const WORD = /^aws:(?:useragent|referer)$/

/** What reading needs, of each service that keeps data. */
const READS = [
  ...['s3:getobject', 'kms:decrypt', 's3express:createsession', 's3tables:gettabledata', 's3vectors:getvectors'],
  // And what telling needs.
  ...['sns:publish', 'sqs:sendmessage'],
]
/** Whoever may do none of these may do nothing. */
const ALL = ['s3:getobject', 's3:putobject', 's3:listbucket']

/**
 * Whether a Deny shuts out everybody, or everybody but one identity: a way to hold a bucket or a key to ransom without
 * touching the data. To deny an account is to deny all that is in it. A Deny that leaves out an account, an organization or
 * several roles is a guard like others, and so is one for a part of the bucket.
 *
 * @see IAM User Guide, "AWS JSON policy elements: NotPrincipal"
 * @example
 * locksOut({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }, () => false) // true
 */
export function locksOut(statement: JsonObject, isForeign: IsForeign, known: Known = NOBODY): boolean {
  const { everybody, named } = principalsOf(statement)
  if (!everybody && !named.some((who) => isOwnAccount(who, isForeign))) return false
  if (isOfPart(statement)) return false
  const actions = listOf(member(statement, 'Action')).filter((one) => typeof one === 'string')
  const isAll = member(statement, 'NotAction') !== undefined || isEverything(actions)
  const { excepted, networks, words, isConditional } = exceptions(statement)
  if (isAll && words.length > 0) return true
  // That nobody at all may read is no guard, whatever else is still allowed.
  const isUnreadable = READS.some((read) => actions.some((one) => covers(one, read)))
  if (excepted.length === 0 && networks.length === 0) return (isAll || isUnreadable) && !isConditional
  // That only a stranger may read is none either.
  if (!isAll) return isUnreadable && excepted.some((who) => isStranger(who, isForeign))
  if (networks.length > 0 && networks.every((one) => isStrangeNetwork(one, known))) return true
  return (excepted.length > 0 && isOne(excepted)) || excepted.some((who) => isStranger(who, isForeign))
}

/** Account ids and roots: a Deny for them holds for every user and role of the account. */
function isOwnAccount(who: string, isForeign: IsForeign): boolean {
  const accountId = /^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$/.exec(who)?.[1]
  return accountId !== undefined && !isForeign(accountId)
}

/** `*`, `s3:*`, `s3:?*`, or a list that comes to as much. */
function isEverything(actions: readonly string[]): boolean {
  if (actions.some((one) => /^(?:\*+|[^:]*:[*?]*\*[*?]*)$/.test(one))) return true
  return ALL.every((action) => actions.some((one) => covers(one, action)))
}

/** Whether an action, as policies write it, means this one, too. */
function covers(pattern: string, action: string): boolean {
  const text = pattern.toLowerCase()
  return /[*?]/.test(text) ? compileGlob(text, 'iam')(action) : text === action
}

/** All that it is about lies under prefixes of buckets. */
function isOfPart(statement: JsonObject): boolean {
  const resources = listOf(member(statement, 'Resource')).filter((one) => typeof one === 'string')
  return resources.length > 0 && resources.every((one) => /^arn:[^:]*:s3:::[^/]+\/[*?]*[^*?]/.test(one))
}

/** A network that is not ours, where the settings say which are. */
function isStrangeNetwork(value: string, known: Known): boolean {
  if (value.startsWith('vpce-')) return known.tells('vpcEndpoints') && !known.isOurs('vpcEndpoints', value)
  if (value.startsWith('vpc-')) return known.tells('vpcs') && !known.isOurs('vpcs', value)
  return known.tells('ranges') && !known.isOurRange(value)
}

interface Exceptions {
  readonly excepted: readonly string[]
  readonly networks: readonly string[]
  /** User agents and referers that are left out. */
  readonly words: readonly string[]
  readonly isConditional: boolean
}

function exceptions(statement: JsonObject): Exceptions {
  const except = member(statement, 'NotPrincipal')
  const named = isObject(except) ? Object.values(except).flatMap(listOf) : listOf(except)
  const condition = member(statement, 'Condition')
  const conditions = isObject(condition) ? Object.entries(condition) : []
  const valuesOf = (pattern: RegExp) =>
    conditions.flatMap(([operator, keys]) =>
      NEGATED.test(operator.toLowerCase()) && isObject(keys)
        ? Object.entries(keys).flatMap(([key, values]) => (pattern.test(key.toLowerCase()) ? listOf(values) : []))
        : [],
    )
  const texts = (values: readonly unknown[]) => values.filter((one) => typeof one === 'string')
  return {
    excepted: texts([...named, ...valuesOf(WHO)]),
    networks: texts(valuesOf(WHERE)),
    words: texts(valuesOf(WORD)),
    isConditional: conditions.some(([operator, keys]) => !holdsAlways(operator.toLowerCase(), keys)),
  }
}

/** Keys that every request has, or every one with credentials. */
const ALWAYS_THERE =
  /^aws:(?:principalarn|principalaccount|userid|sourceip|securetransport|currenttime|epochtime|useragent)$/

/** A condition that holds of every ordinary request: over HTTPS, with a principal, after some day. */
function holdsAlways(operator: string, keys: unknown): boolean {
  return (
    isObject(keys) &&
    Object.entries(keys).every(([name, given]) => {
      const key = name.toLowerCase()
      const values = listOf(given).map((one) => anyText(one).toLowerCase())
      if (/^date|^numeric/.test(operator)) return key === 'aws:currenttime' || key === 'aws:epochtime'
      if (operator === 'null') return ALWAYS_THERE.test(key) && values.includes('false')
      if (/^bool/.test(operator)) return key === 'aws:securetransport' && values.includes('true')
      return (
        isPositive(operator) !== undefined && ALWAYS_THERE.test(key) && values.some((one) => /^[*?]*\*[*?]*$/.test(one))
      )
    })
  )
}

/** One user, role or session; the root of an account and accounts stand for many. */
function isOne(excepted: readonly string[]): boolean {
  const [first = ''] = excepted
  return new Set(excepted.map(withoutSession)).size === 1 && !/^\d{12}$|:root$|[*]$(?<!:\*)/.test(first)
}

/** `AROA…:*`, `arn:…:assumed-role/X/session` and `arn:…:role/X` mean one role. */
function withoutSession(who: string): string {
  return principalFromArn(who)?.actor ?? who.replace(/:[^:]*$/, '')
}

function isStranger(who: string, isForeign: IsForeign): boolean {
  const accountId = /^\d{12}$/.test(who) ? who : principalFromArn(who)?.accountId
  return accountId !== undefined && sideOfAccount(accountId, isForeign) === 'stranger'
}

/**
 * Whether a key policy leaves nobody of ours: without a statement for its account a key can be lost for ever.
 *
 * @see AWS KMS Developer Guide, "Default key policy"
 */
export function leavesNobody(policy: unknown, isForeign: IsForeign): boolean {
  const document = readDocument(policy)
  if (document === undefined) return false
  return !listOf(member(document, 'Statement')).some((item) => {
    if (!isObject(item) || anyText(member(item, 'Effect')).toLowerCase() !== 'allow') return false
    const { everybody, named } = principalsOf(item)
    return everybody || named.some((who) => !isStranger(who, isForeign))
  })
}
