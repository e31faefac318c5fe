/** What is told while others are still read is what is told when all are there. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import { createMemorySpool, type Spool } from '../../shared/replay/spool.ts'
import { denied, event, MINUTE, objectsOf, type Replaying, replayed, START, stopLogging } from './support.ts'

const at = (minutes: number) => START + minutes * MINUTE

/** By one reader nothing is told ahead. Both ways say the same. */
async function bothWays(
  logs: Pick<Replaying, 'store' | 'objects' | 'settings'>,
): Promise<{ ahead: number; isAnew: boolean }> {
  const one = await replayed({ ...logs, each: 1 })
  const many = await replayed({ ...logs, each: 1, parallel: 4, delay: (unit) => [7, 0, 3, 5][unit % 4]! })
  expect(one.ran.told.ahead).toBe(0)
  expect(many.model).toEqual(one.model)
  const { ahead, isAnew } = many.ran.told
  return { ahead, isAnew }
}

/** An object each five minutes: calls, refusals that only several objects bring to a threshold, and changes. */
const slotOf = (slot: number): object[] => [
  event({ at: at(slot * 5), user: `user-${slot % 3}` }),
  ...Array.from({ length: 12 }, (_, i) =>
    denied({ at: at(slot * 5) + i * 9_000, user: `trudy-${slot >> 3}`, eventName: 'GetBucketPolicy' }),
  ),
  ...(slot % 5 === 2
    ? [
        event({
          at: at(slot * 5 + 2),
          user: `mallory-${slot % 2}`,
          eventName: 'DeleteBucketPolicy',
          readOnly: false,
          requestParameters: { bucketName: 'amzn-s3-demo-bucket' },
        }),
      ]
    : []),
]
const slots = (count: number): object[][] => Array.from({ length: count }, (_, slot) => slotOf(slot))

const stopped = (minutes: number): object => stopLogging({ at: at(minutes) })

describe('what is told while others are read', () => {
  test('stands where objects come in their order: changes, and what only many objects together come to', async () => {
    const told = await bothWays(objectsOf(slots(32)))
    expect([told.ahead > 10, told.isAnew]).toEqual([true, false])
  })

  test('is told anew where something comes that lies before it', async () => {
    const records = slots(32)
    records.push(slotOf(1).map((record) => ({ ...record, eventID: '00000000-0000-4000-9000-000000000001' })))
    records.at(-1)!.push(
      event({
        at: at(12),
        user: 'mallory-0',
        eventName: 'DeleteBucketPolicy',
        readOnly: false,
        requestParameters: { bucketName: 'amzn-s3-demo-bucket' },
      }),
    )
    expect((await bothWays(objectsOf(records))).isAnew).toBe(true)
  })

  test('stands where what comes too late is nobody’s hit', async () => {
    const records = slots(32)
    records.push([event({ at: at(12), user: 'user-1' })])
    const told = await bothWays(objectsOf(records))
    expect([told.ahead > 10, told.isAnew]).toEqual([true, false])
  })

  test('is told anew where a count comes to its threshold that did not: its first part came last', async () => {
    const refused = (minutes: number, count: number) =>
      Array.from({ length: count }, (_, i) =>
        denied({ at: at(minutes) + i * 100, user: 'oscar', eventName: 'GetBucketPolicy' }),
      )
    const records: object[][] = slots(32)
    records[3] = [...records[3]!, ...refused(15, 12)]
    const without = await replayed({ ...objectsOf(records), each: 1 })
    records.push(refused(14, 12))
    const logs = objectsOf(records)
    expect((await bothWays(logs)).isAnew).toBe(true)
    const { model } = await replayed({ ...logs, each: 1 })
    const isSpike = ({ incidents }: typeof model) =>
      incidents.some(
        ({ finding }) => finding.person === 'oscar' && finding.rules.some(({ id }) => id === 'ct-denied-spike'),
      )
    expect([isSpike(without.model), isSpike(model)]).toEqual([false, true])
  })

  test('stands where the hits of a count are made only when it has come to its threshold', async () => {
    const refusals = Array.from({ length: 64 }, (_, slot) => [
      denied({ at: START + slot * 5_000, user: 'trudy', eventName: 'GetBucketPolicy' }),
    ])
    const told = await bothWays(objectsOf(refusals))
    expect([told.ahead > 5, told.isAnew]).toEqual([true, false])
  })

  test('knows of different keys what all together say, whichever come last', async () => {
    const tuned = parseSettings('detections: { rules: { data-slow-read: { countThreshold: 100 } } }', 'settings.yml')
    if (!tuned.ok) throw new Error('settings')
    const settings = tuned.value
    const read = (minutes: number, user: string, keys: readonly number[]) =>
      keys.map((key, i) =>
        event({
          at: at(minutes) + i * 1_000,
          user,
          eventName: 'GetObject',
          eventCategory: 'Data',
          managementEvent: false,
          requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: `invoices/${key}.pdf` },
        }),
      )
    const from = (first: number) => Array.from({ length: 10 }, (_, i) => first + i)
    // One reads ever more, one the same again and again, and one does that, too, but for what comes last.
    const records = Array.from({ length: 32 }, (_, slot) => [
      ...read(slot * 5, 'kim', from(slot * 10)),
      ...read(slot * 5 + 1, 'sam', from(0)),
      ...(slot < 12 ? read(slot * 5 + 2, 'lee', from(0)) : []),
    ])
    const people = async () => {
      const { model } = await replayed({ ...objectsOf(records), each: 1, settings })
      return model.incidents.map(({ finding }) => finding.person).sort()
    }
    const told = await bothWays({ ...objectsOf(records), settings })
    expect([told.ahead > 5, told.isAnew]).toEqual([true, false])
    expect(await people()).toEqual(['kim'])
    records.push(
      read(
        3,
        'lee',
        Array.from({ length: 95 }, (_, i) => 500 + i),
      ),
    )
    expect((await bothWays({ ...objectsOf(records), settings })).isAnew).toBe(true)
    expect(await people()).toEqual(['kim', 'lee'])
  })

  test('holds a silence, and what had brought it about', async () => {
    const quiet = [
      ...Array.from({ length: 13 }, (_, slot) => [event({ at: at(slot * 5), user: 'deploy' })]),
      [stopped(62)],
      ...Array.from({ length: 24 }, (_, slot) => [
        event({ at: at(300 + slot * 5), user: 'deploy' }),
        ...slotOf(60 + slot),
      ]),
    ]
    const silent = async () => {
      const { model } = await replayed({ ...objectsOf(quiet), each: 1 })
      return model.rules.find(({ id }) => id === 'pipe-trail-silent')!.incidents
    }
    const told = await bothWays(objectsOf(quiet))
    expect([told.ahead > 5, told.isAnew]).toEqual([true, false])
    expect(await silent()).toBe(1)
    // What makes two of it comes last, and then what fills it.
    const twice = [...quiet, [event({ at: at(180), user: 'deploy' })]]
    expect((await bothWays(objectsOf(twice))).isAnew).toBe(true)
    quiet.push(Array.from({ length: 60 }, (_, i) => event({ at: at(60 + i * 4), user: 'deploy' })))
    expect(await silent()).toBe(0)
    expect((await bothWays(objectsOf(quiet))).isAnew).toBe(true)
  })

  test('and a silence that is told later has a cause that was told ahead', async () => {
    // The trail is stopped in an early object; the silence goes off when nearly all units are there.
    const records = [
      ...slots(26),
      [stopped(131)],
      [event({ at: at(132), user: 'deploy' })],
      [event({ at: at(480), user: 'deploy' })],
    ]
    await bothWays(objectsOf(records))
    const { model } = await replayed({ ...objectsOf(records), each: 1, parallel: 4 })
    const of = model.incidents.filter(({ finding }) => finding.rules.some(({ id }) => id === 'pipe-trail-silent'))
    expect(of.map(({ finding }) => finding.person)).toEqual(['mallory'])
  })

  test('whatever comes when: property', async () => {
    const kind = fc.constantFrom('call', 'refusals', 'change', 'stop')
    const object = fc.record({ slot: fc.nat({ max: 90 }), kind, user: fc.nat({ max: 2 }), count: fc.nat({ max: 30 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { minLength: 8, maxLength: 24 }),
        fc.nat({ max: 3 }),
        async (objects, disorder) => {
          // In their order, but for some.
          const inOrder = objects.toSorted((a, b) => a.slot - b.slot)
          const moved = disorder === 0 ? [] : inOrder.splice(1, disorder)
          const records = [...inOrder, ...moved].map(({ slot, kind: of, user, count }) => {
            if (of === 'stop') return [stopped(slot * 5)]
            if (of === 'call') return [event({ at: at(slot * 5), user: `user-${user}` })]
            if (of === 'change') return slotOf(slot - (slot % 5) + 2)
            return Array.from({ length: count }, (_, i) =>
              denied({ at: at(slot * 5) + i * 1_000, user: `user-${user}`, eventName: 'GetBucketPolicy' }),
            )
          })
          await bothWays(objectsOf(records))
        },
      ),
      { numRuns: 25 },
    )
  }, 60_000)

  test('that fails is the replay’s failure, and nothing goes on after it', async () => {
    const spool = createMemorySpool()
    let reads = 0
    const broken: Spool = Object.assign(Object.create(spool) as Spool, {
      body(line: number): string {
        reads += 1
        if (reads === 3) throw new Error('it cannot be read')
        return spool.body(line)
      },
    })
    const replaying = replayed({ ...objectsOf(slots(32)), each: 1, parallel: 4, spool: broken })
    await expect(replaying).rejects.toThrow('it cannot be read')
    expect(reads).toBe(3)
  })
})
