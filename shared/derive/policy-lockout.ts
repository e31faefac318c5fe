import { principalFromArn } from './arn.ts'
import { isObject, type JsonObject, listOf } from './json.ts'
import { member, principalsOf, readDocument } from './policy-parts.ts'
import { type IsForeign, sideOfAccount } from './strangers.ts'

/** All that there is to do, or all of it in one service. */
const EVERYTHING = /^(?:\*|[a-z0-9-]+:\*)$/i
const NEGATED =
  /^(?:for(?:all|any)values?:)?(?:stringnot(?:equals|equalsignorecase|like)|arnnot(?:equals|like)|notipaddress)(?:ifexists)?$/
/** Who is left out of a Deny, by name. */
const WHO = /^aws:(?:principalarn|userid|username|principalaccount)$/

/**
 * Whether a Deny shuts out everybody, or everybody but one identity: a way to hold a bucket or a key to ransom without
 * touching the data. A Deny that leaves out an account, an organization or several roles is a guard like others.
 *
 * @see IAM User Guide, "AWS JSON policy elements: NotPrincipal"
 * @example
 * locksOut({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' }, () => false) // true
 */
export function locksOut(statement: JsonObject, isForeign: IsForeign): boolean {
  const actions = listOf(member(statement, 'Action'))
  const isAll =
    member(statement, 'NotAction') !== undefined ||
    actions.some((one) => typeof one === 'string' && EVERYTHING.test(one))
  if (!isAll || !principalsOf(statement).everybody) return false
  const { excepted, isConditional } = exceptions(statement)
  if (excepted.length === 0) return !isConditional
  return isOne(excepted) || excepted.some((who) => isStranger(who, isForeign))
}

function exceptions(statement: JsonObject): { readonly excepted: readonly string[]; readonly isConditional: boolean } {
  const except = member(statement, 'NotPrincipal')
  const named = isObject(except) ? Object.values(except).flatMap(listOf) : listOf(except)
  const condition = member(statement, 'Condition')
  const conditions = isObject(condition) ? Object.entries(condition) : []
  const byCondition = conditions.flatMap(([operator, keys]) =>
    NEGATED.test(operator.toLowerCase()) && isObject(keys)
      ? Object.entries(keys).flatMap(([key, values]) => (WHO.test(key.toLowerCase()) ? listOf(values) : []))
      : [],
  )
  return {
    excepted: [...named, ...byCondition].filter((one) => typeof one === 'string'),
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
