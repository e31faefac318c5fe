import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SEVERITIES } from '../../shared/detection/schema.ts'
import type { MatchRow } from '../../shared/replay/model.ts'
import { packRows, unpackRow } from '../../shared/report/pack.ts'
import { createRowIndex, type RowFilter, type RowOrder } from '../../shared/report/rows.ts'
import { rankOfSeverity, WORST_FIRST } from '../../shared/report/severity.ts'
import { row, START } from './model.ts'

const ROWS: readonly MatchRow[] = [
  row(0, { action: 'PutObject', bytes: 5, rules: ['a', 'b'] }),
  row(2, { ip: '198.51.100.9', severity: 'critical', rules: ['b'] }),
  row(1, { person: 'Bob', bucket: 'amzn-s3-demo-other', key: 'A.csv', bytes: 50, severity: 'low', rules: ['c'] }),
  {
    ...without(row(3, { time: 'never', rules: ['a'] }), 'incidentId', 'person', 'bytes'),
    actor: 'anonymous',
  } as MatchRow,
]

function without<T extends object>(given: T, ...names: (keyof T)[]): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name as keyof T))) as Partial<T>
}

const BY_TIME: RowOrder = { column: 'time', descending: false }
const index = createRowIndex(packRows(ROWS))
const select = (filter: Partial<RowFilter>, order = BY_TIME) => [...index.select({ text: '', ...filter }, order)]

describe('packed rows', () => {
  it('come out as they went in, whatever stands in them', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('</script>', '\u2028', 'same'))
    const some = fc.option(text, { nil: undefined })
    const one = fc.record({
      time: fc
        .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      rules: fc.array(fc.constantFrom('s3-a', 's3-b', 'ip-c'), { minLength: 1 }),
      severity: fc.constantFrom(...SEVERITIES),
      kind: fc.constantFrom('cloudtrail' as const, 'access-log' as const),
      actor: some,
      person: some,
      key: some,
      bytes: fc.option(fc.nat(), { nil: undefined }),
      action: text,
      outcome: text,
      object: text,
      principal: text,
      record: fc.nat(),
    })
    fc.assert(
      fc.property(fc.array(one), (rows) => {
        const packed = JSON.parse(JSON.stringify(packRows(rows as MatchRow[])))
        // What is empty is not there.
        const said = (given: object) =>
          Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ''))
        expect(rows.map((_, at) => said(unpackRow(packed, at)))).toEqual(rows.map(said))
      }),
    )
  })

  it('hold each text once', () => {
    const packed = packRows(ROWS)
    expect(new Set(packed.texts).size).toBe(packed.texts.length)
    expect(packed.texts[0]).toBe('')
    expect(packed.time[3]).toBeNull()
    expect(unpackRow(packed, 3).time).toBe('')
  })
})

describe('looking for rows', () => {
  it.each<[Partial<RowFilter>, number[]]>([
    [{}, [0, 2, 1, 3]],
    [{ text: 'put' }, [0]],
    [{ text: 'PUT  192.0.2' }, [0]],
    [{ text: 'put bob' }, []],
    [{ text: 'bob' }, [2]],
    [{ text: 'person:bob' }, [2]],
    [{ text: 'actor:bob' }, []],
    [{ text: 'ip:198.51' }, [1]],
    [{ text: 'keyid:akia' }, [0, 2, 1, 3]],
    [{ text: 'nothing:x' }, []],
    [{ from: START + 60_000 }, [2, 1]],
    [{ to: START + 60_000 }, [0]],
    [{ severities: 1 }, [1]],
    [{ severities: 2 }, [0, 1, 3]],
    [{ severities: 5 }, [0, 2, 1, 3]],
    [{ rule: 'b' }, [0, 1]],
    [{ rule: 'none' }, []],
    [{ isTold: true }, [0, 2, 1]],
    [{ incidentId: 'a1b2c3d4e5f60718' }, [0, 2, 1]],
    [{ incidentId: 'other' }, []],
    // The object that it stood in is not what is looked for; a rule is.
    [{ text: 'logs/a' }, []],
    [{ text: 'csv' }, [0, 2, 1, 3]],
  ])('%j: %j', (filter, expected) => {
    expect(select(filter)).toEqual(expected)
  })

  it.each<[RowOrder, number[]]>([
    [{ column: 'time', descending: true }, [3, 1, 2, 0]],
    [{ column: 'severity', descending: false }, [1, 0, 3, 2]],
    [{ column: 'bytes', descending: true }, [2, 0, 1, 3]],
    [{ column: 'action', descending: false }, [2, 1, 3, 0]],
    [{ column: 'who', descending: false }, [0, 1, 3, 2]],
    [{ column: 'rules', descending: false }, [0, 3, 1, 2]],
    [{ column: 'on', descending: true }, [2, 3, 1, 0]],
  ])('in the order of %j: %j', (order, expected) => {
    expect(select({}, order)).toEqual(expected)
  })

  it('finds rules by their names', () => {
    const rows = createRowIndex(packRows([row(0, { rules: ['s3-policy-public', 'offensive-ua'] }), row(1)]))
    expect([...rows.select({ text: 'offensive' }, BY_TIME)]).toEqual([0])
  })
})

describe('severities', () => {
  it('are those of rules, the worst first', () => {
    expect(WORST_FIRST).toEqual(SEVERITIES.toReversed())
    expect(rankOfSeverity('critical')).toBe(0)
  })
})
