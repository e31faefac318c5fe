/** Dollars a month, from what a replay has counted. */
import { describe, expect, test } from 'vitest'
import { LOG_EVENT_BYTES, PRICES } from '../../shared/basics/prices.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { estimateOf } from '../../shared/replay/estimate.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { sampleFullRatio } from '../../shared/replay/sample-full.ts'
import { event, MINUTE, objectsOf, replayed, START } from './support.ts'

const DAY = 86_400_000

async function dayOf(each: number): Promise<ReplayModel> {
  const records = Array.from({ length: 25 }, (_, hour) =>
    Array.from({ length: each }, () => event({ at: START + hour * 60 * MINUTE })),
  )
  const { model } = await replayed(objectsOf(records))
  expect(Date.parse(model.span!.last) - Date.parse(model.span!.first)).toBe(DAY)
  return model
}

const dollars = (lines: readonly { what: string; dollars: number | undefined }[], what: string) =>
  lines.find((line) => line.what.startsWith(what))?.dollars

describe('an estimate', () => {
  test('of a day takes a month for thirty of them', async () => {
    const model = await dayOf(4)
    const { forwarded, totals, besides, days } = estimateOf(model, { retentionMonths: 1 })
    const { records, recordBytes } = model.totals.kinds.cloudtrail!
    expect(days.cloudtrail).toMatchObject({ records, objects: 25 })
    const gigabytes = (30 * (recordBytes + records * LOG_EVENT_BYTES)) / 1e9
    expect(dollars(forwarded, 'lean')).toBeCloseTo(gigabytes * (PRICES.logsIngestionGb + PRICES.logsStorageGb), 12)
    const rest = besides.reduce((sum, line) => sum + (line.dollars ?? 0), 0)
    expect(dollars(totals, 'lean')).toBeCloseTo(dollars(forwarded, 'lean')! + rest, 12)
    expect(dollars(besides, 'alarms of rules')).toBeCloseTo(
      model.rules.filter(({ isEnabled }) => isEnabled).length * PRICES.alarm,
      12,
    )
  })

  test('grows with the records, and is less for what matches only', async () => {
    const [little, much] = [estimateOf(await dayOf(1)), estimateOf(await dayOf(10))]
    expect(dollars(much.forwarded, 'lean')! / dollars(little.forwarded, 'lean')!).toBeCloseTo(10, 1)
    expect(dollars(much.forwarded, 'forward: matching')).toBeLessThan(dollars(much.forwarded, 'lean')!)
  })

  test('says what was not measured, and never takes it for nothing', async () => {
    const model = await dayOf(1)
    const { forwarded, totals } = estimateOf(model)
    expect(forwarded.find(({ what }) => what === 'full')).toMatchObject({
      dollars: undefined,
      by: expect.stringContaining('not measured'),
    })
    expect(dollars(totals, 'full')).toBeUndefined()
    const measured = estimateOf(model, { fullRatio: { cloudtrail: 2 } })
    expect(dollars(measured.forwarded, 'full')).toBeGreaterThan(1.8 * dollars(measured.forwarded, 'lean')!)
  })

  test('counts data events at CloudTrail’s own price', async () => {
    const model = await dayOf(1)
    const many = { ...model, totals: { ...model.totals, dataEvents: 1_000_000 } }
    expect(dollars(estimateOf(many).others, 'data events')).toBeCloseTo(30, 6)
  })

  test('of a few minutes is refused', async () => {
    const { model } = await replayed(objectsOf([[event()]]))
    expect(() => estimateOf(model)).toThrow(expect.objectContaining({ code: 'ESTIMATE_SPAN' }))
  })
})

test('how much more full records are is measured on objects', async () => {
  const { store, objects } = objectsOf([
    Array.from({ length: 20 }, () =>
      event({
        managementEvent: false,
        eventCategory: 'Data',
        eventName: 'GetObject',
        additionalEventData: { 'x-amz-id-2': 'EXAMPLE'.repeat(9) },
      }),
    ),
  ])
  const ratio = await sampleFullRatio(objects, store, EMPTY_ENVIRONMENT)
  expect(ratio.cloudtrail).toBeGreaterThan(1.1)
  expect(ratio['access-log']).toBeUndefined()
})
