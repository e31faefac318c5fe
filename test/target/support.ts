import fc from 'fast-check'
import { COUNTS, SEVERITIES } from '../../shared/detection/schema.ts'
import { FINDING_EVENTS, type Finding } from '../../shared/incident/finding.ts'

export const ACCOUNT = '111122223333'

/** An incident's first finding. */
export function finding(overrides: Partial<Finding> = {}): Finding {
  return {
    kind: 'finding',
    version: 1,
    id: '5f1d0c2ab37e9d44.1',
    incidentId: '5f1d0c2ab37e9d44',
    sequence: 1,
    event: 'opened',
    time: '2026-03-17T07:48:12.000Z',
    severity: 'critical',
    title: 'Bucket policy grants Principal *',
    summary: 'Bucket policy grants Principal *: amzn-s3-demo-customer-data by user legacy-report-export',
    principal: 'key:AKIAIOSFODNN7EXAMPLE',
    keyIds: ['AKIAIOSFODNN7EXAMPLE'],
    actors: [{ value: `arn:aws:iam::${ACCOUNT}:user/legacy-report-export`, count: 3, type: 'user' }],
    addresses: [
      { value: '192.0.2.66', count: 2, type: 'public' },
      { value: '2001:db8::66', count: 1, type: 'public' },
    ],
    buckets: [{ value: 'amzn-s3-demo-customer-data', count: 3 }],
    sessions: [],
    mfa: [{ value: 'no', count: 3 }],
    tools: [{ value: 'aws-cli', count: 3 }],
    objects: [],
    outcomes: [{ value: 'success', count: 3 }],
    distinct: { actors: 1, addresses: 2, buckets: 1, objects: 0 },
    news: [],
    leftOut: 0,
    falsePositives: ['A website is opened on purpose.'],
    routing: { bucket: 'amzn-s3-demo-customer-data', actor: `arn:aws:iam::${ACCOUNT}:user/legacy-report-export` },
    rules: [
      {
        id: 's3-policy-public',
        title: 'Bucket policy grants Principal *',
        severity: 'critical',
        matches: 1,
        count: 'events',
        amount: 1,
        threshold: 1,
        window: 0,
        first: '2026-03-17T07:48:02.000Z',
        last: '2026-03-17T07:48:02.000Z',
        mitre: ['T1537'],
      },
    ],
    firstTime: '2026-03-17T07:46:10.000Z',
    lastTime: '2026-03-17T07:48:02.000Z',
    matches: 3,
    added: 0,
    isOver: false,
    story: [
      {
        time: '2026-03-17T07:46:10.000Z',
        text: 'DeleteBucketPublicAccessBlock on customer-data',
        rules: ['s3-bpa-bucket'],
      },
      {
        time: '2026-03-17T07:48:02.000Z',
        text: 'PutBucketPolicy: Principal * may s3:GetObject',
        rules: ['s3-policy-public'],
      },
    ],
    runbook: ['Deactivate AKIAIOSFODNN7EXAMPLE.', 'Put the policy back.'],
    why: ['Everybody can read the bucket.'],
    links: { Records: 'https://eu-central-1.console.aws.amazon.com/cloudwatch/home#logsV2:logs-insights' },
    accountId: ACCOUNT,
    region: 'eu-central-1',
    stage: 'prod',
    ...overrides,
  }
}

/** What strangers write: marks that some target gives a meaning, and anything at all. */
export const NASTY = [
  '<!channel> <!here> <@U012AB3CD> <!subteam^S1>',
  '@here @channel @everyone',
  '<at>everybody</at>',
  '[click](https://evil.example)',
  '<https://evil.example|click>',
  'https://evil.example/x',
  '```\n*bold* _it_ ~no~ `code`',
  '&lt;!channel&gt;',
  'a\r\nSEVERITY low\u202e\u0000\u2028',
  '![x](https://evil.example/x.png) # h\n- li',
  '"}],"blocks":[',
  '\ud800',
  '',
]

const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom(...['x', '<', '"', '\u0000', '€', '`'].map((mark) => mark.repeat(3000))) },
)
const iso = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString())
/** Few, or the same over and over. */
const some = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.array(arbitrary, { maxLength: 6 }) },
    { weight: 1, arbitrary: arbitrary.map((one) => Array.from({ length: 150 }, () => one)) },
  )
const value = fc.record({ value: text, count: fc.nat(), type: fc.constantFrom('user', 'role', 'anonymous', 'public') })
const rule = fc.record({
  id: fc.constantFrom('s3-policy-public', 'data-anon-read', 'x'.repeat(63)),
  title: text,
  severity: fc.constantFrom(...SEVERITIES),
  matches: fc.nat(),
  count: fc.constantFrom(...COUNTS),
  amount: fc.nat(),
  threshold: fc.nat(),
  window: fc.nat(),
  first: iso,
  last: iso,
  mitre: fc.subarray(['T1530', 'T1537', 'T1562.008']),
})

/** Findings of all events and severities, in which nothing but ids and times is kind. */
export const findings: fc.Arbitrary<Finding> = fc
  .record({
    event: fc.constantFrom(...FINDING_EVENTS),
    severity: fc.constantFrom(...SEVERITIES),
    title: text,
    summary: text,
    principal: text,
    keyIds: some(text),
    actors: some(value),
    addresses: some(value),
    buckets: some(value),
    sessions: some(value),
    mfa: some(value),
    tools: some(value),
    objects: some(value),
    outcomes: some(value),
    news: some(text),
    leftOut: fc.nat(),
    falsePositives: some(text),
    routing: fc.record({ bucket: text, actor: text }),
    rules: some(rule),
    firstTime: iso,
    lastTime: iso,
    matches: fc.nat(),
    story: some(fc.record({ time: iso, text, rules: fc.constant(['x']) })),
    runbook: some(text),
    why: some(text),
  })
  .map((parts) => finding(parts))

/** Every text in a JSON value, with the names of the members that lead to it. */
export function textsOf(json: unknown, path: readonly string[] = []): { path: readonly string[]; text: string }[] {
  if (typeof json === 'string') return [{ path, text: json }]
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([name, each]) => textsOf(each, [...path, name]))
}
