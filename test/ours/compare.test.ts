/** What settings lack, and what they have that is gone: only what is certain is called so. */
import { describe, expect, it } from 'vitest'
import { EMPTY_ENVIRONMENT, type Environment } from '../../shared/contracts/record.ts'
import { known, unknown } from '../../shared/doctor/finding.ts'
import { compareOurs, strangers, strayBuckets } from '../../shared/ours/compare.ts'
import { OUR_KEYS, type OurKey, type OwnAccount } from '../../shared/ours/facts.ts'
import { remarksOf } from '../../shared/ours/merge.ts'
import { oursOf } from '../../shared/ours/ours.ts'

const OWN = '111122223333'
const OTHER = '444455556666'
const REGION = 'eu-west-1'

const FACTS: OwnAccount = {
  accountId: OWN,
  everywhere: true,
  organization: known({ id: 'o-exampleorgid', managementAccount: OTHER }),
  members: known([
    { id: OWN, name: 'audit', state: 'ACTIVE' },
    { id: OTHER, name: 'log-archive', state: 'ACTIVE' },
    { id: '777788889999', name: 'old', state: 'SUSPENDED' },
  ]),
  buckets: known({ names: ['amzn-s3-demo-data', 'amzn-s3-demo-logs'], canonicalId: 'ab'.repeat(32) }),
  accessLogs: new Map([['amzn-s3-demo-data', known({ of: 'bucket', bucket: 'amzn-s3-demo-logs' })]]),
  distributions: known([]),
  identities: known([]),
  roles: known([]),
  users: known([]),
  regions: [
    {
      region: REGION,
      vpcs: known([{ id: 'vpc-0a', owner: OWN, name: 'prod', ipv6: [] }]),
      vpcEndpoints: known([]),
      natGateways: known([]),
      addresses: known([{ id: 'eipalloc-0a', name: '', address: '203.0.113.10' }]),
      trails: known([]),
    },
  ],
}

function compare(
  environment: Partial<Environment>,
  more: { facts?: Partial<OwnAccount>; keys?: readonly OurKey[]; text?: string; absent?: readonly string[] } = {},
) {
  const settings = { ...EMPTY_ENVIRONMENT, ...environment }
  const ours = oursOf([{ ...FACTS, ...more.facts }], more.keys ?? OUR_KEYS, settings)
  const isAbsent = (bucket: string) => (more.absent ?? []).includes(bucket)
  const { added, gone } = compareOurs(ours, settings, isAbsent, remarksOf(more.text ?? ''))
  return {
    added: Object.fromEntries([...added].map(([key, items]) => [key, items.map(({ value }) => value)])),
    gone: gone.map(({ key, value, sure }) => `${sure ? 'gone' : 'not found'} ${key} ${value}`),
    why: gone.map(({ why }) => why),
    takeable: gone.filter(({ takeable }) => takeable).map(({ value }) => value),
  }
}

describe('what settings lack', () => {
  it('is everything, where they say nothing', () => {
    expect(compare({}).added).toEqual({
      account: [OWN],
      trustedAccounts: [OTHER],
      logBuckets: ['amzn-s3-demo-logs'],
      allowRanges: ['203.0.113.10/32'],
      organizations: ['o-exampleorgid'],
      vpcs: ['vpc-0a'],
      canonicalIds: ['ab'.repeat(32)],
      buckets: ['amzn-s3-demo-data', 'amzn-s3-demo-logs'],
    })
  })

  it.each<[string, Partial<Environment>, OurKey]>([
    ['another account of their own', { account: OTHER }, 'account'],
    ['a range that holds the address', { allowRanges: ['203.0.113.0/24'] }, 'allowRanges'],
    [
      'buckets for logs and watched ones',
      { logBuckets: ['amzn-s3-demo-logs'], watchedBuckets: { 'amzn-s3-demo-data': [] } },
      'buckets',
    ],
    ['the very values', { vpcs: ['vpc-0a'] }, 'vpcs'],
  ])('is not what they say in other words: %s', (_, environment, key) => {
    expect(compare(environment).added).not.toHaveProperty(key)
  })
})

describe('what is gone', () => {
  it.each<[string, Partial<Environment>, Parameters<typeof compare>[1], string[]]>([
    ['a VPC, where there are no other accounts', { vpcs: ['vpc-0a', 'vpc-0z'] }, {}, ['gone vpcs vpc-0z']],
    [
      'a VPC, where another account may have it',
      { vpcs: ['vpc-0z'], trustedAccounts: [OTHER] },
      {},
      ['not found vpcs vpc-0z'],
    ],
    [
      'a VPC of this account, by its comment, among others',
      { vpcs: ['vpc-0z'], trustedAccounts: [OTHER] },
      { text: `vpcs:\n  - vpc-0z # prod 999988887777, ${OWN} eu-west-1\n` },
      ['gone vpcs vpc-0z'],
    ],
    [
      'a VPC of another account, by its comment',
      { vpcs: ['vpc-0z'] },
      { text: `vpcs:\n  - vpc-0z # ${OTHER} eu-west-1\n` },
      [],
    ],
    [
      'nothing where a Region could not be read',
      { vpcs: ['vpc-0z'] },
      { facts: { regions: [{ region: REGION, vpcs: unknown('ec2:DescribeVpcs: UnauthorizedOperation: no') }] } },
      [],
    ],
    [
      'a VPC of a Region that was read, by its comment, whatever others are',
      { vpcs: ['vpc-0y', 'vpc-0z'] },
      {
        facts: {
          everywhere: false,
          regions: [
            ...FACTS.regions,
            { region: 'us-east-1', vpcs: unknown('ec2:DescribeVpcs: UnauthorizedOperation: no') },
          ],
        },
        text: `vpcs:\n  - vpc-0y # ${OWN} us-east-1\n  - vpc-0z # a 999988887777 us-east-1, ${OWN} ${REGION}\n`,
      },
      ['gone vpcs vpc-0z'],
    ],
    ['nothing where there may be more Regions', { vpcs: ['vpc-0z'] }, { facts: { everywhere: false } }, []],
    ['nothing of what was not asked for', { vpcs: ['vpc-0z'] }, { keys: ['organizations'] }, []],
    ['a suspended account', { trustedAccounts: ['777788889999', OTHER] }, {}, ['gone trustedAccounts 777788889999']],
    [
      'a partner’s account is not',
      { trustedAccounts: ['222233334444'] },
      {},
      ['not found trustedAccounts 222233334444'],
    ],
    [
      'another organization is not',
      { organizations: ['o-partnerorgid'] },
      {},
      ['not found organizations o-partnerorgid'],
    ],
    ['ranges of offices are not', { allowRanges: ['198.51.100.0/24'] }, {}, []],
    [
      'an address that was read from the account is',
      { allowRanges: ['198.51.100.7/32', '203.0.113.10/32'] },
      { text: `allowRanges:\n  - 198.51.100.7/32 # eipalloc-0b, ${OWN} eu-west-1\n` },
      ['gone allowRanges 198.51.100.7/32'],
    ],
    [
      'buckets that do not exist, by whichever key',
      {
        buckets: ['amzn-s3-demo-data', 'amzn-s3-demo-gone', 'amzn-s3-demo-partner'],
        purposes: { 'amzn-s3-demo-site-*': 'website', 'amzn-s3-demo-www': 'website' },
        watchedBuckets: { 'amzn-s3-demo-watched': [] },
        logBuckets: ['amzn-s3-demo-gone'],
      },
      { absent: ['amzn-s3-demo-gone', 'amzn-s3-demo-www', 'amzn-s3-demo-watched'] },
      ['gone buckets amzn-s3-demo-gone', 'gone watchedBuckets amzn-s3-demo-watched', 'gone purposes amzn-s3-demo-www'],
    ],
  ])('%s', (_, environment, more, expected) => {
    expect(compare({ account: OWN, ...environment }, more).gone).toEqual(expected)
  })

  it('what anybody may take is told as that', () => {
    const { takeable, why } = compare(
      { account: OWN, allowRanges: ['198.51.100.7/32'], vpcs: ['vpc-0z'], buckets: ['amzn-s3-demo-gone'] },
      { absent: ['amzn-s3-demo-gone'], text: `allowRanges:\n  - 198.51.100.7/32 # nat-0b, ${OWN} eu-west-1\n` },
    )
    expect(takeable).toEqual(['198.51.100.7/32', 'amzn-s3-demo-gone'])
    expect(why).toEqual([
      `no address of ${OWN}`,
      `no VPC of ${OWN}`,
      'there is no such bucket, and anybody may make one',
    ])
  })

  it('buckets are asked after only where those of the account are known', () => {
    const environment = { ...EMPTY_ENVIRONMENT, buckets: ['amzn-s3-demo-gone', 'amzn-s3-demo-data'] }
    const stray = (facts: Partial<OwnAccount>, keys: readonly OurKey[] = OUR_KEYS) =>
      strayBuckets(oursOf([{ ...FACTS, ...facts }], keys, environment), environment)
    expect(stray({})).toEqual([{ key: 'buckets', bucket: 'amzn-s3-demo-gone' }])
    expect(stray({ buckets: unknown('s3:ListAllMyBuckets: AccessDenied: no') })).toEqual([])
    expect(stray({}, ['vpcs'])).toEqual([])
  })
})

describe('strangers', () => {
  it.each<[string, Partial<Environment>, boolean]>([
    ['settings that name no account', {}, false],
    ['settings of this account', { account: OWN }, false],
    ['settings of another one', { account: OTHER }, true],
    ['settings that trust it', { account: OTHER, trustedAccounts: [OWN] }, false],
    ['settings of its organization', { account: OTHER, organizations: ['o-exampleorgid'] }, false],
    ['settings of another organization', { account: OTHER, organizations: ['o-anotherorgid'] }, true],
  ])('%s', (_, environment, isStranger) => {
    const settings = { ...EMPTY_ENVIRONMENT, ...environment }
    expect(strangers(oursOf([FACTS], OUR_KEYS, settings), settings)).toEqual(isStranger ? [OWN] : [])
  })
})
