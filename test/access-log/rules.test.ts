import { beforeAll, describe, expect, it } from 'vitest'
import { createAccessLogNormalizer } from '../../shared/access-log/normalize.ts'
import { completeAccessLogLine, EXAMPLE_ENVIRONMENT, EXAMPLE_NOW } from '../../shared/detection/example-input.ts'
import { compileRuleMatchers, matchRules, type RuleMatcher } from '../../shared/detection/match-rules.ts'
import { readDetections } from '../../shared/files/detections.ts'
import { ACCESS_LOG_CASES } from '../cases/access-log.ts'
import { createRandom } from '../support/random.ts'

const OPTIONS = { environment: EXAMPLE_ENVIRONMENT, capBytes: 8192, now: () => EXAMPLE_NOW } as const
const lean = createAccessLogNormalizer({ ...OPTIONS, detail: 'lean' })
const full = createAccessLogNormalizer({ ...OPTIONS, detail: 'full' })

let matchers: readonly RuleMatcher[] = []
const examples: string[] = []
beforeAll(async () => {
  const { detections } = await readDetections('infra/detections')
  matchers = compileRuleMatchers(detections, { account: EXAMPLE_ENVIRONMENT.account, stage: 'test' })
  for (const { examples: lists } of detections) {
    for (const example of [...lists.hits, ...lists.misses]) {
      if (example.kind !== 'access-log') continue
      examples.push(typeof example.input === 'string' ? example.input : completeAccessLogLine(example.input))
    }
  }
})

const matching = (message: string) => matchRules(JSON.parse(message), matchers)

/** Values that rules look at, and some that only look like them. */
const VARIED: Readonly<Record<string, readonly string[]>> = {
  bucket: ['amzn-s3-demo-bucket1', 'amzn-s3-demo-watched', 'amzn-s3-demo-trail-logs', '-'],
  time: ['[15/Jan/2026:09:30:00 +0000]', '[15/Jan/2026:01:30:00 +0000]', '[06/Feb/2019:00:00:38 +0000]'],
  remoteIp: ['198.51.100.7', '203.0.113.9', '192.0.2.200', '10.1.2.3', '2001:db8::1', '-'],
  requester: [
    'arn:aws:sts::111122223333:assumed-role/app/i-0abcd1234example',
    'arn:aws:sts::111122223333:assumed-role/athena-query-role/s',
    'arn:aws:sts::444455556666:assumed-role/x/y',
    'arn:aws:iam::111122223333:user/alice',
    'arn:aws:iam::111122223333:root',
    'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID',
    '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be',
    'f82c648df2fb210f205bfbebfff9a538cad9f45b258a3000b8492175eb075b86',
    'svc:delivery.logs.amazonaws.com',
    'AmazonS3',
    '-',
  ],
  operation: [
    'REST.GET.OBJECT',
    'REST.HEAD.OBJECT',
    'REST.PUT.OBJECT',
    'REST.DELETE.OBJECT',
    'BATCH.DELETE.OBJECT',
    'REST.POST.MULTI_OBJECT_DELETE',
    'REST.COPY.OBJECT',
    'REST.COPY.OBJECT_GET',
    'REST.GET.BUCKET',
    'REST.HEAD.BUCKET',
    'REST.GET.BUCKETPOLICY',
    'REST.PUT.BUCKETPOLICY',
    'REST.DELETE.BUCKETPOLICY',
    'REST.PUT.ACL',
    'REST.DELETE.ENCRYPTION',
    'REST.PUT.LOGGING_STATUS',
    'REST.DELETE.PUBLIC_ACCESS_BLOCK',
    'REST.PUT.LIFECYCLE',
    'REST.DELETE.BUCKET',
    'REST.PUT.WEBSITE',
    'REST.PUT.OBJECT_TAGGING',
    'WEBSITE.GET.OBJECT',
    'S3.EXPIRE.OBJECT',
    'S3.DELETE.UPLOAD',
    'REST.OPTIONS.PREFLIGHT',
  ],
  key: ['photos/a.jpg', '.env', 'HOW_TO_DECRYPT.txt', '-'],
  httpStatus: ['200', '206', '204', '304', '403', '404', '500', '503', '-'],
  errorCode: ['-', '-', 'AccessDenied', 'NoSuchKey', 'SlowDown', 'InternalError'],
  bytesSent: ['-', '0', '1024', '66000000000'],
  objectSize: ['-', '1024'],
  userAgent: ['aws-sdk-java/2.25.0', 'aws-cli/2.17.0 exe/x86_64.kali.2025', 'rclone/v1.67.0', 'Terraform/1.9', '-', ''],
  signatureVersion: ['SigV4', 'SigV2', '-'],
  authType: ['AuthHeader', 'QueryString', '-'],
  cipherSuite: ['TLS_AES_128_GCM_SHA256', '-'],
  tlsVersion: ['TLSv1.3', 'TLSv1.2', 'TLSv1', '-'],
  aclRequired: ['-', 'Yes'],
}

describe('the rules that match a line', () => {
  it('are the same for lean and full: every example and every case', () => {
    const lines = [...examples, ...ACCESS_LOG_CASES.map(({ line }) => line)]
    expect(lines.length).toBeGreaterThan(150)
    for (const line of lines) expect([line, matching(lean(line).message)]).toEqual([line, matching(full(line).message)])
  })

  it('are the same for lean and full: 10,000 varied lines, and most rules match some of them', () => {
    const random = createRandom(20260115)
    const seen = new Set<string>()
    for (let count = 0; count < 10_000; count++) {
      const line = completeAccessLogLine(
        Object.fromEntries(Object.entries(VARIED).map(([name, values]) => [name, random.pick(values)])),
      )
      const ids = matching(lean(line).message)
      if (ids.join() !== matching(full(line).message).join()) {
        expect([line, ids]).toEqual([line, matching(full(line).message)])
      }
      for (const id of ids) seen.add(id)
    }
    const watching = matchers.filter(({ id }) => id.startsWith('sal-'))
    expect(watching.filter(({ id }) => !seen.has(id)).map(({ id }) => id)).toEqual([])
  })
})
