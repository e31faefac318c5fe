import { describe, expect, test } from 'vitest'
import { prepareKnown } from '../../shared/derive/strangers.ts'
import { readTrailChange } from '../../shared/derive/trail-change.ts'

const known = prepareKnown({ logBuckets: ['amzn-s3-demo-trail-logs'] })
const read = (eventName: string, parameters: Record<string, unknown>) =>
  readTrailChange(eventName, parameters, (accountId) => accountId !== '111122223333', known)

const field = (name: string, test: object) => ({ field: name, ...test })
const data = (...fields: object[]) => ({
  advancedEventSelectors: [
    { fieldSelectors: [field('eventCategory', { equals: ['Management'] })] },
    {
      fieldSelectors: [
        field('eventCategory', { equals: ['Data'] }),
        field('resources.type', { equals: ['AWS::S3::Object'] }),
        ...fields,
      ],
    },
  ],
})
const basic = (values: unknown, readWriteType = 'All') => ({
  eventSelectors: [
    { readWriteType, includeManagementEvents: true, dataResources: [{ type: 'AWS::S3::Object', values }] },
  ],
})

describe('data events of S3', () => {
  test.each([
    data(),
    data(field('resources.ARN', { notStartsWith: ['arn:aws:s3:::amzn-s3-demo-trail-logs/'] })),
    data(
      field('resources.ARN', {
        startsWith: ['arn:aws:s3:::amzn-s3-demo-bucket1/', 'arn:aws:s3:::amzn-s3-demo-bucket2/'],
      }),
    ),
    basic(['arn:aws:s3']),
    basic(['arn:aws:s3:::']),
    basic(['arn:aws:s3:::amzn-s3-demo-bucket1/']),
    basic(['arn:aws:s3:::amzn-s3-demo-trail-logs/AWSLogs/']),
  ])('recorded with %j', (parameters) => {
    expect(read('PutEventSelectors', parameters)).toEqual({})
  })

  test.each([
    data(field('resources.ARN', { notStartsWith: ['arn:aws:s3:::amzn-s3-demo-bucket1/'] })),
    data(field('resources.ARN', { notEquals: ['arn:aws:s3:::amzn-s3-demo-bucket1/a'] })),
    data(field('resources.ARN', { startsWith: ['arn:aws:s3:::amzn-s3-demo-bucket1/tmp/'] })),
    data(field('resources.ARN', { endsWith: ['.csv'] })),
    data(field('readOnly', { equals: ['false'] })),
    // Beside it stands what is taken away.
    { eventSelectors: null, ...data(field('eventName', { equals: ['PutObject'] })) },
    data(field('eventName', { notEquals: ['GetObject'] })),
    data(field('userIdentity.arn', { notEquals: ['arn:aws:iam::111122223333:role/quiet'] })),
    { advancedEventSelectors: [{ fieldSelectors: [field('eventCategory', { equals: ['Management'] })] }] },
    { eventSelectors: [{}] },
    basic([]),
    basic(['arn:aws:s3:::amzn-s3-demo-bucket1/tmp/']),
  ])('fewer with %j', (parameters) => {
    expect(read('PutEventSelectors', parameters)).toEqual({ change: 'dataEvents', weakens: true })
  })

  test('a type of data event that is not S3 is none of S3', () => {
    const parameters = {
      eventSelectors: [{ dataResources: [{ type: 'AWS::Lambda::Function', values: ['arn:aws:lambda'] }] }],
    }
    expect(read('PutEventSelectors', parameters)).toEqual({ change: 'dataEvents', weakens: true })
  })

  test('summaries instead of events', () => {
    const parameters = { aggregationConfigurations: [{ templates: ['API_ACTIVITY'], eventCategory: 'Data' }] }
    expect(read('PutEventConfiguration', parameters)).toEqual({ change: 'dataEvents', weakens: true })
    expect(read('PutEventConfiguration', { maxEventSize: 'Large' })).toEqual({})
  })
})

describe('where a trail goes', () => {
  test.each([
    [{ s3BucketName: 'amzn-s3-demo-bucket9' }, { weakens: true }],
    [{ s3BucketName: 'amzn-s3-demo-trail-logs' }, {}],
    [{ kmsKeyId: 'arn:aws:kms:eu-central-1:444455556666:key/k' }, { weakens: true }],
    [{ kmsKeyId: 'arn:aws:kms:eu-central-1:111122223333:key/k' }, {}],
    [{ cloudWatchLogsLogGroupArn: '' }, { weakens: true }],
    [{ enableLogFileValidation: false }, { weakens: true }],
  ])('%j: %j', (parameters, expected) => {
    expect(read('UpdateTrail', parameters)).toEqual(expected)
  })
})
