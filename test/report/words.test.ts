import { describe, expect, it } from 'vitest'
import { count, plural } from '../../shared/basics/numbers.ts'
import { shortName } from '../../shared/incident/actor-name.ts'
import { bytes, duration, moment, percent, span } from '../../shared/report/words.ts'

describe('words', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_940, '9.9 kB'],
    [9_960, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [132e9, '132 GB'],
    [5e15, '5,000 TB'],
  ])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text))

  it.each([
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7140, '119 min'],
    [7200, '2 h'],
    [11_400, '3 h 10 min'],
    [172_800, '2 d'],
  ])('%d seconds are %s', (value, text) => expect(duration(value)).toBe(text))

  it.each([
    [0, '0 %'],
    [0.0005, '< 0.1 %'],
    [0.001, '0.1 %'],
    [0.014, '1.4 %'],
    [0.02, '2 %'],
    [0.1, '10 %'],
    [0.996, '100 %'],
  ])('a share of %d is %s', (value, text) => expect(percent(value)).toBe(text))

  it.each([
    ['2026-03-17T07:12:05Z', '2026-03-17T09:03:00Z', '2026-03-17 07:12–09:03'],
    ['2026-03-17T07:12:05Z', '2026-03-17T07:12:59Z', '2026-03-17 07:12'],
    ['2026-03-17T23:59:00Z', '2026-03-18T00:01:00Z', '2026-03-17 23:59 – 2026-03-18 00:01'],
  ])('from %s to %s is %s', (first, last, text) => expect(span(Date.parse(first), Date.parse(last))).toBe(text))

  it.each([
    ['arn:aws:iam::111122223333:user/team/alice', 'team/alice'],
    ['arn:aws:sts::111122223333:assumed-role/web-app', 'web-app'],
    ['arn:aws:iam::111122223333:role/Admin', 'Admin'],
    ['arn:aws:iam::111122223333:root', 'root'],
    ['arn:aws:s3', 'arn:aws:s3'],
    ['anonymous', 'anonymous'],
  ])('%s is %s', (value, text) => expect(shortName(value)).toBe(text))

  it('counts', () => {
    expect([count(1234567), plural(1, 'record'), plural(0, 'record')]).toEqual(['1,234,567', '1 record', '0 records'])
    expect(moment(Date.parse('2026-03-17T07:12:05.999Z'))).toBe('2026-03-17 07:12:05')
    expect(moment(Number.NaN)).toBe('')
  })
})
