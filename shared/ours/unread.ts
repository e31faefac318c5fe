/** What could not be read, told once for all the Regions that it is so in. */
import { ERROR_CODES } from '../contracts/errors.ts'
import { refusedAction } from '../doctor/refused.ts'
import type { OurKey } from './facts.ts'

export interface UnreadAt {
  readonly key: OurKey
  readonly accountId: string
  /** undefined: the question has no Region. */
  readonly region: string | undefined
  /** `ec2:DescribeVpcs: UnauthorizedOperation: You are not …` */
  readonly reason: string
}

export interface Unread {
  readonly key: OurKey
  readonly accountId: string
  readonly regions: readonly string[]
  /** The action that has to be allowed, where one was refused. */
  readonly needs: string | undefined
  /** The first one, where they differ in their words only. */
  readonly reason: string
}

/** That a call failed goes without saying here. */
const PREAMBLE = `${ERROR_CODES.AWS_CALL.what} `

/** Puts together what failed in the same way: same key, account, call and error. */
export function gatherUnread(all: readonly UnreadAt[]): Unread[] {
  const found = new Map<string, { first: UnreadAt; regions: Set<string> }>()
  for (const given of all) {
    const one = { ...given, reason: given.reason.replace(PREAMBLE, '') }
    const [action, name] = one.reason.split(': ')
    const group = JSON.stringify([one.key, one.accountId, action, name])
    const known = found.get(group) ?? { first: one, regions: new Set() }
    if (one.region !== undefined) known.regions.add(one.region)
    found.set(group, known)
  }
  return [...found.values()].map(({ first: { key, accountId, reason }, regions }) => ({
    key,
    accountId,
    regions: [...regions].sort(),
    needs: refusedAction(reason),
    reason,
  }))
}

/** What else is known of who may call something. */
const HINTS: Readonly<Record<string, string>> = {
  'organizations:ListAccounts':
    ' Only the management account and delegated administrators may call it: give --profile or --role-arn of one of them.',
}
/** The encoded message of a refusal can take hundreds of characters. */
const MAX_REASON = 300

/**
 * The line for people.
 *
 * @example
 * unreadLine(unread) // 'could not read vpcs of 111122223333 in eu-west-1: needs ec2:DescribeVpcs (UnauthorizedOperation: …)'
 */
export function unreadLine({ key, accountId, regions, needs, reason }: Unread): string {
  const where = regions.length === 0 ? '' : ` in ${regions.join(', ')}`
  const words = (text: string) => (text.length <= MAX_REASON ? text : `${text.slice(0, MAX_REASON - 1)}…`)
  const why =
    needs === undefined
      ? words(reason)
      : `needs ${needs} (${words(reason.replace(`${needs}: `, ''))})${HINTS[needs] ?? ''}`
  return `could not read ${key} of ${accountId}${where}: ${why}`
}
