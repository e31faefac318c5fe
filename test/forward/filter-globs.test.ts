import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGlobs } from '../../shared/basics/glob.ts'
import { createRecordFilter } from '../../shared/forward/filter.ts'
import { view } from '../support/view.ts'

const OPTIONS = {
  includeEventNames: [],
  excludeEventNames: [],
  excludeReadOnlyData: false,
  excludeAwsService: 'none',
  ownRoles: [],
} as const

describe('compileGlobs', () => {
  test.each([
    ['Get*', 'GetObject', true],
    ['Get*', 'Get', true],
    ['Get*', 'ForgetObject', false],
    ['*Object', 'GetObject', true],
    ['*Object', 'GetObjectAcl', false],
    ['Get*Acl', 'GetObjectAcl', true],
    ['Get*Acl', 'GetAcl', true],
    ['Get*Acl', 'GetAc', false],
    ['Get*Object*', 'GetObject', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['a*b*c', 'abxbc', true],
    ['a*b*bc', 'abc', false],
    ['a*bc*c', 'abc', false],
    ['*b*b*', 'ab', false],
    ['*b*b*', 'abb', true],
    ['*', '', true],
    ['**', 'x', true],
    ['Get.bject', 'GetObject', false],
    ['getobject', 'GetObject', false],
    ['Get?bject', 'GetObject', false],
    ['GetObject', 'GetObjectAcl', false],
  ])('%s on %s: %s', (glob, text, expected) => {
    const test = compileGlobs([glob])
    expect([test(text), test(text)]).toEqual([expected, expected])
  })

  test('any of several, exact ones too; none matches nothing', () => {
    const test = compileGlobs(['PutObject', 'Get*', '*Acl'])
    expect(['PutObject', 'GetObject', 'PutBucketAcl', 'PutObjectTagging'].map(test)).toEqual([true, true, true, false])
    expect(compileGlobs([])('')).toBe(false)
  })

  test('is what the same regular expression says', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 7 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 })
    fc.assert(
      fc.property(few, text, (glob, given) => {
        expect(compileGlobs([glob])(given)).toBe(new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(given))
      }),
      { numRuns: 2_000 },
    )
  })

  test('answers the same after more texts than it remembers', () => {
    const test = compileGlobs(['x*1'])
    const texts = Array.from({ length: 25_000 }, (_, index) => `x${index}`)
    const first = texts.map(test)
    expect(first).toEqual(texts.map((text) => text.endsWith('1')))
    expect(texts.map(test)).toEqual(first)
  })
})

describe('own roles', () => {
  const own = (ownRoles: readonly string[], actor: string | undefined) =>
    createRecordFilter({ ...OPTIONS, ownRoles })(view({ actor }))

  test.each([
    ['forwarder', 'arn:aws:iam::111122223333:role/forwarder', 'ownTraffic'],
    ['forwarder', 'arn:aws:iam::111122223333:role/a/path/forwarder', 'ownTraffic'],
    ['forwarder', 'arn:aws-cn:sts::111122223333:assumed-role/forwarder', 'ownTraffic'],
    ['arn:aws:iam::111122223333:role/forwarder', 'arn:aws:iam::111122223333:role/forwarder', 'ownTraffic'],
    ['arn:aws:iam::111122223333:role/forwarder', 'arn:aws:iam::444455556666:role/forwarder', undefined],
    // A user, or a role that only ends the same way, is somebody else.
    ['forwarder', 'arn:aws:iam::111122223333:user/forwarder', undefined],
    ['forwarder', 'arn:aws:iam::111122223333:role/my-forwarder', undefined],
    ['forwarder', 'arn:aws:iam::111122223333:role/forwarder/other', undefined],
    ['forwarder', 'xarn:aws:iam::111122223333:role/forwarder', undefined],
    ['forwarder', undefined, undefined],
  ] as const)('%s, and %s acts: %s', (role, actor, reason) => {
    const filter = createRecordFilter({ ...OPTIONS, ownRoles: [role] })
    expect([filter(view({ actor })), filter(view({ actor }))]).toEqual([reason, reason])
  })

  test('none given: nobody is own', () => {
    expect(own([], 'arn:aws:iam::111122223333:role/forwarder')).toBeUndefined()
    expect(own([''], 'arn:aws:iam::111122223333:user/x')).toBeUndefined()
  })

  test('stays right with more actors than it remembers', () => {
    const filter = createRecordFilter({ ...OPTIONS, ownRoles: ['r7'] })
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 12_000; index += 1) {
        const actor = `arn:aws:iam::111122223333:role/r${index}`
        if (filter(view({ actor })) !== (index === 7 ? 'ownTraffic' : undefined)) throw new Error(actor)
      }
    }
  })
})

describe('what is left out, and why', () => {
  const why = (options: Partial<Parameters<typeof createRecordFilter>[0]>, changes: Parameters<typeof view>[0] = {}) =>
    createRecordFilter({ ...OPTIONS, ...options })(view(changes))

  test('AWS writing into a log bucket, and nothing less', () => {
    const delivery = { logBucket: true, awsService: true, action: 'object.write' } as const
    expect(why({}, delivery)).toBe('logDelivery')
    expect(why({}, { ...delivery, logBucket: false })).toBeUndefined()
    expect(why({}, { ...delivery, awsService: false })).toBeUndefined()
    expect(why({}, { ...delivery, action: 'object.delete' })).toBeUndefined()
  })

  test('event names: included ones only, then without the excluded ones', () => {
    expect(why({ includeEventNames: ['Put*'] })).toBe('eventNameNotIncluded')
    expect(why({ includeEventNames: ['Get*'] })).toBeUndefined()
    expect(why({ excludeEventNames: ['Get*'] })).toBe('eventNameExcluded')
    expect(why({ includeEventNames: ['Get*'], excludeEventNames: ['GetObject'] })).toBe('eventNameExcluded')
    expect(why({ includeEventNames: ['Put*'], excludeEventNames: ['Get*'] })).toBe('eventNameNotIncluded')
  })

  test.each(['object.read', 'object.head', 'bucket.list'] as const)(
    'successful reads of somebody known: %s',
    (action) => {
      const reads = { excludeReadOnlyData: true }
      expect(why(reads, { action })).toBe('readOnlyData')
      expect(why(reads, { action, outcome: 'failure' })).toBeUndefined()
      expect(why(reads, { action, anonymous: true })).toBeUndefined()
      expect(why({}, { action })).toBeUndefined()
    },
  )

  test.each(['object.write', 'object.copyOut', 'object.delete'] as const)('never %s as a read', (action) => {
    expect(why({ excludeReadOnlyData: true }, { action })).toBeUndefined()
  })

  test('what AWS services do: all of it, or what only reads', () => {
    const service = { awsService: true } as const
    expect(why({ excludeAwsService: 'all' }, { ...service, readOnly: false })).toBe('awsService')
    expect(why({ excludeAwsService: 'reads' }, { ...service, readOnly: true })).toBe('awsService')
    expect(why({ excludeAwsService: 'reads' }, { ...service, readOnly: false })).toBeUndefined()
    expect(why({ excludeAwsService: 'reads' }, { ...service, readOnly: undefined })).toBeUndefined()
    expect(why({ excludeAwsService: 'none' }, { ...service, readOnly: true })).toBeUndefined()
    expect(why({ excludeAwsService: 'all' }, { awsService: false, readOnly: true })).toBeUndefined()
  })

  test('never a text that could not be read', () => {
    const all = { includeEventNames: ['x'], excludeAwsService: 'all', ownRoles: ['app'] } as const
    expect(why(all, { kind: 'parseError', awsService: true })).toBeUndefined()
  })
})
