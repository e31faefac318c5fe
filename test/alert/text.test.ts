/** Whole e-mails, word for word: what people read is a promise. */
import { describe, expect, test } from 'vitest'
import { alarmNameOf, parseAlarmMessage } from '../../shared/alert/alarm-message.ts'
import type { Alert } from '../../shared/alert/alert.ts'
import type { Evidence } from '../../shared/alert/evidence.ts'
import { renderAlert, renderSubject, renderText } from '../../shared/alert/render.ts'
import { isNamed } from '../../shared/incident/actor-name.ts'
import { readFacts } from '../../shared/incident/facts.ts'
import { compositeMessage } from './support.ts'

const NONE = { top: [], distinct: 0 }

const EVIDENCE: Evidence = {
  status: 'partial',
  problems: ['The search was ended at 7 matching records; there are more.'],
  windowStart: '2026-03-17T07:13:31.000Z',
  windowEnd: '2026-03-17T07:22:31.000Z',
  total: 1234,
  atLeast: true,
  byLogGroup: [
    { value: '/bucketwatch/prod/cloudtrail', count: 1200 },
    { value: '/bucketwatch/prod/access-log', count: 34 },
  ],
  firstTime: '2026-03-17T07:14:00Z',
  lastTime: '2026-03-17T07:20:00.123Z',
  eventNames: { top: [{ value: 'GetObject', count: 1234, amount: 2_500_000_000 }], distinct: 1 },
  outcomes: {
    top: [
      { value: 'success', count: 1200 },
      { value: 'AccessDenied', count: 34 },
    ],
    distinct: 5,
  },
  actors: {
    top: [
      { value: 'arn:aws:iam::111122223333:user/alice', type: 'user', count: 1000 },
      { value: 'arn:aws:iam::111122223333:root', type: 'root', count: 100 },
      { value: 'anonymous', count: 1 },
    ],
    distinct: 5_003,
    capped: true,
  },
  people: { top: [{ value: 'alice', count: 1000 }], distinct: 1 },
  keyIds: { top: [{ value: 'AKIAIOSFODNN7EXAMPLE', count: 1000 }], distinct: 1 },
  sessions: NONE,
  mfa: { top: [{ value: 'no', count: 1000 }], distinct: 1 },
  addresses: {
    top: [
      { value: '203.0.113.9', type: 'public', count: 1234 },
      { value: 'https://x', count: 1 },
    ],
    distinct: 2,
  },
  tools: { top: [{ value: 'rclone', count: 9 }], distinct: 2 },
  buckets: { top: [{ value: 'amzn-s3-demo-bucket', count: 1234 }], distinct: 1 },
  objects: { top: [{ value: 'amzn-s3-demo-bucket/a\nb', count: 2 }], distinct: 1 },
  accounts: { top: [{ value: '111122223333', count: 1234 }], distinct: 1 },
  amount: 2_500_000_000,
  records: [
    {
      time: '2026-03-17T07:14:00Z',
      eventName: 'GetObject',
      outcome: 'success',
      actor: 'arn:aws:iam::111122223333:user/alice',
      sourceIPAddress: '203.0.113.9',
      bucket: 'amzn-s3-demo-bucket',
      key: 'a.csv',
      logGroupName: '/bucketwatch/prod/cloudtrail',
    },
    {
      time: '2026-03-17T07:14:00Z',
      eventName: 'ListObjects',
      errorCode: 'AccessDenied',
      outcome: 'failure',
      actorType: 'anonymous',
      key: 'only-a-key',
      note: 'events 34, denied 34',
      logGroupName: '/bucketwatch/prod/access-log',
    },
  ],
}

const ALERT: Alert = {
  version: 1,
  kind: 'alarm',
  severity: 'high',
  title: 'Much was read',
  summary: 'Much was read: amzn-s3-demo-bucket',
  stage: 'prod',
  account: '111122223333',
  region: 'eu-central-1',
  detection: {
    id: 's3-bulk-read',
    pack: 's3-data',
    mitre: ['T1530', 'T1537'],
    references: [],
    watchesSilence: false,
    metricValue: '$.bytesOut',
    unit: 'Bytes',
  },
  description: 'Somebody drains the bucket.\nOr copies it.',
  runbook: ['Look who it is.\nAsk.', 'Stop it.'],
  falsePositives: ['A backup.'],
  alarm: {
    name: 'bucketwatch-prod-s3-bulk-read',
    arn: 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:bucketwatch-prod-s3-bulk-read',
    accountId: '111122223333',
    oldState: 'OK',
    newState: 'ALARM',
    stateChangeTime: '2026-03-17T07:20:31.000Z',
    reason: 'Threshold Crossed: 1 datapoint',
  },
  evidence: EVIDENCE,
  links: { alarm: 'https://a', records: 'https://r', around: 'https://o' },
}

const section = (text: string, heading: string): string[] =>
  (text.split('\n\n').find((part) => part.startsWith(`${heading}\n`)) ?? '').split('\n').slice(1)

describe('the text', () => {
  test('of an alarm with all that can be known', () => {
    expect(renderText(ALERT)).toMatchInlineSnapshot(`
      "[HIGH] Much was read

      WHAT HAPPENED
      At least 1,234 matching records: first 2026-03-17 07:14:00 UTC, last 2026-03-17 07:20:00 UTC.
      bytesOut adds up to 2,500,000,000 bytes (2.5 GB).
      GetObject: 1,234, 2,500,000,000 bytes (2.5 GB)
      outcome: success 1,200, AccessDenied 34, and 3 more
      log groups: /bucketwatch/prod/cloudtrail 1,200, /bucketwatch/prod/access-log 34
      The search was ended at 7 matching records; there are more.

      WHO
      user alice (arn:aws:iam::111122223333:user/alice): 1,000
      root of 111122223333 (arn:aws:iam::111122223333:root): 100
      anonymous: 1
      and at least 5,000 more

      FROM WHERE
      203.0.113.9 (public): 1,234
      https[:]//x: 1
      with rclone: 9
      and 1 more

      ON WHAT
      bucket amzn-s3-demo-bucket: 1,234
      object amzn-s3-demo-bucket/a\\u{a}b: 2

      WHY IT MATTERS
      Somebody drains the bucket.
      Or copies it.

      WHAT TO DO
      1. Look who it is.
         Ask.
      2. Stop it.

      HARMLESS IF
      - A backup.

      LOOK
      Alarm: https://a
      Matching records: https://r
      All that the same actors did, an hour before to an hour after: https://o

      RECORDS
      2026-03-17 07:14:00 UTC  GetObject  success  by arn:aws:iam::111122223333:user/alice  from 203.0.113.9  on amzn-s3-demo-bucket/a.csv
      2026-03-17 07:14:00 UTC  ListObjects  AccessDenied  by anonymous  on only-a-key  events 34, denied 34

      ALARM
      Detection s3-bulk-read (s3-data), T1530, T1537
      Alarm bucketwatch-prod-s3-bulk-read: OK -> ALARM at 2026-03-17 07:20:31 UTC
      Account 111122223333, Region eu-central-1, stage prod
      Reason: Threshold Crossed: 1 datapoint
      "
    `)
  })

  test('of its end', () => {
    const closed: Alert = {
      ...ALERT,
      kind: 'closed',
      severity: 'low',
      incident: { startedAt: '2026-03-17T07:20:31.000Z', endedAt: '2026-03-17T09:20:31.000Z' },
      alarm: { ...ALERT.alarm, oldState: 'ALARM', newState: 'OK', reason: '' },
      evidence: {
        ...EVIDENCE,
        status: 'complete',
        problems: [],
        total: 0,
        byLogGroup: [],
        records: [],
        actors: NONE,
        addresses: NONE,
        tools: NONE,
        buckets: NONE,
        objects: NONE,
        eventNames: NONE,
        outcomes: NONE,
      },
      links: {},
    }
    expect(renderText(closed)).toMatchInlineSnapshot(`
      "[LOW] Closed: Much was read

      WHAT HAPPENED
      The alarm is over. It was on from 2026-03-17 07:20:31 UTC to 2026-03-17 09:20:31 UTC (2 hours).
      No matching record was found between 2026-03-17 07:13:31 UTC and 2026-03-17 07:22:31 UTC.

      ALARM
      Detection s3-bulk-read (s3-data), T1530, T1537
      Alarm bucketwatch-prod-s3-bulk-read: ALARM -> OK at 2026-03-17 07:20:31 UTC
      Account 111122223333, Region eu-central-1, stage prod
      "
    `)
  })

  test('of an alarm that is no rule’s', () => {
    const { detection: _, evidence: __, ...rest } = ALERT
    expect(
      renderText({
        ...rest,
        severity: 'unknown',
        region: '',
        links: {},
        runbook: [],
        falsePositives: [],
        alarm: { ...rest.alarm, oldState: '' },
      }),
    ).toMatchInlineSnapshot(`
      "[ALARM] Much was read

      WHAT HAPPENED
      No detection belongs to this alarm; this is all that the alarm itself says.

      WHY IT MATTERS
      | Somebody drains the bucket.
      | Or copies it.

      ALARM
      Alarm bucketwatch-prod-s3-bulk-read: ? -> ALARM at 2026-03-17 07:20:31 UTC
      Account 111122223333, stage prod
      Reason: Threshold Crossed: 1 datapoint
      "
    `)
  })

  const withIncident = (startedAt: string | undefined, endedAt: string, silence = false) =>
    section(
      renderText({
        ...ALERT,
        kind: 'closed',
        detection: { ...ALERT.detection!, watchesSilence: silence },
        incident: { ...(startedAt === undefined ? {} : { startedAt }), endedAt },
      }),
      'WHAT HAPPENED',
    )[0]

  test.each([
    ['2026-03-17T07:20:00.000Z', '2026-03-17T07:21:00.000Z', '(1 minute)'],
    ['2026-03-17T07:20:00.000Z', '2026-03-17T09:19:00.000Z', '(119 minutes)'],
    ['2026-03-17T07:20:00.000Z', '2026-03-17T09:20:00.000Z', '(2 hours)'],
    ['2026-03-17T07:20:00.000Z', '2026-03-17T09:21:00.000Z', '(2 hours 1 minute)'],
    ['2026-03-17T07:20:00.000Z', '2026-03-18T09:50:00.000Z', '(26 hours 30 minutes)'],
    ['2026-03-17T07:20:00.000Z', '2026-03-17T07:10:00.000Z', '(0 minutes)'],
  ])('on from %s to %s: %s', (from, to, expected) => {
    expect(withIncident(from, to)).toContain(expected)
  })

  test('an end whose beginning is not known, and the end of a silence', () => {
    const end = '2026-03-17T07:20:00.000Z'
    expect(withIncident(undefined, end)).toBe('The alarm is over. When it went on is not known.')
    expect(withIncident(undefined, end, true)).toBe(
      'The alarm is over: what was missed comes again. When it went on is not known.',
    )
  })

  test.each([
    [999_999, 'Bytes', '999,999 bytes.'],
    [1_000_000, 'Bytes', '1,000,000 bytes (1 MB).'],
    [999_999_999, 'Bytes', '999,999,999 bytes (1,000 MB).'],
    [1_000_000_000, 'Bytes', '1,000,000,000 bytes (1 GB).'],
    [1_540_000_000_000, 'Bytes', '1,540,000,000,000 bytes (1.5 TB).'],
    [1_550_000_000_000, 'Bytes', '1,550,000,000,000 bytes (1.6 TB).'],
    [5_000_000, 'Seconds', '5,000,000 seconds.'],
    [5, 'None', '5.'],
    [2.345, '', '2.35.'],
  ])('%d %s adds up to %s', (amount, unit, expected) => {
    const text = renderText({ ...ALERT, detection: { ...ALERT.detection!, unit }, evidence: { ...EVIDENCE, amount } })
    expect(section(text, 'WHAT HAPPENED')[1]).toBe(`bytesOut adds up to ${expected}`)
  })

  test('what happened: one record, at one time; unknown times; nothing; not to be had; silence', () => {
    const happened = (changes: Partial<Evidence>, alert: Partial<Alert> = {}) =>
      section(renderText({ ...ALERT, ...alert, evidence: { ...EVIDENCE, problems: [], ...changes } }), 'WHAT HAPPENED')
    expect(happened({ total: 1, atLeast: false, lastTime: EVIDENCE.firstTime! })[0]).toBe(
      '1 matching record, at 2026-03-17 07:14:00 UTC.',
    )
    const { firstTime: _, lastTime: __, ...timeless } = EVIDENCE
    const text = renderText({ ...ALERT, evidence: { ...timeless, atLeast: false } })
    expect(section(text, 'WHAT HAPPENED')[0]).toBe('1,234 matching records.')
    expect(happened({ total: 0 })).toEqual([
      'No matching record was found between 2026-03-17 07:13:31 UTC and 2026-03-17 07:22:31 UTC.',
    ])
    expect(happened({ status: 'unavailable' })).toEqual([
      'The matching records could not be fetched; use the links below.',
    ])
    const silent = { detection: { ...ALERT.detection!, watchesSilence: true } }
    expect(happened({ total: 0 }, silent)[0]).toBe('What this rule waits for did not come, or not often enough.')
    expect(happened({ total: 0 }, { ...silent, kind: 'noData' })[0]).toBe(
      'CloudWatch has no data for this alarm: the records it waits for do not come.',
    )
  })

  test('the link around names actors where there is a name, else addresses', () => {
    const look = (top: Evidence['actors']['top']) =>
      section(renderText({ ...ALERT, evidence: { ...EVIDENCE, actors: { top, distinct: 1 } } }), 'LOOK').at(-1)
    expect(look([{ value: 'x', type: 'user', count: 1 }])).toMatch(/^All that the same actors did/)
    expect(look([{ value: 'anonymous', count: 1 }])).toMatch(/^All that the same addresses did/)
  })
})

test.each([
  [{ value: 'anonymous' }, false],
  [{ value: 'unknown' }, false],
  [{ value: 'anonymous', type: 'user' }, true],
  [{ value: 'alice' }, true],
])('%j is named: %s', (actor, expected) => {
  expect(isNamed(actor)).toBe(expected)
})

test.each([
  ['alarm', 'high', '[HIGH] Much was read: amzn-s3-demo-bucket'],
  ['closed', 'medium', '[MEDIUM] Closed: Much was read: amzn-s3-demo-bucket'],
  ['noData', 'critical', '[CRITICAL] No data: Much was read: amzn-s3-demo-bucket'],
  ['alarm', 'unknown', '[ALARM] Much was read: amzn-s3-demo-bucket'],
] as const)('the subject of %s, %s', (kind, severity, expected) => {
  expect(renderSubject({ ...ALERT, kind, severity })).toBe(expected)
})

describe('what does not fit SNS', () => {
  const long = (count: number, length: number) =>
    Array.from({ length: count }, (_, index) => ({
      ...EVIDENCE.records[0]!,
      key: `${index}`,
      userAgent: 'ü'.repeat(length),
    }))
  const kept = (records: Evidence['records']) => {
    const children = records.map((_, index) => ({ alarmName: `child-${index}` }))
    const { json, message } = renderAlert({ ...ALERT, children, evidence: { ...EVIDENCE, records } })
    const alert: Alert = JSON.parse(json)
    expect(Buffer.byteLength(message)).toBeLessThan(262_144 - 4096)
    return [alert.evidence!.records.length, alert.children!.length, alert.runbook.length]
  }

  test('is left out, in steps: five of each, two, none; what to do stays', () => {
    expect(kept(long(10, 1_000))).toEqual([10, 10, 2])
    expect(kept(long(20, 6_000))).toEqual([5, 5, 2])
    expect(kept(long(20, 12_000))).toEqual([2, 2, 2])
    expect(kept(long(20, 40_000))).toEqual([0, 0, 2])
  })

  test('the texts of a rule last: ten steps, 500 characters each, and links go', () => {
    const runbook = Array.from({ length: 400 }, () => 'x'.repeat(1_000))
    const { json } = renderAlert({ ...ALERT, runbook, description: 'd'.repeat(9_000), title: 't'.repeat(900) })
    const alert: Alert = JSON.parse(json)
    expect(alert.runbook.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 500))
    expect([alert.title.length, alert.description.length, alert.links]).toEqual([200, 2_000, {}])
  })
})

describe('the children of a composite alarm', () => {
  const message = JSON.parse(compositeMessage(['bucketwatch-prod-a']))
  const children = (changes: object) =>
    parseAlarmMessage(JSON.stringify({ ...message, ...changes }), 0)!.children.map(alarmNameOf)
  const other = 'arn:aws:cloudwatch:eu-central-1:111122223333:alarm:other transitioned to ALARM at Tuesday'

  test('are those that are listed, be it one; else the one in the reason', () => {
    expect(children({ NewStateReason: other })).toEqual(['bucketwatch-prod-a'])
    expect(children({ NewStateReason: other, TriggeringChildren: [] })).toEqual(['other'])
    expect(children({ NewStateReason: `so ${other}`, TriggeringChildren: [] })).toEqual([])
  })

  test('must be texts', () => {
    expect(children({ NewStateReason: '', TriggeringChildren: [{ Arn: 5 }, null, {}, 'x'] })).toEqual([])
  })
})

describe('readFacts: the note', () => {
  const note = (record: object) => readFacts(record, { timestamp: 0, message: '', logGroupName: 'g' }).note

  test('of a receipt, why; of a text that could not be read, the text; of a record, nothing', () => {
    expect(note({ kind: 'receipt', reason: 'digest', error: { code: 'A', message: 'b' } })).toBe('digest: A: b')
    expect(note({ raw: 'a line' })).toBe('a line')
    expect(note({ raw: 'a line', eventName: 'GetObject' })).toBeUndefined()
    expect(note({ raw: 'x'.repeat(400) })).toBe(`${'x'.repeat(299)}…`)
  })

  test('time and name: its own, else the log event’s and the kind', () => {
    const facts = (record: unknown) => readFacts(record, { timestamp: 1_000, message: 'a text', logGroupName: 'g' })
    expect(facts({ eventTime: 'e', time: 't', kind: 'receipt' })).toMatchObject({ time: 'e', eventName: 'receipt' })
    expect(facts({ time: 't', kind: 'event' })).toEqual({ time: 't', logGroupName: 'g' })
    expect(facts({ anonymous: true, status: 'ok' })).toMatchObject({
      actorType: 'anonymous',
      outcome: 'ok',
      time: '1970-01-01T00:00:01.000Z',
    })
    expect(facts([])).toEqual({ time: '1970-01-01T00:00:01.000Z', note: 'a text', logGroupName: 'g' })
    expect(facts({ bucket: 'b', key: 'k', requestParameters: { bucketName: 'c', key: '' } })).toMatchObject({
      bucket: 'c',
      key: 'k',
    })
  })
})
