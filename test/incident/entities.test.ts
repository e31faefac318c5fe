import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RecordView } from '../../shared/contracts/record.ts'
import type { EntityField } from '../../shared/detection/schema.ts'
import { createEntities, type Entity } from '../../shared/incident/entities.ts'
import type { ReadyRule } from '../../shared/incident/hit-rules.ts'
import { compilePattern } from '../../shared/metric/filter.ts'

function ruleBy(id: string, by: EntityField[], window = 300): ReadyRule {
  const counting = { by, window, threshold: 20, count: 'events' as const }
  const rule = { id, severity: 'low' as const, pattern: '', sources: [], metricValue: '1', counting }
  return { rule, pattern: compilePattern(''), amountOf: undefined } as unknown as ReadyRule
}

const RULES = [
  ruleBy('a', ['actor']),
  ruleBy('b', ['actor', 'bucket']),
  ruleBy('c', ['ip']),
  ruleBy('d', ['actor', 'bucket'], 0),
  ruleBy('e', ['bucket', 'actor', 'ip']),
]

const viewOf = (actor: string, bucket: string, ip: string) =>
  ({ actor, bucket, sourceIPAddress: ip, anonymous: false }) as RecordView

const valueIn = (field: EntityField, view: RecordView): string =>
  String({ actor: view.actor, bucket: view.bucket, ip: view.sourceIPAddress }[field as string] ?? 'unknown')

/** The same, told in the plainest way: what there is of one rule, by its first value, then by the others. */
function createPlain(ready: ReadyRule) {
  const known = new Map<string, Map<string, { id: string; waiting: number }>>()
  let size = 0
  let forgetAt = 4096
  let isShort = false
  function forget() {
    const all = [...known].flatMap(([by, of]) => [...of].map(([rest, one]) => ({ by, rest, one })))
    all.sort((a, b) => b.one.waiting - a.one.waiting)
    for (const { by, rest, one } of all.slice(2048)) {
      if (ready.rule.counting!.window === 0 && one.waiting > 0) continue
      known.get(by)!.delete(rest)
      if (known.get(by)!.size === 0) known.delete(by)
      size -= 1
      isShort ||= one.waiting > 0
    }
    forgetAt = Math.max(4096, 2 * size)
  }
  return {
    isShort: () => isShort,
    of(view: RecordView, id: string) {
      const [by, ...rest] = ready.rule.counting!.by.map((field) => valueIn(field, view)) as [string, ...string[]]
      const others = rest.join('\n')
      let one = known.get(by)?.get(others)
      if (one === undefined) {
        if (size >= forgetAt) forget()
        one = { id, waiting: 0 }
        const of = known.get(by) ?? new Map()
        known.set(by, of)
        of.set(others, one)
        size += 1
      }
      return one
    },
  }
}

/** Numbers that say the same on every machine. */
function random(seed: number) {
  let state = seed
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test.each([1, 2, 3])(
  'finds the entities of each rule, and forgets those with least, as if each rule looked by itself (%i)',
  (seed) => {
    const next = random(seed)
    const entities = createEntities(valueIn, () => {})
    const plain = RULES.map(createPlain)
    const ids = new Map<Entity, string>()
    let made = 0
    for (let record = 0; record < 12_000; record += 1) {
      const actors = record % 3 === 0 ? 9_000 : 40
      const view = viewOf(`actor-${next(actors)}`, `bucket-${next(12)}`, `192.0.2.${next(7_000)}`)
      entities.next()
      for (const [at, rule] of RULES.entries()) {
        if (next(5) === 0) continue
        const entity = entities.of(rule, view)
        const id = `${made}`
        const one = plain[at]!.of(view, id)
        if (!ids.has(entity)) {
          ids.set(entity, id)
          made += 1
        }
        expect(ids.get(entity)).toBe(one.id)
        entity.waiting += 1
        one.waiting += 1
      }
    }
    for (const [at, rule] of RULES.entries()) expect(entities.isShort(rule)).toBe(plain[at]!.isShort())
    expect(RULES.map(entities.isShort)).toContain(true)
    // One that was forgotten has another in its place, and only one.
    const forgotten = [...ids.keys()].filter(({ isForgotten }) => isForgotten)
    expect(forgotten.length).toBeGreaterThan(1_000)
    for (const entity of forgotten.slice(0, 50)) {
      const again = entities.again(entity)
      expect(again).toMatchObject({ ready: entity.ready, name: entity.name, isForgotten: false })
      expect(entities.again(entity)).toBe(again)
    }
  },
)

test('an entity is named after all fields that it is counted by', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (actor, bucket, ip) => {
      const entities = createEntities(valueIn, () => {})
      entities.next()
      const view = viewOf(actor, bucket, ip)
      for (const rule of RULES) {
        const { by } = rule.rule.counting!
        const { fields, name } = entities.of(rule, view)
        // Others than the first are kept in one text, each on a line.
        if (by.length > 2 && by.some((field) => valueIn(field, view).includes('\n'))) continue
        expect(fields).toEqual(Object.fromEntries(by.map((field) => [field, valueIn(field, view).toWellFormed()])))
        expect(name).toBe(JSON.stringify(fields))
      }
    }),
  )
})
