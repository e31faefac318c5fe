import type { ClassifiedKey } from '../../shared/object/key.ts'

/** Keys and what they are. */
export const OBJECT_KEYS: readonly (readonly [key: string, expected: ClassifiedKey])[] = [
  // CloudTrail, account layout
  [
    'AWSLogs/555566667777/CloudTrail/us-east-1/2023/07/10/555566667777_CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json.gz',
    { kind: 'cloudtrail', account: '555566667777', region: 'us-east-1', time: '2023-07-10T11:45:00Z' },
  ],
  [
    'my/prefix/AWSLogs/012345678901/CloudTrail/cn-north-1/2026/02/28/012345678901_CloudTrail_cn-north-1_20260228T2355Z_Mu0KsOhtH1ar15ZZ.json.gz',
    { kind: 'cloudtrail', account: '012345678901', region: 'cn-north-1', time: '2026-02-28T23:55:00Z' },
  ],
  [
    'AWSLogs/111122223333/CloudTrail/us-gov-west-1/2026/01/01/111122223333_CloudTrail_us-gov-west-1_20260101T0000Z_AbCdEfGh12345678.json.gz',
    { kind: 'cloudtrail', account: '111122223333', region: 'us-gov-west-1', time: '2026-01-01T00:00:00Z' },
  ],
  [
    'AWSLogs/111122223333/CloudTrail/us-isob-east-1/2026/01/01/111122223333_CloudTrail_us-isob-east-1_20260101T0000Z_AbCdEfGh12345678.json.gz',
    { kind: 'cloudtrail', account: '111122223333', region: 'us-isob-east-1', time: '2026-01-01T00:00:00Z' },
  ],
  [
    'AWSLogs/111122223333/CloudTrail/eusc-de-east-1/2026/01/01/111122223333_CloudTrail_eusc-de-east-1_20260101T0000Z_AbCdEfGh12345678.json.gz',
    { kind: 'cloudtrail', account: '111122223333', region: 'eusc-de-east-1', time: '2026-01-01T00:00:00Z' },
  ],
  // organization layout
  [
    'AWSLogs/o-exampleorgid/123456789012/CloudTrail/us-east-1/2024/01/01/123456789012_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json.gz',
    {
      kind: 'cloudtrail',
      account: '123456789012',
      org: 'o-exampleorgid',
      region: 'us-east-1',
      time: '2024-01-01T00:00:00Z',
    },
  ],
  [
    'o-exampleorgid/AWSLogs/o-exampleorgid/111122223333/CloudTrail-Insight/eu-central-1/2024/01/01/111122223333_CloudTrail-Insight_eu-central-1_20240101T0010Z_AbCdEfGh12345678.json.gz',
    {
      kind: 'cloudtrail-insight',
      account: '111122223333',
      org: 'o-exampleorgid',
      region: 'eu-central-1',
      time: '2024-01-01T00:10:00Z',
    },
  ],
  // prefixes that look like something else
  [
    'AWSLogs/444455556666/vpcflowlogs/copy/AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/01/111122223333_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json.gz',
    { kind: 'cloudtrail', account: '111122223333', region: 'us-east-1', time: '2024-01-01T00:00:00Z' },
  ],
  [
    'AWSLogs/o-otherorgid1/444455556666/x/AWSLogs/o-exampleorgid/111122223333/CloudTrail/us-east-1/2024/01/01/111122223333_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json.gz',
    {
      kind: 'cloudtrail',
      account: '111122223333',
      org: 'o-exampleorgid',
      region: 'us-east-1',
      time: '2024-01-01T00:00:00Z',
    },
  ],
  [
    '2021-11-08-13-11-29-EF8B6D12325F2C6C/CloudTrail-Digest/AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/01/111122223333_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json.gz',
    { kind: 'cloudtrail', account: '111122223333', region: 'us-east-1', time: '2024-01-01T00:00:00Z' },
  ],
  // a log that was moved, or unpacked
  [
    'incident/111122223333_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json',
    { kind: 'cloudtrail', account: '111122223333', region: 'us-east-1', time: '2024-01-01T00:00:00Z' },
  ],
  // the kin
  [
    'AWSLogs/111122223333/CloudTrail-NetworkActivity/us-west-2/2025/03/04/111122223333_CloudTrail-NetworkActivity_us-west-2_20250304T0505Z_AbCdEfGh12345678.json.gz',
    {
      kind: 'cloudtrail-network-activity',
      account: '111122223333',
      region: 'us-west-2',
      time: '2025-03-04T05:05:00Z',
    },
  ],
  [
    'AWSLogs/111122223333/CloudTrail-Aggregated/us-west-2/2025/03/04/111122223333_CloudTrail-Aggregated_us-west-2_20250304T0505Z_AbCdEfGh12345678.json.gz',
    { kind: 'cloudtrail-aggregated', account: '111122223333', region: 'us-west-2', time: '2025-03-04T05:05:00Z' },
  ],
  // digests
  [
    'AWSLogs/012345678901/CloudTrail-Digest/ap-northeast-1/2016/08/02/012345678901_CloudTrail-Digest_ap-northeast-1_Test-trail_us-west-2_20160802T142331Z.json.gz',
    {
      kind: 'cloudtrail-digest',
      account: '012345678901',
      region: 'ap-northeast-1',
      trail: 'Test-trail',
      time: '2016-08-02T14:23:31Z',
    },
  ],
  [
    'AWSLogs/o-exampleorgid/111122223333/CloudTrail-Digest/us-east-1/2026/08/02/111122223333_CloudTrail-Digest_us-east-1_my_trail_us-east-1_x_us-east-1_20260802T142331Z_backfill.json.gz',
    {
      kind: 'cloudtrail-digest',
      account: '111122223333',
      org: 'o-exampleorgid',
      region: 'us-east-1',
      trail: 'my_trail_us-east-1_x',
      time: '2026-08-02T14:23:31Z',
    },
  ],
  // access logs
  ['emr2021-11-08-13-11-29-EF8B6D12325F2C6C', { kind: 'access-log', time: '2021-11-08T13:11:29Z' }],
  ['2021-11-08-13-11-29-EF8B6D12325F2C6C', { kind: 'access-log', time: '2021-11-08T13:11:29Z' }],
  ['logs/2021-11-08-13-11-29-EF8B6D12325F2C6C.gz', { kind: 'access-log', time: '2021-11-08T13:11:29Z' }],
  ['year20262021-11-08-13-11-29-EF8B6D12325F2C6C', { kind: 'access-log', time: '2021-11-08T13:11:29Z' }],
  ['since-2020-01-01-2024-02-29-00-00-00-EF8B6D12325F2C6C', { kind: 'access-log', time: '2024-02-29T00:00:00Z' }],
  ['with\nnewline2021-11-08-13-11-29-EF8B6D12325F2C6C', { kind: 'access-log', time: '2021-11-08T13:11:29Z' }],
  [
    'logs/123456789012/us-west-2/amzn-s3-demo-bucket1/2024/03/05/2024-03-05-00-00-00-ABCDEF0123456789',
    {
      kind: 'access-log',
      account: '123456789012',
      region: 'us-west-2',
      bucket: 'amzn-s3-demo-bucket1',
      time: '2024-03-05T00:00:00Z',
    },
  ],
  [
    'glued9123456789012/us-gov-east-1/amzn-s3-demo-bucket.log/2024/03/05/2024-03-05-17-20-59-ABCDEF0123456789.gz',
    {
      kind: 'access-log',
      account: '123456789012',
      region: 'us-gov-east-1',
      bucket: 'amzn-s3-demo-bucket.log',
      time: '2024-03-05T17:20:59Z',
    },
  ],
  [
    'AWSLogs/012345678901/eu-west-1/amzn-s3-demo-bucket/2024/03/05/2024-03-05-00-00-00-ABCDEF0123456789',
    {
      kind: 'access-log',
      account: '012345678901',
      region: 'eu-west-1',
      bucket: 'amzn-s3-demo-bucket',
      time: '2024-03-05T00:00:00Z',
    },
  ],
  // the folders disagree with the name: an access log, but not that partition
  [
    '123456789012/us-west-2/amzn-s3-demo-bucket1/2024/03/06/2024-03-05-00-00-00-ABCDEF0123456789',
    { kind: 'access-log', time: '2024-03-05T00:00:00Z' },
  ],
  // what only looks like one
  ['2021-02-30-13-11-29-EF8B6D12325F2C6C', { kind: 'unknown' }],
  ['2023-02-29-13-11-29-EF8B6D12325F2C6C', { kind: 'unknown' }],
  ['2021-13-08-13-11-29-EF8B6D12325F2C6C', { kind: 'unknown' }],
  ['2021-11-08-24-11-29-EF8B6D12325F2C6C', { kind: 'unknown' }],
  ['1999-11-08-13-11-29-EF8B6D12325F2C6C', { kind: 'unknown' }],
  ['2021-11-08-13-11-29-ef8b6d12325f2c6c', { kind: 'unknown' }],
  ['2021-11-08-13-11-29-EF8B6D12325F2C6', { kind: 'unknown' }],
  ['2021-11-08-13-11-29-EF8B6D12325F2C6C0', { kind: 'unknown' }],
  ['2021-11-08-13-11-29-EF8B6D12325F2C6C.txt', { kind: 'unknown' }],
  ['2021-11-08-13-11-29-EF8B6D12325F2C6C/inner', { kind: 'unknown' }],
  ['2021-11-08-13-11-EF8B6D12325F2C6C', { kind: 'unknown' }],
  ['111122223333_CloudTrail_us-east-1_20241301T0000Z_AbCdEfGh12345678.json.gz', { kind: 'unknown' }],
  ['11112222333_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json.gz', { kind: 'unknown' }],
  ['111122223333_CloudTrail_us-east-1_20240101T0000Z_AbCdEfGh12345678.json.gz.sig', { kind: 'unknown' }],
  ['', { kind: 'unknown' }],
  ['/', { kind: 'unknown' }],
  ['photos/cat.jpg', { kind: 'unknown' }],
  // other services below AWSLogs
  [
    'AWSLogs/111122223333/CloudTrail/us-east-1/2024/01/01/',
    { kind: 'unknown', account: '111122223333', service: 'CloudTrail' },
  ],
  [
    'AWSLogs/111122223333/vpcflowlogs/us-east-1/2021/07/13/111122223333_vpcflowlogs_us-east-1_fl-1234abcd_20210713T1855Z_f12aa632.log.gz',
    { kind: 'unknown', account: '111122223333', service: 'vpcflowlogs' },
  ],
  [
    'AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=us-east-1/year=2024/x.log.parquet',
    { kind: 'unknown', account: '111122223333', service: 'vpcflowlogs' },
  ],
  [
    'lb/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2024/01/01/111122223333_elasticloadbalancing_us-east-1_app.x.1_20240101T0000Z_192.0.2.1_abc.log.gz',
    { kind: 'unknown', account: '111122223333', service: 'elasticloadbalancing' },
  ],
  [
    'AWSLogs/o-exampleorgid/111122223333/Config/us-east-1/2024/1/1/ConfigSnapshot/x.json.gz',
    { kind: 'unknown', account: '111122223333', org: 'o-exampleorgid', service: 'Config' },
  ],
  [
    'AWSLogs/111122223333/GuardDuty/us-east-1/2024/01/01/x.jsonl.gz',
    { kind: 'unknown', account: '111122223333', service: 'GuardDuty' },
  ],
  [
    'AWSLogs/111122223333/WAFLogs/us-east-1/acl/2024/01/01/00/00/x.log.gz',
    { kind: 'unknown', account: '111122223333', service: 'WAFLogs' },
  ],
]
