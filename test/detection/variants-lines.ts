/** Lines of access logs: names as they are encoded there, writes of nobody and of strangers in all their operations. */
import type { completeAccessLogLine } from '../../shared/detection/example-input.ts'

type Fields = Parameters<typeof completeAccessLogLine>[0]
/** A line, the rules that must match it (`!`: that must not). */
export type LineVariant = readonly [name: string, fields: Fields, rules: readonly string[]]

const put = { operation: 'REST.PUT.OBJECT', httpStatus: 200, bytesSent: '-' }
const anon = { requester: '-' }
const them = { requester: 'arn:aws:iam::444455556666:user/eve' }

export const LINES: readonly LineVariant[] = [
  ['note + twice encoded', { ...put, key: 'YOUR%2BFILES%2BARE%2BENCRYPTED.txt' }, ['data-ransom-note']],
  ['note %2520', { ...put, key: 'HOW%2520TO%2520DECRYPT%2520FILES.txt' }, ['data-ransom-note']],
  [
    'note utf8',
    {
      ...put,
      key: '%25D0%2592%25D0%2590%25D0%25A8%25D0%2598%2520%25D0%25A4%25D0%2590%25D0%2599%25D0%259B%25D0%25AB%2520%25D0%2597%25D0%2590%25D0%25A8%25D0%2598%25D0%25A4%25D0%25A0%25D0%259E%25D0%2592%25D0%2590%25D0%259D%25D0%25AB.txt',
    },
    ['data-ransom-note'],
  ],
  [
    'note by copy',
    { operation: 'REST.COPY.OBJECT', httpStatus: 200, key: 'RESTORE_YOUR_FILES.txt' },
    ['data-ransom-note'],
  ],
  [
    'cred encoded slash',
    { operation: 'REST.GET.OBJECT', httpStatus: 200, key: 'home%252F.aws%252Fcredentials' },
    ['data-cred-file'],
  ],
  ['cred plain', { operation: 'REST.GET.OBJECT', httpStatus: 206, key: 'home/.ssh/id_rsa' }, ['data-cred-file']],
  [
    'cred copied out',
    { operation: 'REST.COPY.OBJECT_GET', httpStatus: 200, key: '.env.production' },
    ['data-cred-file'],
  ],
  [
    'cred website get',
    { operation: 'WEBSITE.GET.OBJECT', httpStatus: 200, key: '.env', ...anon },
    ['data-cred-file', 'data-anon-read'],
  ],
  [
    'anon post',
    { operation: 'REST.POST.UPLOAD', httpStatus: 204, key: 'a', ...anon },
    ['sal-anon-write', 'data-anon-write'],
  ],
  ['anon delete batch', { operation: 'BATCH.DELETE.OBJECT', httpStatus: 204, key: 'a', ...anon }, ['sal-anon-write']],
  ['anon acl', { operation: 'REST.PUT.ACL', httpStatus: 200, key: 'a', ...anon }, ['sal-anon-write']],
  ['anon mpu', { operation: 'REST.POST.UPLOADS', httpStatus: 200, key: 'a', ...anon }, ['sal-anon-write']],
  ['anon part', { operation: 'REST.PUT.PART', httpStatus: 200, key: 'a', ...anon }, ['sal-anon-write']],
  ['anon list v2', { operation: 'REST.GET.BUCKET', httpStatus: 200, key: '-', ...anon }, ['data-anon-list']],
  ['anon versions', { operation: 'REST.GET.BUCKETVERSIONS', httpStatus: 200, key: '-', ...anon }, ['data-anon-list']],
  ['foreign write', { ...put, key: 'a', ...them }, ['data-cross-write']],
  ['foreign delete', { operation: 'REST.DELETE.OBJECT', httpStatus: 204, key: 'a', ...them }, ['data-cross-write']],
  ['foreign read', { operation: 'REST.GET.OBJECT', httpStatus: 200, key: 'a', ...them }, ['data-cross-account']],
  ['foreign list', { operation: 'REST.GET.BUCKET', httpStatus: 200, key: '-', ...them }, ['data-cross-account']],
  [
    'log file deleted batch',
    {
      operation: 'BATCH.DELETE.OBJECT',
      bucket: 'amzn-s3-demo-trail-logs',
      httpStatus: 204,
      key: 'AWSLogs/111122223333/CloudTrail/eu/x.json.gz',
    },
    ['trail-bucket-tamper'],
  ],
  [
    'log policy put',
    { operation: 'REST.PUT.BUCKETPOLICY', bucket: 'amzn-s3-demo-trail-logs', httpStatus: 204, key: '-' },
    ['trail-bucket-tamper'],
  ],
  [
    'kali',
    { operation: 'REST.GET.OBJECT', httpStatus: 200, key: 'a', userAgent: 'aws-cli/2.1 kali' },
    ['sal-offensive-ua'],
  ],
  ['q head by nobody', { operation: 'REST.HEAD.OBJECT', httpStatus: 200, key: 'a', ...anon }, ['!data-anon-read']],
  [
    'q options',
    { operation: 'REST.OPTIONS.PREFLIGHT', httpStatus: 200, key: 'a', ...anon },
    ['!data-anon-read', '!sal-anon-write'],
  ],
  [
    'q anon 403',
    { operation: 'REST.GET.OBJECT', httpStatus: 403, errorCode: 'AccessDenied', key: 'a', ...anon },
    ['!data-anon-read'],
  ],
  ['q anon 304', { operation: 'REST.GET.OBJECT', httpStatus: 304, key: 'a', ...anon }, []],
  [
    'q lifecycle',
    { operation: 'S3.EXPIRE.OBJECT', httpStatus: '-', requester: 'AmazonS3', key: 'YOUR_FILES_ARE_ENCRYPTED.txt' },
    ['!data-ransom-note'],
  ],
  [
    'q note read',
    { operation: 'REST.GET.OBJECT', httpStatus: 200, key: 'RESTORE_YOUR_FILES.txt' },
    ['!data-ransom-note'],
  ],
  [
    'js by user',
    { ...put, key: 'static/app.js', requester: 'arn:aws:iam::111122223333:user/alice' },
    ['data-site-script'],
  ],
]
