/** What AWS says of accounts that are ours, as far as settings have a place for it. */
import { KNOWN_KINDS } from '../derive/strangers.ts'
import type { Fact } from '../doctor/finding.ts'

/** The settings that AWS can be asked for, in the order of docs/settings.md. */
export const OUR_KEYS = ['account', 'trustedAccounts', 'logBuckets', 'allowRanges', ...KNOWN_KINDS] as const
export type OurKey = (typeof OUR_KEYS)[number]

/** Roles and users are many, and few policies name their ids: these are read where they are asked for. */
export const USUAL_KEYS: readonly OurKey[] = OUR_KEYS.filter((key) => key !== 'principalIds')

/** An id, and what people call it: a tag, a comment, a name, whatever somebody has written there. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** The organization as each of its accounts may know it. */
export interface OrganizationFacts {
  readonly id: string
  readonly managementAccount: string
}

/** An account of the organization. */
export interface Member extends Named {
  /** As Organizations has it: `ACTIVE`, `SUSPENDED` … */
  readonly state: string
}

/** A VPC as an account sees it: its own, or one whose subnets are shared with it. */
export interface VpcFacts extends Named {
  readonly owner: string
  /** Its blocks of public IPv6 addresses. */
  readonly ipv6: readonly string[]
}

export interface EndpointFacts extends Named {
  readonly owner: string
  readonly state: string
  readonly service: string
}

/** A public IPv4 address that the account holds, as an Elastic IP address or for a NAT gateway. */
export interface AddressFacts extends Named {
  readonly address: string
}

/** Where a bucket's access logs, or a trail's logs, go. */
export interface LogTarget {
  /** `trail management`, `bucket amzn-s3-demo-data`. */
  readonly of: string
  /** undefined: nowhere. */
  readonly bucket: string | undefined
}

/** What is asked in each Region. What was not asked for is absent. */
export interface RegionFacts {
  readonly region: string
  readonly vpcs?: Fact<readonly VpcFacts[]>
  readonly vpcEndpoints?: Fact<readonly EndpointFacts[]>
  readonly natGateways?: Fact<readonly AddressFacts[]>
  readonly addresses?: Fact<readonly AddressFacts[]>
  readonly trails?: Fact<readonly LogTarget[]>
}

/** What is known of one account. What was not asked for is absent. */
export interface OwnAccount {
  readonly accountId: string
  readonly regions: readonly RegionFacts[]
  /** Whether these are all the Regions that the account has switched on, and why not, where that could not be read. */
  readonly everywhere: boolean
  readonly regionsProblem?: string | undefined
  /** undefined: the account is in none. */
  readonly organization?: Fact<OrganizationFacts | undefined>
  readonly members?: Fact<readonly Member[]>
  /** Of the account's own buckets, and the canonical user id of their owner. */
  readonly buckets?: Fact<{ readonly names: readonly string[]; readonly canonicalId: string | undefined }>
  /** Of each bucket by its name. */
  readonly accessLogs?: ReadonlyMap<string, Fact<LogTarget>>
  readonly distributions?: Fact<readonly Named[]>
  /** CloudFront's origin access identities. */
  readonly identities?: Fact<readonly (Named & { readonly canonicalId: string })[]>
  readonly roles?: Fact<readonly Named[]>
  readonly users?: Fact<readonly Named[]>
}
