import { describe, expect, test } from 'vitest'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'

const common = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'IAMUser',
    arn: 'arn:aws:iam::111122223333:user/alice',
    accountId: '111122223333',
    userName: 'alice',
  },
  eventTime: '2026-03-17T08:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'GetObject',
  awsRegion: 'eu-central-1',
  sourceIPAddress: '198.51.100.7',
  userAgent: '[rclone/v1.67.0]',
  requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: 'a/b.txt' },
  responseElements: null,
  requestID: '3E57427F3EXAMPLE',
  eventID: '0c762aa3-c5df-4a3b-8a14-5a3b3791ecbd',
  readOnly: true,
  eventType: 'AwsApiCall',
  managementEvent: false,
  recipientAccountId: '111122223333',
  eventCategory: 'Data',
}
const denied = { ...common, errorCode: 'AccessDenied', errorMessage: 'Access Denied' }
const management = {
  ...common,
  eventSource: 'ec2.amazonaws.com',
  eventName: 'DescribeInstances',
  requestParameters: { maxResults: 5 },
  managementEvent: true,
  eventCategory: 'Management',
}

const normalize = createCloudTrailNormalizer({
  environment: EMPTY_ENVIRONMENT,
  detail: 'lean',
  capBytes: 8192,
  now: () => Date.parse('2026-03-17T09:00:00Z'),
})

// A serializer may put any member first or last, and a record says the same whichever it is.
describe.each([
  ['an object event', common],
  ['a denied one', denied],
  ['a management event', management],
])('%s', (_name, record) => {
  const entries = Object.entries(record)
  const expected = JSON.parse(normalize(JSON.stringify(record)).message)

  test.each(entries.map(([name]) => name))('%s first, or last', (name) => {
    const moved = entries.filter(([other]) => other === name)
    const others = entries.filter(([other]) => other !== name)
    for (const order of [
      [...moved, ...others],
      [...others, ...moved],
    ]) {
      const bytes = Buffer.from(JSON.stringify(Object.fromEntries(order)))
      expect(JSON.parse(normalize(bytes).message)).toEqual(expected)
    }
  })
})
