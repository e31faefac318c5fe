import { describe, expect, test } from 'vitest'
import { deriveAction } from '../../shared/derive/action.ts'
import { readConfigChange } from '../../shared/derive/config-change.ts'
import { classifyObjectName } from '../../shared/derive/object-name.ts'
import { analyzePolicy } from '../../shared/derive/policy.ts'

const isForeign = (accountId: string): boolean => accountId !== '111122223333'

describe('what people reported', () => {
  test.each([
    ['s3.amazonaws.com', 'PutBucketAbac', 'config.write', 'abac'],
    ['s3tables.amazonaws.com', 'PutTableBucketPolicy', 's3tables.write', 'policy'],
    ['s3vectors.amazonaws.com', 'DeleteVectorBucketPolicy', 's3vectors.write', 'policy'],
    ['s3tables.amazonaws.com', 'CreateTable', 's3tables.write', 'creation'],
  ])('%s %s', (source, name, action, change) => {
    expect(deriveAction(source, name, false)).toMatchObject({ action, change })
  })

  test.each([
    ['NONE', true],
    [['NONE'], true],
    ['SSE-C', false],
    [undefined, false],
  ])('encryption types that are blocked: %j', (EncryptionType, weakens) => {
    const parameters = {
      ServerSideEncryptionConfiguration: {
        Rule: {
          ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' },
          BlockedEncryptionTypes: { EncryptionType },
        },
      },
    }
    const call = { eventName: 'PutBucketEncryption', change: 'encryption', parameters, isForeign }
    expect(readConfigChange(call)).toMatchObject({ weakens, sse: 's3' })
  })

  test.each([
    ['docs/how-to-restore-backups.md', undefined],
    ['how_to_recover_a_deleted_table.txt', undefined],
    ['HOW_TO_RESTORE_YOUR_FILES.txt', 'ransomNote'],
    ['how-to-recover.txt', 'ransomNote'],
    ['HOW_TO_DECRYPT_FILES.html', 'ransomNote'],
  ])('%s', (key, keyClass) => {
    expect(classifyObjectName(key)).toBe(keyClass)
  })

  test.each([
    ['111122223333', { public: false, external: false }],
    ['999988887777', { public: false, external: true }],
  ])('a policy that admits uploads under one key, of account %s', (account, facts) => {
    const Condition = {
      StringEquals: {
        's3:x-amz-server-side-encryption-aws-kms-key-id': `arn:aws:kms:eu-central-1:${account}:key/1234abcd`,
      },
    }
    const Statement = { Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: '*', Condition }
    expect(analyzePolicy({ Statement }, isForeign)).toMatchObject(facts)
  })
})
