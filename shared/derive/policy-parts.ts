/** The parts of a policy statement, whatever their spelling. */
import { anyText, isObject, type JsonObject, listOf, textOf } from './json.ts'

/** A policy, or another document of a request, as an object or from its JSON text; undefined where it is neither. */
export function readDocument(document: unknown): JsonObject | undefined {
  const given: unknown = Array.isArray(document) ? document[0] : document
  if (isObject(given)) return given
  const text = textOf(given)?.trim()
  if (text === undefined || !text.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** Some services log documents with their own capitalization (`statement`, `principal`). */
export function member(object: unknown, name: string): unknown {
  if (!isObject(object)) return undefined
  return object[name] ?? object[name.charAt(0).toLowerCase() + name.slice(1)]
}

/** Whom a statement is about. */
export interface Principals {
  readonly everybody: boolean
  /** Accounts and ARNs, federated providers included. */
  readonly named: readonly string[]
  readonly services: readonly string[]
  readonly canonical: readonly string[]
}

const EVERYBODY = /^\*$|^arn:[^:]*:(?:iam|sts)::\*(?::|$)/

/** Whom a statement's Principal names; NotPrincipal leaves everybody else. */
export function principalsOf(statement: JsonObject): Principals {
  const principal = member(statement, 'Principal')
  const of = (name: string): readonly string[] =>
    isObject(principal) ? listOf(member(principal, name)).filter((one) => typeof one === 'string') : []
  const aws = isObject(principal) ? [...of('AWS'), ...of('*')] : listOf(principal).map(anyText)
  return {
    everybody: member(statement, 'NotPrincipal') !== undefined || aws.some((one) => EVERYBODY.test(one)),
    named: [...aws.filter((one) => !EVERYBODY.test(one)), ...of('Federated')],
    services: of('Service'),
    canonical: of('CanonicalUser'),
  }
}

/**
 * Operators that hold only where the key has one of the values. Negated ones (StringNotEquals …), Bool and Null admit
 * everybody who does something else; `ForAllValues:` and `…IfExists` hold where the key is absent.
 */
const POSITIVE = /^(?:foranyvalue:)?(?:string(?:equals|equalsignorecase|like)|arn(?:equals|like)|ipaddress)(ifexists)?$/

/** Whether an operator admits only what it names, and whether also where the key is absent. */
export function isPositive(operator: string): { readonly ifExists: boolean } | undefined {
  const match = POSITIVE.exec(operator.toLowerCase())
  return match === null ? undefined : { ifExists: match[1] !== undefined }
}
