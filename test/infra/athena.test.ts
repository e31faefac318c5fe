import { describe, expect, test } from 'vitest'
import type { Resources } from '../../infra/cfn.ts'
import { makeTemplate } from '../../infra/template.ts'
import { accessLogRegex } from '../../shared/athena/access-log-table.ts'
import { QUERIES } from '../../shared/athena/queries.ts'
import { defaultParameters, packageTemplate } from './support/packaged.ts'

const buckets = { cloudTrailBuckets: 'amzn-s3-demo-trail', accessLogBuckets: 'amzn-s3-demo-access' }
const make = async (given: Record<string, unknown>): Promise<Resources> =>
  (await makeTemplate('prod', { ...defaultParameters(), ...buckets, ...given })).resources.Resources
const on = (given: Record<string, unknown> = {}) => make({ athena: 'true', ...given })
// biome-ignore lint/suspicious/noExplicitAny: a template's properties are as many as AWS has resource types.
const table = (resources: Resources, id: string): any => resources[`AthenaTable${id}`]?.Properties?.TableInput
// biome-ignore lint/suspicious/noExplicitAny: see above
const query = (resources: Resources, id: string): any => resources[`AthenaQuery${id}`]?.Properties
const ofAthena = (resources: Resources) =>
  Object.entries(resources).filter(([, { Type }]) => /^AWS::(Athena|Glue)::/.test(Type))

test('nothing of it is there without being asked for', async () => {
  expect(ofAthena(await make({}))).toEqual([])
  const { environment } = await makeTemplate('prod', { ...defaultParameters(), ...buckets })
  expect(environment.alert).not.toHaveProperty('BUCKETWATCH_ATHENA_WORKGROUP')
})

test('every query is saved, and the alert function knows the workgroup', async () => {
  const resources = await on()
  const saved = ofAthena(resources).filter(([, { Type }]) => Type === 'AWS::Athena::NamedQuery')
  expect(saved).toHaveLength(QUERIES.length)
  for (const [, { Properties }] of saved) {
    const { Name, QueryString, WorkGroup, Database } = Properties as Record<string, string>
    expect(Name!.length).toBeLessThanOrEqual(128)
    expect(QueryString!.length).toBeLessThan(262_144)
    expect([WorkGroup, Database]).toEqual(['bucketwatch-prod', 'bucketwatch_prod'])
    expect(QueryString).not.toMatch(/undefined|:\w+\b(?<!:mm|:ss)(?=\s*(AND|$))/)
  }
  const { environment } = await makeTemplate('prod', { ...defaultParameters(), ...buckets, athena: 'true' })
  expect(environment.alert).toMatchObject({ BUCKETWATCH_ATHENA_WORKGROUP: 'bucketwatch-prod' })
})

test('a query may read so much and no more, whatever somebody asks for', async () => {
  const configuration = (resources: Resources) =>
    (resources.AthenaWorkGroup!.Properties as { WorkGroupConfiguration: Record<string, unknown> })
      .WorkGroupConfiguration
  expect(configuration(await on({ athenaScanLimitGb: '20' }))).toMatchObject({
    BytesScannedCutoffPerQuery: 20_000_000_000,
    EnforceWorkGroupConfiguration: true,
    ManagedQueryResultsConfiguration: { Enabled: true },
  })
  const own = configuration(await on({ athenaResults: 'amzn-s3-demo-results/athena/' }))
  expect(own.ResultConfiguration).toMatchObject({ OutputLocation: 's3://amzn-s3-demo-results/athena/' })
  // Athena refuses both at once.
  expect(own).not.toHaveProperty('ManagedQueryResultsConfiguration')
})

describe('the tables', () => {
  test('of a trail: account layout, by day', async () => {
    const { Parameters, PartitionKeys, StorageDescriptor } = table(
      await on({ sourceAccounts: '444455556666' }),
      'Cloudtrail',
    )
    expect(Parameters).toMatchObject({
      'projection.account.values': { 'Fn::Sub': `\${AWS::AccountId},444455556666` },
      'projection.day.range': '2020/01/01,NOW',
      'storage.location.template': `s3://amzn-s3-demo-trail/AWSLogs/\${account}/CloudTrail/\${region}/\${day}/`,
    })
    expect(Parameters['projection.region.values'].split(',')).toContain('eu-central-1')
    expect(PartitionKeys.map(({ Name }: { Name: string }) => Name)).toEqual(['account', 'region', 'day'])
    expect(StorageDescriptor.Location).toBe('s3://amzn-s3-demo-trail/AWSLogs/')
  })

  test('of an organization’s trail: one more, read with the other', async () => {
    const given = { organizationId: 'o-exampleorgid', athenaAccounts: '111122223333,444455556666' }
    const resources = await on({ ...given, cloudTrailBuckets: 'amzn-s3-demo-trail/logs/AWSLogs/o-exampleorgid/' })
    expect(table(resources, 'CloudtrailOrganization').Parameters['storage.location.template']).toBe(
      `s3://amzn-s3-demo-trail/logs/AWSLogs/o-exampleorgid/\${account}/CloudTrail/\${region}/\${day}/`,
    )
    expect(table(resources, 'Cloudtrail').StorageDescriptor.Location).toBe('s3://amzn-s3-demo-trail/logs/AWSLogs/')
    const { QueryString } = query(resources, 'DenialsCloudtrail')
    expect(QueryString.match(/FROM "bucketwatch_prod"\."\w+"/g)).toEqual([
      'FROM "bucketwatch_prod"."cloudtrail"',
      'FROM "bucketwatch_prod"."cloudtrail_organization"',
    ])
    await expect(on({ organizationId: 'o-exampleorgid' })).rejects.toThrow(/athenaAccounts: name the accounts/)
  })

  test('of access logs: all of a location, whatever stands before the date in their names', async () => {
    const resources = await on({ accessLogBuckets: 'amzn-s3-demo-access/web/cdn' })
    const { StorageDescriptor, Parameters, PartitionKeys } = table(resources, 'AccessLog')
    expect(StorageDescriptor.Location).toBe('s3://amzn-s3-demo-access/web/')
    expect(StorageDescriptor.SerdeInfo.Parameters['input.regex']).toBe(accessLogRegex())
    // RegexSerDe insists.
    const groups = new RegExp(`${accessLogRegex()}|`).exec('')!.length - 1
    expect(StorageDescriptor.Columns).toHaveLength(groups)
    expect([Parameters, PartitionKeys]).toEqual([{ EXTERNAL: 'TRUE' }, []])
    expect(query(resources, 'DenialsAccessLog').QueryString).toContain(
      `starts_with("$path", 's3://amzn-s3-demo-access/web/cdn')`,
    )
  })

  test('of access logs in the partitioned layout: the days asked for', async () => {
    const resources = await on({
      athenaBuckets: 'amzn-s3-demo-bucket1,amzn-s3-demo-bucket2',
      athenaRegions: 'eu-west-1',
    })
    expect(table(resources, 'AccessLogPartitioned').Parameters).toMatchObject({
      'projection.source_bucket.values': 'amzn-s3-demo-bucket1,amzn-s3-demo-bucket2',
      'projection.region.values': 'eu-west-1',
      'storage.location.template': `s3://amzn-s3-demo-access/\${account}/\${region}/\${source_bucket}/\${day}/`,
    })
    expect(query(resources, 'DenialsAccessLog').QueryString).toContain('"access_log_partitioned" WHERE day >= ')
    expect(table(resources, 'AccessLog')).toBeDefined()
  })

  test('of several locations: a set each; of none: no query either', async () => {
    const two = await on({ accessLogBuckets: 'amzn-s3-demo-a,amzn-s3-demo-b' })
    expect(table(two, 'AccessLog2').StorageDescriptor.Location).toBe('s3://amzn-s3-demo-b/')
    expect(query(two, 'DenialsAccessLog').QueryString).toContain('UNION ALL')
    const none = await on({ accessLogBuckets: '' })
    expect(query(none, 'DenialsAccessLog')).toBeUndefined()
    expect(query(none, 'DenialsCloudtrail')).toBeDefined()
  })
})

test('the framework packages it as it stands', async () => {
  const { Resources } = await packageTemplate({ parameters: { ...buckets, athena: 'true' }, stage: 'prod' })
  const made = await on()
  expect(
    Object.fromEntries(ofAthena(Resources as unknown as Resources).map(([id, { Properties }]) => [id, Properties])),
  ).toEqual(
    JSON.parse(JSON.stringify(Object.fromEntries(ofAthena(made).map(([id, { Properties }]) => [id, Properties])))),
  )
})
