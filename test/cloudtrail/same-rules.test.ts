import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { readDetections } from '../../shared/files/detections.ts'
import { call, data, ENVIRONMENT, RECORD_CASES, role } from '../cases/cloudtrail-records.ts'
import { generateCloudTrail } from '../support/generate.ts'

const NOW = Date.parse('2026-06-01T10:07:00Z')
const options = { environment: ENVIRONMENT, capBytes: 8192, now: () => NOW }
const lean = createCloudTrailNormalizer({ ...options, detail: 'lean' })
const full = createCloudTrailNormalizer({ ...options, detail: 'full' })
const { detections } = await readDetections('infra/detections')
const rules = compileRuleMatchers(detections, { account: '111122223333' })

/** The rules that match the record, of each detail; the full record is the raw one with the derived fields. */
function expectSame(record: unknown): readonly string[] {
  const bytes = Buffer.from(JSON.stringify(record))
  const ofLean = lean(bytes)
  const ofFull = full(bytes)
  const hits = matchRules(JSON.parse(ofFull.message), rules)
  expect(matchRules(JSON.parse(ofLean.message), rules)).toEqual(hits)
  expect(ofLean.view).toEqual(ofFull.view)
  return hits
}

describe('the same rules match the lean record and the full one', () => {
  test('every case', () => {
    const hits = new Set(RECORD_CASES.flatMap(({ record }) => expectSame(record)))
    expect(hits.size).toBeGreaterThan(20)
  })

  test('10,000 varied records', () => {
    const changes = {
      eventName: ['DeleteBucket', 'PutBucketPolicy', 'StopLogging', 'ConsoleLogin', 'GetObject', 'CreateAccessKey'],
      eventSource: ['s3.amazonaws.com', 'cloudtrail.amazonaws.com', 'iam.amazonaws.com', 'signin.amazonaws.com'],
      eventType: ['AwsServiceEvent', 'AwsConsoleSignIn', undefined],
      errorCode: ['AccessDenied', 'Client.UnauthorizedOperation', '200', undefined],
      errorMessage: ['Failed authentication', undefined],
      sourceIPAddress: ['192.0.2.200', '10.0.0.1', 'AWS Internal', undefined],
      userAgent: ['[rclone/v1.67.0]', 'Pacu/1', 'APN/1.0 HashiCorp/1.0 Terraform/1.7.5', undefined],
      userIdentity: [
        role('Admin'),
        role('X', { account: '555566667777' }),
        { type: 'Root', accountId: '111122223333' },
      ],
      readOnly: [true, false, 'True', undefined],
      responseElements: [{ ConsoleLogin: 'Success' }, { ConsoleLogin: 'Failure' }],
      additionalEventData: [{ MFAUsed: 'No' }, { bytesTransferredOut: 2e10 }, { AuthenticationMethod: 'QueryString' }],
      requestParameters: [{ bucketName: 'amzn-s3-demo-bucket-trail' }, { bucketName: 'b', key: '.env' }, null],
      tlsDetails: [{ tlsVersion: 'TLSv1' }, undefined],
      eventCategory: ['Data', 'Management', 'NetworkActivity', undefined],
    }
    const names = Object.keys(changes) as (keyof typeof changes)[]
    let seed = 7
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return (seed >>> 8) % below
    }
    const bases = [data('GetObject'), data('PutObject'), call('s3.amazonaws.com', 'PutBucketPolicy')]
    const hits = new Set<string>()
    let records = 0
    for (const generated of generateCloudTrail({ records: 10_000, seed: 11, errorShare: 0.1 })) {
      const base = random(2) === 0 ? generated : bases[random(bases.length)]!
      const varied: Record<string, unknown> = { ...base }
      for (let i = random(4); i > 0; i--) {
        const name = names[random(names.length)]!
        varied[name] = changes[name][random(changes[name].length)]
      }
      for (const id of expectSame(varied)) hits.add(id)
      records++
    }
    expect(records).toBe(10_000)
    expect(hits.size).toBeGreaterThan(20)
  })

  test('whatever the keys are called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        expectSame(data('GetObject', { key: key.toWellFormed() }))
      }),
    )
  })
})
