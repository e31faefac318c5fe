import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCells } from '../../shared/replay/cells.ts'

const BUCKET = 'amzn-s3-demo-bucket'

/** Cells, and what the lists would have of them. */
function counted() {
  const actors = new Map<string, { records: number; bytes: number }>()
  const cells = createCells(({ actor }, records, bytes) => {
    const of = actors.get(actor) ?? { records: 0, bytes: 0 }
    actors.set(actor, { records: of.records + records, bytes: of.bytes + bytes })
  })
  return { cells, actors }
}

test('what is counted in parts is what is counted at once, and after another sum as well as before', () => {
  const records = fc.array(
    fc.record({
      actor: fc.constantFrom('a', 'b', 'c'),
      action: fc.constantFrom('GetObject', 'PutObject'),
      bytes: fc.nat(1000),
      isError: fc.boolean(),
      time: fc.option(fc.nat(1000), { nil: undefined }),
    }),
  )
  const [again, { cells: sum }] = [counted().cells, counted()]
  fc.assert(
    fc.property(records, records, (left, right) => {
      const all = counted()
      const part = (of: typeof left) => {
        again.clear()
        for (const { actor, action, bytes, isError, time } of of) again.add(actor, BUCKET, action, bytes, isError, time)
        return again.part()
      }
      for (const { actor, action, bytes, isError, time } of [...left, ...right])
        all.cells.add(actor, BUCKET, action, bytes, isError, time)
      sum.clear()
      sum.merge(part(left))
      sum.merge(part(right))
      expect(sum.most(9)).toEqual(all.cells.most(9))
      all.cells.part()
      for (const name of ['a', 'b', 'c']) {
        const its = [...left, ...right].filter(({ actor }) => actor === name)
        const bytes = its.reduce((total, one) => total + one.bytes, 0)
        expect(all.actors.get(name)).toEqual(its.length === 0 ? undefined : { records: its.length, bytes })
      }
    }),
  )
})

test('a cell tells each rule once how many of its records match it', () => {
  const { cells } = counted()
  const told: unknown[] = []
  const rule = (name: string) => ({ add: (...of: unknown[]) => void told.push([name, ...of]) })
  const [one, two] = [rule('one'), rule('two')]
  for (const matching of [[one, two], [one], []])
    for (const each of matching) cells.addMatch(cells.add('a', BUCKET, 'GetObject', 0, false, 1), each)
  cells.part()
  cells.part()
  expect(told).toEqual([
    ['one', 'a', BUCKET, 2],
    ['two', 'a', BUCKET, 1],
  ])
})

test('far more cells than are kept: the frequent stay, and no record is lost', () => {
  const { cells, actors } = counted()
  let records = 0
  for (const round of [1, 2]) {
    for (let n = 0; n < 20_000; n += 1) {
      cells.add(`${round} rare ${n}`, BUCKET, 'GetObject', 1, false, n)
      if (n % 10 === 0) cells.add('often', BUCKET, 'GetObject', 2, true, n)
      records += n % 10 === 0 ? 2 : 1
    }
    const { cells: most, rest } = cells.most(1)
    expect(most[0]).toMatchObject({ actor: 'often', count: round * 2_000, bytes: round * 4_000, errors: round * 2_000 })
    expect(most[0]).toMatchObject({ first: 0, last: 19_990 })
    expect(most[0]!.count + rest).toBe(records)
  }
  const { left, numbers } = cells.part()
  expect(numbers.length / 5).toBeLessThanOrEqual(4_096)
  expect(left).toBeGreaterThan(30_000)
  expect([...actors.values()].reduce((sum, of) => sum + of.records, 0)).toBe(records)
})
