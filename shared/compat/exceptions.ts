import type { Cause, Difference } from './compare-pattern.ts'

/** A difference that stays, and why: docs/vocabulary.md prints the table, a test holds both against the corpus. */
export interface Exception {
  /** The members concerned, or what begins with them (`$.tlsDetails` is `$.tlsDetails.tlsVersion` too). */
  readonly members: readonly string[]
  readonly details: readonly Difference['detail'][]
  readonly change: Cause['change']
  /** Only of conditions that end so. */
  readonly condition?: RegExp
  readonly what: string
  readonly why: string
  /** What to write instead, or which setting gives it back. */
  readonly instead: string
}

export const EXCEPTIONS: readonly Exception[] = [
  {
    members: ['$.readOnly'],
    details: ['lean', 'full'],
    change: 'added',
    what: '`readOnly` is there, and a boolean, where CloudTrail leaves it out or writes a text',
    why: 'told from the name of the call, so that one filter covers all events of all years',
    instead: 'nothing: filters see the calls that they meant',
  },
  {
    members: ['$.'],
    details: ['lean'],
    change: 'missing',
    condition: /IS NULL$/,
    what: 'a member that is `null` is left out',
    why: 'most events have two of them, and no published filter asks for null',
    instead: '`NOT EXISTS`, or `detail: full`',
  },
  {
    members: ['$.tlsDetails'],
    details: ['full'],
    change: 'missing',
    what: 'of `tlsDetails`, values that are the names of their members (`"tlsVersion": "tlsVersion"`)',
    why: 'placeholders that some services log: they are no TLS version',
    instead: 'nothing',
  },
]

/** The exception that explains a cause, where there is one. */
export function exceptionFor(detail: Difference['detail'], cause: Cause): Exception | undefined {
  return EXCEPTIONS.find(
    ({ members, details, change, condition }) =>
      details.includes(detail) &&
      change === cause.change &&
      members.some((member) => isBelow(cause.member, member)) &&
      (condition?.test(cause.condition) ?? true),
  )
}

function isBelow(member: string, prefix: string): boolean {
  return member.startsWith(prefix) && (prefix.endsWith('.') || /^(?:$|[.[])/.test(member.slice(prefix.length)))
}
