import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SEVERITIES } from '../../shared/detection/schema.ts'
import { FINDING_EVENTS } from '../../shared/incident/finding.ts'
import { EVENT_BRIDGE_MAX_BYTES, eventEntry } from '../../shared/target/event-bridge.ts'
import { detectionFinding } from '../../shared/target/ocsf.ts'
import { PAGER_DUTY_LIMITS, pagerDutyEvent } from '../../shared/target/pager-duty.ts'
import { ASFF_LIMITS, securityFinding } from '../../shared/target/security-hub.ts'
import { ACCOUNT, finding, findings } from './support.ts'

const KEY = 'R0'.padEnd(32, '7')

describe('PagerDuty', () => {
  const event = (of = finding()) => JSON.parse(pagerDutyEvent(of, KEY))

  test('triggers an alert with the incident as its key', () => {
    expect(event()).toMatchObject({
      routing_key: KEY,
      event_action: 'trigger',
      dedup_key: '5f1d0c2ab37e9d44',
      client: 'bucketwatch prod',
      links: [{ text: 'Records', href: expect.stringContaining('https://') }],
      payload: {
        summary: expect.stringContaining('[CRITICAL] Bucket policy grants Principal *'),
        source: 'amzn-s3-demo-customer-data',
        severity: 'critical',
        timestamp: '2026-03-17T07:48:02.000Z',
        class: 's3-policy-public',
        custom_details: { kind: 'finding', incidentId: '5f1d0c2ab37e9d44' },
      },
    })
  })

  test('later findings join it, and the closing resolves it', () => {
    const events = FINDING_EVENTS.map((name) => event(finding({ event: name })))
    expect(events.map(({ event_action }) => event_action)).toEqual(['trigger', 'trigger', 'trigger', 'resolve'])
    expect(new Set(events.map(({ dedup_key }) => dedup_key)).size).toBe(1)
  })

  test('the five severities are its four', () => {
    expect(SEVERITIES.map((severity) => event(finding({ severity })).payload.severity)).toEqual([
      'info',
      'info',
      'warning',
      'error',
      'critical',
    ])
  })

  test('fits, whatever comes', () => {
    fc.assert(
      fc.property(findings, (of) => {
        const json = pagerDutyEvent(of, KEY)
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(PAGER_DUTY_LIMITS.bytes)
        const { payload, dedup_key } = JSON.parse(json)
        expect(dedup_key.length).toBeLessThanOrEqual(PAGER_DUTY_LIMITS.dedupKey)
        if (payload === undefined) return
        expect(payload.summary.length).toBeLessThanOrEqual(PAGER_DUTY_LIMITS.summary)
        expect(payload.source).toEqual(expect.any(String))
      }),
      { numRuns: 60 },
    )
  })
})

/** What OCSF 1.5 requires of a Detection Finding, and what it lets stand there. */
const OCSF: Readonly<Record<string, (value: unknown) => boolean>> = {
  activity_id: (id) => [1, 2, 3].includes(id as number),
  category_uid: (id) => id === 2,
  class_uid: (id) => id === 2004,
  type_uid: (id) => [200_401, 200_402, 200_403].includes(id as number),
  severity_id: (id) => Number.isInteger(id) && (id as number) >= 1 && (id as number) <= 5,
  status_id: (id) => [1, 2, 4].includes(id as number),
  time: Number.isSafeInteger,
  start_time: Number.isSafeInteger,
  end_time: Number.isSafeInteger,
  count: (count) => Number.isSafeInteger(count) && (count as number) > 0,
  metadata: (value) => {
    const { version, product, profiles } = value as Record<string, unknown>
    const { name, vendor_name } = product as Record<string, unknown>
    return (
      version === '1.5.0' && name === 'bucketwatch' && vendor_name === 'bucketwatch' && String(profiles) === 'cloud'
    )
  },
  cloud: (value) => (value as Record<string, unknown>).provider === 'AWS',
  finding_info: (value) => {
    const { uid, title } = value as Record<string, unknown>
    return typeof uid === 'string' && uid !== '' && typeof title === 'string'
  },
}

describe('OCSF', () => {
  test('is a Detection Finding, with all that it requires, whatever comes', () => {
    fc.assert(
      fc.property(findings, (of) => {
        const made: Readonly<Record<string, unknown>> = detectionFinding(of)
        for (const [name, holds] of Object.entries(OCSF)) expect([name, holds(made[name])]).toEqual([name, true])
        expect(made.type_uid).toBe(200_400 + Number(made.activity_id))
      }),
      { numRuns: 60 },
    )
  })

  test('says who did what to what', () => {
    expect(detectionFinding(finding())).toMatchObject({
      activity_name: 'Create',
      status: 'New',
      severity: 'Critical',
      cloud: { region: 'eu-central-1', account: { uid: ACCOUNT, type_id: 10 } },
      finding_info: {
        uid: '5f1d0c2ab37e9d44',
        first_seen_time: Date.UTC(2026, 2, 17, 7, 46, 10),
        analytic: { uid: 's3-policy-public', type_id: 1 },
        attacks: [{ technique: { uid: 'T1537' } }],
      },
      resources: [{ type: 'AWS::S3::Bucket', uid: 'arn:aws:s3:::amzn-s3-demo-customer-data' }],
      evidences: [{ actor: { user: { credential_uid: 'AKIAIOSFODNN7EXAMPLE' } }, src_endpoint: { ip: '192.0.2.66' } }],
    })
    const events = FINDING_EVENTS.map((event) => detectionFinding(finding({ event })))
    expect(events.map(({ type_uid, status }) => [type_uid, status])).toEqual([
      [200_401, 'New'],
      [200_402, 'In Progress'],
      [200_402, 'In Progress'],
      [200_403, 'Resolved'],
    ])
  })
})

describe('EventBridge', () => {
  test('is an entry whose detail is the OCSF finding', () => {
    const { Source, DetailType, Detail, Time, Resources } = eventEntry(finding())
    expect([Source, DetailType, Time.toISOString()]).toEqual(['bucketwatch', 'Detection Finding', finding().time])
    expect(Resources).toEqual(['arn:aws:s3:::amzn-s3-demo-customer-data'])
    expect(JSON.parse(Detail)).toEqual(JSON.parse(JSON.stringify(detectionFinding(finding()))))
  })

  test('fits, whatever comes', () => {
    fc.assert(
      fc.property(findings, (of) => {
        const { Source, DetailType, Detail, Resources } = eventEntry(of)
        const bytes = [Source, DetailType, Detail, ...Resources].reduce(
          (sum, text) => sum + Buffer.byteLength(text),
          14,
        )
        expect(bytes).toBeLessThanOrEqual(EVENT_BRIDGE_MAX_BYTES)
      }),
      { numRuns: 60 },
    )
  })
})

describe('Security Hub', () => {
  const OWN = { accountId: '444455556666', region: 'eu-central-1' }
  const made = (of = finding()) => securityFinding(of, OWN)

  test('is a finding of the default product of the account that imports it', () => {
    expect(made()).toMatchObject({
      SchemaVersion: '2018-10-08',
      Id: 'bucketwatch/prod/5f1d0c2ab37e9d44',
      ProductArn: 'arn:aws:securityhub:eu-central-1:444455556666:product/444455556666/default',
      AwsAccountId: '444455556666',
      GeneratorId: 'bucketwatch/s3-policy-public',
      FindingProviderFields: { Severity: { Label: 'CRITICAL' } },
      RecordState: 'ACTIVE',
      Resources: [{ Type: 'AwsS3Bucket', Id: 'arn:aws:s3:::amzn-s3-demo-customer-data' }],
      Remediation: { Recommendation: { Text: 'Deactivate AKIAIOSFODNN7EXAMPLE. Put the policy back.' } },
    })
  })

  test('the closing archives the same finding; the update is newer', () => {
    const closed = made(finding({ event: 'closed', time: '2026-03-18T00:00:00.000Z' }))
    expect([closed.Id, closed.RecordState]).toEqual([made().Id, 'ARCHIVED'])
    expect(closed.UpdatedAt > made().UpdatedAt).toBe(true)
  })

  test('an account stands for buckets that are not known', () => {
    expect(made(finding({ buckets: [] })).Resources).toMatchObject([
      { Type: 'AwsAccount', Id: `AWS::::Account:${ACCOUNT}` },
    ])
  })

  test('has what is required, within its limits, whatever comes', () => {
    fc.assert(
      fc.property(findings, (of) => {
        const asff = made(of)
        for (const [text, max] of [
          [asff.Title, ASFF_LIMITS.title],
          [asff.Description, ASFF_LIMITS.description],
          [asff.Id, ASFF_LIMITS.id],
          [asff.GeneratorId, ASFF_LIMITS.id],
          ...asff.Resources.map(({ Id }) => [Id, ASFF_LIMITS.resourceId] as const),
          ...Object.values(asff.ProductFields).map((value) => [value, ASFF_LIMITS.productField] as const),
        ] as const) {
          expect(text.length).toBeGreaterThan(0)
          expect(text.length).toBeLessThanOrEqual(max)
        }
        for (const time of [asff.CreatedAt, asff.UpdatedAt, asff.FirstObservedAt, asff.LastObservedAt])
          expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        expect(asff.Resources.length).toBeGreaterThan(0)
        expect(asff.Resources.length).toBeLessThanOrEqual(ASFF_LIMITS.resources)
        expect(asff.Types.every((type) => /^[^/]+(\/[^/]+){0,2}$/.test(type))).toBe(true)
        expect(Buffer.byteLength(JSON.stringify(asff))).toBeLessThan(240 * 1000)
      }),
      { numRuns: 60 },
    )
  })
})
