import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { findLastObject, type LastObjectOptions } from '../../shared/aws/last-object.ts'

const NOW = Date.parse('2026-03-17T13:00:00Z')
const s3 = mockClient(S3Client)
const client = new S3Client({ region: 'eu-west-1' })

/** A bucket: keys, with the time each was written; answers as S3 does, `page` keys at a time. */
function bucketOf(keys: Readonly<Record<string, string>>, page = 1000) {
  const sorted = Object.keys(keys).sort()
  s3.on(ListObjectsV2Command).callsFake(({ Prefix = '', Delimiter, StartAfter = '', ContinuationToken }) => {
    const after = ContinuationToken ?? StartAfter
    const CommonPrefixes = new Set<string>()
    const Contents: { Key: string; LastModified: Date }[] = []
    let last = ''
    for (const key of sorted) {
      if (!key.startsWith(Prefix) || key <= after) continue
      if (Contents.length + CommonPrefixes.size >= page) {
        return {
          Contents,
          CommonPrefixes: [...CommonPrefixes].map((prefix) => ({ Prefix: prefix })),
          NextContinuationToken: last,
        }
      }
      last = key
      const slash = Delimiter === undefined ? -1 : key.indexOf(Delimiter, Prefix.length)
      if (slash >= 0) CommonPrefixes.add(key.slice(0, slash + 1))
      else Contents.push({ Key: key, LastModified: new Date(keys[key]!) })
    }
    return { Contents, CommonPrefixes: [...CommonPrefixes].map((prefix) => ({ Prefix: prefix })) }
  })
}

const trailKey = (time: string, account = '111122223333', region = 'eu-west-1', before = 'AWSLogs/') =>
  `${before}${account}/CloudTrail/${region}/${time.slice(0, 10).replaceAll('-', '/')}/${account}_CloudTrail_${region}_${time.slice(0, 16).replace(/[-:]/g, '')}Z_ExampleExample00.json.gz`
const simpleKey = (time: string, prefix: string) =>
  `${prefix}${time.slice(0, 19).replace(/[T:]/g, '-')}-EXAMPLE0EXAMPLE0`
const at = (...keys: readonly [string, string][]) => Object.fromEntries(keys)

const find = (more: Partial<LastObjectOptions>) =>
  findLastObject(
    { s3: client },
    {
      bucket: 'amzn-s3-demo-bucket',
      kind: 'cloudtrail',
      prefix: '',
      now: NOW,
      prefer: ['111122223333', 'eu-west-1'],
      ...more,
    },
  )

beforeEach(() => s3.reset())

describe('a trail', () => {
  it.each(['AWSLogs/111122223333/', 'AWSLogs/111122223333/CloudTrail/', 'x/AWSLogs/111122223333/'])(
    'looks below the prefix %s only',
    async (prefix) => {
      const before = `${prefix.slice(0, prefix.indexOf('AWSLogs/'))}AWSLogs/`
      const mine = trailKey('2026-03-16T12:00:00Z', '111122223333', 'eu-west-1', before)
      const other = trailKey('2026-03-17T12:55:00Z', '444455556666', 'eu-west-1', before)
      bucketOf(at([mine, '2026-03-16T12:00:00Z'], [other, '2026-03-17T12:55:00Z']))
      expect(await find({ prefix })).toMatchObject({ key: mine })
      for (const { args } of s3.commandCalls(ListObjectsV2Command)) {
        expect(args[0].input.Prefix?.startsWith(prefix)).toBe(true)
      }
    },
  )

  const young = '2026-03-17T12:55:00Z'
  it.each<[string, string, string]>([
    ['in the whole bucket', '', 'AWSLogs/'],
    ['of an organization', '', 'AWSLogs/o-exampleorgid/'],
    ['with a prefix that is given', 'trail/', 'trail/AWSLogs/'],
    ['with a prefix that has to be found', '', 'security/trail/AWSLogs/'],
    ['given down to AWSLogs', 'AWSLogs/', 'AWSLogs/'],
    ['given down to the account', 'AWSLogs/111122223333/', 'AWSLogs/'],
    ['given down to the middle of a name', 'AWSLogs/1111', 'AWSLogs/'],
    ['given without its slash', 'trail', 'trail/AWSLogs/'],
  ])('%s', async (_, prefix, before) => {
    const key = trailKey(young, '111122223333', 'eu-west-1', before)
    bucketOf(
      at(
        [key, young],
        [trailKey('2026-03-17T11:55:00Z', '111122223333', 'eu-west-1', before), '2026-03-17T11:55:00Z'],
        [`${before}111122223333/CloudTrail-Digest/eu-west-1/2026/03/17/digest.json.gz`, '2026-03-17T12:59:00Z'],
        [`${before}111122223333/vpcflowlogs/eu-west-1/2026/03/17/flow.log.gz`, '2026-03-17T12:59:00Z'],
        ['images/cat.jpg', '2026-03-17T12:59:00Z'],
      ),
    )
    expect(await find({ prefix })).toEqual({ key, time: Date.parse(young) })
  })

  it('of yesterday, where there is none today', async () => {
    const key = trailKey('2026-03-16T23:50:00Z')
    bucketOf(at([key, '2026-03-16T23:52:00Z']))
    expect(await find({})).toMatchObject({ key })
  })

  it('older than that is none', async () => {
    bucketOf(at([trailKey('2026-03-15T23:50:00Z'), '2026-03-15T23:50:00Z']))
    expect(await find({})).toBeUndefined()
  })

  it('in an empty bucket', async () => {
    bucketOf({})
    expect(await find({})).toBeUndefined()
  })

  it('busy: the last hours first, not all of the day', async () => {
    const keys = Array.from({ length: 700 }, (_, i) => {
      const time = new Date(Date.parse('2026-03-17T00:00:00Z') + i * 60_000).toISOString()
      return [trailKey(time), time] as const
    })
    bucketOf(Object.fromEntries(keys), 100)
    expect(await find({})).toMatchObject({ key: keys.at(-1)![0] })
    expect(s3.commandCalls(ListObjectsV2Command).length).toBeLessThan(10)
  })

  it('an organization of hundreds: some of it, in a bounded number of calls, our own account among it', async () => {
    const keys: Record<string, string> = {}
    for (let account = 0; account < 200; account++) {
      for (const region of ['eu-west-1', 'us-east-1', 'us-west-2', 'ap-south-1', 'sa-east-1'])
        keys[trailKey('2026-03-17T10:00:00Z', String(100_000_000_000 + account), region, 'AWSLogs/o-exampleorgid/')] =
          '2026-03-17T10:00:00Z'
    }
    const own = trailKey(young, '111122223333', 'eu-west-1', 'AWSLogs/o-exampleorgid/')
    keys[own] = young
    bucketOf(keys)
    expect(await find({})).toMatchObject({ key: own })
    expect(s3.commandCalls(ListObjectsV2Command).length).toBeLessThanOrEqual(40)
  })
})

describe('access logs', () => {
  it.each<[string, string, string]>([
    ['simple', 'logs/', simpleKey('2026-03-17T12:10:00Z', 'logs/')],
    ['simple, without prefix', '', simpleKey('2026-03-17T12:10:00Z', '')],
    ['simple, of yesterday, however early', 'logs/', simpleKey('2026-03-16T00:10:00Z', 'logs/')],
    ['simple, prefix without slash', 'site-', simpleKey('2026-03-16T22:10:00Z', 'site-')],
    [
      'partitioned',
      'logs/',
      simpleKey('2026-03-17T00:00:00Z', 'logs/111122223333/eu-west-1/amzn-s3-demo-source/2026/03/17/'),
    ],
  ])('%s', async (_, prefix, key) => {
    bucketOf(
      at(
        [key, '2026-03-17T12:12:00Z'],
        [simpleKey('2026-01-01T00:00:00Z', prefix), '2026-01-01T00:00:00Z'],
        [`${prefix}z-other`, '2026-03-17T12:59:00Z'],
      ),
    )
    expect(await find({ kind: 'access-log', prefix })).toEqual({ key, time: Date.parse('2026-03-17T12:12:00Z') })
  })

  it('busy: the last hours first, not all of the day', async () => {
    const keys = Array.from({ length: 720 }, (_, i) => {
      const time = new Date(Date.parse('2026-03-17T00:00:00Z') + i * 60_000).toISOString()
      return [simpleKey(time, 'logs/'), time] as const
    })
    bucketOf(Object.fromEntries(keys), 60)
    expect(await find({ kind: 'access-log', prefix: 'logs/' })).toMatchObject({ key: keys.at(-1)![0] })
    expect(s3.commandCalls(ListObjectsV2Command).length).toBeLessThan(5)
  })

  it('none of late', async () => {
    bucketOf(at([simpleKey('2026-03-10T00:00:00Z', 'logs/'), '2026-03-10T00:00:00Z']))
    expect(await find({ kind: 'access-log', prefix: 'logs/' })).toBeUndefined()
  })
})
