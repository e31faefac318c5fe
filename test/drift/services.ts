/** The services whose models are compared, and where CloudTrail's words differ from the API's. */
export interface Service {
  /** As the tables have it. */
  readonly name: string
  readonly eventSource: string
  readonly load: () => Promise<object>
  /** CloudTrail logs members under their XML names, or with a small first letter. */
  readonly logs: 'xml' | 'camel'
  /** The structures whose members are compared: the inputs of configuration writes, or some by name. */
  readonly members: 'configuration' | 'writes' | readonly string[]
}

export const SERVICES: readonly Service[] = [
  {
    name: 's3',
    eventSource: 's3.amazonaws.com',
    load: () => import('@aws-sdk/client-s3'),
    logs: 'xml',
    members: 'writes',
  },
  {
    name: 's3control',
    eventSource: 's3.amazonaws.com',
    load: () => import('@aws-sdk/client-s3-control'),
    logs: 'xml',
    members: 'writes',
  },
  {
    name: 's3tables',
    eventSource: 's3tables.amazonaws.com',
    load: () => import('@aws-sdk/client-s3tables'),
    logs: 'camel',
    members: 'writes',
  },
  {
    name: 's3vectors',
    eventSource: 's3vectors.amazonaws.com',
    load: () => import('@aws-sdk/client-s3vectors'),
    logs: 'camel',
    members: 'writes',
  },
  {
    name: 'cloudtrail',
    eventSource: 'cloudtrail.amazonaws.com',
    load: () => import('@aws-sdk/client-cloudtrail'),
    logs: 'camel',
    members: 'writes',
  },
  {
    name: 'logs',
    eventSource: 'logs.amazonaws.com',
    load: () => import('@aws-sdk/client-cloudwatch-logs'),
    logs: 'camel',
    // What shared/metric and the local log group stand in for.
    members: ['MetricTransformation', 'PutMetricFilterRequest', 'PutLogEventsRequest', 'InputLogEvent'],
  },
  {
    name: 'monitoring',
    eventSource: 'monitoring.amazonaws.com',
    load: () => import('@aws-sdk/client-cloudwatch'),
    logs: 'camel',
    // What shared/alarm stands in for.
    members: ['PutMetricAlarmInput'],
  },
]

/**
 * CloudTrail's name of a call where it is not the API's. Both names are tried: clients and years differ.
 *
 * @see Amazon S3 User Guide, "Amazon S3 CloudTrail events"
 */
export const LOGGED_AS: Readonly<Record<string, string>> = {
  's3 PutPublicAccessBlock': 'PutBucketPublicAccessBlock',
  's3 DeletePublicAccessBlock': 'DeleteBucketPublicAccessBlock',
  's3 GetPublicAccessBlock': 'GetBucketPublicAccessBlock',
  's3 PutBucketLifecycleConfiguration': 'PutBucketLifecycle',
  's3 GetBucketLifecycleConfiguration': 'GetBucketLifecycle',
  's3 PutBucketNotificationConfiguration': 'PutBucketNotification',
  's3 GetBucketNotificationConfiguration': 'GetBucketNotification',
  's3 PutObjectLockConfiguration': 'PutBucketObjectLockConfiguration',
  's3 GetObjectLockConfiguration': 'GetBucketObjectLockConfiguration',
  's3control PutPublicAccessBlock': 'PutAccountPublicAccessBlock',
  's3control DeletePublicAccessBlock': 'DeleteAccountPublicAccessBlock',
  's3control GetPublicAccessBlock': 'GetAccountPublicAccessBlock',
}

/**
 * Why members are not read. One word each, since the table names them a hundred times.
 */
export const REASONS = {
  read: 'config-change reads it (or what is inside it): the check proves it',
  target: 'names what the call works on; the record keeps it, and derive.ts takes the bucket and the key from it',
  transport: 'about the request itself: checksums, tokens, the expected owner',
  header: 'a header of an object that is written: derive.ts reads those that matter (ACL, encryption, lock bypass)',
  label: 'names, ids, descriptions and tags that people give',
  scope: 'which part of the bucket a rule is for',
  cost: 'what it costs: storage classes, tiering, bucket keys',
  format: 'how reports, events or tables look',
  data: 'the data itself',
  guard: 'can only raise the guard, or says how a guard is kept that is read elsewhere',
  pattern: 'read by the pattern of a rule, from the record itself',
  model: 'our own engine takes it (shared/metric, shared/alarm, shared/local)',
  told: 'a rule tells every such call: s3-batch-job, s3-access-point, s3-access-grants, s3-website, s3-report-external',
  new: 'what is created: nothing that was there before is lost',
  minor: 'could be read, and would tell too little',
  unmodelled: 'our own engine does not stand in for it: docs/patterns.md and docs/alerts.md say so',
} as const
export type Reason = keyof typeof REASONS

/**
 * Calls whose values hang together so that no made-up sample reaches every branch of their reader. In CloudTrail's words.
 */
export const EXAMPLES: Readonly<Record<string, readonly object[]>> = {
  'cloudtrail PutEventSelectors': [
    {
      eventSelectors: [
        {
          includeManagementEvents: true,
          readWriteType: 'All',
          excludeManagementEventSources: [],
          dataResources: [{ type: 'AWS::S3::Object', values: ['arn:aws:s3'] }],
        },
      ],
    },
    {
      advancedEventSelectors: [
        { fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] },
        {
          fieldSelectors: [
            { field: 'eventCategory', equals: ['Data'] },
            { field: 'resources.type', equals: ['AWS::S3::Object'] },
            {
              field: 'resources.ARN',
              equals: [],
              startsWith: [],
              endsWith: [],
              notEquals: [],
              notStartsWith: [],
              notEndsWith: [],
            },
          ],
        },
      ],
    },
  ],
}
