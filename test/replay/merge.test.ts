/** Parts of a replay merge to the same, however it is split. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileDetections } from '../../shared/detection/compile.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import { hashKey } from '../../shared/incident/key-sample.ts'
import { createCollector } from '../../shared/replay/collect.ts'
import { readCollected, writeCollected } from '../../shared/replay/collected-text.ts'
import { readColumn, textColumn, textsOf, writeColumn } from '../../shared/replay/columns.ts'
import { createDistinct } from '../../shared/replay/distinct.ts'
import { createIdentityTable, createIdentityWindow } from '../../shared/replay/identities.ts'
import { createMinutes } from '../../shared/replay/minutes.ts'
import type { Partial } from '../../shared/replay/partial.ts'
import { createRanking, type RankingPart } from '../../shared/replay/ranking.ts'
import { createRows, rankRow } from '../../shared/replay/rows.ts'
import { createSum } from '../../shared/replay/sum.ts'
import { TRAFFIC_COLUMNS } from '../../shared/replay/traffic.ts'
import { collectOptions, denied, detections, event, MINUTE, objectsOf, START } from './support.ts'

const records = Array.from({ length: 24 }, (_, n) =>
  (n % 3 === 0 ? denied : event)({
    at: START + n * 61_000,
    user: `user-${n % 4}`,
    sourceIPAddress: `192.0.2.${n % 7}`,
    ...(n % 2 === 0 ? { requestParameters: { bucketName: `amzn-s3-demo-bucket${n % 5}` } } : {}),
  }),
)

function mergedOf(parts: readonly Partial[]): Partial {
  const sum = createSum(1_000)
  for (const part of parts) sum.merge(part)
  return sum.part()
}

/** Lists of a part are in no order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = value.map((one) => [JSON.stringify(one), inOrder(one)] as const)
    return texts.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inOrder(one)]))
}

describe('parts', () => {
  test('merge to the same in any order, in any groups, and after a turn as text', async () => {
    const { store, objects } = objectsOf(records.map((record) => [record]))
    const collector = createCollector(collectOptions({}), store)
    const whole = (await collector.collect(objects)).partial
    const parts = await Promise.all(objects.map(async (object) => (await collector.collect([object])).partial))
    const expected = mergedOf([whole])
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(parts, { minLength: parts.length }),
        fc.array(fc.integer({ min: 0, max: parts.length }), { maxLength: 6 }),
        async (order, cuts) => {
          const bounds = [0, ...cuts.sort((a, b) => a - b), order.length]
          const groups = bounds.slice(1).map((to, index) => mergedOf(order.slice(bounds[index], to)))
          const texts = groups.map((partial) => JSON.stringify(partial, writeColumn))
          const merged = mergedOf(texts.map((text) => JSON.parse(text, readColumn) as Partial))
          expect(plain(merged)).toEqual(plain(expected))
        },
      ),
      { numRuns: 20 },
    )
  })

  test('as texts that are damaged, or of another version, are REPLAY_PARTIAL', async () => {
    const { store, objects } = objectsOf([[event(), denied()]])
    const { rules } = compileHitRules(compileDetections({ detections, stage: 'replay' }))
    const collected = await createCollector(collectOptions({ rules }), store).collect(objects)
    const text = writeCollected(collected)
    expect(collected.told.lines.times.length).toBeGreaterThan(0)
    expect(readCollected(text)).toEqual(collected)
    for (const other of [text.slice(0, -9), text.replace(/"version":\d+/u, '"version":2'), '[]'])
      expect(() => readCollected(other)).toThrow(expect.objectContaining({ code: 'REPLAY_PARTIAL' }))
  })
})

/** Columns as rows, in an order that does not depend on the merges. */
function plain({ traffic, rules, top, cells, ...rest }: Partial): unknown {
  const names = textsOf(cells.names)
  const cell = (at: number) => [
    [...cells.of.subarray(3 * at, 3 * at + 3)].map((name) => names[name]),
    [...cells.numbers.subarray(5 * at, 5 * at + 5)],
  ]
  return inOrder({
    ...rest,
    traffic: Object.values(traffic).map((part) => rowsOf(part, 1 + TRAFFIC_COLUMNS.length)),
    rules: Object.entries(rules).map(([id, { actors, buckets, addresses, byMinute, metric, matches }]) => [
      id,
      matches,
      [actors, buckets, addresses].map(listOf),
      rowsOf(byMinute, 2),
      rowsOf(metric, 5),
    ]),
    top: Object.values(top).map(listOf),
    cells: Array.from({ length: cells.of.length / 3 }, (_, at) => cell(at)),
    left: cells.left,
  })
}

const rowsOf = (numbers: Float64Array, width: number) =>
  Array.from({ length: numbers.length / width }, (_, row) => [...numbers.subarray(row * width, (row + 1) * width)])

function listOf({ values, types, counts, bytes, ...rest }: RankingPart): unknown {
  const kinds = types === undefined ? [] : textsOf(types)
  return { ...rest, all: textsOf(values).map((value, at) => [value, kinds[at] ?? '', counts[at], bytes[at]]) }
}

test('texts and numbers of columns come back from text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.double()), (texts, numbers) => {
      const given = { texts: textColumn(texts), numbers: Float64Array.from(numbers), of: Uint8Array.from(numbers) }
      const read = JSON.parse(JSON.stringify(given, writeColumn), readColumn) as typeof given
      expect(read).toEqual(given)
      expect(textsOf(read.texts)).toEqual(texts)
    }),
  )
})

describe('a ranking', () => {
  test('is exact up to its capacity, whatever the split', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.boolean())), (given) => {
        const [left, right, all] = [createRanking(31), createRanking(31), createRanking(31)]
        for (const [value, isLeft] of given) {
          ;(isLeft ? left : right).add(`v${value}`)
          all.add(`v${value}`)
        }
        right.merge(left.part())
        expect(inOrder(listOf(right.part()))).toEqual(inOrder(listOf(all.part())))
        expect(right.rank(5)).toEqual(all.rank(5))
      }),
    )
  })

  test('beyond it never counts too much, and never too little by more than it says', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 200, maxLength: 600 }), (given) => {
        const parts = [createRanking(8), createRanking(8), createRanking(8)]
        const true_ = new Map<string, number>()
        for (const [index, value] of given.entries()) {
          parts[index % 3]!.add(`v${value}`)
          true_.set(`v${value}`, (true_.get(`v${value}`) ?? 0) + 1)
        }
        const sum = createRanking(8)
        for (const part of parts) sum.merge(part.part())
        const { values, counts, slack } = sum.part()
        const listed = new Map(textsOf(values).map((value, at) => [value, counts[at]!]))
        for (const [value, count] of true_) {
          expect(listed.get(value) ?? 0).toBeLessThanOrEqual(count)
          expect((listed.get(value) ?? 0) + slack).toBeGreaterThanOrEqual(count)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('knows what it follows after all else was forgotten, also where what is merged brings that about', () => {
    const ranking = createRanking(10)
    for (let n = 0; n < 5_000; n += 1) ranking.add(`v${n}`)
    for (let n = 0; n < 100; n += 1) ranking.add('often')
    const before = ranking.rank(1).top[0]?.count ?? 0
    let added = 0
    for (let n = 0; n < 400_000; n += 1) {
      ranking.add(`m${n}`, '', 0, 2)
      if (n % 100 !== 0) continue
      ranking.add('often')
      added += 1
    }
    expect(ranking.rank(1).top[0]).toMatchObject({ value: 'often', count: before + added })
  })

  test('says when counts are lower bounds, and about how many values there were', () => {
    const ranking = createRanking(10)
    for (let n = 0; n < 5_000; n += 1) ranking.add(`v${n}`)
    for (let n = 0; n < 300; n += 1) ranking.add('often')
    const { top, distinct, isAtLeast, isEstimate } = ranking.rank(1)
    expect(top[0]).toMatchObject({ value: 'often', isAtLeast: true })
    expect([isAtLeast, isEstimate]).toEqual([true, true])
    expect(Math.abs(distinct - 5_001)).toBeLessThan(400)
  })
})

test('different values are counted the same in any order and however often they come', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 })), (values) => {
      const [one, two, joined] = [createDistinct(), createDistinct(), createDistinct()]
      for (const value of values) one.addHash(hashKey(value, 1))
      for (const value of values.toReversed()) two.addHash(hashKey(value, 1))
      joined.merge(one.text())
      joined.merge(two.text())
      expect(two.text()).toBe(one.text())
      expect(joined.text()).toBe(one.text())
      const { size } = new Set(values)
      expect(Math.abs(one.estimate() - size)).toBeLessThanOrEqual(Math.max(2, size * 0.1))
    }),
  )
})

test('minutes add up: sums, least and largest', () => {
  const [a, b] = [createMinutes(['sum', 'least', 'largest']), createMinutes(['sum', 'least', 'largest'])]
  for (const [minutes, value] of [
    [a, 5],
    [b, 2],
    [b, 9],
  ] as const) {
    const at = minutes.at(START + value)
    const { values } = minutes
    values[at]! += value
    values[at + 1] = Math.min(values[at + 1]!, value)
    values[at + 2] = Math.max(values[at + 2]!, value)
  }
  a.merge(b.part())
  expect(a.rows().map(([time, row]) => [time, ...row])).toEqual([[START, 16, 2, 9]])
})

test('minutes of any times are found again, and come in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -200, max: 40_000_000 }), { maxLength: 200 }), (given) => {
      const [one, two, expected] = [createMinutes(['sum']), createMinutes(['sum']), new Map<number, number>()]
      for (const [index, minute] of given.entries()) {
        const minutes = index % 2 === 0 ? one : two
        const at = minutes.at(minute * MINUTE + (index % 3))
        minutes.values[at]! += index + 1
        expected.set(minute * MINUTE, (expected.get(minute * MINUTE) ?? 0) + index + 1)
      }
      one.merge(two.part())
      expect(one.rows().map(([time, [value]]) => [time, value])).toEqual([...expected].sort(([a], [b]) => a - b))
    }),
  )
})

describe('rows', () => {
  const record = (n: number) => ({
    time: START + n,
    rules: ['r'],
    severity: 'high' as const,
    kind: 'cloudtrail' as const,
    object: 'o',
    record: n,
    message: '{}',
  })

  test('that are kept are the same of all as of any parts, those that hit at once first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.constantFrom('low' as const, 'high' as const), fc.nat(2))),
        (given) => {
          const parts = [createRows(5), createRows(5), createRows(5)]
          const all = createRows(5)
          for (const [n, [isCounted, severity, part]] of given.entries()) {
            const rank = rankRow(severity, isCounted, `o${n}`)
            for (const rows of [parts[part]!, all]) if (rows.counts(rank)) rows.put(rank, record(n))
          }
          const sum = createRows(5)
          for (const part of parts) sum.merge(part.part())
          expect(sum.part()).toEqual(all.part())
          const levels = all.part().rows.map(([level]) => level)
          expect(levels).toEqual(levels.toSorted((a, b) => b - a))
          expect(all.total()).toBe(given.length)
        },
      ),
    )
  })

  test('behind a cut are counted and not kept', () => {
    const full = createRows(3)
    for (let n = 0; n < 50; n += 1) {
      const rank = rankRow('high', false, `o${n}`)
      if (full.counts(rank)) full.put(rank, record(n))
    }
    full.part()
    const next = createRows(3, full.cut())
    for (let n = 0; n < 50; n += 1) expect(next.counts(rankRow('low', false, `o${n}`))).toBe(false)
    expect(next.part()).toMatchObject({ total: 50, rows: [] })
  })
})

describe('identities', () => {
  test('are known within a unit, and across units', () => {
    const table = createIdentityTable()
    const names = Array.from({ length: 5_000 }, (_, n) => `id-${n}`)
    expect(names.every((name) => table.add(name))).toBe(true)
    expect(names.some((name) => table.add(name))).toBe(false)
    const window = createIdentityWindow(8_192)
    expect(window.take(table.pairs())).toHaveLength(0)
    expect(window.take(table.pairs())).toHaveLength(10_000)
  })

  test('are forgotten after so many others, and not before', () => {
    const window = createIdentityWindow(64)
    const of = (from: number, to: number) => {
      const table = createIdentityTable()
      for (let n = from; n < to; n += 1) table.add(`id-${n}`)
      return table.pairs()
    }
    window.take(of(0, 1))
    window.take(of(1, 64))
    expect(window.take(of(0, 1))).toHaveLength(2)
    window.take(of(100, 400))
    expect(window.take(of(0, 1))).toHaveLength(0)
  })
})
