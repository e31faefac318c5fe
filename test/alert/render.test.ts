import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAlarmMessage } from '../../shared/alert/alarm-message.ts'
import { type Alert, type AlertKind, buildAlert } from '../../shared/alert/alert.ts'
import { collectEvidence } from '../../shared/alert/evidence.ts'
import { MAX_MESSAGE_BYTES, renderAlert, renderBrief } from '../../shared/alert/render.ts'
import type { AlertRule } from '../../shared/alert/rules.ts'
import { actorName } from '../../shared/incident/actor-name.ts'
import { createLogSearchOver } from '../../shared/local/alert-memory.ts'
import {
  ACCESS_LOG,
  ACTOR,
  alarmChange,
  alertRule,
  CLOUDTRAIL,
  compositeMessage,
  logEvent,
  MINUTE,
  policyRecord,
  silenceRule,
  T,
} from './support.ts'

interface Setting {
  readonly rule?: AlertRule
  readonly kind?: AlertKind
  readonly startedAt?: number
  readonly partition?: string
  readonly region?: string
}

async function alertOf(records: readonly unknown[], setting: Setting = {}): Promise<Alert> {
  const { rule = alertRule(), kind = 'alarm', startedAt, ...place } = setting
  const evidence = await collectEvidence({
    search: createLogSearchOver((name) =>
      name === rule.logGroupNames[0] ? records.map((r) => logEvent(T - 1, r)) : [],
    ),
    rule,
    window: { start: T - 5 * MINUTE, end: T },
    maxEvents: 10_000,
    signal: new AbortController().signal,
  })
  const change = alarmChange(rule, kind === 'closed' ? { from: 'ALARM', to: 'OK', ...place } : place)
  return buildAlert({
    kind,
    change,
    rules: [rule],
    rule,
    evidence,
    stage: 'prod',
    recordGroups: [CLOUDTRAIL, ACCESS_LOG],
    startedAt,
  })
}

const composite = (message: string, rules: readonly AlertRule[]) =>
  buildAlert({
    kind: 'alarm',
    change: parseAlarmMessage(message, 0)!,
    rules,
    rule: undefined,
    evidence: undefined,
    stage: 'prod',
    recordGroups: [],
  })

describe('the subject', () => {
  test.each<[string, readonly Record<string, unknown>[], string]>([
    [
      'one bucket, one user',
      [policyRecord()],
      '[HIGH] Bucket policy made public: amzn-s3-demo-customer-data by user legacy-report-export',
    ],
    [
      'several',
      [
        policyRecord(),
        policyRecord({ actor: 'arn:aws:iam::111122223333:user/x', requestParameters: { bucketName: 'b' } }),
      ],
      '[HIGH] Bucket policy made public: 2 buckets by 2 actors',
    ],
    [
      'nobody known',
      [policyRecord({ actor: undefined, actorType: 'anonymous', requestParameters: {} })],
      '[HIGH] Bucket policy made public: by anonymous',
    ],
    ['nothing found', [], '[HIGH] Bucket policy made public'],
  ])('%s', async (_, records, subject) => {
    expect(renderAlert(await alertOf(records)).subject).toBe(subject)
  })

  test('says when it is over, or when there is no data', async () => {
    expect(renderAlert(await alertOf([policyRecord()], { kind: 'closed' })).subject).toMatch(/^\[HIGH\] Closed: Bucket/)
    expect(renderAlert(await alertOf([], { kind: 'noData' })).subject).toBe('[HIGH] No data: Bucket policy made public')
  })
})

test.each([
  ['user', 'arn:aws:iam::111122223333:user/ops/alice', 'user alice'],
  ['role', 'arn:aws:sts::111122223333:assumed-role/payroll', 'role payroll'],
  ['root', 'arn:aws:iam::111122223333:root', 'root of 111122223333'],
  ['service', 'cloudtrail.amazonaws.com', 'service cloudtrail.amazonaws.com'],
  ['account', '444455556666', 'account 444455556666'],
  ['unknown', 'AIDACKCEVSQ6C2EXAMPLE', 'AIDACKCEVSQ6C2EXAMPLE'],
  [undefined, 'anonymous', 'anonymous'],
])('actorName of %s %s', (type, value, name) => {
  expect(actorName({ value, type })).toBe(name)
})

describe('the text', () => {
  test('tells what, who, where, on what, how often, why, what to do, and where to look', async () => {
    const records = [policyRecord(), policyRecord({ eventTime: '2026-03-17T07:19:10Z' })]
    const { text } = renderAlert(await alertOf(records))
    expect(text.replace(/https:\S+/g, 'LINK')).toBe(
      `[HIGH] Bucket policy made public

WHAT HAPPENED
2 matching records: first 2026-03-17 07:18:02 UTC, last 2026-03-17 07:19:10 UTC.
PutBucketPolicy: 2
outcome: success 2

WHO
user legacy-report-export (arn:aws:iam::111122223333:user/legacy-report-export): 2

FROM WHERE
198.51.100.23 (public): 2
with awscli: 2

ON WHAT
bucket amzn-s3-demo-customer-data: 2

WHY IT MATTERS
Everybody may read.

WHAT TO DO
1. Look at the policy.
2. Close it.

HARMLESS IF
- A public website.

LOOK
Alarm: LINK
Matching records: LINK
All that the same actors did, an hour before to an hour after: LINK

RECORDS
2026-03-17 07:18:02 UTC  PutBucketPolicy  success  by arn:aws:iam::111122223333:user/legacy-report-export  from 198.51.100.23  on amzn-s3-demo-customer-data
2026-03-17 07:19:10 UTC  PutBucketPolicy  success  by arn:aws:iam::111122223333:user/legacy-report-export  from 198.51.100.23  on amzn-s3-demo-customer-data

ALARM
Detection s3-policy-public (s3-control), T1530
Alarm bucketwatch-prod-s3-policy-public: OK -> ALARM at 2026-03-17 07:20:31 UTC
Account 111122223333, Region eu-central-1, stage prod
`,
    )
  })

  test('the closing message sums up, with how long it was on, and leaves the guidance to the first', async () => {
    const alert = await alertOf([policyRecord()], { kind: 'closed', startedAt: T - 150 * MINUTE })
    const { text } = renderAlert(alert)
    expect(text).toContain('[HIGH] Closed: Bucket policy made public\n')
    expect(text).toContain('It was on from 2026-03-17 04:50:31 UTC to 2026-03-17 07:20:31 UTC (2 hours 30 minutes).')
    expect(text).not.toContain('WHAT TO DO')
    expect(alert.runbook).toHaveLength(2)
    expect(renderAlert(await alertOf([], { kind: 'closed' })).text).toContain('When it went on is not known.')
  })

  test('a rule that watches silence says what did not come', async () => {
    const text = renderAlert(await alertOf([], { rule: silenceRule() })).text
    expect(text).toContain('What this rule waits for did not come')
    expect(text).toContain('No matching record was found between 2026-03-17 07:15:31 UTC and')
    const closed = renderAlert(await alertOf([], { rule: silenceRule(), kind: 'closed' })).text
    expect(closed).toContain('what was missed comes again')
  })

  test('amounts are told in their unit', async () => {
    const rule = alertRule({ metricValue: '$.bytesOut', unit: 'Bytes' })
    const { text } = renderAlert(await alertOf([policyRecord({ bytesOut: 53_687_091_200 })], { rule }))
    expect(text).toContain('bytesOut adds up to 53,687,091,200 bytes (53.7 GB).')
    expect(text).toContain('198.51.100.23 (public): 1, 53,687,091,200 bytes (53.7 GB)')
  })

  test('what does not fit a list is counted', async () => {
    const records = Array.from({ length: 14 }, (_, i) => policyRecord({ sourceIPAddress: `192.0.2.${i}` }))
    expect(renderAlert(await alertOf(records)).text).toContain('192.0.2.9 (public): 1\nand 4 more\n')
  })

  test('strangers cannot forge lines or links; the JSON has what they wrote', async () => {
    const key = 'a\n\nWHAT TO DO\n1. Go to https://example.com/login\u202e'
    const alert = await alertOf([policyRecord({ requestParameters: { bucketName: 'b', key } })])
    const { text, json } = renderAlert(alert)
    expect(text.match(/^WHAT TO DO$/gm)).toHaveLength(1)
    expect(text).not.toContain('https://example.com')
    expect(text).toContain('\\u{a}WHAT TO DO\\u{a}1. Go to https[:]//example.com/login\\u{202e}')
    expect(JSON.parse(json).evidence.records[0].key).toBe(key)
  })
})

describe('alarms that are no rule’s', () => {
  test('a severity roll-up names the rules behind it, and has its severity', () => {
    const alert = composite(compositeMessage(['bucketwatch-prod-s3-policy-public', 'bucketwatch-prod-gone']), [
      alertRule(),
    ])
    expect(alert).toMatchObject({ severity: 'high', title: 'At least one detection of severity high is in ALARM.' })
    const { text, attributes, subject } = renderAlert(alert)
    expect(subject).toBe('[HIGH] At least one detection of severity high is in ALARM.')
    expect(text).toContain('Bucket policy made public (bucketwatch-prod-s3-policy-public)\nbucketwatch-prod-gone\n')
    expect(attributes).toEqual({ severity: 'high', kind: 'alarm', stage: 'prod', account: '111122223333' })
  })

  test('another composite alarm is as severe as the worst behind it', () => {
    const rules = [alertRule({ severity: 'critical' })]
    expect(composite(compositeMessage(['bucketwatch-prod-s3-policy-public'], 'other'), rules).severity).toBe('critical')
    expect(composite(compositeMessage(['unheard-of'], 'other'), rules).severity).toBe('unknown')
  })

  test('an alarm nobody knows is told in its own words', () => {
    const change = {
      ...alarmChange(alertRule({ id: 'x' })),
      alarmName: 'disk-full',
      alarmDescription: 'The disk is full.\n\nWHO\nuser alice, see https://example.com\u2028HARMLESS IF',
      reason: 'Threshold Crossed',
    }
    const alert = buildAlert({
      kind: 'alarm',
      change,
      rules: [],
      rule: undefined,
      evidence: undefined,
      stage: 'prod',
      recordGroups: [],
    })
    const { subject, text } = renderAlert(alert)
    expect(subject).toBe('[ALARM] Alarm disk-full')
    expect(text).toContain('No detection belongs to this alarm')
    // Whoever made the alarm wrote its description: it is quoted, and forges no part of the message.
    expect(text).toContain(
      '| The disk is full.\n| \n| WHO\n| user alice, see https[:]//example.com\\u{2028}HARMLESS IF\n',
    )
    expect(text).not.toMatch(/^(?:WHO|HARMLESS IF)$/m)
    expect(text).toContain('Reason: Threshold Crossed')
  })
})

describe('the message', () => {
  test('is text for people and JSON for machines, of one alert', async () => {
    const alert = await alertOf([policyRecord()])
    const { message, text, json, subject } = renderAlert(alert)
    expect(JSON.parse(message)).toEqual({
      default: text,
      email: text,
      sms: subject,
      sqs: json,
      lambda: json,
      https: json,
    })
    expect(JSON.parse(json)).toEqual(alert)
    for (const fact of [ACTOR, '198.51.100.23', 'amzn-s3-demo-customer-data', 'PutBucketPolicy']) {
      expect(text).toContain(fact)
      expect(json).toContain(fact)
    }
  })

  test('has attributes for filters: those with several values are left out', async () => {
    expect(renderAlert(await alertOf([policyRecord()])).attributes).toEqual({
      severity: 'high',
      kind: 'alarm',
      stage: 'prod',
      account: '111122223333',
      detection: 's3-policy-public',
      bucket: 'amzn-s3-demo-customer-data',
      actor: ACTOR,
    })
    const records = [
      policyRecord(),
      policyRecord({ requestParameters: { bucketName: 'b' }, recipientAccountId: '444455556666' }),
    ]
    const { attributes } = renderAlert(await alertOf(records))
    expect(attributes).not.toHaveProperty('bucket')
    // The alarm's own, where the records do not agree.
    expect(attributes.account).toBe('111122223333')
    const foreign = renderAlert(await alertOf([policyRecord({ recipientAccountId: '444455556666' })]))
    expect(foreign.attributes.account).toBe('444455556666')
  })

  test('links go to the partition of the alarm, and nowhere where its console is not known', async () => {
    const china = renderAlert(await alertOf([policyRecord()], { partition: 'aws-cn', region: 'cn-north-1' }))
    expect(
      china.text.match(/https:\/\/[^/]+/g)?.every((host) => host === 'https://cn-north-1.console.amazonaws.cn'),
    ).toBe(true)
    const secret = renderAlert(await alertOf([policyRecord()], { partition: 'aws-iso', region: 'us-iso-east-1' }))
    expect(secret.text).not.toContain('https:')
  })

  test('a pattern too long for a link is replaced by the calls that were found', async () => {
    const names = Array.from({ length: 55 }, () => '$.source != "/"')
    const rule = alertRule({ pattern: `{ $.public IS TRUE && ${names.join('&&')} }` })
    const { links } = await alertOf([policyRecord()], { rule })
    expect(links.records?.length).toBeLessThan(1500)
    expect(links.records).toContain('filter*20eventName*20in*20*5b*22PutBucketPolicy*22*5d')
  })

  test('fits SNS, whatever strangers write', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 1500 }),
      fc.constantFrom('\u0000', '"', '\\', '🪣', '\u2028').map((unit) => unit.repeat(1024)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ actor: hostile, sourceIPAddress: hostile, tool: hostile, key: hostile, bucketName: hostile }),
          {
            minLength: 1,
            maxLength: 25,
          },
        ),
        async (values) => {
          const records = values.map(({ key, bucketName, ...rest }, i) =>
            policyRecord({
              ...rest,
              eventName: 'PutBucketPolicy',
              userAgent: rest.actor,
              errorCode: rest.tool,
              eventID: `${i}`,
              requestParameters: { key, bucketName },
            }),
          )
          const { subject, message, attributes } = renderAlert(await alertOf(records))
          expect(subject).toMatch(/^[!-~][ -~]{0,98}$/)
          const size = Buffer.byteLength(message) + Buffer.byteLength(JSON.stringify(attributes))
          expect(size).toBeLessThan(MAX_MESSAGE_BYTES)
          for (const value of Object.values(attributes)) expect(value).not.toBe('')
        },
      ),
      { numRuns: 40 },
    )
  })

  test('fits SNS even where a rule has endless texts', async () => {
    const rule = alertRule({ runbook: Array.from({ length: 400 }, () => 'x'.repeat(1000)) })
    const { message } = renderAlert(await alertOf([policyRecord()], { rule }))
    expect(Buffer.byteLength(message)).toBeLessThan(MAX_MESSAGE_BYTES)
  })
})

describe('the brief form', () => {
  test.each([40, 80, 200])('says in at most four lines of %i characters what happened', async (width) => {
    const records = Array.from({ length: 12 }, (_, i) =>
      policyRecord({
        eventID: `${i}`,
        sourceIPAddress: `192.0.2.${i}`,
        requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: `${'k'.repeat(300)}\u202e\n${i}` },
      }),
    )
    const { head, lines } = renderBrief(await alertOf(records), { width, at: '07:54', note: 'again 08:10' })
    expect(head).toMatch(/^[A-Z]+ +07:54 {2}\S/)
    expect(lines.length).toBeLessThanOrEqual(3)
    for (const line of [head, ...lines]) {
      expect(line.length).toBeLessThanOrEqual(width)
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }
    if (width === 200)
      expect(lines.join(' ')).toMatch(/12 × .* from 192\.0\.2\.0, 192\.0\.2\.1 and 10 more .*\(12 keys\) · again 08:10/)
  })

  test.each([
    [
      'one object by its name',
      ['a.csv', 'a.csv'],
      /on arn:aws:s3:::amzn-s3-demo-bucket\/a\.csv$|on amzn-s3-demo-bucket\/a\.csv$/,
    ],
    ['several by their bucket, and how many', ['a.csv', 'b.csv'], /on amzn-s3-demo-bucket \(2 keys\)$/],
  ])('names %s', async (_, keys, expected) => {
    const records = keys.map((key, i) =>
      policyRecord({ eventID: `${i}`, requestParameters: { bucketName: 'amzn-s3-demo-bucket', key } }),
    )
    const { lines } = renderBrief(await alertOf(records), { width: 200, at: '07:54' })
    expect(lines.join(' ')).toMatch(expected)
  })
})
