import { parseArn, principalFromArn } from './arn.ts'
import { isObject, type JsonObject, listOf, textOf } from './json.ts'

/** Whom a resource policy lets in. */
export interface PolicyFacts {
  /** An Allow statement admits everybody. */
  readonly public: boolean
  /** An Allow statement names an account that is not ours. */
  readonly external: boolean
}

/** Tells whether an account id is somebody else's. */
export type IsForeign = (accountId: string) => boolean

const CLOSED: PolicyFacts = { public: false, external: false }

/**
 * Operators that hold only where the key has one of the values. Negated ones (StringNotEquals …), Bool and Null admit
 * everybody who does something else; `ForAllValues:` and `…IfExists` hold where the key is absent.
 */
const POSITIVE = /^(?:foranyvalue:)?(string(?:equals|equalsignorecase|like)|arn(?:equals|like)|ipaddress)(ifexists)?$/

/** Condition keys whose values are ARNs or accounts of who may come in. */
const ACCOUNT_KEYS: ReadonlySet<string> = new Set([
  'aws:principalaccount',
  'aws:sourceaccount',
  'aws:sourceowner',
  's3:dataaccesspointaccount',
  'kms:calleraccount',
])
const ARN_KEYS: ReadonlySet<string> = new Set([
  // An upload must name this key: whoever may not use it, may not write.
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  'aws:principalarn',
  'aws:sourcearn',
  's3:dataaccesspointarn',
  'lambda:sourcefunctionarn',
])
const EXACT_KEYS: ReadonlySet<string> = new Set([
  'aws:principalorgid',
  'aws:sourceorgid',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourcevpcarn',
  'aws:principalservicename',
])
const PREFIX_KEYS: ReadonlySet<string> = new Set(['aws:userid', 'aws:principalorgpaths', 'aws:sourceorgpaths'])

/**
 * Reads a resource policy (an object, or its JSON text) and tells whom it lets in. Every statement counts, whether
 * `Statement` is one object or an array. A Deny never opens anything. `*` (also as `{"AWS": "*"}`) and an Allow with
 * NotPrincipal are public unless a condition ties them to an organization, account, ARN, VPC, VPC endpoint or address
 * range; a range wider than /8 (IPv6: /32) ties nothing. Account ids and ARNs of other accounts are external, also
 * where a condition on `*` names them. Service principals and CloudFront origin access identities are neither, nor are
 * canonical user ids, which do not tell their account.
 *
 * @param isForeign which accounts are not ours.
 * @see Amazon S3 User Guide, "The meaning of public"; IAM User Guide, "AWS JSON policy elements: Principal"
 * @example
 * analyzePolicy({ Statement: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject' } }, () => false).public // true
 */
export function analyzePolicy(policy: unknown, isForeign: IsForeign): PolicyFacts {
  const document = readDocument(policy)
  if (document === undefined) return CLOSED
  let isPublic = false
  let isExternal = false
  for (const statement of listOf(member(document, 'Statement'))) {
    if (!isObject(statement) || textOf(member(statement, 'Effect'))?.toLowerCase() !== 'allow') continue
    const condition = member(statement, 'Condition')
    const everybody = admitsEverybody(statement)
    if (everybody && !isRestricted(condition)) isPublic = true
    if (namedAccounts(statement).some(isForeign)) isExternal = true
    if (everybody && conditionAccounts(condition).some(isForeign)) isExternal = true
  }
  return { public: isPublic, external: isExternal }
}

function readDocument(policy: unknown): JsonObject | undefined {
  if (isObject(policy)) return policy
  const text = textOf(Array.isArray(policy) ? policy[0] : policy)?.trim()
  if (text === undefined || !text.startsWith('{')) return undefined
  try {
    const document: unknown = JSON.parse(text)
    return isObject(document) ? document : undefined
  } catch {
    return undefined
  }
}

/** Some services log policies with their own capitalization (`statement`, `principal`). */
function member(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.charAt(0).toLowerCase() + name.slice(1)]
}

function admitsEverybody(statement: JsonObject): boolean {
  if (member(statement, 'NotPrincipal') !== undefined) return true
  return awsPrincipals(statement).some(
    (principal) => principal === '*' || /^arn:[^:]*:(?:iam|sts)::\*(?::|$)/.test(principal),
  )
}

function awsPrincipals(statement: JsonObject): readonly string[] {
  const principal = member(statement, 'Principal')
  const named = isObject(principal) ? [...listOf(principal.AWS), ...listOf(principal['*'])] : listOf(principal)
  return named.flatMap((one) => (typeof one === 'string' ? [one] : []))
}

function namedAccounts(statement: JsonObject): readonly string[] {
  const principal = member(statement, 'Principal')
  const federated = isObject(principal) ? listOf(principal.Federated) : []
  return [...awsPrincipals(statement), ...federated].flatMap((one) => {
    if (typeof one !== 'string') return []
    if (/^\d{12}$/.test(one)) return [one]
    const accountId = principalFromArn(one)?.accountId
    return accountId === undefined ? [] : [accountId]
  })
}

/** Lists `[key, values, holdsWhenAbsent]` of the conditions that admit only what they name. */
function positiveConditions(condition: unknown): readonly (readonly [string, readonly string[], boolean])[] {
  if (!isObject(condition)) return []
  return Object.entries(condition).flatMap(([operator, keys]) => {
    const match = POSITIVE.exec(operator.toLowerCase())
    if (match === null || !isObject(keys)) return []
    return Object.entries(keys).map(([key, values]): readonly [string, readonly string[], boolean] => [
      key.toLowerCase(),
      listOf(values).map(String),
      match[2] !== undefined,
    ])
  })
}

function isRestricted(condition: unknown): boolean {
  if (isServiceOnly(condition)) return true
  return positiveConditions(condition).some(([key, values, holdsWhenAbsent]) => {
    // Every request has a source address, so IfExists weakens all keys but this one.
    if (key === 'aws:sourceip') return values.length > 0 && values.every(isNarrowRange)
    return !holdsWhenAbsent && values.length > 0 && values.every((value) => pinsDown(key, value))
  })
}

function isServiceOnly(condition: unknown): boolean {
  if (!isObject(condition)) return false
  return Object.entries(condition).some(
    ([operator, keys]) =>
      operator.toLowerCase() === 'bool' &&
      isObject(keys) &&
      Object.entries(keys).some(
        ([key, value]) => key.toLowerCase() === 'aws:principalisawsservice' && String(value).toLowerCase() === 'true',
      ),
  )
}

function pinsDown(key: string, value: string): boolean {
  const isFixed = value !== '' && !/[*?]/.test(value)
  if (EXACT_KEYS.has(key) || ACCOUNT_KEYS.has(key)) return isFixed
  if (ARN_KEYS.has(key)) {
    if (isFixed) return true
    const arn = parseArn(value)
    if (arn === undefined) return false
    // A bucket's ARN has no account, so its name must be there; elsewhere the account decides.
    return arn.accountId === '' ? /^[^*?]{3}/.test(arn.resource) : /^\d{12}$/.test(arn.accountId)
  }
  if (PREFIX_KEYS.has(key)) return isFixed || /^[\w-]{5,}[:/]/.test(value)
  return false
}

function isNarrowRange(range: string): boolean {
  const [address = '', prefix] = range.split('/')
  if (!/^[\d.:a-f]+$/i.test(address)) return false
  if (prefix === undefined) return true
  return Number(prefix) >= (address.includes(':') ? 32 : 8)
}

function conditionAccounts(condition: unknown): readonly string[] {
  return positiveConditions(condition).flatMap(([key, values]) => {
    if (ACCOUNT_KEYS.has(key)) return values.filter((value) => /^\d{12}$/.test(value))
    if (!ARN_KEYS.has(key)) return []
    return values.flatMap((value) => {
      const accountId = parseArn(value)?.accountId
      return accountId !== undefined && /^\d{12}$/.test(accountId) ? [accountId] : []
    })
  })
}
