/** What is searched for, and the one test that all searches use. */
import { isIP } from 'node:net'
import { compileGlob } from '../basics/glob.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import { EMPTY_ENVIRONMENT } from '../contracts/record.ts'
import { createIpClassifier } from '../derive/ip.ts'
import { ANONYMOUS, type Facets, type Target } from './facets.ts'

/** All that is given has to hold; of several values of one member one has to. `*` stands for any text. */
export interface Query {
  /** ARN, or its last part; `anonymous`. Case does not matter. */
  readonly actor?: readonly string[] | undefined
  /** Case does not matter. */
  readonly person?: readonly string[] | undefined
  readonly keyId?: readonly string[] | undefined
  /** Addresses, CIDR ranges, names of services, globs. */
  readonly ip?: readonly string[] | undefined
  readonly bucket?: readonly string[] | undefined
  readonly key?: readonly string[] | undefined
  /** `object.read`, or the API call. Case does not matter. */
  readonly action?: readonly string[] | undefined
  readonly source?: string | undefined
  /** ms since the epoch: the first that belongs to it, the first that does not. */
  readonly since?: number | undefined
  readonly until?: number | undefined
  /** One of these was at work. */
  readonly who?:
    | { readonly actors: readonly string[]; readonly keyIds: readonly string[]; readonly addresses: readonly string[] }
    | undefined
}

/** Whether a record is one that is searched for. */
export type Test = (facets: Facets) => boolean

/**
 * Compiles a query. What is looked at first is what costs least.
 *
 * @throws BucketwatchError USAGE where an address or a range is none.
 * @example
 * compileQuery({ bucket: ['amzn-s3-demo-*'], ip: ['192.0.2.0/24'] })(facets)
 */
export function compileQuery(query: Query): Test {
  const tests: Test[] = []
  const { source, since, until, actor, action, ip, bucket, key, person, keyId, who } = query
  if (source !== undefined) tests.push((facets) => facets.source === source)
  if (since !== undefined) tests.push(({ time }) => time !== undefined && time >= since)
  if (until !== undefined) tests.push(({ time }) => time !== undefined && time < until)
  if (ip !== undefined) tests.push(ipTest(ip))
  if (action !== undefined) tests.push(actionTest(action))
  if (actor !== undefined) tests.push(actorTest(actor))
  if (bucket !== undefined || key !== undefined) tests.push(targetTest(bucket, key))
  if (person !== undefined) tests.push(textTest(person, (facets) => facets.facts().person, fold))
  if (keyId !== undefined) tests.push(textTest(keyId, (facets) => facets.facts().keyId))
  if (who !== undefined) tests.push(whoTest(who))
  return (facets) => tests.every((test) => test(facets))
}

type Read = (facets: Facets) => string | undefined
const same = (text: string): string => text
const fold = (text: string): string => text.toLowerCase()

function anyOf(
  patterns: readonly string[],
  as: (text: string) => string = same,
): (text: string | undefined) => boolean {
  const globs = patterns.map((pattern) => compileGlob(as(pattern)))
  return (text) => text !== undefined && globs.some((matches) => matches(as(text)))
}

function textTest(patterns: readonly string[], read: Read, as?: (text: string) => string): Test {
  const matches = anyOf(patterns, as)
  return (facets) => matches(read(facets))
}

function actionTest(patterns: readonly string[]): Test {
  const matches = anyOf(patterns, fold)
  return ({ action, eventName }) => matches(action) || matches(eventName)
}

/** By the ARN, by its last part, and by the ARN of a role's session where that is what was asked for. */
function actorTest(patterns: readonly string[]): Test {
  const matches = anyOf(patterns, fold)
  const sessions = patterns.filter((pattern) => pattern.includes(':assumed-role/'))
  const isSession = sessions.length === 0 ? () => false : anyOf(sessions, fold)
  return (facets) => {
    const { actor } = facets
    return (
      matches(actor) ||
      (actor !== undefined && matches(actor.slice(actor.lastIndexOf('/') + 1))) ||
      (sessions.length > 0 && isSession(facets.facts().arn))
    )
  }
}

/** Bucket and key have to be those of one object. */
function targetTest(buckets: readonly string[] | undefined, keys: readonly string[] | undefined): Test {
  const isBucket = buckets === undefined ? () => true : anyOf(buckets, fold)
  const isKey = keys === undefined ? () => true : anyOf(keys)
  const isTarget = ({ bucket, key }: Target): boolean => isBucket(bucket) && isKey(key)
  return (facets) => isTarget(facets.target) || facets.others().some(isTarget)
}

/** An address, or what somebody took for one: names of services have letters, and no colons. */
const LIKE_ADDRESS = /^[\d./]+$|^[^*]*:[^*]*$/

function ipTest(patterns: readonly string[]): Test {
  const wrong = patterns.find((pattern) => isIP(pattern.split('/')[0] ?? '') === 0 && LIKE_ADDRESS.test(pattern))
  if (wrong !== undefined || patterns.includes(''))
    throw new BucketwatchError(
      'USAGE',
      `${JSON.stringify(wrong ?? '')} is no address: 192.0.2.1, 192.0.2.0/24, 192.0.2.*, 2001:db8::/32, or a service’s name.`,
    )
  const ranges = patterns.filter((pattern) => isIP(pattern.split('/')[0] ?? '') !== 0)
  const matches = anyOf(
    patterns.filter((pattern) => !ranges.includes(pattern)),
    fold,
  )
  const isIn = rangeTest(ranges)
  return ({ ip }) => isIn(ip) || matches(ip)
}

function rangeTest(ranges: readonly string[]): (ip: string | undefined) => boolean {
  try {
    const classify = createIpClassifier({ ...EMPTY_ENVIRONMENT, blockRanges: ranges })
    return (ip) => classify(ip) === 'block'
  } catch (error) {
    if (!(error instanceof BucketwatchError)) throw error
    throw new BucketwatchError('USAGE', `${JSON.stringify(error.details.range)} is no address range.`)
  }
}

function whoTest({ actors, keyIds, addresses }: NonNullable<Query['who']>): Test {
  // Who does not sign is nobody in particular: told by the address alone.
  const named = new Set(actors.filter((actor) => actor !== ANONYMOUS))
  const keys = new Set(keyIds)
  const from = new Set(addresses)
  return (facets) =>
    (facets.actor !== undefined && named.has(facets.actor)) ||
    (facets.ip !== undefined && from.has(facets.ip)) ||
    (keys.size > 0 && keys.has(facets.facts().keyId ?? ''))
}
