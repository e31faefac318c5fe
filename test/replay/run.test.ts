/** Whatever threads do, a replay comes to the same; what it tells is what the deployed pipeline tells. */
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { NOWHERE, QUIET } from '../../bench/nowhere.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { compileDetections } from '../../shared/detection/compile.ts'
import { EMPTY_SETTINGS } from '../../shared/detection/settings.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { createPipeline } from '../../shared/forward/pipeline.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import { readConfig } from '../../shared/settings/config.ts'
import { generateAccessLogLines } from '../support/generate.ts'
import { chunks, denied, detections, event, MINUTE, objectsOf, replayed, START } from './support.ts'

/** An hour: everybody lists, one opens a bucket, one is refused again and again. */
function hour(): object[][] {
  return Array.from({ length: 12 }, (_, slot) => {
    const at = START + slot * 5 * MINUTE
    return [
      ...Array.from({ length: 20 }, (_, i) => event({ at: at + i * 10_000, user: `user-${i % 5}` })),
      ...Array.from({ length: 15 }, (_, i) =>
        denied({ at: at + i * 12_000, user: 'trudy', eventName: 'GetBucketPolicy' }),
      ),
      ...(slot === 4
        ? [
            event({
              at,
              eventName: 'DeleteBucketPolicy',
              readOnly: false,
              requestParameters: { bucketName: 'amzn-s3-demo-bucket' },
            }),
          ]
        : []),
    ]
  })
}

describe('a replay', () => {
  test('comes to the same however many units are read at once, and whichever is done first', async () => {
    const logs = objectsOf(hour())
    const one = await replayed({ ...logs, each: 1 })
    const many = await replayed({ ...logs, each: 1, parallel: 4, delay: (unit) => [7, 0, 3, 5][unit % 4]! })
    expect(many.model).toEqual(one.model)
    expect(one.model.incidents.length).toBeGreaterThan(1)
    expect(one.model.totals.records).toBe(12 * 35 + 1)
  })

  test('comes to the same however objects are put together in units', async () => {
    const logs = objectsOf(hour())
    const [one, three, all] = await Promise.all([1, 3, 12].map((each) => replayed({ ...logs, each })))
    expect(three!.model).toEqual(one!.model)
    expect(all!.model).toEqual(one!.model)
  })

  test('makes the very hits that one function instance makes of the same objects', async () => {
    const { store, objects } = objectsOf(hour())
    const hits: Hit[] = []
    const { rules } = compileHitRules(
      compileDetections({ detections: await loadDetections('infra/detections'), stage: 'replay' }),
    )
    const pipeline = createPipeline({
      functionName: 'cloudtrail',
      instanceId: 'one',
      config: readConfig({}),
      environment: EMPTY_ENVIRONMENT,
      store,
      logs: NOWHERE,
      rules,
      hits: { put: async (more) => void hits.push(...more) },
      now: () => START,
      sleep: async () => {},
      random: () => 0,
      log: QUIET,
    })
    for (const { bucket, key } of objects) await pipeline.process({ bucket, key })
    const { ran } = await replayed({ store, objects, each: 1 })
    const counted = [...Map.groupBy(hits, ({ rule }) => rule)].map(([rule, of]) => [rule, of.length] as const)
    expect(counted.length).toBeGreaterThan(1)
    expect(Object.fromEntries(ran.told.hits)).toEqual(Object.fromEntries(counted))
  })

  /** One refusal an object, 60 objects in one window: no object alone is near the threshold. */
  const refusals = () =>
    objectsOf(
      Array.from({ length: 60 }, (_, slot) => [
        denied({ at: START + slot * 5_000, user: 'trudy', eventName: 'GetBucketPolicy' }),
      ]),
    )

  test('finds what only many objects together come to, and reads none of them twice for it', async () => {
    const { store, objects } = refusals()
    const opened = new Set<string>()
    const once: typeof store = {
      async open(address) {
        if (opened.has(address.key)) throw new BucketwatchError('OBJECT_ACCESS_DENIED', 'AccessDenied')
        opened.add(address.key)
        return store.open(address)
      },
    }
    const { model, reads } = await replayed({ store: once, objects, each: 1 })
    expect([reads, model.problems]).toEqual([60, []])
    const spike = model.rules.find(({ id }) => id === 'ct-denied-spike')!
    expect([spike.incidents, spike.hits]).toEqual([1, 41])
    const incident = model.incidents.find(({ finding }) => finding.rules.some(({ id }) => id === 'ct-denied-spike'))!
    expect(incident.finding.person).toBe('trudy')
  })

  test('tells the same of a count that hits in its object and of one that only all objects make', async () => {
    const { store, objects } = refusals()
    const apart = await replayed({ store, objects, each: 1 })
    const together = await replayed({ store, objects, each: 60 })
    expect(apart.model).toEqual(together.model)
    const [told] = apart.model.incidents.filter(({ finding }) => finding.person === 'trudy')
    // As one function instance would: from the object on in which the count comes to the threshold.
    expect(told!.finding.matches).toBe(41)
    expect(told!.finding.story.length).toBeGreaterThan(0)
  })

  test('counts a record once that two trails have logged, whichever units they are in', async () => {
    const records = hour()
    const twice = records.flatMap((of) => [of, of])
    const [once, both] = [
      await replayed({ ...objectsOf(records), each: 1 }),
      await replayed({ ...objectsOf(twice), each: 1 }),
    ]
    expect(both.model.totals.duplicates).toBe(once.model.totals.records)
    expect(both.model.totals.records).toBe(once.model.totals.records)
    expect(both.model.rules.map(({ id, matches, hits }) => [id, matches, hits])).toEqual(
      once.model.rules.map(({ id, matches, hits }) => [id, matches, hits]),
    )
    expect(both.model.top).toEqual(once.model.top)
  })

  test('tells rules that were quiet from those that could not have seen anything', async () => {
    const { model } = await replayed(objectsOf([[event()]]))
    const state = (id: string) => model.rules.find((rule) => rule.id === id)
    expect(state('s3-policy-public')).toMatchObject({ state: 'quiet' })
    expect(state('sal-403-spike')).toMatchObject({ state: 'blind', reason: 'there was no record of access-log' })
    expect(state('data-mass-delete')).toMatchObject({ state: 'blind' })
    expect(model.rules.filter(({ kinds }) => kinds.length === 0).every(({ state: one }) => one === 'blind')).toBe(true)
    // Of what it watches, receipts of objects that could not be read are in no replay.
    expect(state('pipe-parse-errors')).toMatchObject({ state: 'blind', reason: expect.stringMatching(/receipts/) })
    // CloudTrail's records say whose account it is.
    expect(state('data-cross-account')).toMatchObject({ state: 'quiet' })
  })

  test('of access logs alone tells rules that need to know the account they are of', async () => {
    // Who is named by a canonical id is compared with the bucket's owner.
    const lines = [...generateAccessLogLines({ lines: 40, seed: 7 })].filter((line) => / arn:aws:/.test(line))
    const body = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    const key = '2026-03-17-09-00-00-0123456789ABCDEF'
    const logs = {
      store: { open: async () => ({ body: Readable.from([body]) }) },
      objects: [{ bucket: 'amzn-s3-demo-bucket', key, name: key, size: body.length }],
    }
    const environment = { ...EMPTY_ENVIRONMENT, account: '999988887777' }
    const [without, with_] = await Promise.all([
      replayed(logs),
      replayed({ ...logs, settings: { ...EMPTY_SETTINGS, environment } }),
    ])
    expect(without.model.totals.records).toBe(lines.length)
    const ids = detections.filter(
      ({ requires, sources }) => requires.includes('account') && sources.includes('access-log'),
    )
    expect(ids.map(({ id }) => id)).toContain('data-cross-account')
    for (const { id } of ids) {
      const state = ({ model }: typeof without) => model.rules.find((rule) => rule.id === id)
      expect(state(without)).toMatchObject({ state: 'blind', reason: expect.stringContaining('the setting "account"') })
      expect(state(with_)?.state).not.toBe('blind')
    }
  })

  test('says what it could not read, and reads the rest', async () => {
    const { store, objects } = objectsOf([[event()], [event()]])
    const broken = {
      ...store,
      open: async (address: { bucket: string; key: string }) => {
        if (address.key !== objects[0]!.key) return store.open(address)
        return {
          body: (async function* () {
            yield Buffer.from('not a log')
          })(),
        }
      },
    }
    const { model } = await replayed({ store: broken, objects })
    expect(model.totals.records).toBe(1)
    expect(model.problems).toEqual([
      { code: expect.any(String), count: 1, examples: [expect.stringContaining(objects[0]!.name)] },
    ])
  })

  test('a record without a time that comes first is counted at the time of the next', async () => {
    const { store, objects } = objectsOf([[{ ...event(), eventTime: undefined }, event({ at: START + MINUTE })]])
    const unnamed = objects.map((object) => ({ ...object, key: 'records.json', name: 'records.json' }))
    const of = { ...store, open: () => store.open(objects[0]!) }
    const { model } = await replayed({ store: of, objects: unnamed })
    expect(model.totals.records).toBe(2)
    expect(model.traffic.kinds.cloudtrail!.time).toEqual([START + MINUTE])
    expect(model.traffic.kinds.cloudtrail!.requests).toEqual([2])
  })

  test('where no record has a time, it is in no minute', async () => {
    const { store, objects } = objectsOf([[{ ...event(), eventTime: undefined }]])
    const unnamed = objects.map((object) => ({ ...object, key: 'records.json', name: 'records.json' }))
    const of = { ...store, open: () => store.open(objects[0]!) }
    const { model } = await replayed({ store: of, objects: unnamed })
    expect([model.totals.records, model.traffic.kinds.cloudtrail]).toEqual([1, undefined])
  })

  test('a damaged object is one problem', async () => {
    const { store, objects } = objectsOf([[event(), event(), event()]])
    const cut = {
      ...store,
      async open(address: { bucket: string; key: string }) {
        const chunks: Uint8Array[] = []
        for await (const chunk of (await store.open(address)).body) chunks.push(chunk)
        const all = Buffer.concat(chunks)
        return { body: Readable.from([all.subarray(0, all.length - 20)]) }
      },
    }
    const { model } = await replayed({ store: cut, objects })
    expect(model.problems).toEqual([
      { code: 'GZIP_TRUNCATED', count: 1, examples: [expect.stringContaining('ends too early')] },
    ])
  })

  test('takes only what was asked for, and counts the rest', async () => {
    const records = hour()
    const { model } = await replayed({
      ...objectsOf(records),
      options: { from: START + 10 * MINUTE, to: START + 20 * MINUTE },
    })
    expect(model.totals.records).toBe(70)
    expect(model.totals.outOfSpan).toBe(12 * 35 + 1 - 70)
    const none = await replayed({ ...objectsOf(records), options: { accounts: ['444455556666'] } })
    expect(none.model.totals).toMatchObject({ records: 0, outOfSpan: 12 * 35 + 1 })
    const bucket = await replayed({ ...objectsOf(records), options: { buckets: ['amzn-s3-demo-*'] } })
    expect(bucket.model.totals.records).toBe(1)
  })

  test('on the delivery clock tells when objects come, and counts by when things happened', async () => {
    const logs = objectsOf([
      [
        event({
          at: START - 30 * MINUTE,
          eventName: 'StopLogging',
          eventSource: 'cloudtrail.amazonaws.com',
          readOnly: false,
          requestParameters: { name: 'trail' },
        }),
      ],
    ])
    const [atOnce, delivered] = [await replayed(logs), await replayed({ ...logs, options: { clock: 'delivery' } })]
    expect(atOnce.model.incidents[0]?.opened).toBe(new Date(START - 30 * MINUTE).toISOString())
    expect(delivered.model.incidents[0]?.opened).toBe(new Date(START).toISOString())
    expect(delivered.model.incidents[0]?.finding.firstTime).toBe(atOnce.model.incidents[0]?.finding.firstTime)
  })
})

test('units hold neighbours', () => {
  expect(chunks([1, 2, 3], 2)).toEqual([[1, 2], [3]])
})
