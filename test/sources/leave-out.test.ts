import { describe, expect, it } from 'vitest'
import { coverClass } from '../../shared/sources/event-class.ts'
import { leaveOut } from '../../shared/sources/leave-out.ts'
import { type EventSelectors, toAdvanced } from '../../shared/sources/selectors.ts'
import { managementEvents, objectEvents } from '../../shared/sources/trails.ts'

const TRAIL = 'amzn-s3-demo-trail'
const DATA = 'amzn-s3-demo-data'
const arn = (bucket: string, key = '') => `arn:aws:s3:::${bucket}/${key}`
const data = (...more: { Field: string; [operator: string]: string | string[] }[]) => ({
  Name: 'theirs',
  FieldSelectors: [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
    ...more,
  ],
})
const share = (selectors: Parameters<typeof coverClass>[0], bucket: string) =>
  coverClass(selectors, objectEvents('aws', bucket)).share

describe('leaving buckets out of selectors', () => {
  it.each<[string, EventSelectors]>([
    ['everything', { AdvancedEventSelectors: [data()] }],
    [
      'everything but others',
      { AdvancedEventSelectors: [data({ Field: 'resources.ARN', NotStartsWith: [arn('amzn-s3-demo-x')] })] },
    ],
    [
      'a beginning',
      { AdvancedEventSelectors: [data({ Field: 'resources.ARN', StartsWith: ['arn:aws:s3:::amzn-s3-demo'] })] },
    ],
    ['by name', { AdvancedEventSelectors: [data({ Field: 'resources.ARN', StartsWith: [arn(TRAIL), arn(DATA)] })] }],
    ['an end', { AdvancedEventSelectors: [data({ Field: 'resources.ARN', EndsWith: ['.gz', ''] })] }],
    [
      'reads, and writes by another',
      {
        AdvancedEventSelectors: [
          data({ Field: 'readOnly', Equals: ['true'] }),
          data({ Field: 'readOnly', Equals: ['false'] }, { Field: 'resources.ARN', NotEndsWith: ['.tmp'] }),
        ],
      },
    ],
    [
      'basic ones',
      {
        EventSelectors: [
          { ReadWriteType: 'All', DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3'] }] },
          { ReadWriteType: 'WriteOnly', DataResources: [{ Type: 'AWS::S3::Object', Values: [arn(TRAIL, 'a/')] }] },
        ],
      },
    ],
  ])('%s: the bucket is out, all else is as it was', (_, selectors) => {
    const before = toAdvanced(selectors)
    const after = leaveOut(selectors, 'aws', [TRAIL])
    expect(share(before, TRAIL)).not.toBe('none')
    expect(share(after, TRAIL)).toBe('none')
    expect(share(after, DATA)).toBe(share(before, DATA))
    expect(coverClass(after, managementEvents()).share).toBe(coverClass(before, managementEvents()).share)
    expect(leaveOut({ AdvancedEventSelectors: after }, 'aws', [TRAIL])).toEqual(after)
  })

  it('selectors of other things are not touched', () => {
    const AdvancedEventSelectors = [
      {
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['NetworkActivity'] },
          { Field: 'eventSource', Equals: ['s3.amazonaws.com'] },
        ],
      },
      data({ Field: 'resources.ARN', StartsWith: [arn(DATA)] }),
    ]
    expect(leaveOut({ AdvancedEventSelectors }, 'aws', [TRAIL])).toEqual(AdvancedEventSelectors)
  })
})
