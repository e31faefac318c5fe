import { describe, expect, test } from 'vitest'
import { memberProblems, memberReads, operationProblems } from './compare.ts'
import type { Service } from './services.ts'

const SERVICE: Service = {
  name: 's3',
  eventSource: 's3.amazonaws.com',
  load: async () => ({}),
  logs: 'xml',
  members: 'writes',
}
const NAMESPACE = 'com.amazonaws.s3'
const Default = [3, NAMESPACE, 'ServerSideEncryptionByDefault', 0, ['SSEAlgorithm', 'KMSMasterKeyID'], [0, 0]]
const Rule = [3, NAMESPACE, 'Rule', 0, ['ApplyServerSideEncryptionByDefault', 'NewThing'], [Default, 0]]
const Rules = () => [1, NAMESPACE, 'Rules', 0, [() => Rule, 0]]
const Settings = [3, NAMESPACE, 'Settings', 0, ['Rules'], [[Rules, { xmlFlattened: 1, xmlName: 'Rule' }]]]
const Input = [
  3,
  NAMESPACE,
  'PutBucketEncryptionRequest',
  0,
  ['Bucket', 'ServerSideEncryptionConfiguration'],
  [
    [0, 1],
    [Settings, { httpPayload: 1, xmlName: 'ServerSideEncryptionConfiguration' }],
  ],
]
const CLIENT = {
  PutBucketEncryption$: [9, NAMESPACE, 'PutBucketEncryption', {}, Input, 'unit'],
  PutBucketX$: [9, NAMESPACE, 'PutBucketX', {}, [3, NAMESPACE, 'PutBucketXRequest', 0, ['Bucket'], [0]], 'unit'],
  Other: 1,
}
const OPERATIONS = ['s3 config.write encryption: PutBucketEncryption', 's3 config.write: PutBucketX']
const MEMBERS = [
  's3 * target=Bucket',
  's3 PutBucketEncryptionRequest read=ServerSideEncryptionConfiguration',
  's3 Settings read=Rules',
  's3 Rule read=ApplyServerSideEncryptionByDefault label=NewThing',
  's3 ServerSideEncryptionByDefault read=SSEAlgorithm,KMSMasterKeyID',
]
const problems = (members: readonly string[]) => memberProblems(SERVICE, memberReads(SERVICE, CLIENT), members)

describe('operations', () => {
  test('all looked at', () => expect(operationProblems(SERVICE, CLIENT, OPERATIONS)).toEqual([]))

  test('a new one, one that is gone, one that is taken for something else', () => {
    const table = ['s3 config.write lifecycle: PutBucketEncryption', 's3 config.write: PutBucketGone']
    expect(operationProblems(SERVICE, CLIENT, table)).toEqual([
      'PutBucketEncryption: an operation of s3; was looked at as config.write lifecycle, is taken for config.write encryption',
      'PutBucketX: an operation of s3 that nobody has looked at; taken for config.write',
      'PutBucketGone: no operation of s3 (any more)',
    ])
  })
})

describe('members', () => {
  test('all looked at, and read where the table says so', () => expect(problems(MEMBERS)).toEqual([]))

  test.each([
    [
      'a new one',
      3,
      's3 Rule read=ApplyServerSideEncryptionByDefault',
      "NewThing: a member of s3's Rule: unknown to config-change",
    ],
    [
      'one that nobody reads',
      3,
      's3 Rule read=ApplyServerSideEncryptionByDefault,NewThing',
      'NewThing: a member of s3\'s Rule: the table says "read", and it is not read',
    ],
    [
      'one that is read',
      4,
      's3 ServerSideEncryptionByDefault read=SSEAlgorithm label=KMSMasterKeyID',
      'KMSMasterKeyID: a member of s3\'s ServerSideEncryptionByDefault: the table says "label", and it is read',
    ],
    ['one that is gone', 2, 's3 Settings read=Rules label=Old', "Old: no member of s3's Settings"],
    ['one of all inputs that is gone', 0, 's3 * target=Bucket,Old', 'Old: in no input of s3 (any more)'],
  ])('%s', (_name, at, line, problem) => {
    expect(problems(MEMBERS.with(at, line))).toEqual([problem])
  })

  test('a structure that is gone', () => {
    expect(problems([...MEMBERS, 's3 Gone label=A'])).toEqual(["Gone: no structure of s3's writes"])
  })
})
