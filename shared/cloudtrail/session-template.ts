import { detach } from '../derive/detach.ts'

/** The text of a session's identity, as CloudTrail writes it. Every second group is a value that changes. */
const SESSION =
  /^(\{"type":"AssumedRole","principalId":"[^":]+:)([^"]+)(","arn":"[^"]+\/)([^"/]+)(","accountId":"\d+","accessKeyId":")([^"]*)(","sessionContext":\{.*"creationDate":")([^"]*)(".*\})$/

/** Stand for a session's name, its access key and its beginning. */
const NAME = 'NameOfSession'
const ACCESS_KEY = 'AccessKeyOfSession'
const CREATED = 'CreationOfSession'
const PLACEHOLDER = /OfSession/

/**
 * What the identities of one role's sessions have in common: all but the session's name, its access key and its
 * beginning. So what was read of one session holds for all others, but for the name.
 */
export interface SessionTemplate<T> {
  /** The parts of the identity's text around the values that change. */
  readonly parts: readonly [string, string, string, string, string]
  readonly facts: T
  /** The text in the facts in which the name stands, cut in two there. */
  readonly before: string
  readonly after: string
}

/**
 * Makes the template of one session's identity. Undefined where the text is not such an identity, or where the facts
 * depend on the changing values in any other way than that `naming` has the name in one place.
 *
 * @param identity JSON without escapes.
 * @param read reads the facts off an identity's text.
 * @param naming the text in the facts in which the name stands.
 * @param others all other texts in the facts.
 */
export function createSessionTemplate<T>(
  identity: string,
  read: (identity: string) => T,
  naming: (facts: T) => string,
  others: (facts: T) => string,
): SessionTemplate<T> | undefined {
  const match = SESSION.exec(identity)
  if (match === null || match[2] !== match[4] || PLACEHOLDER.test(identity)) return undefined
  const [, first = '', , second = '', , third = '', , fourth = '', , fifth = ''] = match
  const facts = read(first + NAME + second + NAME + third + ACCESS_KEY + fourth + CREATED + fifth)
  const [before, after, ...more] = naming(facts).split(NAME)
  if (before === undefined || after === undefined || more.length > 0) return undefined
  if (PLACEHOLDER.test(before + after + others(facts))) return undefined
  return {
    parts: [detach(first), detach(second), detach(third), detach(fourth), detach(fifth)],
    facts,
    before: detach(before),
    after: detach(after),
  }
}

/**
 * The session's name where the text between two indices is a session's identity by this template; else undefined.
 *
 * @param text JSON without escapes.
 */
export function matchSession<T>(
  { parts }: SessionTemplate<T>,
  text: string,
  from: number,
  to: number,
): string | undefined {
  const [first, second, third, fourth, fifth] = parts
  const nameAt = from + first.length
  const nameEnd = text.indexOf('"', nameAt)
  const name = text.slice(nameAt, nameEnd)
  const secondEnd = nameEnd + second.length
  const thirdAt = secondEnd + name.length
  const fourthAt = text.indexOf('"', thirdAt + third.length)
  const fifthAt = text.indexOf('"', fourthAt + fourth.length)
  // Where a quote was not found, one of these does not hold either.
  const isMatch =
    to - fifthAt === fifth.length &&
    text.slice(from, nameAt) === first &&
    text.slice(nameEnd, secondEnd) === second &&
    text.slice(secondEnd, thirdAt) === name &&
    text.slice(thirdAt, thirdAt + third.length) === third &&
    text.slice(fourthAt, fourthAt + fourth.length) === fourth &&
    text.slice(fifthAt, to) === fifth
  return isMatch ? name : undefined
}
