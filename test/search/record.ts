import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { type Facets, facetsOf, facetsOfEvent } from '../../shared/search/facets.ts'

type Json = Record<string, unknown>

/** A CloudTrail event as a bucket has it. */
export function event(given: Json = {}): Json {
  return {
    eventVersion: '1.11',
    eventTime: '2026-03-17T07:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'GetObject',
    awsRegion: 'eu-central-1',
    sourceIPAddress: '192.0.2.66',
    userAgent: '[aws-cli/2.32.10]',
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDAEXAMPLE',
      arn: 'arn:aws:iam::111122223333:user/team/Alice',
      accountId: '111122223333',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      userName: 'Alice',
    },
    requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: 'a/B.csv' },
    additionalEventData: { bytesTransferredOut: 1000 },
    requestID: 'EXAMPLEREQUEST01',
    eventID: '00000000-0000-4000-8000-000000000001',
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: false,
    recipientAccountId: '111122223333',
    eventCategory: 'Data',
    ...given,
  }
}

export const ROLE = {
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLE:bob@example.com',
  arn: 'arn:aws:sts::111122223333:assumed-role/DataEngineer/bob@example.com',
  accountId: '111122223333',
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  sessionContext: {
    sessionIssuer: {
      type: 'Role',
      principalId: 'AROAEXAMPLE',
      arn: 'arn:aws:iam::111122223333:role/DataEngineer',
      accountId: '111122223333',
      userName: 'DataEngineer',
    },
  },
}

/** The same event as it is read from an object, full and lean, and as it stands in a log group. */
export function forms(given: Json): readonly (readonly [form: string, facets: Facets])[] {
  const text = JSON.stringify(event(given))
  const read = (detail: 'full' | 'lean') =>
    createReaders({
      environment: EMPTY_ENVIRONMENT,
      detail,
      capBytes: 8192,
      now: () => Date.parse('2026-03-17T07:05:00Z'),
    }).cloudtrail.normalize(text)
  const lean = read('lean')
  const stored = facetsOfEvent({ message: lean.message, timestamp: Date.parse('2026-03-17T07:05:00Z') })
  return [
    ['full', facetsOf(read('full'))],
    ['lean', facetsOf(lean)],
    ['stored', stored!],
  ]
}
