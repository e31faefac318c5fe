import { describe, expect, it } from 'vitest'
import { createRollups } from '../../shared/forward/rollup.ts'
import { view } from '../support/view.ts'

const FLOORS = { denied: 3, notFound: 3, deletes: 3, keys: 5, bytesOut: 1000 }

describe('createRollups', () => {
  it('says nothing below the floors', () => {
    const rollups = createRollups(FLOORS)
    for (const key of ['a', 'b', 'c', 'a', 'b', 'c']) rollups.add(view({ key }))
    expect(rollups.take()).toEqual([])
  })

  it('counts per actor and bucket', () => {
    const rollups = createRollups(FLOORS)
    const denied = { outcome: 'failure', errorClass: 'denied', bytesOut: undefined } as const
    for (let i = 0; i < 4; i += 1) rollups.add(view({ ...denied, key: `k${i}`, eventTimeMs: 1_000_000 + i * 1000 }))
    rollups.add(view({ ...denied, bucket: 'amzn-s3-demo-bucket2' }))
    expect(rollups.take()).toEqual([
      {
        kind: 'rollup',
        source: 'cloudtrail',
        service: 's3',
        entityType: 'actor',
        actor: 'arn:aws:iam::111122223333:role/app',
        sourceIPAddress: '198.51.100.7',
        bucket: 'amzn-s3-demo-bucket',
        awsService: false,
        anonymous: false,
        events: 4,
        denied: 4,
        notFound: 0,
        deletes: 0,
        keys: 4,
        bytesOut: 0,
        firstEventTime: '1970-01-01T00:16:40.000Z',
        lastEventTime: '1970-01-01T00:16:43.000Z',
      },
    ])
  })

  it('counts callers without a name by address', () => {
    const rollups = createRollups(FLOORS)
    for (const key of ['a', 'b', 'c', 'd', 'e', 'e'])
      rollups.add(view({ actor: undefined, anonymous: true, key, bytesOut: 5 }))
    const [record] = rollups.take()
    expect(record).toMatchObject({
      entityType: 'ip',
      sourceIPAddress: '198.51.100.7',
      anonymous: true,
      keys: 5,
      events: 6,
    })
    expect(record?.bytesOut).toBe(30)
  })

  it('counts bytes and deletes of successful calls only', () => {
    const rollups = createRollups(FLOORS)
    const failed = { outcome: 'failure', errorClass: 'client' } as const
    for (let i = 0; i < 5; i += 1) rollups.add(view({ ...failed, bytesOut: 900 }))
    for (let i = 0; i < 5; i += 1) rollups.add(view({ ...failed, action: 'object.delete' }))
    expect(rollups.take()).toEqual([])
    for (let i = 0; i < 3; i += 1) rollups.add(view({ action: 'object.delete', bytesOut: undefined }))
    expect(rollups.take()).toMatchObject([{ deletes: 3, bytesOut: 0 }])
  })

  it('starts anew after take, and asks to be taken when many entities appear', () => {
    const rollups = createRollups(FLOORS)
    let full = false
    for (let i = 0; i < 5000; i += 1) full = rollups.add(view({ actor: `actor-${i}` }))
    expect(full).toBe(true)
    rollups.take()
    expect(rollups.add(view())).toBe(false)
  })

  const denied = { outcome: 'failure', errorClass: 'denied', bytesOut: undefined } as const
  const notFound = { outcome: 'failure', errorClass: 'notFound', bytesOut: undefined } as const
  const deletes = { action: 'object.delete', bytesOut: undefined } as const

  it.each([
    ['denied', denied, 20],
    ['notFound', notFound, 50],
    ['deletes', deletes, 50],
  ] as const)('%s: from the floor that is documented, not one below', (name, changes, floor) => {
    const rollups = createRollups()
    for (let i = 0; i < floor - 1; i += 1) rollups.add(view({ ...changes, key: 'k' }))
    expect(rollups.take()).toEqual([])
    for (let i = 0; i < floor; i += 1) rollups.add(view({ ...changes, key: 'k' }))
    expect(rollups.take()).toMatchObject([{ events: floor, [name]: floor, keys: 1 }])
  })

  it('keys and bytes: from the floors that are documented, not one below', () => {
    const rollups = createRollups()
    for (let i = 0; i < 199; i += 1) rollups.add(view({ key: `k${i}` }))
    expect(rollups.take()).toEqual([])
    for (let i = 0; i < 200; i += 1) rollups.add(view({ key: `k${i}` }))
    expect(rollups.take()).toMatchObject([{ keys: 200, denied: 0, notFound: 0, deletes: 0 }])
    rollups.add(view({ bytesOut: 999_999_999 }))
    expect(rollups.take()).toEqual([])
    rollups.add(view({ bytesOut: 999_999_999 }))
    rollups.add(view({ bytesOut: 1 }))
    expect(rollups.take()).toMatchObject([{ bytesOut: 1_000_000_000, events: 2 }])
  })

  it('counts each of the outcomes apart', () => {
    const rollups = createRollups({ ...FLOORS, denied: 1 })
    for (const changes of [denied, notFound, notFound, deletes, { bytesOut: 7 }, { bytesOut: undefined }]) {
      rollups.add(view(changes))
    }
    expect(rollups.take()).toMatchObject([{ events: 6, denied: 1, notFound: 2, deletes: 1, keys: 1, bytesOut: 7 }])
  })

  it('counts the bytes of reads and of copies out of a bucket, not those of other answers', () => {
    const rollups = createRollups({ ...FLOORS, denied: 1 })
    rollups.add(view(denied))
    rollups.add(view({ action: 'object.read', bytesOut: 1 }))
    rollups.add(view({ action: 'object.copyOut', bytesOut: 20 }))
    rollups.add(view({ action: 'object.write', bytesOut: 300 }))
    rollups.add(view({ action: 'bucket.list', bytesOut: 4_000 }))
    expect(rollups.take()).toMatchObject([{ bytesOut: 21 }])
  })

  it('keeps entities apart that share a bucket, and buckets that share an entity', () => {
    const rollups = createRollups(FLOORS)
    for (const actor of ['a', 'b']) {
      for (const bucket of ['x', 'y']) {
        for (let i = 0; i < 3; i += 1) rollups.add(view({ ...denied, actor, bucket }))
      }
    }
    expect(rollups.take().map(({ actor, bucket, denied }) => `${actor} ${bucket} ${denied}`)).toEqual([
      'a x 3',
      'a y 3',
      'b x 3',
      'b y 3',
    ])
  })

  it('leaves out what has no bucket, no entity, or was no event', () => {
    const rollups = createRollups({ ...FLOORS, denied: 1 })
    rollups.add(view({ ...denied, bucket: undefined }))
    rollups.add(view({ ...denied, actor: undefined, sourceIPAddress: undefined }))
    rollups.add(view({ ...denied, kind: 'parseError' }))
    expect(rollups.take()).toEqual([])
  })

  it('says from when to when, in whatever order the records come, and nothing where no record has a time', () => {
    const rollups = createRollups({ ...FLOORS, denied: 1 })
    for (const eventTimeMs of [2_000, 1_000, 3_000, undefined]) rollups.add(view({ ...denied, eventTimeMs }))
    expect(rollups.take()).toMatchObject([
      { firstEventTime: '1970-01-01T00:00:01.000Z', lastEventTime: '1970-01-01T00:00:03.000Z' },
    ])
    rollups.add(view({ ...denied, eventTimeMs: undefined }))
    const [record] = rollups.take()
    expect(record).toMatchObject({ firstEventTime: undefined, lastEventTime: undefined })
  })

  it('stops telling keys apart at 5,000 of an entity, says so, and goes on counting', () => {
    const rollups = createRollups()
    for (let i = 0; i < 5_000; i += 1) rollups.add(view({ key: `k${i}` }))
    expect(rollups.take()).toMatchObject([{ keys: 5_000, keysCapped: undefined }])
    for (let i = 0; i < 6_000; i += 1) rollups.add(view({ key: `k${i}` }))
    expect(rollups.take()).toMatchObject([{ events: 6_000, keys: 5_001, keysCapped: true }])
  })

  it('stops at 50,000 keys of all entities together, and starts anew after take', () => {
    const rollups = createRollups()
    const add = () => {
      for (let i = 0; i < 51_000; i += 1) rollups.add(view({ actor: `a${i % 20}`, key: `k${i}` }))
    }
    for (let round = 0; round < 2; round += 1) {
      add()
      const records = rollups.take()
      expect(records.reduce((sum, { keys }) => sum + keys, 0)).toBeLessThanOrEqual(50_019)
      expect(records.every(({ keysCapped }) => keysCapped === true)).toBe(true)
      expect(records.reduce((sum, { events }) => sum + events, 0)).toBe(51_000)
    }
  })

  it('asks to be taken at 5,000 pairs of entity and bucket, not before', () => {
    const rollups = createRollups(FLOORS)
    const asked: number[] = []
    for (let i = 1; i <= 5_001; i += 1) if (rollups.add(view({ actor: `a${i % 100}`, bucket: `b${i}` }))) asked.push(i)
    expect(asked).toEqual([5_000, 5_001])
  })
})
