/** Kinds of buckets, what can be done to each, and the rule that tells it: the table in docs/coverage.md. */

interface Told {
  readonly source: string
  readonly eventName: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly rule: string
}
/** An event and its rule; a text where there is nothing to tell, and why. */
export type Cell = Told | string

export const COLUMNS = ['policy', 'public', 'external', 'delete', 'encryption', 'logging'] as const
type Column = (typeof COLUMNS)[number]

const told = (source: string, eventName: string, parameters: Told['parameters'], rule: string): Told => ({
  source: `${source}.amazonaws.com`,
  eventName,
  parameters,
  rule,
})

const statement = (rest: object) => ({
  Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*', ...rest }],
})
const LOCKED = statement({ Effect: 'Deny' })
const PUBLIC = statement({})
const EXTERNAL = statement({ Principal: { AWS: '444455556666' } })
const text = (policy: object) => JSON.stringify(policy)
const KEY = 'arn:aws:kms:eu-central-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const NO_SERVER_LOGS = 'no access logs'
const NO_DATA = 'no data of its own'

/** The same calls for the kinds that speak S3's own API. */
const general = (
  source: string,
  bucketName: string,
): Pick<Record<Column, Told>, 'policy' | 'public' | 'external' | 'delete'> => {
  const policy = (bucketPolicy: object, rule: string) =>
    told(source, 'PutBucketPolicy', { bucketName, bucketPolicy }, rule)
  return {
    policy: policy(LOCKED, 's3-policy-lockout'),
    public: policy(PUBLIC, 's3-policy-public'),
    external: policy(EXTERNAL, 's3-policy-external'),
    delete: told(source, 'DeleteBucket', { bucketName }, 's3-bucket-deleted'),
  }
}

/** The same policy calls of a service that takes the policy as text. */
const policies = (source: string, eventName: string, wrap: (policy: string) => Told['parameters'], change: string) => ({
  policy: told(source, eventName, wrap(text(LOCKED)), change),
  public: told(source, eventName, wrap(text(PUBLIC)), 's3-policy-public'),
  external: told(source, eventName, wrap(text(EXTERNAL)), 's3-policy-external'),
})

const encryption = (bucketName: string) => ({
  bucketName,
  ServerSideEncryptionConfiguration: {
    Rule: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } },
  },
})

export const KINDS: Readonly<Record<string, Readonly<Record<Column, Cell>>>> = {
  'general purpose bucket': {
    ...general('s3', 'amzn-s3-demo-bucket1'),
    encryption: told('s3', 'PutBucketEncryption', encryption('amzn-s3-demo-bucket1'), 's3-encryption-external'),
    logging: told(
      's3',
      'PutBucketLogging',
      { bucketName: 'amzn-s3-demo-bucket1', BucketLoggingStatus: {} },
      's3-logging-disabled',
    ),
  },
  'directory bucket': {
    ...general('s3express', 'amzn-s3-demo-bucket1--usw2-az1--x-s3'),
    encryption: told(
      's3express',
      'PutBucketEncryption',
      encryption('amzn-s3-demo-bucket1--usw2-az1--x-s3'),
      's3-encryption-external',
    ),
    logging: NO_SERVER_LOGS,
  },
  'bucket on Outposts': {
    ...general('s3-outposts', 'amzn-s3-demo-bucket1'),
    encryption: 'always the key of S3',
    logging: NO_SERVER_LOGS,
  },
  'table bucket': {
    ...policies('s3tables', 'PutTableBucketPolicy', (resourcePolicy) => ({ resourcePolicy }), 's3-policy-lockout'),
    delete: told('s3tables', 'DeleteTableBucket', {}, 's3-store-deleted'),
    encryption: told(
      's3tables',
      'PutTableBucketEncryption',
      { encryptionConfiguration: { sseAlgorithm: 'aws:kms', kmsKeyArn: KEY } },
      's3-encryption-external',
    ),
    logging: NO_SERVER_LOGS,
  },
  table: {
    ...policies('s3tables', 'PutTablePolicy', (resourcePolicy) => ({ name: 't', resourcePolicy }), 's3-policy-lockout'),
    delete: told('s3tables', 'DeleteTable', { name: 't' }, 's3-store-deleted'),
    encryption: told(
      's3tables',
      'CreateTable',
      { name: 't', encryptionConfiguration: { sseAlgorithm: 'aws:kms', kmsKeyArn: KEY } },
      's3-encryption-external',
    ),
    logging: NO_SERVER_LOGS,
  },
  'vector bucket': {
    ...policies('s3vectors', 'PutVectorBucketPolicy', (policy) => ({ policy }), 's3-policy-lockout'),
    delete: told('s3vectors', 'DeleteVectorBucket', {}, 's3-store-deleted'),
    encryption: told(
      's3vectors',
      'CreateVectorBucket',
      { encryptionConfiguration: { sseType: 'aws:kms', kmsKeyArn: KEY } },
      's3-encryption-external',
    ),
    logging: NO_SERVER_LOGS,
  },
  'access point': {
    ...policies(
      's3',
      'PutAccessPointPolicy',
      (Policy) => ({ name: 'ap', PutAccessPointPolicyRequest: { Policy } }),
      's3-access-point',
    ),
    delete: NO_DATA,
    encryption: NO_DATA,
    logging: "in the bucket's",
  },
  'Object Lambda access point': {
    ...policies(
      's3',
      'PutAccessPointPolicyForObjectLambda',
      (Policy) => ({ name: 'ap', PutAccessPointPolicyForObjectLambdaRequest: { Policy } }),
      's3-access-point',
    ),
    delete: NO_DATA,
    encryption: NO_DATA,
    logging: "in the bucket's",
  },
  'Multi-Region access point': {
    ...policies(
      's3',
      'PutMultiRegionAccessPointPolicy',
      (Policy) => ({ PutMultiRegionAccessPointPolicyRequest: { Details: { Name: 'm', Policy } } }),
      's3-access-point',
    ),
    delete: NO_DATA,
    encryption: NO_DATA,
    logging: "in the buckets'",
  },
  'Access Grants': {
    ...policies(
      's3',
      'PutAccessGrantsInstanceResourcePolicy',
      (Policy) => ({ PutAccessGrantsInstanceResourcePolicyRequest: { Policy } }),
      's3-access-grants',
    ),
    delete: NO_DATA,
    encryption: NO_DATA,
    logging: "in the bucket's",
  },
  'Glacier vault': {
    ...policies(
      'glacier',
      'SetVaultAccessPolicy',
      (Policy) => ({ vaultName: 'v', policy: { Policy } }),
      's3-policy-lockout',
    ),
    delete: told('glacier', 'DeleteVault', { vaultName: 'v' }, 's3-store-deleted'),
    encryption: 'always a key of AWS',
    logging: NO_SERVER_LOGS,
  },
}

/** The table as Markdown. */
export function kindsTable(): string {
  const rows = Object.entries(KINDS).map(([kind, cells]) => {
    const shown = COLUMNS.map((column) => {
      const cell = cells[column]
      return typeof cell === 'string' ? `(${cell})` : `\`${cell.rule}\``
    })
    return `| ${kind} | ${shown.join(' | ')} |`
  })
  const head = [`| | ${COLUMNS.join(' | ')} |`, `|---|${COLUMNS.map(() => '---|').join('')}`]
  return [...head, ...rows].join('\n')
}
