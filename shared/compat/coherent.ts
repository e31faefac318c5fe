import { type JsonObject, objectOf, textOf } from '../derive/json.ts'
import { edited, type Step, setAt, valueAt } from './edit.ts'

const ISSUER: readonly Step[] = ['userIdentity', 'sessionContext', 'sessionIssuer']
/** Where records name the account that they are of, and ARNs that name it. */
const ACCOUNTS: readonly (readonly Step[])[] = [
  ['userIdentity', 'accountId'],
  [...ISSUER, 'accountId'],
  ['recipientAccountId'],
  ['vpcEndpointAccountId'],
]
const ARNS: readonly (readonly Step[])[] = [
  ['userIdentity', 'arn'],
  [...ISSUER, 'arn'],
]
const ROLE = /^arn:[\w-]+:iam::\d+:role\/([^/]+)$/
const SESSION = /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//
const OF_ACCOUNT = /^(arn:[\w-]+:(?:iam|sts)::)(\d+)(?=:)/

/**
 * A changed record, and where its identity was changed, also one whose other members agree with it: the session's ARN
 * names the issuer's role, and the record is of the caller's account. Records are so as a rule, and lean ones then say
 * it once; a record in which one member alone is changed would keep all.
 *
 * @param base the record before it was changed.
 * @example withCoherent(record, base).length // 2 where record has another sessionIssuer.userName than base
 */
export function withCoherent(record: JsonObject, base: JsonObject): readonly JsonObject[] {
  const role = changedRole(record, base)
  const account = changedAccount(record, base)
  if (role === undefined && account === undefined) return [record]
  return [
    record,
    edited(record, (copy) => {
      if (role !== undefined && textOf(valueAt(copy, [...ISSUER, 'arn'])) !== undefined) {
        rewrite(copy, ['userIdentity', 'arn'], (arn) => arn.replace(/(:assumed-role\/)[^/]+/, `$1${role}`))
        rewrite(copy, [...ISSUER, 'arn'], (arn) => arn.replace(/(:role\/).+/, `$1${role}`))
        setAt(copy, [...ISSUER, 'userName'], role)
      }
      if (account === undefined) return
      for (const steps of ACCOUNTS) if (valueAt(copy, steps) !== undefined) setAt(copy, steps, account)
      for (const steps of ARNS) rewrite(copy, steps, (arn) => arn.replace(OF_ACCOUNT, `$1${account}`))
      for (const resource of Array.isArray(copy.resources) ? copy.resources : []) {
        if (objectOf(resource).accountId !== undefined) (resource as { accountId: string }).accountId = account
      }
    }),
  ]
}

function rewrite(record: Record<string, unknown>, steps: readonly Step[], change: (text: string) => string): void {
  const text = textOf(valueAt(record, steps))
  if (text !== undefined) setAt(record, steps, change(text))
}

/** What a text at a place says, where it says something else than before. */
function changed(
  record: JsonObject,
  base: JsonObject,
  steps: readonly Step[],
  read: (text: string) => string | undefined,
): string | undefined {
  const [now, before] = [record, base].map((one) => read(textOf(valueAt(one, steps)) ?? ''))
  return now === before ? undefined : now
}

function changedRole(record: JsonObject, base: JsonObject): string | undefined {
  const name = (text: string): string | undefined => (/^[^/]+$/.test(text) ? text : undefined)
  return (
    changed(record, base, [...ISSUER, 'userName'], name) ??
    changed(record, base, [...ISSUER, 'arn'], (text) => ROLE.exec(text)?.[1]) ??
    changed(record, base, ['userIdentity', 'arn'], (text) => SESSION.exec(text)?.[1])
  )
}

function changedAccount(record: JsonObject, base: JsonObject): string | undefined {
  const id = (text: string): string | undefined => (/^\d+$/.test(text) ? text : undefined)
  for (const steps of ACCOUNTS) {
    const account = changed(record, base, steps, id)
    if (account !== undefined) return account
  }
  for (const steps of ARNS) {
    const account = changed(record, base, steps, (text) => OF_ACCOUNT.exec(text)?.[2])
    if (account !== undefined) return account
  }
  return undefined
}
