import { principalFromArn } from './arn.ts'
import { isObject, type JsonObject, listOf } from './json.ts'
import { member, principalsOf, readDocument } from './policy-parts.ts'
import { type IsForeign, type Known, NOBODY, sideOfAccount } from './strangers.ts'

/** All that there is to do, or all of it in one service. */
const EVERYTHING = /^(?:\*|[a-z0-9-]+:\*)$/i
const NEGATED =
  /^(?:for(?:all|any)values?:)?(?:stringnot(?:equals|equalsignorecase|like)|arnnot(?:equals|like)|notipaddress)(?:ifexists)?$/
/** Who is left out of a Deny, by name. */
const WHO = /^aws:(?:principalarn|userid|username|principalaccount)$/
const WHERE = /^aws:(?:sourceip|sourcevpc|sourcevpce)$/

/**
 * Whether a Deny shuts out everybody, or everybody but one identity: a way to hold a bucket or a key to ransom without
 * touching the data. A Deny that leaves out an account, an organization or several roles is a guard like others.
 *
 * @see IAM User Guide, "AWS JSON policy elements: NotPrincipal"
 * @example
 * locksOut({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }, () => false) // true
 */
export function locksOut(statement: JsonObject, isForeign: IsForeign, known: Known = NOBODY): boolean {
  const actions = listOf(member(statement, 'Action'))
  const isAll =
    member(statement, 'NotAction') !== undefined ||
    actions.some((one) => typeof one === 'string' && EVERYTHING.test(one))
  if (!principalsOf(statement).everybody) return false
  const { excepted, networks, isConditional } = exceptions(statement)
  // That nobody at all may read is no guard, whatever else is still allowed.
  const isUnreadable = actions.some((one) => typeof one === 'string' && READS.test(one))
  if (excepted.length === 0 && networks.length === 0) return (isAll || isUnreadable) && !isConditional
  // That only a stranger may read is none either.
  if (!isAll) return isUnreadable && excepted.some((who) => isStranger(who, isForeign))
  if (networks.length > 0 && networks.every((one) => isStrangeNetwork(one, known))) return true
  return (excepted.length > 0 && isOne(excepted)) || excepted.some((who) => isStranger(who, isForeign))
}

const READS = /^s3:(?:get\*|getobject\*?)$/i

/** A network that is not ours, where the settings say which are. */
function isStrangeNetwork(value: string, known: Known): boolean {
  if (value.startsWith('vpce-')) return known.tells('vpcEndpoints') && !known.isOurs('vpcEndpoints', value)
  if (value.startsWith('vpc-')) return known.tells('vpcs') && !known.isOurs('vpcs', value)
  return known.tells('ranges') && !known.isOurRange(value)
}

interface Exceptions {
  readonly excepted: readonly string[]
  readonly networks: readonly string[]
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
    isConditional: conditions.length > 0,
  }
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
    if (!isObject(item) || String(member(item, 'Effect')).toLowerCase() !== 'allow') return false
    const { everybody, named } = principalsOf(item)
    return everybody || named.some((who) => !isStranger(who, isForeign))
  })
}
