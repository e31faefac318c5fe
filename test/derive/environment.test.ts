import { describe, expect, test } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { prepareEnvironment } from '../../shared/derive/environment.ts'

describe('prepareEnvironment', () => {
  const environment = prepareEnvironment({
    ...EMPTY_ENVIRONMENT,
    account: '111122223333',
    trustedAccounts: ['999900001111'],
    logBuckets: ['amzn-s3-demo-bucket-logs'],
    watchedBuckets: {
      'amzn-s3-demo-bucket1': [
        'arn:aws:iam::111122223333:role/path/Reader',
        'arn:aws:sts::111122223333:assumed-role/Writer/session',
      ],
    },
  })

  test.each([
    ['111122223333', undefined, false],
    ['999900001111', '111122223333', false],
    ['444455556666', '444455556666', false],
    ['444455556666', '111122223333', true],
    ['444455556666', undefined, true],
  ])('%s, received by %s: foreign %s', (accountId, recipient, expected) => {
    expect(environment.isForeign(accountId, recipient)).toBe(expected)
  })

  test.each([
    ['amzn-s3-demo-bucket1', 'arn:aws:sts::111122223333:assumed-role/Reader', true],
    ['amzn-s3-demo-bucket1', 'arn:aws:sts::111122223333:assumed-role/Writer', true],
    ['amzn-s3-demo-bucket1', 'arn:aws:sts::111122223333:assumed-role/Admin', false],
    ['amzn-s3-demo-bucket1', undefined, false],
    ['amzn-s3-demo-bucket2', 'arn:aws:sts::111122223333:assumed-role/Reader', undefined],
    ['__proto__', 'x', undefined],
  ])('%s knows %s: %s', (bucket, actor, expected) => {
    expect(environment.knowsActor(bucket, actor)).toBe(expected)
  })

  test('knows the log buckets', () => {
    expect(environment.isLogBucket('amzn-s3-demo-bucket-logs')).toBe(true)
    expect(environment.isLogBucket('amzn-s3-demo-bucket1')).toBe(false)
  })
})
