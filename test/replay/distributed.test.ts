/** A replay that functions have read for comes to the same as one on one machine. */
import { describe, expect, test } from 'vitest'
import { replay as machineOf } from '../../infra/replay.ts'
import { PRICES } from '../../shared/basics/prices.ts'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import type { ObjectStore } from '../../shared/contracts/ports.ts'
import {
  BATCH_UNITS,
  createPartReader,
  estimateDistributed,
  jobFolder,
  partFile,
  partlyFile,
  planParts,
  readUnit,
} from '../../shared/replay/distributed.ts'
import { createPartFunction, readBatch } from '../../shared/replay/part-function.ts'
import type { CollectOptions, ReplayObject } from '../../shared/replay/unit.ts'
import { type MapMachine, type MapOutcome, memoryResults, runMap } from '../support/distributed-map.ts'
import { chunks, collectOptions, denied, event, objectsOf, type Replaying, replayed, START } from './support.ts'

const VERSION = '9.9.9'
const AN_HOUR = () => 3_600_000
/** Deployed with results in `amzn-s3-demo-results/replay/`. */
const MACHINE = machineOf({
  stage: 'dev',
  name: 'bucketwatch-dev',
  logGroupPrefix: '/bucketwatch/dev',
  parameters: {
    replayResults: { bucket: 'amzn-s3-demo-results', prefix: 'replay' },
    permissionsBoundaryArn: '',
    rolePath: '/',
  },
} as never).ReplayStateMachine!.Properties!.Definition as MapMachine

/** Everybody lists; one is refused once an object, and 60 times in all; some records come twice. */
function logs() {
  const slots = Array.from({ length: 60 }, (_, slot) => {
    const at = START + slot * 5_000
    return [
      event({ at, user: `user-${slot % 7}` }),
      denied({ at, user: 'trudy', eventName: 'GetBucketPolicy' }),
      ...(slot === 30
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
  const { store, objects } = objectsOf([...slots, ...slots.slice(10, 12)])
  return { store, objects: objects.map((object) => ({ ...object, name: `s3://${object.bucket}/${object.key}` })) }
}

/** Reads units as the state machine and the function would, and gives the reader of what they left. */
function elsewhere(
  store: ObjectStore,
  told: { results?: ReturnType<typeof memoryResults>; outcome?: MapOutcome } = {},
) {
  told.results ??= memoryResults()
  const { results } = told
  const readParts: Replaying['readParts'] = async (units, collect, again) => {
    const asked = JSON.stringify(collect)
    const { id, files, items } = planParts(units, asked)
    const folder = jobFolder(id)
    const put = (name: string, text: string) => results.put(`${folder}/${name}`, Buffer.from(text))
    for (const { name, text } of files) await put(name, text)
    await put('question.json', JSON.stringify(questionOf(collect)))
    await put('items.jsonl', items.map((item) => `${JSON.stringify(item)}\n`).join(''))
    const readBatchOf = createPartFunction({ results, store, madeBy: VERSION })
    told.outcome = await runMap(MACHINE, {
      input: { folder, items: `replay/${folder}/items.jsonl` },
      getObject: async ({ Bucket, Key }) => {
        expect(Bucket).toBe('amzn-s3-demo-results')
        return Buffer.from((await results.get(Key.replace('replay/', '')))!).toString()
      },
      invoke: (payload) => readBatchOf(payload, AN_HOUR).catch(byCode),
    })
    return createPartReader({ results, asked, again })
  }
  return readParts
}

const questionOf = (collect: CollectOptions, madeBy = VERSION) => ({
  kind: 'replay-question',
  version: 1,
  madeBy,
  collect,
})

/** As the function's root names errors for Step Functions. */
function byCode(error: unknown): never {
  throw error instanceof BucketwatchError ? Object.assign(new Error(error.message), { name: error.code }) : error
}

test('parts of functions, merged, are the replay of one machine: counts over many batches, doubles, incidents', async () => {
  const { store, objects } = logs()
  const one = await replayed({ store, objects, each: 3 })
  const told: { outcome?: MapOutcome } = {}
  const many = await replayed({ store, objects, each: 3, readParts: elsewhere(store, told) })
  expect(many.model).toEqual(one.model)
  const spike = many.model.rules.find(({ id }) => id === 'ct-denied-spike')!
  expect([spike.incidents, many.model.totals.duplicates > 0]).toEqual([1, true])
  const batches = Math.ceil(chunks(objects, 3).length / BATCH_UNITS)
  expect(told.outcome).toMatchObject({ calls: batches, failed: [] })
  expect(told.outcome!.succeeded).toHaveLength(batches)
})

describe('what goes wrong', () => {
  /** Fails as often as is said, then reads. */
  function failing(store: ObjectStore, key: string, error: () => Error, times: number): ObjectStore {
    let left = times
    return {
      async open(address) {
        if (address.key !== key || left-- <= 0) return store.open(address)
        throw error()
      },
    }
  }

  test('an object that cannot be read for a moment is read by the next attempt', async () => {
    const { store, objects } = logs()
    const one = await replayed({ store, objects, each: 3 })
    const read = new BucketwatchError('OBJECT_READ', 'the connection broke')
    const told: { outcome?: MapOutcome; results?: ReturnType<typeof memoryResults> } = {}
    const readParts = elsewhere(
      failing(store, objects[4]!.key, () => read, 1),
      told,
    )
    const many = await replayed({ store, objects, each: 3, readParts })
    expect(many.model).toEqual(one.model)
    expect(told.outcome!.calls).toBe(told.outcome!.succeeded.length + 1)
  })

  test('one that never can be is named, and what lies beside it is read; it is tried anew another time', async () => {
    const { store, objects } = logs()
    const denial = new BucketwatchError('OBJECT_ACCESS_DENIED', 'AccessDenied')
    const results = memoryResults()
    const broken = failing(store, objects[4]!.key, () => denial, Number.POSITIVE_INFINITY)
    const many = await replayed({ store, objects, each: 3, readParts: elsewhere(broken, { results }) })
    expect(many.model.problems).toEqual([
      {
        code: 'OBJECT_ACCESS_DENIED',
        count: 1,
        examples: [expect.stringMatching(`^${objects[4]!.name}: .*AccessDenied$`)],
      },
    ])
    expect(many.model.totals.objects).toBe(objects.length - 1)
    expect([...results.bodies.keys()].filter((name) => name.includes('.partly.'))).toHaveLength(1)
    // The whole part takes its place.
    const again = await replayed({ store, objects, each: 3, readParts: elsewhere(store, { results }) })
    expect(again.model).toEqual((await replayed({ store, objects, each: 3 })).model)
  })

  test('objects of a batch that failed are named as not read, and all others count', async () => {
    const { store, objects } = logs()
    const results = memoryResults()
    let puts = 0
    const put = results.put
    // The third part cannot be written, whatever one does.
    let refused: string | undefined
    results.put = async (name, bytes) => {
      if (name.startsWith('parts/')) puts += 1
      if (puts === 3) refused ??= name
      if (name === refused) throw new Error('SlowDown')
      await put(name, bytes)
    }
    const told: { results: typeof results; outcome?: MapOutcome } = { results }
    const { model } = await replayed({ store, objects, each: 3, readParts: elsewhere(store, told) })
    expect(told.outcome!.failed).toHaveLength(1)
    expect(model.problems).toEqual([
      { code: 'REPLAY_PART_MISSING', count: 3, examples: expect.arrayContaining([expect.stringMatching(/^s3:\/\//)]) },
    ])
    expect(model.totals.objects).toBe(objects.length - 3)
  })

  test('a part that is damaged is one that is not there', async () => {
    const { store, objects } = logs()
    const results = memoryResults()
    const readParts = elsewhere(store, { results })
    const { model } = await replayed({
      ...{ store, objects, each: 30 },
      async readParts(units, collect, again) {
        const reader = await readParts(units, collect, again)
        const [name] = [...results.bodies.keys()].filter((one) => one.startsWith('parts/'))
        results.bodies.set(name!, Buffer.from('damaged'))
        return reader
      },
    })
    expect(model.problems).toMatchObject([{ code: 'REPLAY_PART_MISSING' }])
  })
})

describe('the function', () => {
  const unit: ReplayObject[] = [
    { bucket: 'amzn-s3-demo-bucket', key: 'é b', name: 's3://amzn-s3-demo-bucket/é b', size: 3, version: 'v' },
  ]

  async function laidDown(store: ObjectStore, units: readonly (readonly ReplayObject[])[], madeBy = VERSION) {
    const results = memoryResults()
    const plan = planParts(units, 'asked')
    for (const { name, text } of plan.files) await results.put(`jobs/1/${name}`, Buffer.from(text))
    await results.put('jobs/1/question.json', Buffer.from(JSON.stringify(questionOf(collectOptions({}), madeBy))))
    return { results, plan, run: createPartFunction({ results, store, madeBy: VERSION }) }
  }

  test('finds its units by bytes, whatever their names are of', () => {
    const { files, items } = planParts([unit, unit], 'asked')
    const text = Buffer.from(files[0]!.text)
    for (const { from, length } of items) expect(readUnit(text.subarray(from, from + length).toString())).toEqual(unit)
  })

  test('does not read what was read before', async () => {
    const { store, objects } = logs()
    const { plan, run, results } = await laidDown(store, chunks(objects.slice(0, 6), 3))
    const event = { BatchInput: { folder: 'jobs/1' }, Items: plan.items }
    expect(await run(event, AN_HOUR)).toEqual({ read: 2, found: 0 })
    results.bodies.delete(partFile(plan.items[1]!.name))
    expect(await run(event, AN_HOUR)).toEqual({ read: 1, found: 1 })
    expect(results.bodies.has(partlyFile(plan.items[0]!.name))).toBe(false)
  })

  test('begins nothing when its time is nearly up', async () => {
    const { store, objects } = logs()
    const { plan, run } = await laidDown(store, chunks(objects.slice(0, 6), 3))
    const event = { BatchInput: { folder: 'jobs/1' }, Items: plan.items }
    await expect(run(event, () => 60_000)).rejects.toMatchObject({ code: 'TIME_UP' })
  })

  test('refuses another version’s questions, and what is no batch', async () => {
    const { store, objects } = logs()
    const { plan, run } = await laidDown(store, [objects.slice(0, 1)], '0.0.1')
    const event = { BatchInput: { folder: 'jobs/1' }, Items: plan.items }
    await expect(run(event, AN_HOUR)).rejects.toMatchObject({
      code: 'REPLAY_PARTIAL',
      message: expect.stringContaining('0.0.1'),
    })
    for (const wrong of [
      undefined,
      {},
      { BatchInput: { folder: 'jobs/1' }, Items: [] },
      { ...event, Items: [{ name: 'x' }] },
    ])
      expect(() => readBatch(wrong)).toThrow(expect.objectContaining({ code: 'REPLAY_PARTIAL' }))
    for (const line of ['', '{}', '[{}]', '[{"bucket":"b","key":"k","size":"3"}]'])
      expect(() => readUnit(line)).toThrow(expect.objectContaining({ code: 'REPLAY_PARTIAL' }))
  })
})

test('the cost is that of its seconds, its requests and its batches', () => {
  const object = { bucket: 'b', key: 'k.json.gz', name: '', size: 250_000_000 }
  const units = Array.from({ length: 8 }, () => [object])
  const { lambda, requests, steps, total } = estimateDistributed(units)
  // 2 GB stored are 16 GB at 20 MB a second.
  expect(lambda).toBeCloseTo(800 * (1769 / 1024) * PRICES.lambdaGbSecond, 3)
  expect(requests).toBeCloseTo((32 * PRICES.s3Get + 8 * PRICES.s3Put) / 1e6)
  expect(steps).toBeCloseTo((6 * PRICES.stateTransitions) / 1e6)
  expect(total).toBeCloseTo(lambda + requests + steps)
})
