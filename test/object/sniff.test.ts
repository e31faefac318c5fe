import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { ObjectKind } from '../../shared/kinds/kinds.ts'
import { sniffContent } from '../../shared/object/sniff.ts'

const LINE =
  '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket1 [06/Feb/2026:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 1 1 7 6 "-" "-" -'
const NATIVE =
  '{"schema_version_id":"V_1_0","bucket_arn":"arn:aws:s3:::amzn-s3-demo-bucket","bucket_name":"amzn-s3-demo-bucket","request_time":"2026-06-01T00:00:00Z","remote_ip":"192.0.2.3"}'
const EVENT = '{"eventVersion":"1.11","userIdentity":{"type":"Root"},"eventTime":"2026-01-01T00:00:00Z"}'

const CASES: readonly (readonly [string, string, ObjectKind | 'unknown'])[] = [
  ['a wrapper', `{"Records":[${EVENT}]}`, 'cloudtrail'],
  ['a pretty-printed wrapper', `{\n  "Records": [\n    ${EVENT}\n  ]\n}`, 'cloudtrail'],
  ['a wrapper that begins with something else', `{"meta":{"a":["x","}"]},"n":1,"Records":[`, 'cloudtrail'],
  ['an empty wrapper', '{"Records":[]}', 'cloudtrail'],
  ['a list', `[${EVENT}]`, 'cloudtrail'],
  ['an empty list', ' [ ]\n', 'cloudtrail'],
  ['a wrapper whose name is escaped', `{"\\u0052ecords":[${EVENT}]}`, 'cloudtrail'],
  ['a record with few members', '{"eventName":"ConsoleLogin","errorMessage":"Failed authentication"}', 'cloudtrail'],
  ['a key that is broken', '{"\\q":1,"b":2}', 'unknown'],
  ['a bare record', EVENT, 'cloudtrail'],
  ['NDJSON', `${EVENT}\n${EVENT}\n`, 'cloudtrail'],
  ['a byte order mark', `\uFEFF${EVENT}`, 'cloudtrail'],
  ['a record that is cut off early', '{"eventVersion":"1.1', 'cloudtrail'],
  ['an Insight record', '{"eventVersion":"1.07","insightDetails":{"state":"Start"}}', 'cloudtrail'],
  [
    'a digest',
    '{"awsAccountId":"111122223333","digestStartTime":"2026-01-01T00:00:00Z","logFiles":[]}',
    'cloudtrail-digest',
  ],
  ['the validation message', 'CloudTrail validation message.', 'validation'],
  ['an access-log line', LINE, 'access-log'],
  ['an access log that begins inside a line', `"GET /x HTTP/1.1" 200 -\n${LINE}\n`, 'access-log'],
  ['an access-log line of a short owner id', LINE.replace(/^\S+/, '-'), 'access-log'],
  ['natively delivered access log', NATIVE, 'access-log'],
  ['a list of natively delivered access log', `[ ${NATIVE} ]`, 'access-log'],
  [
    'a CloudTrail record that quotes an access log',
    `{"eventVersion":"1.11","eventName":"X","x":${JSON.stringify(NATIVE)}}`,
    'cloudtrail',
  ],
  ['an access log that quotes CloudTrail', LINE.replace('"-" "-"', '"-" "{\\"Records\\":[]}"'), 'access-log'],
  ['a nested member named Records', '{"a":{"Records":[]},"b":1}', 'unknown'],
  ['another JSON', '{"name":"x","version":"1.0.0"}', 'unknown'],
  ['text', 'hello world', 'unknown'],
  ['nothing', '', 'unknown'],
  ['white space', ' \n', 'unknown'],
]

describe('sniffContent', () => {
  test.each(CASES)('%s', (_name, text, expected) => {
    expect(sniffContent(Buffer.from(text))).toBe(expected)
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => sniffContent(bytes) !== undefined))
  })
})
