import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NotificationEntry } from '../../shared/connect/configuration.ts'
import { eventTypesIntersect, overlap } from '../../shared/connect/overlap.ts'

const CREATED = 's3:ObjectCreated:*'

function entry(events: readonly string[], prefix?: string, suffix?: string): NotificationEntry {
  const rules = [
    ...(prefix === undefined ? [] : [{ Name: 'Prefix', Value: prefix }]),
    ...(suffix === undefined ? [] : [{ Name: 'Suffix', Value: suffix }]),
  ]
  return { Events: events, ...(rules.length > 0 && { Filter: { Key: { FilterRules: rules } } }) }
}

describe('event types', () => {
  it.each([
    ['s3:ObjectCreated:*', 's3:ObjectCreated:*', true],
    ['s3:ObjectCreated:*', 's3:ObjectCreated:Put', true],
    ['s3:ObjectCreated:Copy', 's3:ObjectCreated:*', true],
    ['s3:ObjectCreated:Put', 's3:ObjectCreated:Put', true],
    ['s3:ObjectCreated:Put', 's3:ObjectCreated:Post', false],
    ['s3:ObjectCreated:Put', 's3:ObjectCreated:PutX', false],
    ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', false],
    ['s3:ObjectRemoved:*', 's3:ObjectRemoved:DeleteMarkerCreated', true],
    ['s3:Replication:*', 's3:Replication:OperationMissedThreshold', true],
    ['s3:LifecycleTransition', 's3:LifecycleExpiration:*', false],
    ['s3:ObjectTagging:*', 's3:ObjectTagging:Put', true],
    ['s3:ObjectAcl:Put', 's3:ObjectTagging:Put', false],
    ['s3:TestEvent', 's3:TestEvent', true],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(eventTypesIntersect(a, b)).toBe(expected)
    expect(eventTypesIntersect(b, a)).toBe(expected)
  })
})

describe('overlap', () => {
  it.each<[string, NotificationEntry, NotificationEntry, string[]]>([
    ['no filters at all', entry([CREATED]), entry([CREATED]), [CREATED]],
    ['one without a filter, one with', entry([CREATED]), entry([CREATED], 'AWSLogs/'), [CREATED]],
    ['prefixes apart', entry([CREATED], 'images/'), entry([CREATED], 'logs/'), []],
    ['one prefix begins with the other', entry([CREATED], 'image'), entry([CREATED], 'images/'), [CREATED]],
    ['the same prefix, suffixes apart', entry([CREATED], 'images/', '.jpg'), entry([CREATED], 'images/', '.png'), []],
    ['suffixes alone, apart', entry([CREATED], undefined, '.jpg'), entry([CREATED], undefined, '.png'), []],
    [
      'one suffix ends with the other',
      entry([CREATED], undefined, 'g'),
      entry([CREATED], undefined, '.jpg'),
      [CREATED],
    ],
    // No key can begin and end so at once for both; S3 refuses all the same.
    ['prefix here, suffix there', entry([CREATED], 'images/'), entry([CREATED], undefined, '.jpg'), [CREATED]],
    ['prefixes overlap, one suffix missing', entry([CREATED], 'a', '.gz'), entry([CREATED], 'ab'), [CREATED]],
    ['prefixes apart, suffixes the same', entry([CREATED], 'a/', '.gz'), entry([CREATED], 'b/', '.gz'), []],
    ['other event types', entry([CREATED]), entry(['s3:ObjectRemoved:*']), []],
    [
      'only what they share is named',
      entry([CREATED]),
      entry(['s3:ObjectCreated:Put', 's3:ObjectRemoved:*', 's3:ObjectCreated:Copy']),
      ['s3:ObjectCreated:Put', 's3:ObjectCreated:Copy'],
    ],
    ['an empty prefix is none', entry([CREATED], ''), entry([CREATED], 'x/'), [CREATED]],
    ['encoded and plain are the same key', entry([CREATED], 'team+a/%40'), entry([CREATED], 'team%20a/'), [CREATED]],
    ['case matters', entry([CREATED], 'Logs/'), entry([CREATED], 'logs/'), []],
    ['no events, nothing to share', entry([]), entry([CREATED]), []],
  ])('%s', (_, a, b, events) => {
    expect(overlap(a, b)).toEqual(events)
  })

  it('is as S3 has it: each key that both let through, of an event that both want, is an overlap', () => {
    const part = fc.stringMatching(/^[ab/]{0,3}$/)
    const event = fc.constantFrom(CREATED, 's3:ObjectCreated:Put', 's3:ObjectCreated:Copy', 's3:ObjectRemoved:Delete')
    const one = fc.record({ event, prefix: part, suffix: part })
    fc.assert(
      fc.property(one, one, fc.stringMatching(/^[ab/]{0,6}$/), (x, y, key) => {
        const a = entry([x.event], x.prefix, x.suffix)
        const b = entry([y.event], y.prefix, y.suffix)
        const wants = ({ prefix, suffix }: typeof x) => key.startsWith(prefix) && key.endsWith(suffix)
        const found = overlap(a, b).length > 0
        expect(overlap(b, a).length > 0).toBe(found)
        if (wants(x) && wants(y) && eventTypesIntersect(x.event, y.event)) expect(found).toBe(true)
      }),
    )
  })
})
