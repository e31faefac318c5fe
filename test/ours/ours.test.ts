/** What of the facts counts as ours, and what does not. */
import { describe, expect, it } from 'vitest'
import { EMPTY_ENVIRONMENT, type Environment } from '../../shared/contracts/record.ts'
import { known, unknown } from '../../shared/doctor/finding.ts'
import type { OurKey, OwnAccount } from '../../shared/ours/facts.ts'
import { oursOf } from '../../shared/ours/ours.ts'

const OWN = '111122223333'
const OTHER = '444455556666'
const STRANGER = '999900001111'
const REGION = 'eu-west-1'

const account = (more: Partial<OwnAccount> = {}): OwnAccount => ({
  accountId: OWN,
  regions: [],
  everywhere: true,
  ...more,
})
const look = (accounts: readonly OwnAccount[], keys: readonly OurKey[], environment: Partial<Environment> = {}) => {
  const { items, leftOut } = oursOf(accounts, keys, { ...EMPTY_ENVIRONMENT, ...environment })
  return {
    values: Object.fromEntries([...items].map(([key, found]) => [key, found.map(({ value }) => value)])),
    left: leftOut.map(({ key, value, why }) => `${key} ${value}: ${why}`),
    labels: [...items.values()].flat().map(({ value, label }) => `${value} # ${label}`),
  }
}
const vpc = (id: string, owner: string) => ({ id, owner, name: '', ipv6: [] })
const networks = (...vpcs: ReturnType<typeof vpc>[]) => account({ regions: [{ region: REGION, vpcs: known(vpcs) }] })

describe('whose VPC it is', () => {
  it.each<[string, string, Partial<OwnAccount>, Partial<Environment>, boolean]>([
    ['the account’s own', OWN, {}, {}, true],
    ['a stranger’s that is shared', STRANGER, {}, {}, false],
    ['a trusted account’s that is shared', STRANGER, {}, { trustedAccounts: [STRANGER] }, true],
    ['one of the organization', OTHER, { members: known([{ id: OTHER, name: '', state: 'ACTIVE' }]) }, {}, true],
    ['one of a closed account', OTHER, { members: known([{ id: OTHER, name: '', state: 'CLOSED' }]) }, {}, false],
    ['one where accounts could not be listed', OTHER, { members: unknown('no') }, {}, false],
  ])('%s', (_, owner, more, environment, isOurs) => {
    const { values, left } = look([{ ...networks(vpc('vpc-0a', owner)), ...more }], ['vpcs'], environment)
    expect(values.vpcs).toEqual(isOurs ? ['vpc-0a'] : [])
    expect(left).toEqual(
      isOurs ? [] : [`vpcs vpc-0a: the account ${owner} shares it (${REGION}), which is not known as yours`],
    )
  })
})

describe('accounts', () => {
  const members = known([
    { id: OWN, name: 'audit', state: 'ACTIVE' },
    { id: OTHER, name: 'log-archive', state: 'ACTIVE' },
    { id: STRANGER, name: 'old', state: 'PENDING_CLOSURE' },
  ])

  it('of the organization are trusted, but for our own and closed ones', () => {
    expect(look([account({ members })], ['account', 'trustedAccounts'])).toEqual({
      values: { account: [OWN], trustedAccounts: [OTHER] },
      left: [`trustedAccounts ${STRANGER}: an account of the organization that is PENDING_CLOSURE`],
      labels: [`${OWN} # `, `${OTHER} # log-archive`],
    })
  })

  it('that were looked at are trusted; the settings’ own stays it, whoever asks', () => {
    const both = [account(), account({ accountId: OTHER })]
    expect(look(both, ['account', 'trustedAccounts']).values).toEqual({ account: [OWN], trustedAccounts: [OTHER] })
    expect(look(both, ['account', 'trustedAccounts'], { account: OTHER }).values).toEqual({
      account: [OTHER],
      trustedAccounts: [OWN],
    })
  })
})

describe('log buckets', () => {
  const buckets = known({ names: ['amzn-s3-demo-logs'], canonicalId: undefined })
  const trailTo = (bucket: string) => [{ region: REGION, trails: known([{ of: 'trail audit', bucket }]) }]

  it('are those that the account has: logs that go elsewhere may have been redirected', () => {
    expect(look([account({ buckets, regions: trailTo('amzn-s3-demo-logs') })], ['logBuckets']).values).toEqual({
      logBuckets: ['amzn-s3-demo-logs'],
    })
    const away = look([account({ buckets, regions: trailTo('amzn-s3-demo-stranger') })], ['logBuckets'])
    expect(away.values).toEqual({ logBuckets: [] })
    expect(away.left).toEqual([
      expect.stringMatching(/^logBuckets amzn-s3-demo-stranger: logs of trail audit go there/),
    ])
  })

  it('of one account may be in another that was looked at', () => {
    const one = account({
      buckets: known({ names: [], canonicalId: undefined }),
      regions: trailTo('amzn-s3-demo-logs'),
    })
    expect(look([one, account({ accountId: OTHER, buckets })], ['logBuckets']).values.logBuckets).toHaveLength(1)
  })

  it('where buckets could not be listed nothing is said of anybody’s', () => {
    const { values, left } = look(
      [account({ buckets: unknown('s3:ListAllMyBuckets: AccessDenied: no'), regions: trailTo('amzn-s3-demo-logs') })],
      ['logBuckets'],
    )
    expect({ values, left }).toEqual({ values: { logBuckets: [] }, left: [] })
  })
})

describe('addresses', () => {
  it('of NAT gateways, Elastic IP addresses and VPCs, each once', () => {
    const region = {
      region: REGION,
      vpcs: known([{ id: 'vpc-0a', owner: OWN, name: 'prod', ipv6: ['2001:db8:1::/56'] }]),
      natGateways: known([{ id: 'nat-0a', name: 'out', address: '203.0.113.10' }]),
      addresses: known([
        { id: 'eipalloc-0a', name: '', address: '203.0.113.10' },
        { id: 'eipalloc-0b', name: '', address: '203.0.113.11' },
      ]),
    }
    expect(look([account({ regions: [region] })], ['allowRanges']).labels).toEqual([
      `2001:db8:1::/56 # vpc-0a, ${OWN} ${REGION}`,
      `203.0.113.10/32 # nat-0a, out, ${OWN} ${REGION}`,
      `203.0.113.11/32 # eipalloc-0b, ${OWN} ${REGION}`,
    ])
  })

  it('a long tag does not push out whose it is', () => {
    const vpcs = known([{ ...vpc('vpc-0a', OWN), name: 'n'.repeat(500) }])
    const [label] = look([account({ regions: [{ region: REGION, vpcs }] })], ['vpcs']).labels
    expect(label).toMatch(new RegExp(`^vpc-0a # n{50,79}…, ${OWN} ${REGION}$`))
  })

  it('endpoints that let nobody through are not ours', () => {
    const states = [
      'Available',
      'available',
      'pendingAcceptance',
      'Pending',
      'deleted',
      'Rejected',
      'failed',
      'Expired',
    ]
    const vpcEndpoints = known(
      states.map((state, index) => ({ id: `vpce-0${index}`, owner: OWN, state, name: '', service: 's3' })),
    )
    expect(look([account({ regions: [{ region: REGION, vpcEndpoints }] })], ['vpcEndpoints']).values).toEqual({
      vpcEndpoints: ['vpce-00', 'vpce-01', 'vpce-02', 'vpce-03'],
    })
  })
})

it('what settings would not take is left out and told, and the rest stays', () => {
  const distributions = known([
    { id: 'E1EXAMPLE', name: 'a' },
    { id: 'E1\nblockRanges: [0.0.0.0/0]', name: 'b' },
  ])
  expect(look([account({ distributions })], ['distributions'])).toMatchObject({
    values: { distributions: ['E1EXAMPLE'] },
    left: [expect.stringContaining('expected the id of a distribution')],
  })
})
