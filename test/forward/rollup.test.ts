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
})
