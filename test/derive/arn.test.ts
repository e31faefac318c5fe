import { describe, expect, test } from 'vitest'
import { parseArn, principalFromArn } from '../../shared/derive/arn.ts'

describe('parseArn', () => {
  test('splits, and leaves the colons of the resource alone', () => {
    expect(parseArn('arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/a:*')).toEqual({
      partition: 'aws-us-gov',
      service: 'logs',
      region: 'us-gov-west-1',
      accountId: '111122223333',
      resource: 'log-group:/a:*',
    })
  })
  test.each(['', 'arn', 'arn:aws:iam::', 'x:aws:iam::111122223333:root'])('%j is none', (text) => {
    expect(parseArn(text)).toBeUndefined()
  })
})

describe('principalFromArn', () => {
  test.each([
    [
      'arn:aws:iam::111122223333:root',
      { type: 'Root', accountId: '111122223333', actor: 'arn:aws:iam::111122223333:root' },
    ],
    [
      'arn:aws:iam::111122223333:user/teams/data/alice@example.com',
      {
        type: 'IAMUser',
        userName: 'alice@example.com',
        actor: 'arn:aws:iam::111122223333:user/teams/data/alice@example.com',
      },
    ],
    [
      'arn:aws:sts::011122223333:assumed-role/Admin/bob',
      {
        type: 'AssumedRole',
        accountId: '011122223333',
        userName: 'Admin',
        actor: 'arn:aws:sts::011122223333:assumed-role/Admin',
      },
    ],
    [
      'arn:aws:sts::111122223333:assumed-role/Admin',
      { type: 'AssumedRole', actor: 'arn:aws:sts::111122223333:assumed-role/Admin' },
    ],
    [
      'arn:aws-cn:iam::111122223333:role/finance/Reader',
      { type: 'AssumedRole', userName: 'Reader', actor: 'arn:aws-cn:sts::111122223333:assumed-role/Reader' },
    ],
    ['arn:aws:sts::111122223333:federated-user/carol', { type: 'FederatedUser', userName: 'carol' }],
    [
      'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE',
      { type: 'AWSService', accountId: undefined, userName: 'CloudFront Origin Access Identity E2EXAMPLE' },
    ],
    ['arn:aws:iam::111122223333:group/x', { type: 'Unknown', accountId: '111122223333' }],
  ])('%s', (arn, expected) => {
    expect(principalFromArn(arn)).toMatchObject(expected)
  })

  test.each(['arn:aws:s3:::amzn-s3-demo-bucket1', 'alice', '', '79a59df900b949e55d96a1e698fbaced'])(
    '%j is none',
    (text) => {
      expect(principalFromArn(text)).toBeUndefined()
    },
  )
})
