import { type RecordView, TOLD } from '../contracts/record.ts'
import { cleanText, type EventFacts } from './facts.ts'

/** The key of a user or of root; those of sessions (ASIA…) last hours, and their role is what stays. */
const LONG_LIVED_KEY = /^AKIA/

/**
 * Whose incident a record belongs to: the person, the same in CloudTrail and in access logs; else a long-lived access key;
 * else the actor (a role without its session: its keys change every hour); for callers without credentials what they are
 * at, the bucket; else the account. IAM users are told apart by their accounts.
 *
 * @example
 * principalOf({ actor: 'arn:aws:iam::111122223333:user/alice', actorType: 'user', person: 'alice', … }) // 'person:111122223333/alice'
 */
export function principalOf(facts: EventFacts): string {
  const { actor, actorType, person, keyId, bucket, accountId } = facts
  if (actorType === 'anonymous')
    return bucket === undefined ? `account:${accountId ?? 'unknown'}` : `anonymous@${bucket}`
  if (person !== undefined) return principalOfPerson(person, actor)
  if (keyId !== undefined && LONG_LIVED_KEY.test(keyId)) return `key:${keyId}`
  if (actor !== undefined) return `actor:${actor}`
  return `account:${accountId ?? 'unknown'}`
}

function principalOfPerson(person: string, actor: string | undefined): string {
  const account = /^arn:[^:]*:iam::(\d{12}):user\//.exec(actor ?? '')?.[1]
  return `person:${account === undefined ? '' : `${account}/`}${person}`
}

/**
 * The same without reading the message, as far as the view tells; undefined: it does not.
 */
export function principalInView({ actor, anonymous, bucket, person, told }: RecordView): string | undefined {
  // Of callers without credentials there can be very many.
  if (anonymous) return bucket === undefined ? undefined : `anonymous@${bucket}`
  if (told === undefined) return undefined
  if (person !== undefined) {
    const name = cleanText(person)
    return name === undefined ? undefined : principalOfPerson(name, actor === undefined ? undefined : cleanText(actor))
  }
  const hasNoKey = (told & TOLD.noLongLivedKey) !== 0
  return hasNoKey && actor !== undefined ? `actor:${cleanText(actor)}` : undefined
}
