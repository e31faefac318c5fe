import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonical,
  entriesOf,
  type NotificationConfiguration,
  type NotificationEntry,
} from '../../shared/connect/configuration.ts'
import {
  type Connection,
  checkDestination,
  findDifferences,
  MAX_ENTRIES,
  planConnect,
  planDisconnect,
} from '../../shared/connect/plan.ts'

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:bucketwatch-prod-cloudtrail'
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:bucketwatch-prod-cloudtrail-objects'
const CONNECTION: Connection = {
  stage: 'prod',
  kind: 'cloudtrail',
  destination: { arn: QUEUE },
  prefixes: ['AWSLogs/'],
}
const OURS: NotificationEntry = {
  Id: 'bucketwatch-prod-cloudtrail',
  QueueArn: QUEUE,
  Events: ['s3:ObjectCreated:*'],
  Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'AWSLogs/' }] } },
}
const SIEM: NotificationEntry = {
  Id: 'siem',
  TopicArn: 'arn:aws:sns:eu-west-1:111122223333:siem',
  Events: ['s3:ObjectRemoved:*'],
}
const THUMBNAILS: NotificationEntry = {
  Id: 'NjY4ODE0',
  LambdaFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:thumbnails',
  Events: ['s3:ObjectCreated:*'],
  Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'images/' }] } },
}

describe('planConnect', () => {
  it('adds to an empty configuration', () => {
    const plan = planConnect({}, CONNECTION)
    expect(plan.after).toEqual({ QueueConfigurations: [OURS] })
    expect(plan).toMatchObject({ changed: true, obstacles: [] })
  })

  it('keeps everything that is there, unknown members too, in its order', () => {
    const before = {
      TopicConfigurations: [SIEM],
      LambdaFunctionConfigurations: [{ ...THUMBNAILS, Retries: { Count: 3 } }],
      QueueConfigurations: [
        { Id: 'b', QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:b', Events: ['s3:ObjectTagging:*'] },
      ],
      EventBridgeConfiguration: {},
      PagerConfiguration: { Number: 7 },
    }
    const copy = structuredClone(before)
    const { after } = planConnect(before, CONNECTION)
    expect(after).toEqual({ ...copy, QueueConfigurations: [...copy.QueueConfigurations, OURS] })
    expect(before).toEqual(copy)
  })

  it.each<[string, NotificationConfiguration, Partial<Connection>, NotificationConfiguration, boolean]>([
    ['says nothing new: untouched', { QueueConfigurations: [OURS] }, {}, { QueueConfigurations: [OURS] }, false],
    [
      'written by S3 in its own way: untouched',
      {
        QueueConfigurations: [{ ...OURS, Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'AWSLogs/' }] } } }],
      },
      {},
      {
        QueueConfigurations: [{ ...OURS, Filter: { Key: { FilterRules: [{ Name: 'Prefix', Value: 'AWSLogs/' }] } } }],
      },
      false,
    ],
    [
      'another prefix: replaced, in its place',
      { QueueConfigurations: [OURS, { ...SIEM, QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:x' }] },
      { prefixes: ['org/AWSLogs/'] },
      {
        QueueConfigurations: [
          { ...OURS, Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'org/AWSLogs/' }] } } },
          { ...SIEM, QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:x' },
        ],
      },
      true,
    ],
    [
      'the queue of a new deployment: replaced',
      { QueueConfigurations: [{ ...OURS, QueueArn: 'arn:aws:sqs:eu-west-1:111122223333:old' }] },
      {},
      { QueueConfigurations: [OURS] },
      true,
    ],
    [
      'two prefixes become one: the second goes',
      { QueueConfigurations: [OURS, { ...OURS, Id: 'bucketwatch-prod-cloudtrail-2', Filter: undefined }] },
      {},
      { QueueConfigurations: [OURS] },
      true,
    ],
    [
      'now over a topic: moved to the other section',
      { QueueConfigurations: [OURS], TopicConfigurations: [SIEM] },
      { destination: { arn: TOPIC } },
      {
        TopicConfigurations: [
          SIEM,
          { Id: OURS.Id, TopicArn: TOPIC, Events: OURS.Events, Filter: OURS.Filter } as NotificationEntry,
        ],
      },
      true,
    ],
    [
      'another kind and another stage are not touched',
      { QueueConfigurations: [{ ...OURS, Id: 'bucketwatch-dev-cloudtrail', Events: ['s3:ObjectRemoved:*'] }] },
      { kind: 'access-log', prefixes: ['access/'], destination: { arn: `${QUEUE}2` } },
      {
        QueueConfigurations: [
          { ...OURS, Id: 'bucketwatch-dev-cloudtrail', Events: ['s3:ObjectRemoved:*'] },
          {
            Id: 'bucketwatch-prod-access-log',
            QueueArn: `${QUEUE}2`,
            Events: ['s3:ObjectCreated:*'],
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'access/' }] } },
          },
        ],
      },
      true,
    ],
    [
      'the whole bucket, with a suffix that needs encoding',
      {},
      { prefixes: [''], suffix: ' @.gz' },
      { QueueConfigurations: [{ ...OURS, Filter: { Key: { FilterRules: [{ Name: 'suffix', Value: '+%40.gz' }] } } }] },
      true,
    ],
    [
      'EventBridge: switched on',
      { TopicConfigurations: [SIEM] },
      { destination: 'eventbridge' },
      { TopicConfigurations: [SIEM], EventBridgeConfiguration: {} },
      true,
    ],
    [
      'EventBridge is on',
      { EventBridgeConfiguration: {} },
      { destination: 'eventbridge' },
      { EventBridgeConfiguration: {} },
      false,
    ],
  ])('%s', (_, before, more, after, changed) => {
    const plan = planConnect(before, { ...CONNECTION, ...more })
    expect(plan.after).toEqual(after)
    expect(plan.changed).toBe(changed)
    expect(plan.obstacles).toEqual([])
  })

  it('each prefix has an entry of its own; the same one twice is one', () => {
    const { after } = planConnect({}, { ...CONNECTION, prefixes: ['a/AWSLogs/', 'b/AWSLogs/', 'a/AWSLogs/'] })
    expect(after.QueueConfigurations?.map(({ Id }) => Id)).toEqual([
      'bucketwatch-prod-cloudtrail',
      'bucketwatch-prod-cloudtrail-2',
    ])
  })

  it('says which entry is in the way, and what to do', () => {
    const siem = { ...SIEM, Events: ['s3:ObjectCreated:Put'] }
    const { obstacles } = planConnect({ TopicConfigurations: [siem] }, CONNECTION)
    expect(obstacles).toHaveLength(1)
    expect(obstacles[0]?.what).toContain(`topic ${SIEM.TopicArn} (Id siem, s3:ObjectCreated:Put)`)
    expect(obstacles[0]?.what).toContain('(s3:ObjectCreated:Put)')
    expect(obstacles[0]?.fix).toContain('--feed eventbridge')
  })

  it('one made by hand for the same queue is in the way, and named as such', () => {
    const { obstacles } = planConnect({ QueueConfigurations: [{ ...OURS, Id: 'by-hand' }] }, CONNECTION)
    expect(obstacles[0]?.fix).toMatch(/same place/)
  })

  it('prefixes of ours that overlap each other', () => {
    const { obstacles } = planConnect({}, { ...CONNECTION, prefixes: ['AWSLogs/', 'AWSLogs/111122223333/'] })
    expect(obstacles).toHaveLength(1)
    expect(obstacles[0]?.fix).toMatch(/longer/)
  })

  it('what overlaps among others already is not our business', () => {
    expect(planConnect({ TopicConfigurations: [THUMBNAILS, THUMBNAILS] }, CONNECTION).obstacles).toEqual([])
  })

  it('counts to a hundred', () => {
    const others = Array.from({ length: MAX_ENTRIES - 1 }, (_, i) => ({
      ...SIEM,
      Id: `other-${i}`,
      Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: `${i}/` }] } },
    }))
    expect(planConnect({ TopicConfigurations: others }, CONNECTION).obstacles).toEqual([])
    const full = planConnect({ TopicConfigurations: [...others, SIEM] }, CONNECTION).obstacles
    expect(full.map(({ what }) => what)).toEqual([
      'The bucket would have 101 notification configurations; S3 allows 100.',
    ])
  })
})

describe('planDisconnect', () => {
  const both = {
    QueueConfigurations: [
      OURS,
      { ...OURS, Id: 'bucketwatch-prod-cloudtrail-2' },
      { ...OURS, Id: 'bucketwatch-prod-access-log' },
      { ...OURS, Id: 'bucketwatch-dev-cloudtrail' },
    ],
    TopicConfigurations: [{ ...SIEM, Id: 'bucketwatch-prod-cloudtrail-3' }],
    EventBridgeConfiguration: {},
  }

  it.each<[string, Parameters<typeof planDisconnect>[1], (string | undefined)[], boolean]>([
    ['both kinds', { stage: 'prod', kinds: ['cloudtrail', 'access-log'] }, ['bucketwatch-dev-cloudtrail'], true],
    [
      'one kind',
      { stage: 'prod', kinds: ['cloudtrail'] },
      ['bucketwatch-prod-access-log', 'bucketwatch-dev-cloudtrail'],
      true,
    ],
    [
      'EventBridge only if named',
      { stage: 'prod', kinds: ['cloudtrail', 'access-log'], eventBridge: true },
      ['bucketwatch-dev-cloudtrail'],
      false,
    ],
  ])('%s', (_, options, left, bridge) => {
    const { after, changed } = planDisconnect(both, options)
    expect(entriesOf(after).map(({ entry }) => entry.Id)).toEqual(left)
    expect('EventBridgeConfiguration' in after).toBe(bridge)
    expect('TopicConfigurations' in after).toBe(false)
    expect(changed).toBe(true)
  })

  it('nothing of ours: nothing changes', () => {
    const plan = planDisconnect({ TopicConfigurations: [SIEM] }, { stage: 'prod', kinds: ['cloudtrail'] })
    expect(plan).toMatchObject({ changed: false, after: { TopicConfigurations: [SIEM] } })
  })
})

describe('any configuration', () => {
  const rules = fc.array(
    fc.record({ Name: fc.constantFrom('prefix', 'Suffix', 'tag'), Value: fc.string({ maxLength: 5 }) }),
    { maxLength: 2 },
  )
  const entryTo = (member: string) =>
    fc.record(
      {
        Id: fc.oneof(
          fc.string({ minLength: 1, maxLength: 8 }),
          fc.constantFrom('bucketwatch-dev-cloudtrail', 'bucketwatch-prod-cloudtrailx', 'bucketwatch-prod-access-log'),
        ),
        [member]: fc.string({ minLength: 1, maxLength: 8 }),
        Events: fc.array(fc.constantFrom('s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:Replication:*'), {
          minLength: 1,
          maxLength: 2,
        }),
        Filter: fc.record({ Key: fc.record({ FilterRules: rules }) }),
        Unheard: fc.anything({ maxDepth: 1, withBigInt: false }),
      },
      { requiredKeys: ['Id', member, 'Events'] },
    )
  const section = (member: string) => fc.array(entryTo(member), { minLength: 1, maxLength: 3 })
  const configuration = fc.record(
    {
      QueueConfigurations: section('QueueArn'),
      TopicConfigurations: section('TopicArn'),
      LambdaFunctionConfigurations: section('LambdaFunctionArn'),
      EventBridgeConfiguration: fc.constant({}),
      Unheard: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ) as unknown as fc.Arbitrary<NotificationConfiguration>
  const connection = fc.record({
    prefixes: fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 3 }),
    suffix: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
    destination: fc.constantFrom<Connection['destination']>({ arn: QUEUE }, { arn: TOPIC }, 'eventbridge'),
  })
  const text = (value: unknown) => JSON.stringify(value)

  it("others' entries are the very same, in their order; connecting twice is connecting once", () => {
    fc.assert(
      fc.property(configuration, connection, (before, more) => {
        const untouched = text(before)
        const { after } = planConnect(before, { ...CONNECTION, ...more })
        expect(text(before)).toBe(untouched)
        const others = (c: NotificationConfiguration) =>
          entriesOf(c).filter(({ entry }) => !/^bucketwatch-prod-cloudtrail(-\d+)?$/.test(String(entry.Id)))
        const left = others(before)
        const right = others(after)
        expect(right).toHaveLength(left.length)
        // toBe: not even copied.
        for (const [index, { entry }] of left.entries()) expect(right[index]?.entry).toBe(entry)
        expect(after.Unheard).toBe(before.Unheard)
        expect(planConnect(after, { ...CONNECTION, ...more })).toMatchObject({ changed: false, after })
      }),
    )
  })

  it('connect, then disconnect: byte for byte what it was', () => {
    fc.assert(
      fc.property(configuration, connection, (before, more) => {
        const { after } = planConnect(before, { ...CONNECTION, ...more })
        const eventBridge = more.destination === 'eventbridge' && before.EventBridgeConfiguration === undefined
        const back = planDisconnect(after, { stage: 'prod', kinds: ['cloudtrail'], eventBridge }).after
        expect(canonical(back)).toBe(canonical(before))
        for (const name of Object.keys(before)) expect(text(back[name])).toBe(text(before[name]))
        expect(Object.keys(back).sort()).toEqual(Object.keys(before).sort())
      }),
    )
  })
})

describe('findDifferences', () => {
  const put = { QueueConfigurations: [OURS], TopicConfigurations: [SIEM] }
  it.each<[string, NotificationConfiguration, RegExp[]]>([
    ['the same, in another order and case', { TopicConfigurations: [SIEM], QueueConfigurations: [OURS] }, []],
    ['somebody else put theirs over ours', { TopicConfigurations: [SIEM] }, [/^missing: queue .*bucketwatch-prod/]],
    ['somebody else added', { ...put, LambdaFunctionConfigurations: [THUMBNAILS] }, [/^unexpected: function/]],
    ['EventBridge was switched on', { ...put, EventBridgeConfiguration: {} }, [/^EventBridge is on$/]],
  ])('%s', (_, read, expected) => {
    const found = findDifferences(put, read)
    expect(found).toHaveLength(expected.length)
    for (const [index, pattern] of expected.entries()) expect(found[index]).toMatch(pattern)
  })
})

describe('checkDestination', () => {
  it.each([
    [QUEUE, 'eu-west-1', []],
    [QUEUE, 'us-east-1', [/in us-east-1, the queue bucketwatch-prod-cloudtrail in eu-west-1/]],
    [TOPIC, 'us-east-1', [/the topic bucketwatch-prod-cloudtrail-objects in eu-west-1/]],
    [`${QUEUE}.fifo`, 'eu-west-1', [/FIFO queue/]],
    [`${TOPIC}.fifo`, 'eu-central-1', [/one Region only/, /FIFO topic/]],
  ])('%s, bucket in %s', (arn, region, expected) => {
    const found = checkDestination(arn, region)
    expect(found).toHaveLength(expected.length)
    for (const [index, pattern] of expected.entries()) expect(found[index]?.what).toMatch(pattern)
  })
})
