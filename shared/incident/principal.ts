import type { EventFacts } from './facts.ts'

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
  if (person !== undefined) {
    const account = /^arn:[^:]*:iam::(\d{12}):user\//.exec(actor ?? '')?.[1]
    return `person:${account === undefined ? '' : `${account}/`}${person}`
  }
  if (keyId !== undefined && LONG_LIVED_KEY.test(keyId)) return `key:${keyId}`
  if (actor !== undefined) return `actor:${actor}`
  return `account:${accountId ?? 'unknown'}`
}
