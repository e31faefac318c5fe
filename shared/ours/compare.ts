/** What AWS says beside what the settings say: what they lack, and what they have that is not there any more. */
import type { Environment } from '../contracts/record.ts'
import { isOurRange } from '../derive/ip.ts'
import { OUR_KEYS, type OurKey } from './facts.ts'
import { type Item, type Ours, REGIONAL } from './ours.ts'

/** A value of the settings that AWS does not show. */
export interface Gone {
  readonly key: OurKey | 'watchedBuckets' | 'purposes'
  readonly value: string
  readonly why: string
  /** It is no more; else it may be somebody's who was not asked, a partner's account or another account's VPC. */
  readonly sure: boolean
  /** Whoever gets it next counts as one of us. */
  readonly takeable: boolean
}

export interface Comparison {
  readonly added: ReadonlyMap<OurKey, readonly Item[]>
  readonly gone: readonly Gone[]
}

/** What stands beside a value in the settings file, by key and value: where somebody wrote it down, whose it was. */
export type Remarks = (key: OurKey, value: string) => string | undefined

const NO_REMARKS: Remarks = () => undefined

/** Which buckets do not exist at all, of those that {@link strayBuckets} names. */
export type IsAbsent = (bucket: string) => boolean

/**
 * Compares. What could not be read is no absence: for its key nothing is gone.
 *
 * @example
 * compareOurs(ours, environment, () => false).added.get('trustedAccounts') // [{ value: '444455556666', label: 'log-archive' }]
 */
export function compareOurs(
  ours: Ours,
  environment: Environment,
  isAbsent: IsAbsent,
  remarks: Remarks = NO_REMARKS,
): Comparison {
  const keys = OUR_KEYS.filter((key) => ours.items.has(key))
  return {
    added: new Map(
      keys.flatMap((key) => {
        const has = holds(key, environment)
        const added = ours.items.get(key)!.filter(({ value }) => !has(value))
        return added.length === 0 ? [] : [[key, added] as const]
      }),
    ),
    gone: [
      ...keys.flatMap((key) => goneOf(key, ours, environment, remarks)),
      ...strayBuckets(ours, environment).flatMap(({ key, bucket }) =>
        isAbsent(bucket)
          ? [
              {
                key,
                value: bucket,
                why: 'there is no such bucket, and anybody may make one',
                sure: true,
                takeable: true,
              },
            ]
          : [],
      ),
    ],
  }
}

/** Whether the settings say a value already, be it in other words. */
function holds(key: OurKey, environment: Environment): (value: string) => boolean {
  if (key === 'account') return () => environment.account !== undefined
  if (key === 'allowRanges') return (value) => isOurRange(value, environment.allowRanges)
  const more = key === 'buckets' ? [...environment.logBuckets, ...Object.keys(environment.watchedBuckets)] : []
  const known = new Set([...valuesOf(key, environment), ...more])
  return (value) => known.has(value)
}

function valuesOf(key: OurKey, environment: Environment): readonly string[] {
  const value = environment[key] ?? []
  return typeof value === 'string' ? [value] : value
}

/** Where a value was read, if it says so: the account, and for networks the Region. */
interface Place {
  readonly accountId: string
  readonly region: string | undefined
}

/** Our labels end so, whatever stands before in somebody's tag. */
const PLACE = /\b(\d{12})(?: ([a-z]{2,}(?:-[a-z]+)+-\d+))?\s*$/

function placeOf(remark: string | undefined): Place | undefined {
  const [, accountId, region] = PLACE.exec(remark ?? '') ?? []
  return accountId === undefined ? undefined : { accountId, region }
}

/** Whether all was read that a key holds, or all of the place that a value was in. */
function isRead({ regions, unread, everywhere }: Ours, key: OurKey, place: Place | undefined): boolean {
  const failed = unread.filter((one) => one.key === key)
  if (place?.region === undefined) return failed.length === 0 && (everywhere || !REGIONAL.includes(key))
  const { accountId, region } = place
  return regions.includes(region) && !failed.some((one) => one.accountId === accountId && one.regions.includes(region))
}

const NOUNS: Partial<Readonly<Record<OurKey, string>>> = {
  vpcs: 'no VPC',
  vpcEndpoints: 'no VPC endpoint',
  canonicalIds: 'no canonical id',
  distributions: 'no distribution and no origin access identity',
  principalIds: 'no role and no user',
  allowRanges: 'no address',
}

function goneOf(key: OurKey, ours: Ours, environment: Environment, remarks: Remarks): Gone[] {
  const found = new Set(ours.items.get(key)!.map(({ value }) => value))
  const others = [...environment.trustedAccounts, ...valuesOf('account', environment)].some(
    (id) => !ours.accounts.includes(id),
  )
  return valuesOf(key, environment).flatMap((value): Gone[] => {
    if (found.has(value)) return []
    const noun = NOUNS[key]
    const remark = remarks(key, value)
    const place = placeOf(remark)
    const isElsewhere = place !== undefined && !ours.accounts.includes(place.accountId)
    if (isElsewhere || !isRead(ours, key, place)) return []
    if (noun === undefined) return goneElsewhere(key, value, ours)
    // A range is an office's, a partner's, anything: of those only that were read here it is known what they were.
    if (key === 'allowRanges' && !/\b(?:eipalloc|nat|vpc)-[0-9a-z]+\b/.test(remark ?? '')) return []
    const sure = place !== undefined || !others
    const where = `${noun} of ${place === undefined ? ours.accounts.join(', ') : place.accountId}`
    return sure
      ? [{ key, value, why: where, sure, takeable: key === 'allowRanges' }]
      : [{ key, value, why: `${where}; another account may have it`, sure, takeable: false }]
  })
}

/** Accounts, organizations and buckets: what is not of those that were looked at may well be. */
function goneElsewhere(key: OurKey, value: string, ours: Ours): Gone[] {
  const gone = (why: string, sure = false) => [{ key, value, why, sure, takeable: false }]
  if (key === 'trustedAccounts') {
    const closed = ours.leftOut.find((one) => one.key === key && one.value === value)
    if (closed !== undefined) return gone(closed.why, true)
    // Of an account that is in no organization, every other one is somebody's.
    if (ours.organization === undefined) return []
    return gone('no account of the organization: a partner’s?')
  }
  if (key === 'organizations') return gone(`not the organization of ${ours.accounts.join(', ')}`)
  // Whether buckets exist at all is asked one by one: strayBuckets.
  return []
}

/** Buckets of the settings that no account has which was looked at, each with the first key that names it. */
export function strayBuckets(
  ours: Ours,
  environment: Environment,
): { readonly key: Gone['key']; readonly bucket: string }[] {
  if (!ours.items.has('buckets') || ours.unread.some(({ key }) => key === 'buckets')) return []
  const own = new Set(ours.items.get('buckets')!.map(({ value }) => value))
  const named: readonly (readonly [Gone['key'], readonly string[]])[] = [
    ['buckets', environment.buckets ?? []],
    ['watchedBuckets', Object.keys(environment.watchedBuckets)],
    ['purposes', Object.keys(environment.purposes ?? {}).filter((name) => !name.includes('*'))],
    ['logBuckets', environment.logBuckets],
  ]
  const stray = new Map<string, Gone['key']>()
  for (const [key, names] of named)
    for (const bucket of names) if (!own.has(bucket) && !stray.has(bucket)) stray.set(bucket, key)
  return [...stray].map(([bucket, key]) => ({ key, bucket }))
}

/**
 * The accounts, where the settings know none of those that were looked at: with other credentials than one believes to
 * have, the settings would learn that strangers are ours.
 */
export function strangers({ accounts, items }: Ours, environment: Environment): readonly string[] {
  if (environment.account === undefined) return []
  const known = new Set([environment.account, ...environment.trustedAccounts])
  const isOurOrganization = (items.get('organizations') ?? []).some(({ value }) =>
    (environment.organizations ?? []).includes(value),
  )
  return isOurOrganization || accounts.some((id) => known.has(id)) ? [] : accounts
}
