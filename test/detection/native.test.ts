import { beforeAll, describe, expect, test } from 'vitest'
import { nativePage } from '../../infra/native-doc.ts'
import { renderNative } from '../../shared/detection/native.ts'
import { resolvePlaceholders } from '../../shared/detection/pattern.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import { RECORD_SCHEMAS } from '../../shared/filter-pattern/record-schemas.ts'
import { compilePattern } from '../../shared/metric/filter.ts'
import { cloudTrailRecords } from '../vocabulary/records.ts'

const detections = await loadDetections('infra/detections')
const patternOf = (text: string) => resolvePlaceholders(text, { account: '111122223333', stage: 'prod' }).pattern
const rendered = (kind: 'cloudtrail' | 'access-log') =>
  detections
    .filter(({ sources }) => (sources as readonly string[]).includes(kind))
    .flatMap(({ id, pattern }) => {
      const native = renderNative(patternOf(pattern), kind)
      return native.ok ? [[id, patternOf(pattern), native.pattern] as const] : []
    })

describe('renderNative', () => {
  test.each([
    ['{ $.source = "cloudtrail" && $.eventName = "StopLogging" }', 'cloudtrail', '{ $.eventName = "StopLogging" }'],
    ['{ $.source != "s3access" && $.eventName = "A" }', 'cloudtrail', '{ $.eventName = "A" }'],
    [
      '{ ($.source = "s3access" || $.eventName = "A") && $.errorCode = "B" }',
      'cloudtrail',
      '{ $.eventName = "A" && $.errorCode = "B" }',
    ],
    [
      '{ $.userAgent = "*x*" && $.sourceIPAddress = "192.0.2.1" }',
      'access-log',
      '{ $.user_agent = "*x*" && $.remote_ip = "192.0.2.1" }',
    ],
    [
      '{ $.errorCode NOT EXISTS && $.requestParameters.bucketName = "b" }',
      'access-log',
      '{ $.error_code IS NULL && $.bucket_name = "b" }',
    ],
  ] as const)('%s of %s', (pattern, kind, expected) => {
    expect(renderNative(pattern, kind)).toEqual({ ok: true, pattern: expected })
  })

  test.each([
    ['{ $.action = "object.read" && $.outcome = "success" }', 'cloudtrail', ['action', 'outcome']],
    ['{ $.eventName = "GetObject" }', 'access-log', ['eventName']],
    // Numbers may come as text, times and keys are written otherwise.
    ['{ $.httpStatus >= 500 }', 'access-log', ['httpStatus']],
    ['{ $.requestParameters.key = "*.env" }', 'access-log', ['requestParameters.key']],
    // Never true of such records, and no JSON pattern.
    ['{ $.source = "s3access" && $.eventName = "A" }', 'cloudtrail', []],
    ['ERROR', 'cloudtrail', []],
  ] as const)('%s of %s needs our records', (pattern, kind, needs) => {
    expect(renderNative(pattern, kind)).toEqual({ ok: false, needs })
  })
})

describe('the rules', () => {
  let records: Awaited<ReturnType<typeof cloudTrailRecords>>
  beforeAll(async () => {
    records = await cloudTrailRecords()
  })

  test.each(rendered('cloudtrail'))('%s finds in CloudTrail’s records what it finds in ours', (_id, own, native) => {
    const [ours, theirs] = [compilePattern(own), compilePattern(native)]
    for (const { raw, full } of records) {
      // Our records of Insights and aggregated events have the call's name and source on top; CloudTrail's have them deeper.
      if (/"eventType":"Aws(CloudTrailInsight|AggregatedEvent)"/.test(raw.text)) continue
      expect(theirs.matchParsed(raw.value), raw.text).toBe(ours.matchParsed(full.value))
    }
  })

  test.each([
    ...rendered('cloudtrail').map((one) => ['raw', ...one] as const),
    ...rendered('access-log').map((one) => ['native', ...one] as const),
  ])('of %s records, %s is a pattern that CloudWatch Logs takes', (schema, _id, _own, native) => {
    const findings = lintFilterPattern(native, RECORD_SCHEMAS[schema])
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test('the page says which can, and what the others need', () => {
    const { file, is, wanted } = nativePage(detections)
    expect(is, `${file}: npm run readme`).toBe(wanted)
  })
})
