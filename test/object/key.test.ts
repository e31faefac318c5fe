import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { classifyKey } from '../../shared/object/key.ts'
import { OBJECT_KEYS } from '../cases/object-keys.ts'

describe('classifyKey', () => {
  test.each(OBJECT_KEYS)('%s', (key, expected) => {
    expect(classifyKey(key)).toEqual(expected)
  })

  const slashed = fc
    .array(fc.string({ maxLength: 12 }), { maxLength: 4 })
    .map((parts) => parts.map((part) => `${part}/`).join(''))

  it('finds a CloudTrail log below any prefix', () => {
    const file = '111122223333_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json.gz'
    fc.assert(
      fc.property(slashed, (prefix) => {
        const key = `${prefix}AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-east-1/2024/01/01/${file}`
        expect(classifyKey(key)).toEqual({
          kind: 'cloudtrail',
          account: '111122223333',
          org: 'o-exampleorgid',
          region: 'us-east-1',
          time: '2024-01-01T00:00:00Z',
        })
      }),
    )
  })

  it('finds an access log behind any glued prefix, and its time', () => {
    const time = fc.date({
      min: new Date('2006-03-14T00:00:00Z'),
      max: new Date('2099-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(fc.string(), time, (prefix, date) => {
        const iso = `${date.toISOString().slice(0, 19)}Z`
        const key = `${prefix}${iso.slice(0, 19).replace(/[T:]/g, '-')}-EF8B6D12325F2C6C`
        expect(classifyKey(key)).toMatchObject({ kind: 'access-log', time: iso })
      }),
    )
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 1024 }), (key) => classifyKey(key).kind !== undefined))
  })
})
