import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverClass, type EventClass, logsEvent, type SelectedEvent } from '../../shared/sources/event-class.ts'
import {
  type AdvancedSelector,
  canonicalSelectors,
  countConditions,
  type EventSelectors,
  toAdvanced,
} from '../../shared/sources/selectors.ts'
import { managementEvents, objectEvents } from '../../shared/sources/trails.ts'

const B = 'arn:aws:s3:::amzn-s3-demo-bucket'
const data = (...fields: AdvancedSelector['FieldSelectors'] & object): AdvancedSelector => ({
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
    ...fields,
  ],
})
const arn = (conditions: object) => ({ Field: 'resources.ARN', ...conditions })
const basic = (...values: string[]): EventSelectors => ({
  EventSelectors: [{ IncludeManagementEvents: true, DataResources: [{ Type: 'AWS::S3::Object', Values: values }] }],
})
const bucketShare = (selectors: EventSelectors | readonly AdvancedSelector[], more = {}) =>
  coverClass(
    'length' in selectors ? selectors : toAdvanced(selectors),
    objectEvents('aws', 'amzn-s3-demo-bucket', more),
  ).share

describe('data events of a bucket', () => {
  it.each<[string, EventSelectors | readonly AdvancedSelector[], 'all' | 'part' | 'none']>([
    ['no selector at all: management events only', {}, 'none'],
    ['basic, all buckets of S3 by its short prefix', basic('arn:aws:s3'), 'all'],
    ['basic, all buckets', basic('arn:aws:s3:::'), 'all'],
    ['basic, the bucket', basic(`${B}/`), 'all'],
    ['basic, another bucket that begins the same', basic(`${B}2/`), 'none'],
    ['basic, a beginning of the name', basic('arn:aws:s3:::amzn-s3-'), 'all'],
    ['basic, a prefix', basic(`${B}/logs/`), 'part'],
    ['basic, no values', basic(), 'none'],
    [
      'basic, only functions',
      { EventSelectors: [{ DataResources: [{ Type: 'AWS::Lambda::Function', Values: ['arn:aws:lambda'] }] }] },
      'none',
    ],
    ['advanced, everything', [data()], 'all'],
    [
      'advanced, of another type',
      [
        {
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Data'] },
            { Field: 'resources.type', Equals: ['AWS::S3::AccessPoint'] },
          ],
        },
      ],
      'none',
    ],
    ['advanced, the bucket', [data(arn({ StartsWith: [`${B}/`] }))], 'all'],
    ['advanced, without another bucket', [data(arn({ NotStartsWith: [`${B}2/`] }))], 'all'],
    ['advanced, without this bucket', [data(arn({ NotStartsWith: [`${B}/`] }))], 'none'],
    [
      'advanced, without a name that this one begins with',
      [data(arn({ NotStartsWith: ['arn:aws:s3:::amzn-'] }))],
      'none',
    ],
    ['advanced, without a prefix', [data(arn({ NotStartsWith: [`${B}/logs/`] }))], 'part'],
    [
      'advanced, without a prefix, and that prefix',
      [data(arn({ NotStartsWith: [`${B}/logs/`] })), data(arn({ StartsWith: [`${B}/logs/`] }))],
      'all',
    ],
    [
      'advanced, without a prefix, and a part of that prefix',
      [data(arn({ NotStartsWith: [`${B}/logs/`] })), data(arn({ StartsWith: [`${B}/logs/a`] }))],
      'part',
    ],
    ['advanced, one key', [data(arn({ Equals: [`${B}/key`] }))], 'part'],
    ['advanced, all but one key', [data(arn({ NotEquals: [`${B}/key`] }))], 'part'],
    [
      'advanced, all but one key, and that key',
      [data(arn({ NotEquals: [`${B}/key`] })), data(arn({ Equals: [`${B}/key`] }))],
      'all',
    ],
    ['advanced, ends', [data(arn({ EndsWith: ['.csv'] }))], 'part'],
    [
      'advanced, ends, and the others',
      [data(arn({ EndsWith: ['.csv'] })), data(arn({ NotEndsWith: ['.csv'] }))],
      'all',
    ],
    [
      'advanced, an end longer than the ARN can be told by its beginning',
      [data(arn({ NotEndsWith: [`${B.slice(3)}/a`] }))],
      'part',
    ],
    ['SELECT operators are alternatives', [data(arn({ StartsWith: [`${B}/`], EndsWith: ['.csv'] }))], 'all'],
    ['DESELECT takes out of them', [data(arn({ StartsWith: [`${B}/`], NotEndsWith: ['.tmp'] }))], 'part'],
    [
      'reads, and writes',
      [data({ Field: 'readOnly', Equals: ['true'] }), data({ Field: 'readOnly', Equals: ['false'] })],
      'all',
    ],
    [
      'reads of all, writes of a prefix',
      [
        data({ Field: 'readOnly', Equals: ['true'] }),
        data({ Field: 'readOnly', Equals: ['false'] }, arn({ StartsWith: [`${B}/a`] })),
      ],
      'part',
    ],
    ['empty lists, which select nothing', [data(arn({ Equals: [], StartsWith: [], NotEndsWith: [] }))], 'all'],
    ['one event name', [data({ Field: 'eventName', Equals: ['GetObject'] })], 'part'],
    [
      'all but somebody',
      [data({ Field: 'userIdentity.arn', NotStartsWith: ['arn:aws:sts::111122223333:assumed-role/etl/'] })],
      'part',
    ],
    ['only those who have an ARN', [data({ Field: 'userIdentity.arn', StartsWith: ['arn:'] })], 'part'],
    [
      'from the console and not from it',
      [
        data({ Field: 'sessionCredentialFromConsole', Equals: ['true'] }),
        data({ Field: 'sessionCredentialFromConsole', NotEquals: ['true'] }),
      ],
      'all',
    ],
    ['management events only', [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] }], 'none'],
    ['a selector of S3 by its source', [data({ Field: 'eventSource', Equals: ['s3.amazonaws.com'] })], 'all'],
    ['a selector of another source', [data({ Field: 'eventSource', Equals: ['s3-outposts.amazonaws.com'] })], 'none'],
  ])('%s', (_, selectors, share) => {
    expect(bucketShare(selectors)).toBe(share)
  })

  it('a class of its own: deletes are writes', () => {
    const writes = [data({ Field: 'readOnly', Equals: ['false'] })]
    expect(bucketShare(writes, { readOnly: false, eventName: 'DeleteObject' })).toBe('all')
    expect(bucketShare(writes, { readOnly: true, eventName: 'GetObject' })).toBe('none')
    const few = [data({ Field: 'eventName', StartsWith: ['Put', 'Delete'] })]
    expect(bucketShare(few, { readOnly: false, eventName: 'DeleteObjects' })).toBe('all')
    expect(bucketShare(few, { readOnly: false, eventName: 'CopyObject' })).toBe('none')
  })

  it('shows an event that is not logged', () => {
    const { unseen } = coverClass(
      [data(arn({ NotStartsWith: [`${B}/logs/`] }))],
      objectEvents('aws', 'amzn-s3-demo-bucket', { readOnly: false }),
    )
    expect(unseen?.['resources.ARN']).toMatch(/^arn:aws:s3:::amzn-s3-demo-bucket\/logs\//)
  })
})

describe('management events', () => {
  it.each<[string, EventSelectors, 'all' | 'part' | 'none']>([
    ['the default', {}, 'all'],
    ['writes only', { EventSelectors: [{ ReadWriteType: 'WriteOnly' }] }, 'part'],
    ['without KMS', { EventSelectors: [{ ExcludeManagementEventSources: ['kms.amazonaws.com'] }] }, 'part'],
    [
      'none',
      {
        EventSelectors: [
          { IncludeManagementEvents: false, DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3'] }] },
        ],
      },
      'none',
    ],
    [
      'reads in one selector, writes in another',
      { EventSelectors: [{ ReadWriteType: 'WriteOnly' }, { ReadWriteType: 'ReadOnly' }] },
      'all',
    ],
  ])('%s', (_, selectors, share) => {
    expect(coverClass(toAdvanced(selectors), managementEvents()).share).toBe(share)
  })
})

describe('basic selectors as advanced ones', () => {
  it('select the same', () => {
    const selectors: EventSelectors = {
      EventSelectors: [
        {
          ReadWriteType: 'WriteOnly',
          IncludeManagementEvents: false,
          DataResources: [{ Type: 'AWS::S3::Object', Values: [`${B}/a`, `${B}/b`] }],
        },
        {
          ReadWriteType: 'All',
          ExcludeManagementEventSources: ['kms.amazonaws.com'],
          DataResources: [
            { Type: 'AWS::Lambda::Function', Values: ['arn:aws:lambda:eu-central-1:111122223333:function:f'] },
            { Type: 'AWS::DynamoDB::Table', Values: ['arn:aws:dynamodb'] },
          ],
        },
      ],
    }
    expect(toAdvanced(selectors)).toEqual([
      {
        Name: 'Data events of AWS::S3::Object',
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['Data'] },
          { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
          { Field: 'readOnly', Equals: ['false'] },
          { Field: 'resources.ARN', StartsWith: [`${B}/a`, `${B}/b`] },
        ],
      },
      {
        Name: 'Management events',
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['Management'] },
          { Field: 'eventSource', NotEquals: ['kms.amazonaws.com'] },
        ],
      },
      {
        Name: 'Data events of AWS::Lambda::Function',
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['Data'] },
          { Field: 'resources.type', Equals: ['AWS::Lambda::Function'] },
          { Field: 'resources.ARN', Equals: ['arn:aws:lambda:eu-central-1:111122223333:function:f'] },
        ],
      },
      {
        Name: 'Data events of AWS::DynamoDB::Table',
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['Data'] },
          { Field: 'resources.type', Equals: ['AWS::DynamoDB::Table'] },
        ],
      },
    ])
    expect(countConditions(toAdvanced(selectors))).toBe(12)
  })

  it('mean the same in any order, and not where a value differs', () => {
    const one: EventSelectors = {
      AdvancedEventSelectors: [data(arn({ StartsWith: ['a', 'b'], EndsWith: [] })), data()],
    }
    const other: EventSelectors = { AdvancedEventSelectors: [data(), data(arn({ StartsWith: ['b', 'a'] }))] }
    expect(canonicalSelectors(one)).toBe(canonicalSelectors(other))
    expect(canonicalSelectors(one)).not.toBe(
      canonicalSelectors({ AdvancedEventSelectors: [data(), data(arn({ StartsWith: ['b', 'c'] }))] }),
    )
    expect(canonicalSelectors({})).toBe(
      canonicalSelectors({
        EventSelectors: [
          { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
        ],
      }),
    )
    expect(canonicalSelectors(basic('a'))).not.toBe(canonicalSelectors({}))
  })
})

describe('a class, against its events one by one', () => {
  // A small alphabet, so that beginnings, ends and wholes meet and overlap often.
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 })
  const values = fc.option(fc.array(text, { minLength: 1, maxLength: 2 }), { nil: undefined })
  const field = (name: string) =>
    fc
      .record({
        Equals: values,
        StartsWith: values,
        EndsWith: values,
        NotEquals: values,
        NotStartsWith: values,
        NotEndsWith: values,
      })
      .map((operators) => ({
        Field: name,
        ...Object.fromEntries(Object.entries(operators).filter(([, list]) => list !== undefined)),
      }))
  const selector = fc.tuple(field('x'), field('y')).map((FieldSelectors) => ({ FieldSelectors }))
  const texts = ['', 'a', 'b', 'c'].flatMap((one) =>
    ['', 'a', 'b', 'c'].flatMap((two) =>
      ['', 'a', 'b', 'c'].flatMap((three) => ['', 'a', 'b', 'c'].map((four) => one + two + three + four)),
    ),
  )

  it('is never said to be all or none where one of its events says otherwise', () => {
    fc.assert(
      fc.property(
        fc.array(selector, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('', 'a', 'ab'),
        (selectors, base) => {
          const wanted: EventClass = { x: { startsWith: base }, y: { is: 'a' } }
          const { share, unseen } = coverClass(selectors, wanted)
          const logged = texts
            .filter((x) => x.startsWith(base))
            .map((x) => logsEvent(selectors, { x, y: 'a' } satisfies SelectedEvent))
          if (share === 'all') expect(logged).not.toContain(false)
          if (share === 'none') expect(logged).not.toContain(true)
          if (unseen !== undefined) expect(logsEvent(selectors, { y: 'a', ...unseen })).toBe(false)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is only said to be part where both kinds of events exist', () => {
    fc.assert(
      fc.property(fc.array(selector, { minLength: 1, maxLength: 2 }), (selectors) => {
        const { share } = coverClass(selectors, { x: { startsWith: 'a' }, y: { is: 'a' } })
        if (share !== 'part') return
        // Long enough for a beginning of three, another letter, and an end of three.
        const long = texts.flatMap((head) =>
          ['', 'c'].flatMap((mid) =>
            ['', 'a', 'b', 'aa', 'ab', 'ba', 'bb', 'aaa', 'aab', 'aba', 'abb', 'baa', 'bab', 'bba', 'bbb'].map(
              (end) => head + mid + end,
            ),
          ),
        )
        const logged = new Set(long.filter((x) => x.startsWith('a')).map((x) => logsEvent(selectors, { x, y: 'a' })))
        expect(logged.size).toBe(2)
      }),
      { numRuns: 100 },
    )
  })
})
