import { describe, expect, it } from 'vitest'
import { principalName } from '../../shared/incident/actor-name.ts'
import { callsOf, distinctOf, headline, rulesByState, storyOrder, tellable } from '../../shared/report/headline.ts'
import { aligned, coarser, summed, total } from '../../shared/report/series.ts'
import { emptyModel, finding, model, quietModel, rule } from './model.ts'

const incident = (given: Parameters<typeof finding>[0]) => ({ finding: finding(given), messages: 1 })

describe('the first words', () => {
  it('say how many incidents there were, by severity, in what', () => {
    const incidents = [incident({ severity: 'high' }), incident({}), incident({ severity: 'high' })]
    expect(headline(model({ incidents }))).toEqual({
      title: '3 incidents: 1 critical, 2 high',
      about: '3,600 records of 2 objects, 2026-03-17 06:00–11:59 UTC',
    })
    expect(headline(model({ incidents, incidentsLeftOut: 4 })).title).toBe(
      '7 incidents: 1 critical, 2 high, 4 not listed',
    )
    expect(headline(model()).title).toBe('1 incident: 1 critical')
  })

  it('say that there was none, and that nothing was read is no quiet', () => {
    expect(headline(quietModel()).title).toBe('No incident')
    expect(headline(emptyModel())).toEqual({
      title: 'No record was read',
      about: '3 objects looked at; 3 problems reading them. That nothing is told here says nothing of what happened.',
    })
  })

  it('say that records were read, and none was left', () => {
    const { totals } = emptyModel()
    expect(headline(model({ totals: { ...totals, outOfSpan: 3_603, filtered: 1 } }))).toMatchObject({
      title: 'No record is left',
      about: expect.stringMatching(
        /^3,603 records outside of what was asked for, 1 record of AWS delivering logs, 3 objects looked at/,
      ),
    })
  })

  it('tell the worst first, then by time, and what went on elsewhere there', () => {
    const incidents = [
      incident({ incidentId: 'low', severity: 'low' }),
      incident({ incidentId: 'late', firstTime: '2026-03-17T10:00:00Z' }),
      incident({ incidentId: 'early', firstTime: '2026-03-17T07:00:00Z' }),
      incident({ incidentId: 'merged', mergedInto: 'early' }),
    ]
    expect(tellable(model({ incidents })).map((one) => one.finding.incidentId)).toEqual(['early', 'late', 'low'])
  })
})

describe('an incident', () => {
  const value = (name: string, count: number) => ({ value: name, count })

  it('has all calls of its people, whenever, and of strangers those on its buckets', () => {
    const cell = (actor: string, bucket: string, action: string, count: number, hour = 8) => {
      const at = `2026-03-17T${String(hour).padStart(2, '0')}:00:00.000Z`
      return { actor, bucket, action, count, bytes: 0, errors: 0, first: at, last: at }
    }
    const one = finding({
      firstTime: '2026-03-17T07:00:00.000Z',
      lastTime: '2026-03-17T09:00:00.000Z',
      actors: [value('alice', 3), value('anonymous', 3)],
      buckets: [value('a', 3)],
    })
    const cells = [
      cell('alice', 'a', 'DeleteObject', 400),
      cell('alice', 'elsewhere', 'DeleteObject', 500),
      cell('alice', '', 'ListBuckets', 2),
      cell('alice', 'a', 'PutObject', 7, 5),
      cell('anonymous', 'a', 'GetObject', 60),
      cell('anonymous', 'elsewhere', 'GetObject', 1_000),
      cell('bob', 'a', 'GetObject', 5_000),
    ]
    expect(callsOf({ matrix: { cells, rest: 0 } }, one)).toEqual([
      value('DeleteObject', 900),
      value('GetObject', 60),
      value('PutObject', 7),
      value('ListBuckets', 2),
    ])
  })
})

describe('rules', () => {
  it('are apart by what became of them, the severest that matched first', () => {
    const { matched, quiet, blind } = rulesByState(
      model({ rules: [...model().rules, rule({ id: 'more', matches: 600 })] }),
    )
    expect(matched.map(({ id }) => id)).toEqual(['s3-policy-public', 'more', 'data-mass-delete'])
    expect(quiet.map(({ id }) => id)).toEqual(['trail-stopped'])
    expect(blind.map(({ id }) => id)).toEqual(['sal-scan'])
  })
})

describe('how many different ones', () => {
  it.each([
    [{}, '5'],
    [{ isAtLeast: true as const }, 'at least 5'],
    [{ isEstimate: true as const }, 'about 5'],
  ])('%j: %s', (more, text) => expect(distinctOf({ top: [], distinct: 5, ...more })).toBe(text))
})

describe('series', () => {
  it('are zero where nothing was, also between what was', () => {
    const one = { time: [0, 60, 240], value: [1, 2, 3] }
    expect(aligned([one, { time: [60], value: [9] }], 60)).toEqual({
      time: [0, 60, 120, 180, 240],
      columns: [
        [1, 2, 0, 0, 3],
        [0, 9, 0, 0, 0],
      ],
    })
    expect(aligned([{ time: [60], value: [5] }], 60, { from: -120, to: 300 })).toEqual({
      time: [-120, -60, 0, 60, 120, 240, 300],
      columns: [[0, 0, 0, 5, 0, 0, 0]],
    })
    expect(aligned([], 60)).toEqual({ time: [], columns: [] })
  })

  it('add up', () => {
    const sum = summed([
      { time: [60, 0], value: [1, 2] },
      { time: [60], value: [4] },
    ])
    expect(sum).toEqual({ time: [0, 60], value: [2, 5] })
    expect(total(sum)).toBe(7)
    expect(coarser({ time: [0, 60, 120], value: [1, 2, 3] }, 120)).toEqual({ time: [0, 120], value: [3, 3] })
  })
})

describe('a story', () => {
  const line = (time: string, text: string, until?: string) => ({
    time: `2026-03-17T${time}Z`,
    ...(until === undefined ? {} : { until: `2026-03-17T${until}Z` }),
    text,
    rules: ['r'],
  })
  const texts = (story: Parameters<typeof storyOrder>[0]) => storyOrder(story).map(({ text }) => text)

  it('is told in the order of time, and what goes on through most of it comes last', () => {
    const all = line('02:14:01', 'all', '02:24:00')
    const story = [all, line('02:14:10', 'policy'), line('02:14:10', 'writes', '02:21:03'), line('02:21:04', 'deletes')]
    expect(texts(story)).toEqual(['policy', 'writes', 'deletes', 'all'])
  })

  it('is left as it is where nothing does', () => {
    const one = line('02:00:00', 'run', '02:10:00')
    expect(texts([one, line('02:05:00', 'within'), line('02:20:00', 'a'), line('02:30:00', 'b')])[0]).toBe('run')
    expect(texts([one, line('02:05:00', 'within')])[0]).toBe('run')
  })
})

it.each([
  ['person:111122223333/alice', 'alice'],
  ['person:alice@example.com', 'alice@example.com'],
  ['actor:444455556666', 'account 444455556666'],
  ['actor:arn:aws:iam::111122223333:role/web-app', 'web-app'],
  ['account:111122223333', 'account 111122223333'],
  ['key:AKIAIOSFODNN7EXAMPLE', 'key AKIAIOSFODNN7EXAMPLE'],
  ['anonymous@amzn-s3-demo-bucket', 'anonymous on amzn-s3-demo-bucket'],
])('%s is said as %s', (principal, expected) => {
  expect(principalName({ principal })).toBe(expected)
  expect(principalName({ principal, person: 'Bob' })).toBe('Bob')
})
