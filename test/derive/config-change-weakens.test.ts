import { describe, expect, it } from 'vitest'
import { deriveAction } from '../../shared/derive/action.ts'
import { readConfigChange } from '../../shared/derive/config-change.ts'
import type { JsonObject } from '../../shared/derive/json.ts'

const read = (eventName: string, parameters: JsonObject) =>
  readConfigChange({
    eventName,
    change: deriveAction('s3.amazonaws.com', eventName, false).change,
    parameters,
    isForeign: (accountId) => accountId !== '111122223333',
  })

const cors = (...origins: unknown[]) => ({
  CORSConfiguration: { CORSRule: origins.map((AllowedOrigin) => ({ AllowedOrigin, AllowedMethod: 'GET' })) },
})
const logging = (LoggingEnabled: unknown) => ({ bucketName: 'b', BucketLoggingStatus: { LoggingEnabled } })
const replication = (Destination: JsonObject) => ({
  ReplicationConfiguration: { Rule: { Status: 'Enabled', Destination } },
})
const keyOf = (account: string) => ({
  EncryptionConfiguration: { ReplicaKmsKeyID: `arn:aws:kms:eu-central-1:${account}:key/example` },
})

describe('what weakens, by its values', () => {
  it.each<[string, string, JsonObject, boolean]>([
    ['a log target in an array', 'PutBucketLogging', logging([{ TargetBucket: 'amzn-s3-demo-access-logs' }]), false],
    ['no log target', 'PutBucketLogging', logging({}), true],
    ['any origin', 'PutBucketCors', { CORSConfiguration: { CORSRule: { AllowedOrigin: '*' } } }, true],
    ['any origin in the second rule', 'PutBucketCors', cors('https://www.example.com', ['*']), true],
    ['any origin of a scheme', 'PutBucketCors', cors(['https://*']), true],
    ['the subdomains of one domain', 'PutBucketCors', cors('https://*.example.com'), false],
    ['no rule', 'PutBucketCors', {}, false],
    ['the rules are deleted', 'DeleteBucketCors', { cors: '' }, false],
    ['a legal hold ends', 'PutObjectLegalHold', { LegalHold: { Status: 'OFF' } }, true],
    ['a legal hold begins', 'PutObjectLegalHold', { LegalHold: { Status: 'ON' } }, false],
    ['governance is bypassed', 'PutObjectRetention', { 'x-amz-bypass-governance-retention': 'true' }, true],
    ['the header in an array', 'PutObjectRetention', { 'x-amz-bypass-governance-retention': ['true'] }, true],
    ['the header says false', 'PutObjectRetention', { 'x-amz-bypass-governance-retention': 'false' }, false],
    ['retention is set', 'PutObjectRetention', { Retention: { Mode: 'COMPLIANCE' } }, false],
    ['a replica under a foreign key', 'PutBucketReplication', replication(keyOf('444455556666')), true],
    ['a replica under our key', 'PutBucketReplication', replication(keyOf('111122223333')), false],
    [
      'a replica in our account, under a foreign key',
      'PutBucketReplication',
      replication({ Account: '111122223333', ...keyOf('444455556666') }),
      false,
    ],
  ])('%s', (_name, eventName, parameters, weakens) => {
    expect(read(eventName, parameters).weakens).toBe(weakens)
  })

  it.each([
    'PutBucketLogging',
    'PutBucketNotification',
    'PutBucketCors',
    'PutBucketPolicy',
    'PutBucketPublicAccessBlock',
    'PutBucketVersioning',
    'PutBucketLifecycle',
  ])('%s with values left out for their size is unknown, and weakens nothing', (eventName) => {
    const omitted = { omitted: true, originalSize: 131_072, reason: 'requestParameters too large' }
    expect(read(eventName, omitted).weakens).toBe(false)
  })

  it('a delete weakens whatever CloudTrail left out', () => {
    expect(read('DeleteBucketPublicAccessBlock', { omitted: true }).weakens).toBe(true)
  })
})
