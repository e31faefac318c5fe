/**
 * Evaluates resource policies and role policies for one request, as far as that is possible from outside: what a
 * condition asks for may be unknown here, and then the answer is "maybe".
 *
 * Sources: IAM User Guide, "Policy evaluation logic", "IAM JSON policy elements: Condition operators", "AWS JSON policy
 * elements: Principal".
 */
import { compileGlob } from '../basics/glob.ts'
import { isObject } from '../basics/is-object.ts'
import { type JsonObject, listOf } from '../derive/json.ts'

/** `maybe`: it depends on what is not known here. */
export type Certainty = 'yes' | 'maybe' | 'no'

/** Who asks: a service, or a role. */
export type Requester =
  | { readonly service: string }
  | { readonly roleArn: string; readonly accountId: string; readonly canonicalUserId?: string | undefined }

export interface AccessRequest {
  /** Left out for policies that have no Principal, those of a role. */
  readonly requester?: Requester | undefined
  readonly action: string
  readonly resource: string
  /**
   * Condition keys in lower case. A key that is not here is unknown; null: the request certainly does not have it.
   */
  readonly context: Readonly<Record<string, string | null>>
}

export interface Verdict {
  readonly allow: Certainty
  readonly deny: Certainty
  /** The Sid (or `statement 2`) of the first statement that decides each. */
  readonly allowedBy?: string | undefined
  readonly deniedBy?: string | undefined
}

/**
 * What a policy says to a request; no policy, or one that is not JSON, says nothing: `{ allow: 'no', deny: 'no' }`.
 *
 * @example
 * evaluatePolicy(queuePolicy, {
 *   requester: { service: 's3.amazonaws.com' }, action: 'sqs:SendMessage', resource: queueArn,
 *   context: { 'aws:sourcearn': 'arn:aws:s3:::amzn-s3-demo-bucket' },
 * }).allow // 'maybe' where it also asks for aws:SourceAccount
 */
export function evaluatePolicy(policy: unknown, request: AccessRequest): Verdict {
  let allow: Certainty = 'no'
  let deny: Certainty = 'no'
  let allowedBy: string | undefined
  let deniedBy: string | undefined
  for (const [index, statement] of statementsOf(policy).entries()) {
    const applies = matches(statement, request)
    const name = typeof statement.Sid === 'string' ? statement.Sid : `statement ${index + 1}`
    const effect = String(statement.Effect).toLowerCase()
    if (effect === 'allow' && stronger(applies, allow)) {
      allow = applies
      allowedBy = name
    } else if (effect === 'deny' && stronger(applies, deny)) {
      deny = applies
      deniedBy = name
    }
  }
  return { allow, deny, allowedBy, deniedBy }
}

/** The policy's statements; `Statement` may be one or many, and the policy text or object. */
export function statementsOf(policy: unknown): JsonObject[] {
  let document = policy
  if (typeof policy === 'string') {
    try {
      document = JSON.parse(policy)
    } catch {
      return []
    }
  }
  return isObject(document) ? listOf(document.Statement).filter(isObject) : []
}

/** True where a statement allows `action`, on whatever resource and condition, to the requester. */
export function mentions(statement: JsonObject, requester: Requester, action: string): boolean {
  return (
    String(statement.Effect).toLowerCase() === 'allow' &&
    matchesPrincipal(statement, requester) !== 'no' &&
    matchesAction(statement, action)
  )
}

/** All that a statement's Principal names, as text: ARNs, accounts, ids, services. */
export function principalsOf(statement: JsonObject): string[] {
  const { Principal } = statement
  const named = isObject(Principal) ? Object.values(Principal).flatMap(listOf) : listOf(Principal)
  return named.filter((name) => typeof name === 'string')
}

const RANK: Readonly<Record<Certainty, number>> = { no: 0, maybe: 1, yes: 2 }
const stronger = (a: Certainty, b: Certainty): boolean => RANK[a] > RANK[b]
const both = (a: Certainty, b: Certainty): Certainty => (stronger(a, b) ? b : a)
const either = (a: Certainty, b: Certainty): Certainty => (stronger(a, b) ? a : b)
const not = (a: Certainty): Certainty => (a === 'yes' ? 'no' : a === 'no' ? 'yes' : 'maybe')
const certain = (holds: boolean): Certainty => (holds ? 'yes' : 'no')

function matches(statement: JsonObject, request: AccessRequest): Certainty {
  if (!matchesAction(statement, request.action)) return 'no'
  const principal = request.requester === undefined ? 'yes' : matchesPrincipal(statement, request.requester)
  if (principal === 'no') return 'no'
  const resource = matchesResource(statement, request.resource)
  if (resource === 'no') return 'no'
  return both(both(principal, resource), matchesCondition(statement.Condition, request.context))
}

function matchesAction(statement: JsonObject, action: string): boolean {
  // aws: IAM, "Action": case does not count.
  const named = (value: unknown) =>
    listOf(value).some((pattern) => compileGlob(String(pattern).toLowerCase(), 'iam')(action.toLowerCase()))
  return statement.NotAction === undefined ? named(statement.Action) : !named(statement.NotAction)
}

function matchesResource(statement: JsonObject, resource: string): Certainty {
  const named = (value: unknown) =>
    listOf(value).reduce<Certainty>((found, pattern) => either(found, matchesText(String(pattern), resource)), 'no')
  if (statement.NotResource !== undefined) return not(named(statement.NotResource))
  // Trust policies and some service policies have no Resource.
  return statement.Resource === undefined ? 'yes' : named(statement.Resource)
}

function matchesPrincipal(statement: JsonObject, requester: Requester): Certainty {
  if (statement.NotPrincipal !== undefined) return not(namesRequester(statement.NotPrincipal, requester))
  return statement.Principal === undefined ? 'no' : namesRequester(statement.Principal, requester)
}

function namesRequester(principal: unknown, requester: Requester): Certainty {
  if (principal === '*') return 'yes'
  if (!isObject(principal)) return 'no'
  const aws = listOf(principal.AWS).map(String)
  if (aws.includes('*')) return 'yes'
  if ('service' in requester) return certain(listOf(principal.Service).map(String).includes(requester.service))
  const { roleArn, accountId, canonicalUserId } = requester
  if (aws.some((name) => name === roleArn || name === accountId || name === accountArn(roleArn, accountId)))
    return 'yes'
  const canonical = listOf(principal.CanonicalUser).map(String)
  if (canonical.length === 0) return 'no'
  return canonicalUserId === undefined ? 'maybe' : certain(canonical.includes(canonicalUserId))
}

const accountArn = (arn: string, accountId: string): string => `arn:${arn.split(':')[1]}:iam::${accountId}:root`

function matchesCondition(condition: unknown, context: AccessRequest['context']): Certainty {
  if (!isObject(condition)) return 'yes'
  let all: Certainty = 'yes'
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isObject(keys)) continue
    for (const [key, values] of Object.entries(keys)) {
      all = both(all, holds(operator.toLowerCase(), listOf(values).map(String), context[key.toLowerCase()]))
    }
  }
  return all
}

/** One operator on one key. `value` undefined: unknown; null: the key is absent. */
function holds(operator: string, wanted: readonly string[], value: string | null | undefined): Certainty {
  const [, quantifier, rest = ''] = /^(forallvalues:|foranyvalue:)?(.*)$/.exec(operator) ?? []
  const ifExists = rest.endsWith('ifexists')
  const name = ifExists ? rest.slice(0, -'ifexists'.length) : rest
  if (value === undefined) return 'maybe'
  if (name === 'null') return certain(wanted.some((text) => text.toLowerCase() === String(value === null)))
  const negated = name.includes('not')
  // aws: a negated operator holds where the key is absent, and so does ForAllValues.
  if (value === null) return certain(ifExists || negated || quantifier === 'forallvalues:')
  const compare = COMPARISONS[negated ? name.replace('not', '') : name]
  if (compare === undefined) return 'maybe'
  const found = wanted.reduce<Certainty>((result, text) => either(result, compare(text, value)), 'no')
  return negated ? not(found) : found
}

const COMPARISONS: Readonly<Record<string, (wanted: string, value: string) => Certainty>> = {
  stringequals: (wanted, value) => (wanted.includes('${') ? 'maybe' : certain(wanted === value)),
  stringequalsignorecase: (wanted, value) => certain(wanted.toLowerCase() === value.toLowerCase()),
  stringlike: (wanted, value) => matchesText(wanted, value),
  arnequals: (wanted, value) => matchesText(wanted, value),
  arnlike: (wanted, value) => matchesText(wanted, value),
  bool: (wanted, value) => certain(wanted.toLowerCase() === value.toLowerCase()),
}

/** Policy variables (`${aws:PrincipalTag/team}`) are not resolved here. */
function matchesText(pattern: string, text: string): Certainty {
  return pattern.replaceAll(/\$\{[*?$]\}/g, '').includes('${') ? 'maybe' : certain(compileGlob(pattern, 'iam')(text))
}
