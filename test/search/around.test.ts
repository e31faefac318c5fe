import { describe, expect, it } from 'vitest'
import type { Finding } from '../../shared/incident/finding.ts'
import { aroundIncident, latestOf } from '../../shared/search/around.ts'
import { readMoment, readSpan } from '../../shared/search/time.ts'

const finding = (incidentId: string, sequence: number, more: Partial<Finding> = {}): Finding =>
  ({
    incidentId,
    sequence,
    firstTime: '2026-03-17T07:00:00.000Z',
    lastTime: '2026-03-17T08:00:00.000Z',
    actors: [{ value: 'arn:aws:iam::111122223333:user/alice', count: 3 }],
    keyIds: ['AKIAIOSFODNN7EXAMPLE'],
    addresses: [{ value: '192.0.2.66', count: 3 }],
    ...more,
  }) as Finding

describe('around an incident', () => {
  it('is what its people, keys and addresses did, and some time before and after', () => {
    expect(aroundIncident(finding('a', 1), 60_000)).toEqual({
      since: Date.parse('2026-03-17T06:59:00Z'),
      until: Date.parse('2026-03-17T08:01:01Z'),
      who: {
        actors: ['arn:aws:iam::111122223333:user/alice'],
        keyIds: ['AKIAIOSFODNN7EXAMPLE'],
        addresses: ['192.0.2.66'],
      },
    })
  })

  const idsOf = (findings: readonly Finding[], id: string) =>
    latestOf(findings, id).map(({ incidentId, sequence }) => `${incidentId}.${sequence}`)

  it('goes by its last finding, whatever their order', () => {
    expect(idsOf([finding('ab1', 2), finding('ab1', 10), finding('ab1', 3)], 'ab1')).toEqual(['ab1.10'])
  })

  it('goes by how the id begins, and gives all that it may be', () => {
    const findings = [finding('ab1', 1), finding('ab2', 1), finding('b', 1)]
    expect(idsOf(findings, 'ab')).toEqual(['ab1.1', 'ab2.1'])
    expect(idsOf(findings, 'ab2')).toEqual(['ab2.1'])
    expect(idsOf(findings, 'c')).toEqual([])
  })

  it('follows it to where it went on, once, and not in a circle', () => {
    const findings = [finding('a1', 1, { mergedInto: 'b' }), finding('a2', 1, { mergedInto: 'a1' }), finding('b', 4)]
    expect(idsOf(findings, 'a')).toEqual(['b.4'])
    expect(idsOf([finding('a', 1, { mergedInto: 'b' }), finding('b', 1, { mergedInto: 'a' })], 'a')).toHaveLength(1)
    expect(idsOf([finding('a', 1, { mergedInto: 'gone' })], 'a')).toEqual(['a.1'])
  })
})

describe('times', () => {
  const now = Date.parse('2026-03-17T12:00:00Z')
  it.each([
    ['90m', '2026-03-17T10:30:00.000Z'],
    ['24h', '2026-03-16T12:00:00.000Z'],
    ['7d', '2026-03-10T12:00:00.000Z'],
    ['2w', '2026-03-03T12:00:00.000Z'],
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T10:00+02:00', '2026-03-01T08:00:00.000Z'],
  ])('%s', (text, expected) => {
    expect(new Date(readMoment(text, now)!).toISOString()).toBe(expected)
  })

  it.each(['', 'yesterday', '7', '7 d', '2026-02-30', '2026-03-01T10:00', '-1d'])('%j is none', (text) => {
    expect(readMoment(text, now)).toBeUndefined()
    expect(readSpan(text)).toBeUndefined()
  })
})
