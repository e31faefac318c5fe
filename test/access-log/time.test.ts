import { describe, expect, it } from 'vitest'
import { readTime, time } from '../../shared/access-log/time.ts'

const read = (text: string): string | undefined => (readTime(`[${text}]`, 1, 1 + text.length) ? time.iso : undefined)

describe('readTime', () => {
  it.each([
    ['17/Mar/2026:07:48:02 +0000', '2026-03-17T07:48:02Z'],
    ['17/mar/2026:00:00:00 +0000', '2026-03-17T00:00:00Z'],
    ['17/Mar/2026:23:59:60 +0000', '2026-03-18T00:00:00Z'],
    ['17/Mar/2026:07:48:02 +0130', '2026-03-17T06:18:02Z'],
    ['17/Mar/2026:07:48:02 -0500', '2026-03-17T12:48:02Z'],
    ['29/Feb/2024:07:48:02 +0000', '2024-02-29T07:48:02Z'],
  ])('%s is %s', (text, iso) => {
    expect([read(text), time.ms]).toEqual([iso, Date.parse(iso)])
  })

  it.each([
    '29/Feb/2026:07:48:02 +0000',
    '17/Xxx/2026:07:48:02 +0000',
    '17/arm/2026:07:48:02 +0000',
    '17/Mar/2026:24:00:00 +0000',
    '17/Mar/2026:07:60:00 +0000',
    '17/Mar/2026:07:48:61 +0000',
    '17/Mar/2026:0a:48:02 +0000',
    '17/Mar/2026:a1:48:02 +0000',
    '17/Mar/2026:07:4/:02 +0000',
    '17/Mar/2026:07:/4:02 +0000',
    '17/Mar/2026:07:48:0: +0000',
    '17/Mar/2026 07:48:02 +0000',
    '17/Mar/2026:07:48:02  0000',
    '17/Mar/2026:07:48:02 +00x0',
    '17/Mar/2026:07:48:02 +000',
    '',
  ])('%j is no time', (text) => {
    // A day is known: what follows takes the short way where it may.
    read('17/Mar/2026:01:02:03 +0000')
    expect(read(text)).toBeUndefined()
  })

  it('remembers a second for the next line only as what it is', () => {
    expect(read('17/Mar/2026:01:02:03 +0000')).toBe('2026-03-17T01:02:03Z')
    expect(read('17/Mar/2026:01:02:03 +0000')).toBe('2026-03-17T01:02:03Z')
    expect(read('17/Mar/2026:01:02:3x +0000')).toBeUndefined()
    expect(read('17/Mar/2026:01:02:03 +0000')).toBe('2026-03-17T01:02:03Z')
  })
})
