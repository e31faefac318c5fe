/** What of an account's facts belongs into its settings, by the key of the settings. */
import * as z from 'zod/mini'
import { visibleText } from '../alert/safe-text.ts'
import type { Environment } from '../contracts/record.ts'
import type { Fact } from '../doctor/finding.ts'
import { environmentFields } from '../settings/environment.ts'
import type { LogTarget, OurKey, OwnAccount, RegionFacts } from './facts.ts'
import { gatherUnread, type Unread, type UnreadAt } from './unread.ts'

/** A value of a setting, and what people know it by: tags, and at the end the account and Region that have it. */
export interface Item {
  readonly value: string
  readonly label: string
}

/** Something that AWS shows and that is not taken for ours, with the reason. */
export interface LeftOut {
  readonly key: OurKey
  readonly value: string
  readonly why: string
}

export interface Ours {
  /** The accounts that were looked at; the first one is the settings' own, where they name none. */
  readonly accounts: readonly string[]
  readonly regions: readonly string[]
  /** Whether these are all the Regions of all these accounts. */
  readonly everywhere: boolean
  /** The organization of the first account; undefined: it is in none, or that is not known. */
  readonly organization: string | undefined
  /** By key, in the order in which they were asked for; a key that was not asked for is absent. */
  readonly items: ReadonlyMap<OurKey, readonly Item[]>
  readonly leftOut: readonly LeftOut[]
  readonly unread: readonly Unread[]
}

/** What each Region has of its own. */
export const REGIONAL: readonly OurKey[] = ['logBuckets', 'allowRanges', 'vpcs', 'vpcEndpoints']

/** What is put together while the accounts are gone through. */
interface Gathering {
  readonly items: Map<OurKey, Map<string, string>>
  readonly leftOut: LeftOut[]
  readonly unread: UnreadAt[]
  /** Ours: looked at, of the organization, or trusted by the settings. */
  readonly accounts: ReadonlySet<string>
  /** undefined: not all of them could be listed. */
  readonly ownBuckets: ReadonlySet<string> | undefined
}

/**
 * Tells what is ours. Only what belongs to accounts that were asked, to their organization, or to accounts that the
 * settings trust already: a bucket that a trail delivers to and none of them has, or a VPC that a stranger shares, is
 * left out and told.
 *
 * @param accounts at least one; the first one is the settings' own
 * @param environment the settings as they are
 * @example
 * oursOf(accounts, ['vpcs'], EMPTY_ENVIRONMENT).items.get('vpcs') // [{ value: 'vpc-0123456789abcdef0', label: 'prod, eu-west-1' }]
 */
export function oursOf(accounts: readonly OwnAccount[], keys: readonly OurKey[], environment: Environment): Ours {
  const looked = accounts.map(({ accountId }) => accountId)
  const own = environment.account ?? looked[0]!
  const gathering: Gathering = {
    items: new Map(keys.map((key) => [key, new Map()])),
    leftOut: [],
    unread: [],
    accounts: new Set([
      ...[...looked, own, ...environment.trustedAccounts],
      ...accounts.flatMap((account) => [...activeMembers(account), ...managementAccount(account)]),
    ]),
    ownBuckets: accounts.every(({ buckets }) => buckets?.known === true)
      ? new Set(accounts.flatMap(({ buckets }) => (buckets?.known === true ? buckets.value.names : [])))
      : undefined,
  }
  take(gathering, 'account', own)
  for (const account of accounts) {
    if (account.accountId !== own) take(gathering, 'trustedAccounts', account.accountId)
    takeOrganization(gathering, account, own)
    takeBuckets(gathering, account)
    takeCloudFront(gathering, account)
    takePrincipals(gathering, account)
    for (const region of account.regions) takeNetworks(gathering, account.accountId, region)
    if (account.regionsProblem !== undefined)
      for (const key of REGIONAL) miss(gathering, key, account.accountId, undefined, account.regionsProblem)
  }
  return {
    accounts: looked,
    regions: [...new Set(accounts.flatMap(({ regions }) => regions.map(({ region }) => region)))].sort(),
    organization: accounts[0]?.organization?.known === true ? accounts[0].organization.value?.id : undefined,
    everywhere: accounts.every(({ everywhere }) => everywhere),
    items: new Map([...gathering.items].map(([key, found]) => [key, itemsOf(gathering, key, found)])),
    leftOut: gathering.leftOut,
    unread: gatherUnread(gathering.unread),
  }
}

const ACTIVE = /^(ACTIVE|PENDING_ACTIVATION)$/
const activeMembers = ({ members }: OwnAccount): string[] =>
  members?.known === true ? members.value.filter(({ state }) => ACTIVE.test(state)).map(({ id }) => id) : []

/** Somebody's tag is no novel. UTF-16 units. */
const MAX_PART = 80

const managementAccount = ({ organization }: OwnAccount): string[] =>
  organization?.known === true && organization.value !== undefined ? [organization.value.managementAccount] : []

function take({ items }: Gathering, key: OurKey, value: string, ...label: readonly string[]): void {
  const found = items.get(key)
  // Each part by itself: a long tag must not push out the account that stands last.
  const text = label
    .filter((part) => part !== '')
    .map((part) => visibleText(part, MAX_PART))
    .join(', ')
  // The first one to tell what it is called: a NAT gateway's address is an Elastic IP address as well.
  if (found !== undefined && (found.get(value) ?? '') === '') found.set(value, text)
}

function leave({ items, leftOut }: Gathering, key: OurKey, value: string, why: string): void {
  if (items.has(key) && !leftOut.some((one) => one.key === key && one.value === value && one.why === why))
    leftOut.push({ key, value, why })
}

function miss(
  { items, unread }: Gathering,
  key: OurKey,
  accountId: string,
  region: string | undefined,
  reason: string,
): void {
  if (items.has(key)) unread.push({ key, accountId, region, reason })
}

/** Goes through what was found, or notes for all of the keys that it was not. */
function each<T>(
  gathering: Gathering,
  keys: readonly OurKey[],
  at: { readonly accountId: string; readonly region?: string },
  fact: Fact<readonly T[]> | undefined,
  look: (one: T) => void,
): void {
  if (fact === undefined) return
  if (fact.known) for (const one of fact.value) look(one)
  else for (const key of keys) miss(gathering, key, at.accountId, at.region, fact.reason)
}

function takeOrganization(gathering: Gathering, account: OwnAccount, own: string): void {
  const { organization, members, accountId } = account
  each(gathering, ['organizations'], account, listed(organization), ({ id, managementAccount }) => {
    take(gathering, 'organizations', id)
    // Every account may know this one, though it may not list the others.
    if (members?.known === false && managementAccount !== own)
      take(gathering, 'trustedAccounts', managementAccount, `management account of ${id}`)
  })
  each(gathering, ['trustedAccounts'], { accountId }, members, ({ id, name, state }) => {
    if (id === own) return
    if (ACTIVE.test(state)) take(gathering, 'trustedAccounts', id, name)
    else leave(gathering, 'trustedAccounts', id, `an account of the organization that is ${state}`)
  })
}

function listed<T>(fact: Fact<T | undefined> | undefined): Fact<readonly T[]> | undefined {
  if (fact === undefined || !fact.known) return fact
  return { known: true, value: fact.value === undefined ? [] : [fact.value] }
}

function takeBuckets(gathering: Gathering, { accountId, buckets, accessLogs, regions }: OwnAccount): void {
  each(gathering, ['buckets', 'canonicalIds', 'logBuckets'], { accountId }, listed(buckets), (found) => {
    if (found.canonicalId !== undefined) take(gathering, 'canonicalIds', found.canonicalId, accountId)
    for (const name of found.names) take(gathering, 'buckets', name, accountId)
  })
  for (const target of accessLogs?.values() ?? [])
    each(gathering, ['logBuckets'], { accountId }, listed(target), (one) => takeLogBucket(gathering, one, accountId))
  for (const { region, trails } of regions)
    each(gathering, ['logBuckets'], { accountId, region }, trails, (one) => takeLogBucket(gathering, one, accountId))
}

/** Where logs go to a bucket that nobody of ours has, somebody may have redirected them. */
function takeLogBucket(gathering: Gathering, { of, bucket }: LogTarget, accountId: string): void {
  if (bucket === undefined || gathering.ownBuckets === undefined) return
  if (gathering.ownBuckets.has(bucket)) take(gathering, 'logBuckets', bucket, `of ${of}`, accountId)
  else
    leave(
      gathering,
      'logBuckets',
      bucket,
      `logs of ${of} go there, and no account that was looked at has the bucket: add it by hand if it is yours`,
    )
}

function takeCloudFront(gathering: Gathering, { accountId, distributions, identities }: OwnAccount): void {
  each(gathering, ['distributions'], { accountId }, distributions, ({ id, name }) =>
    take(gathering, 'distributions', id, name, accountId),
  )
  each(gathering, ['distributions', 'canonicalIds'], { accountId }, identities, ({ id, name, canonicalId }) => {
    take(gathering, 'distributions', id, 'origin access identity', name, accountId)
    if (canonicalId !== '') take(gathering, 'canonicalIds', canonicalId, `origin access identity ${id}`, accountId)
  })
}

function takePrincipals(gathering: Gathering, { accountId, roles, users }: OwnAccount): void {
  for (const fact of [roles, users])
    each(gathering, ['principalIds'], { accountId }, fact, ({ id, name }) =>
      take(gathering, 'principalIds', id, name, accountId),
    )
}

/** Endpoints in these states let nobody through any more, or never did. */
const CLOSED = /^(deleted|deleting|rejected|failed|expired)$/i

function takeNetworks(gathering: Gathering, accountId: string, facts: RegionFacts): void {
  const { region, vpcs, vpcEndpoints, natGateways, addresses } = facts
  const at = { accountId, region }
  const whereOf = (owner: string): string => `${owner === '' ? accountId : owner} ${region}`
  const isOurs = (key: OurKey, id: string, owner: string): boolean => {
    if (owner === '' || gathering.accounts.has(owner)) return true
    leave(gathering, key, id, `the account ${owner} shares it (${region}), which is not known as yours`)
    return false
  }
  each(gathering, ['vpcs', 'allowRanges'], at, vpcs, ({ id, owner, name, ipv6 }) => {
    if (!isOurs('vpcs', id, owner)) return
    take(gathering, 'vpcs', id, name, whereOf(owner))
    for (const range of ipv6) take(gathering, 'allowRanges', range, id, whereOf(owner))
  })
  each(gathering, ['vpcEndpoints'], at, vpcEndpoints, ({ id, owner, state, name, service }) => {
    if (!CLOSED.test(state) && isOurs('vpcEndpoints', id, owner))
      take(gathering, 'vpcEndpoints', id, name, service, whereOf(owner))
  })
  for (const fact of [natGateways, addresses])
    each(gathering, ['allowRanges'], at, fact, ({ address, id, name }) =>
      take(gathering, 'allowRanges', `${address}/32`, id, name, whereOf(accountId)),
    )
}

/** What the settings would not take is left out and told: nothing that is written may keep them from being read. */
function itemsOf(gathering: Gathering, key: OurKey, found: ReadonlyMap<string, string>): Item[] {
  const items: Item[] = []
  for (const [value, label] of found) {
    const problem = problemOf(key, value)
    if (problem === undefined) items.push({ value, label })
    else leave(gathering, key, value, problem)
  }
  return items
}

function problemOf(key: OurKey, value: string): string | undefined {
  const result = z.safeParse(environmentFields[key] as z.ZodMiniType, key === 'account' ? value : [value])
  return result.success ? undefined : result.error.issues[0]?.message
}
