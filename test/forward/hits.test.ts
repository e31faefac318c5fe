import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { ObjectStore } from '../../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import { compileDetections } from '../../shared/detection/compile.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import { addsUp } from '../../shared/forward/receipt.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import type { HitSink } from '../../shared/incident/ports.ts'
import { createMemoryLogs } from '../../shared/local/memory-logs.ts'
import { compilePattern } from '../../shared/metric/filter.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'
import { createRandom } from '../support/random.ts'

const QUIET = { debug() {}, info() {}, warn() {}, error() {} }
const NOW = Date.parse('2026-03-17T12:00:00Z')
const START = Date.parse('2026-03-17T08:00:00Z')
const detections = await loadDetections('infra/detections')
/** Off by default; here a second rule for one call. */
const SECOND = 'cis-08-s3-policy'
const compiled = compileDetections({
  detections: detections.map((one) => (one.id === SECOND ? { ...one, enabled: true } : one)),
  stage: 'test',
})
const { rules } = compileHitRules(compiled)

type CloudTrailRecord = Readonly<Record<string, unknown>>

let ids = 0
function call(by: string, at: number, changes: CloudTrailRecord = {}): CloudTrailRecord {
  ids += 1
  return {
    eventVersion: '1.11',
    eventID: `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`,
    requestID: `REQUEST${ids}`,
    eventTime: new Date(START + at * 1000).toISOString().replace('.000Z', 'Z'),
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    eventCategory: 'Data',
    managementEvent: false,
    readOnly: true,
    awsRegion: 'eu-central-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-cli/2.17.0',
    userIdentity: {
      type: 'IAMUser',
      arn: `arn:aws:iam::111122223333:user/${by}`,
      accountId: '111122223333',
      userName: by,
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    },
    requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: `k${ids}` },
    recipientAccountId: '111122223333',
    ...changes,
  }
}
const refused = (by: string, at: number) => call(by, at, { errorCode: 'AccessDenied' })
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

interface SetUp {
  readonly objects: readonly (readonly CloudTrailRecord[])[]
  readonly instances?: number
  readonly state?: StateStore
  readonly env?: Readonly<Record<string, string>>
  readonly sink?: HitSink
  readonly faults?: Parameters<typeof createMemoryLogs>[0]['faults']
}

function setUp({
  objects,
  instances = 1,
  state = createMemoryState({ now: () => NOW }),
  env = {},
  sink,
  faults,
}: SetUp) {
  const hits: Hit[] = []
  const told: HitSink = sink ?? { put: async (more) => void hits.push(...more) }
  const keys = objects.map((_, i) => `AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/17/${i}.json.gz`)
  const store: ObjectStore = {
    open: async ({ key }) => ({
      body: (async function* () {
        yield gzipSync(JSON.stringify({ Records: objects[keys.indexOf(key)] }))
      })(),
    }),
  }
  const logs = createMemoryLogs({ now: () => NOW, faults })
  const pipelines = times(instances, (i) =>
    createPipeline({
      functionName: 'cloudtrail',
      instanceId: `instance-${i}`,
      config: readConfig(env),
      environment: EMPTY_ENVIRONMENT,
      store,
      logs,
      state,
      rules,
      hits: told,
      now: () => NOW,
      sleep: async () => {},
      random: () => 0.5,
      log: QUIET,
    }),
  )
  const process = (object: number, instance = 0) =>
    pipelines[instance]!.process({ bucket: 'amzn-s3-demo-logs', key: keys[object]!, eTag: `e${object}` })
  return { hits, process, logs, all: () => Promise.all(keys.map((_, i) => process(i, i % instances))) }
}

const of = (hits: readonly Hit[], rule: string) => hits.filter((hit) => hit.rule === rule)

describe('refusals of one caller', () => {
  it('in a burst, in one object: one hit, with whom, what and how many', async () => {
    const { hits, process } = setUp({ objects: [times(600, (i) => refused('mallory', i % 180))] })
    const { receipt } = await process(0)
    expect(of(hits, 'ct-denied-spike')).toMatchObject([
      {
        severity: 'medium',
        principal: 'person:111122223333/mallory',
        entity: { actor: 'arn:aws:iam::111122223333:user/mallory' },
        first: START,
        last: START + 179_000,
        matches: 600,
        amount: 600,
        threshold: 20,
        evidence: { total: 600, buckets: { top: [{ value: 'amzn-s3-demo-bucket', count: 600 }] } },
      },
    ])
    expect(hits[0]!.at).toBeLessThan(START + 180_000)
    // Not all are read.
    expect(hits[0]!.calls.length).toBeGreaterThan(30)
    expect(hits[0]!.calls.length).toBeLessThanOrEqual(64)
    expect(hits[0]!.evidence.actors.top[0]!.count).toBeGreaterThan(590)
    expect(receipt.hits).toBe(hits.length)
  })

  it('in a burst, in a hundred objects, by two instances in any order', async () => {
    const objects = times(100, (i) => times(6, (j) => refused('mallory', (i * 6 + j) % 180)))
    const random = createRandom(7)
    const { hits, process } = setUp({ objects, instances: 2 })
    const order = times(100, (i) => i).sort(() => random.next() - 0.5)
    for (const object of order) await process(object, object % 2)
    const spikes = of(hits, 'ct-denied-spike')
    expect(spikes.length).toBeGreaterThan(90)
    expect(Math.max(...spikes.map(({ amount }) => amount))).toBeGreaterThan(500)
    expect(new Set(spikes.map(({ id }) => id)).size).toBe(spikes.length)
  })

  it('spread over a day, in one object or a hundred: none', async () => {
    const spread = times(100, (i) => refused('mallory', i * 600))
    const whole = setUp({ objects: [spread] })
    await whole.process(0)
    expect(of(whole.hits, 'ct-denied-spike')).toEqual([])
    const parts = setUp({ objects: spread.map((one) => [one]) })
    await parts.all()
    expect(of(parts.hits, 'ct-denied-spike')).toEqual([])
  })

  it('late: an hour-old object completes the window that it belongs to', async () => {
    const objects = [
      times(12, (i) => refused('mallory', i)),
      times(12, (i) => refused('mallory', 7_200 + i)),
      times(12, (i) => refused('mallory', 60 + i)),
    ]
    const { hits, process } = setUp({ objects })
    for (const object of [0, 1]) await process(object)
    expect(of(hits, 'ct-denied-spike')).toEqual([])
    await process(2)
    expect(of(hits, 'ct-denied-spike')).toMatchObject([{ amount: 24, first: START + 60_000 }])
  })

  it('of two callers in the same minutes, two hits; of many callers with a few each, none', async () => {
    const mixed = times(60, (i) => refused(i % 2 === 0 ? 'mallory' : 'trudy', i))
    const crowd = times(200, (i) => refused(`user-${i % 50}`, i))
    const { hits, process } = setUp({ objects: [[...mixed, ...crowd]] })
    await process(0)
    expect(
      of(hits, 'ct-denied-spike')
        .map(({ principal, matches }) => [principal, matches])
        .sort(),
    ).toEqual([
      ['person:111122223333/mallory', 30],
      ['person:111122223333/trudy', 30],
    ])
  })
})

describe('deletes', () => {
  it('among more callers than are followed: whoever has most is kept, and what is counted is said to be the least', async () => {
    const few = times(5_000, (i) => refused(`user${i}`, i % 300))
    const many = times(60, (i) => refused('mallory', i))
    const { hits, process } = setUp({ objects: [[...few.slice(0, 2_000), ...many, ...few.slice(2_000)]] })
    await process(0)
    expect(of(hits, 'ct-denied-spike')).toMatchObject([{ principal: 'person:111122223333/mallory', isAtLeast: true }])
  })

  it('51 DeleteObjects of a thousand keys each are 51,000, where the records say so', async () => {
    const objects = times(1000, (i) => ({ key: `k${i}` }))
    const deleting = (listed: boolean) => (i: number) =>
      call('mallory', i, {
        eventName: 'DeleteObjects',
        readOnly: false,
        requestParameters: { bucketName: 'amzn-s3-demo-bucket', delete: listed ? { objects } : '' },
      })
    const said = setUp({
      objects: [times(51, deleting(true))],
      env: { BUCKETWATCH_CAP_BYTES: '200000', BUCKETWATCH_DETAIL: 'full' },
    })
    await said.process(0)
    expect(of(said.hits, 'data-mass-delete')).toMatchObject([{ matches: 51, amount: 51_000, count: 'deletes' }])
    const hidden = setUp({ objects: [times(51, deleting(false))] })
    await hidden.process(0)
    expect(of(hidden.hits, 'data-mass-delete')).toEqual([])
  })
})

describe('redelivery', () => {
  it('counts nothing twice, whoever gets the object again', async () => {
    const { hits, process } = setUp({ objects: [times(15, (i) => refused('mallory', i))], instances: 3 })
    for (const instance of [0, 1, 2, 0]) await process(0, instance)
    expect(hits).toEqual([])
  })

  it('makes the same hit again where handing over had failed, and the ledger does not say that it is done', async () => {
    let isDown = true
    const taken: Hit[] = []
    const sink: HitSink = {
      async put(hits) {
        if (isDown) throw new BucketwatchError('HITS_PUT', 'the queue is down')
        taken.push(...hits)
      },
    }
    const { process, logs } = setUp({ objects: [times(30, (i) => refused('mallory', i))], instances: 2, sink })
    const { receipt, error } = await process(0)
    expect(receipt.status).toBe('failed')
    expect(error?.code).toBe('HITS_PUT')
    isDown = false
    for (const instance of [0, 1]) await process(0, instance)
    expect(of(taken, 'ct-denied-spike')).toMatchObject([{ matches: 30, amount: 30 }])
    expect(logs.events('/bucketwatch/dev/cloudtrail')).toHaveLength(30)
  })

  it('tells once of an object whose delivery failed half-way, and counts each record once', async () => {
    const records = times(2_000, (i) => refused('mallory', Math.floor(i / 100)))
    const clean = setUp({ objects: [records] })
    await clean.process(0)
    const { hits, process } = setUp({
      objects: [records],
      faults: [
        {
          failure: 'denied',
          times: 1,
          when: ({ logEvents }) => logEvents.some(({ message }) => message.includes('"k')) && ++seen === 3,
        },
      ],
    })
    let seen = 0
    await process(0)
    await process(0)
    const amounts = of(hits, 'ct-denied-spike').map(({ amount }) => amount)
    expect(Math.max(...amounts)).toBe(2_000)
    expect(of(clean.hits, 'ct-denied-spike')).toMatchObject([{ amount: 2_000 }])
  })
})

describe('the state table', () => {
  it('down: objects are delivered, each instance counts by itself, and the receipt says so', async () => {
    const state: StateStore = {
      ...createMemoryState({ now: () => NOW }),
      write: () => Promise.reject(new StateError('unavailable', 'down')),
    }
    const { hits, process } = setUp({
      objects: [times(12, (i) => refused('m', i)), times(12, (i) => refused('m', 20 + i))],
      state,
    })
    const { receipt } = await process(0)
    expect(receipt).toMatchObject({ status: 'ok', delivered: 12, counting: 'unavailable' })
    await process(1)
    expect(of(hits, 'ct-denied-spike')).toMatchObject([{ amount: 24 }])
  })
})

describe('a rule that counts to one', () => {
  it('hits with every match, for its principal, without a window', async () => {
    const policy = (by: string, at: number) =>
      call(by, at, {
        eventName: 'DeleteBucketPolicy',
        eventCategory: 'Management',
        managementEvent: true,
        readOnly: false,
      })
    const { hits, process } = setUp({
      objects: [[policy('ana', 1), policy('john', 2), policy('ana', 3), ...times(50, (i) => call('li', i))]],
    })
    await process(0)
    expect(
      of(hits, 's3-policy-deleted').map(({ principal, matches, at, window }) => [principal, matches, at, window]),
    ).toEqual([
      ['person:111122223333/ana', 2, START + 1_000, 0],
      ['person:111122223333/john', 1, START + 2_000, 0],
    ])
    expect(hits.map(({ rule }) => rule)).toContain(SECOND)
  })
})

describe('ten thousand addresses, each from a network of its own', () => {
  const failed = (at: number, sourceIPAddress: string) =>
    call('nobody', at, {
      eventSource: 'signin.amazonaws.com',
      eventName: 'ConsoleLogin',
      eventType: 'AwsConsoleSignIn',
      eventCategory: 'Management',
      managementEvent: true,
      readOnly: false,
      errorMessage: 'Failed authentication',
      responseElements: { ConsoleLogin: 'Failure' },
      requestParameters: null,
      sourceIPAddress,
    })
  const rotating = (n: number) => failed(n % 100, `2001:db8:${n.toString(16)}:${n.toString(16)}::${n.toString(16)}`)

  it('do not push out one that comes between them, and are themselves no hits', async () => {
    const records = times(10_000, (n) =>
      n % 500 === 250 ? [rotating(n), failed(n % 100, '203.0.113.9')] : [rotating(n)],
    )
    const { hits, process } = setUp({ objects: [records.flat()] })
    await process(0)
    const found = of(hits, 'cis-06-console-fail')
    expect(new Set(found.map(({ entity }) => entity.ip))).toEqual(new Set(['203.0.113.9']))
    expect(found.reduce((sum, { matches }) => sum + matches, 0)).toBeGreaterThanOrEqual(15)
    // Some of the ten thousand were let go, so that it may be more.
    expect(found[0]!.isAtLeast).toBe(true)
  })

  it('of one network are one', async () => {
    const { hits, process } = setUp({
      objects: [times(1_000, (n) => failed(n % 100, `2001:db8:0:7::${n.toString(16)}`))],
    })
    await process(0)
    expect(of(hits, 'cis-06-console-fail')).toMatchObject([{ entity: { ip: '2001:db8:0:7::/64' }, matches: 1_000 }])
  })
})

describe('forward: matching', () => {
  it('sends what a filter matches and nothing else, accounts for the rest, and changes no hit', async () => {
    const objects = times(3, (seed) => [
      ...generateCloudTrail({ records: 300, seed, errorShare: 0.1 }),
      ...times(30, (i) => refused('mallory', i * 2)),
      call('ana', 5, {
        eventName: 'StopLogging',
        eventSource: 'cloudtrail.amazonaws.com',
        readOnly: false,
        eventCategory: 'Management',
      }),
    ])
    const all = setUp({ objects: objects as never })
    const matching = setUp({ objects: objects as never, env: { BUCKETWATCH_FORWARD: 'matching' } })
    for (const run of [all, matching]) for (let i = 0; i < objects.length; i++) await run.process(i)
    const group = '/bucketwatch/dev/cloudtrail'
    const messages = (run: typeof all) => run.logs.events(group).map(({ message }) => message)
    const patterns = compiled.rules
      .filter(
        ({ detection, alarm }) =>
          detection.sources.includes('cloudtrail') && alarm.comparisonOperator.startsWith('Greater'),
      )
      .map(({ pattern }) => compilePattern(pattern))
    const matches = messages(all).filter((message) => patterns.some((pattern) => pattern.match(message)))
    const sent = messages(matching)
    expect(matches.length).toBeGreaterThan(100)
    expect(matches.length).toBeLessThan(messages(all).length * 0.7)
    // The rule that watches for silence hears of each object.
    expect(sent.length - matches.length).toBeLessThanOrEqual(objects.length * 2)
    expect(matches.filter((message) => !sent.includes(message))).toEqual([])
    expect(matching.hits).toEqual(all.hits)
    const { receipt } = await setUp({ objects: objects as never, env: { BUCKETWATCH_FORWARD: 'matching' } }).process(0)
    expect(addsUp(receipt)).toBe(true)
    expect(receipt.filteredBy.unmatched).toBe(receipt.recordsIn - receipt.delivered - receipt.duplicates)
  })

  it('needs the rules', () => {
    expect(() => setUpWithoutRules()).toThrow(/the rules have to be there/)
  })
})

function setUpWithoutRules() {
  return createPipeline({
    functionName: 'cloudtrail',
    instanceId: 'x',
    config: readConfig({ BUCKETWATCH_FORWARD: 'matching' }),
    environment: EMPTY_ENVIRONMENT,
    store: { open: async () => ({ body: (async function* () {})() }) },
    logs: createMemoryLogs({ now: () => NOW }),
    now: () => NOW,
    sleep: async () => {},
    random: () => 0.5,
    log: QUIET,
  })
}

describe('access logs', () => {
  it('are matched and counted by the same rules', async () => {
    const key = 'logs/2026-03-17-08-00-00-0123456789ABCDEF'
    const hits: Hit[] = []
    const text = [...generateAccessLogLines({ lines: 3_000, seed: 2, oddShare: 0.1 })].join('\n')
    const pipeline = createPipeline({
      functionName: 'access-log',
      instanceId: 'x',
      config: readConfig({}),
      environment: EMPTY_ENVIRONMENT,
      store: {
        open: async () => ({
          body: (async function* () {
            yield Buffer.from(`${text}\n`)
          })(),
        }),
      },
      logs: createMemoryLogs({ now: () => NOW }),
      rules,
      hits: { put: async (more) => void hits.push(...more) },
      now: () => NOW,
      sleep: async () => {},
      random: () => 0.5,
      log: QUIET,
    })
    const { receipt } = await pipeline.process({ bucket: 'amzn-s3-demo-logs', key })
    expect(receipt.status).toBe('ok')
    const found = of(hits, 'data-anon-read')
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({ principal }) => principal.startsWith('anonymous@'))).toBe(true)
  })
})
