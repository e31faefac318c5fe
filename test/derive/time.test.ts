import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseIsoTime } from '../../shared/derive/time.ts'

describe('parseIsoTime', () => {
  test.each([
    ['2026-06-10T08:12:31Z', '2026-06-10T08:12:31.000Z'],
    ['2026-06-10T08:12:32Z', '2026-06-10T08:12:32.000Z'],
    ['2026-06-10T08:12:31.5Z', '2026-06-10T08:12:31.500Z'],
    ['2026-06-10T08:12:31.123456789Z', '2026-06-10T08:12:31.123Z'],
    ['2026-06-10T08:12:31+02:00', '2026-06-10T06:12:31.000Z'],
    ['2026-06-10T08:12:31-0530', '2026-06-10T13:42:31.000Z'],
    ['2026-06-10T08:12:31+02', '2026-06-10T06:12:31.000Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
  ])('%s', (text, expected) => {
    expect(new Date(parseIsoTime(text) ?? Number.NaN).toISOString()).toBe(expected)
  })

  test.each([
    '',
    'yesterday',
    '2026-06-10',
    '1',
    '1781079151',
    '2026-06-10T08:12:31',
    '2026-06-10 08:12:31Z',
    '2026-06-10TT8:12:31Z',
    '2026-06-10T25:12:31Z',
    '2026-06-10T08:61:31Z',
    '2026-06-10T08:12:99Z',
    '2026-06-10T0a:12:31Z',
    '2026-06-10T/8:12:31Z',
    '2026-06-10T08: 9:31Z',
    '2026-06-10T08:1/:31Z',
    '2026-06-10T08:12:a1Z',
    '2026-13-10T08:12:31Z',
    '2026-02-30T08:12:31Z',
    '2023-02-29T08:12:31Z',
  ])('%j is none', (text) => {
    // A day is known: what follows takes the short way where it may.
    parseIsoTime('2026-06-10T00:00:00Z')
    expect(parseIsoTime(text)).toBeUndefined()
  })

  test('agrees with Date, whatever came before', () => {
    const range = { min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true }
    fc.assert(
      fc.property(fc.date(range), fc.boolean(), (date, isShort) => {
        const text = isShort ? `${date.toISOString().slice(0, 19)}Z` : date.toISOString()
        expect(parseIsoTime(text)).toBe(Date.parse(text))
      }),
    )
  })
})
