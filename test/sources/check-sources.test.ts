import { describe, expect, it } from 'vitest'
import { known, unknown } from '../../shared/doctor/finding.ts'
import { checkSources } from '../../shared/sources/check-sources.ts'
import type { AccountSources, BucketSources, StackLink } from '../../shared/sources/facts.ts'
import { ACCESS, REGION, TRAIL } from '../doctor/support/facts.ts'
import { account, bucket, DATA, stack, trail } from './support/account-facts.ts'

const OPTIONS = '--stage prod --region eu-west-1'

const check = (facts: AccountSources, link: StackLink | undefined = stack) => checkSources(facts, link, OPTIONS)
const wrong = (facts: AccountSources, link?: StackLink) => check(facts, link).filter(({ level }) => level !== 'ok')
const withBucket = (more: Partial<BucketSources>) => account({ buckets: known([bucket(DATA, more)]) })
const status = (more: object) =>
  account({
    trails: [
      trail({
        status: known({
          logging: true,
          latestDelivery: 0,
          latestDeliveryError: undefined,
          latestDigestError: undefined,
          ...more,
        }),
      }),
    ],
  })

const LOOK = `bucketwatch doctor ${TRAIL} --kind cloudtrail ${OPTIONS} says what to mend: the bucket, its policy, its key.`
const allowed = (action: string) => `Allow ${action}, and repeat the command (docs/sources.md has all that it needs).`

describe('the sources', () => {
  it('in order, are said to be', () => {
    expect(check(account()).map(({ level, check: name }) => `${level} ${name}`)).toEqual([
      'ok trail',
      'ok data-events',
      'ok access-logging',
    ])
  })

  it.each<[string, AccountSources, string, RegExp, string]>([
    ['no trail', account({ trails: [] }), 'fail trails', /No trail logs/, `bucketwatch setup --new-trail ${OPTIONS}`],
    [
      'one that is stopped, of two',
      account({
        trails: [
          trail(),
          trail({
            name: 'old',
            arn: `${trail().arn}-old`,
            status: known({
              logging: false,
              latestDelivery: 0,
              latestDeliveryError: undefined,
              latestDigestError: undefined,
            }),
          }),
        ],
      }),
      'fail trail',
      /It is stopped/,
      `aws cloudtrail start-logging --name ${trail().arn}-old --region ${REGION}`,
    ],
    [
      'a delivery that failed',
      status({ latestDeliveryError: 'AccessDenied' }),
      'fail trail-delivery',
      /AccessDenied/,
      LOOK,
    ],
    ['a digest that failed', status({ latestDigestError: 'NoSuchBucket' }), 'warn trail-digest', /NoSuchBucket/, LOOK],
    [
      'one Region',
      account({ trails: [trail({ multiRegion: false })] }),
      'warn trail-regions',
      /eu-west-1 only/,
      `aws cloudtrail update-trail --name ${trail().arn} --region ${REGION} --is-multi-region-trail`,
    ],
    [
      'no global services',
      account({ trails: [trail({ globalServiceEvents: false })] }),
      'warn trail-global',
      /IAM and STS/,
      `aws cloudtrail update-trail --name ${trail().arn} --region ${REGION} --include-global-service-events`,
    ],
    [
      'no validation',
      account({ trails: [trail({ logFileValidation: false })] }),
      'warn trail-validation',
      /off/,
      `aws cloudtrail update-trail --name ${trail().arn} --region ${REGION} --enable-log-file-validation`,
    ],
    [
      'a trail that may not be looked at',
      account({ trails: [trail({ status: unknown('cloudtrail:GetTrailStatus: AccessDenied') })] }),
      'warn trail',
      /AccessDenied/,
      allowed('cloudtrail:GetTrailStatus'),
    ],
    [
      'a Region that may not be looked at',
      account({ trailsIn: new Map([[REGION, unknown('cloudtrail:DescribeTrails: AccessDenied')]]) }),
      'warn trails',
      /AccessDenied/,
      allowed('cloudtrail:DescribeTrails'),
    ],
    [
      'no data events',
      account({ trails: [trail({ selectors: known({}) })] }),
      'warn data-events',
      /does not log all S3 data events of amzn-s3-demo-data/,
      `bucketwatch setup --only data-events ${OPTIONS}`,
    ],
    [
      'selectors that may not be looked at',
      account({ trails: [trail({ selectors: unknown('cloudtrail:GetEventSelectors: AccessDenied: no') })] }),
      'warn data-events',
      /Could not look at the data events of amzn-s3-demo-data: audit: cloudtrail:GetEventSelectors/,
      allowed('cloudtrail:GetEventSelectors'),
    ],
    [
      'no access logs',
      withBucket({ logging: known(undefined) }),
      'warn access-logging',
      /off for amzn-s3-demo-data/,
      `bucketwatch setup --only access-logs ${OPTIONS}`,
    ],
    [
      'access logs onto itself',
      withBucket({ logging: known({ bucket: DATA, prefix: '', layout: 'simple', grants: false }) }),
      'fail access-logging',
      /come back to it/,
      `aws s3api put-bucket-logging --bucket ${DATA} --bucket-logging-status '{}'`,
    ],
    [
      'access logs that may not be looked at',
      withBucket({ logging: unknown('s3:GetBucketLogging: AccessDenied') }),
      'warn access-logging',
      /AccessDenied/,
      allowed('s3:GetBucketLogging'),
    ],
    [
      'buckets that may not be listed',
      account({ buckets: unknown('s3:ListAllMyBuckets: AccessDenied') }),
      'warn sources',
      /AccessDenied/,
      allowed('s3:ListAllMyBuckets'),
    ],
    [
      'something that did not answer',
      account({ buckets: unknown('s3:ListAllMyBuckets: TimeoutError: socket') }),
      'warn sources',
      /TimeoutError/,
      'Repeat the command.',
    ],
    [
      'logs that nobody reads',
      account({ trails: [trail({ bucket: 'amzn-s3-demo-elsewhere' })] }),
      'warn unread-logs',
      /amzn-s3-demo-elsewhere, which the stack does not read/,
      `bucketwatch deploy ${OPTIONS} --param="cloudTrailBuckets=${TRAIL},amzn-s3-demo-elsewhere" --param="accessLogBuckets=${ACCESS}/logs/"`,
    ],
  ])('%s', (_, facts, level, what, fix) => {
    const [found, ...more] = wrong(facts).filter(({ level: one, check: name }) => `${one} ${name}` === level)
    expect(more).toEqual([])
    expect(found?.what).toMatch(what)
    expect(found?.fix).toBe(fix)
  })

  it('warns of a trail that logs what is delivered to its own bucket', () => {
    const facts = account({ buckets: known([bucket(DATA), bucket(TRAIL, { logging: known(undefined) })]) })
    const [found, ...more] = wrong(facts)
    expect(more).toEqual([])
    expect(found).toMatchObject({
      level: 'warn',
      check: 'data-events-echo',
      fix: expect.stringMatching(/^aws cloudtrail put-event-selectors --region eu-west-1 --cli-input-json '/),
    })
    // The command itself leaves the bucket out, and nothing else.
    const input = JSON.parse(/'(.*)'$/.exec(found!.fix!)![1]!)
    expect(input.TrailName).toBe(trail().arn)
    const { AdvancedEventSelectors } = input
    expect(wrong({ ...facts, trails: [trail({ selectors: known({ AdvancedEventSelectors }) })] })).toEqual([])
    const without = { Field: 'resources.ARN', NotStartsWith: [`arn:aws:s3:::${TRAIL}/`] }
    const fields = [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
      without,
    ]
    const mended = trail({ selectors: known({ AdvancedEventSelectors: [{ FieldSelectors: fields }] }) })
    expect(wrong({ ...facts, trails: [mended] })).toEqual([])
  })

  it('names the buckets where only some lack something, and what it costs to see them', () => {
    const facts = account({
      buckets: known([
        bucket(DATA, { requests: known(3_000_000) }),
        bucket('amzn-s3-demo-other', { region: known('us-west-2'), logging: known(undefined) }),
      ]),
      trails: [trail({ multiRegion: false, homeRegion: 'us-west-2' })],
      trailsIn: new Map([[REGION, known([])]]),
    })
    const found = wrong(facts)
    expect(found.find(({ check: name }) => name === 'data-events')).toMatchObject({
      why: expect.stringContaining('about $3.00 a month (3,000,000 requests'),
      fix: `bucketwatch setup ${DATA} --only data-events ${OPTIONS}`,
    })
    expect(found.find(({ check: name }) => name === 'access-logging')?.fix).toBe(
      `bucketwatch setup amzn-s3-demo-other --only access-logs ${OPTIONS}`,
    )
  })

  it('an account with nothing but logs has nothing to mend', () => {
    expect(wrong(account({ buckets: known([]) }))).toEqual([])
  })

  it('of an organization’s trail, says whose credentials change it', () => {
    const arn = `arn:aws:cloudtrail:${REGION}:444455556666:trail/audit`
    const facts = account({ trails: [trail({ arn, organization: true, logFileValidation: false })] })
    expect(wrong(facts).map(({ fix }) => fix)).toEqual([
      `aws cloudtrail update-trail --name ${arn} --region ${REGION} --enable-log-file-validation (with credentials of 444455556666)`,
    ])
    const echo = { ...facts, buckets: known([bucket(DATA), bucket(TRAIL, { logging: known(undefined) })]) }
    expect(wrong(echo).at(-1)?.fix).toBe('Ask whoever owns the trail to leave these buckets out of its selectors.')
  })

  it('without a stack nobody reads, which is its own finding', () => {
    expect(wrong(account(), undefined)).toEqual([])
  })
})
