import { expect, test } from 'vitest'
import { type HitRule, readyRules } from '../../shared/incident/hit-rules.ts'
import { createFoundRules } from '../../shared/replay/found-rules.ts'

const rule = (id: string, more: Partial<HitRule>): HitRule => ({
  id,
  severity: 'low',
  pattern: '{ $.eventName = "GetObject" }',
  sources: ['cloudtrail'],
  metricValue: '1',
  ...more,
})
const counting = { by: ['actor' as const], window: 3600, threshold: 10, count: 'events' as const }
const RULES = [
  rule('counts', { severity: 'critical', counting }),
  rule('hits', { severity: 'medium', metricValue: '$.bytesOut' }),
  rule('hits-too', { severity: 'high' }),
  rule('silence', { severity: 'high', atMost: 0 }),
]
const ready = (...ids: string[]) =>
  readyRules(
    RULES.filter(({ id }) => ids.includes(id)),
    'cloudtrail',
  )

test('the worst of what hits at once, or of what counts where nothing does; silence is no find', () => {
  const foundOf = createFoundRules()
  expect(foundOf(ready('counts', 'hits', 'hits-too', 'silence'))).toMatchObject({
    isFinding: true,
    isCounted: false,
    severity: 'high',
    names: ['counts', 'hits-too', 'hits'],
    all: [{ constant: 1 }, { constant: undefined }, { constant: 1 }, { isFinding: false }],
  })
  expect(foundOf(ready('counts'))).toMatchObject({ isCounted: true, severity: 'critical', names: ['counts'] })
  expect(foundOf(ready('silence'))).toMatchObject({ isFinding: false, names: [] })
})

test('a list that is filled anew for each record is told by what it holds, also after many others', () => {
  const foundOf = createFoundRules()
  const all = ready('counts', 'hits', 'hits-too')
  const room: (typeof all)[number][] = []
  for (let round = 0; round < 40; round += 1) {
    room.length = 0
    room.push(...all.filter((_, at) => ((round % 8) >> at) % 2 === 1))
    expect(foundOf(room).all.map(({ ready: of }) => of)).toEqual(room)
  }
  // Lists that were never the same object.
  for (let n = 0; n < 40; n += 1) expect(foundOf(ready('hits')).names).toEqual(['hits'])
})
