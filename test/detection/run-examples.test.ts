import { describe, expect, it } from 'vitest'
import {
  ACCESS_LOG_FIELDS,
  completeAccessLogLine,
  completeCloudTrailRecord,
} from '../../shared/detection/example-input.ts'
import { lintDetection } from '../../shared/detection/lint.ts'
import { parseDetection } from '../../shared/detection/load.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { formatProblems, problemsError } from '../../shared/detection/problem.ts'
import { runExamples } from '../../shared/detection/run-examples.ts'
import type { Detection, DetectionSource } from '../../shared/detection/schema.ts'
import { readDetections } from '../../shared/files/detections.ts'

function detection(fields: object): Detection {
  const text = JSON.stringify({
    id: 'a-rule',
    title: 'A rule',
    severity: 'low',
    description: 'What it sees.',
    sources: ['cloudtrail', 'access-log'],
    falsePositives: ['none known'],
    runbook: ['Look.'],
    ...fields,
  })
  const parsed = parseDetection(text, 'test/a-rule.yml')
  if (!parsed.ok) throw problemsError('DETECTION_INVALID', parsed.problems)
  return parsed.value
}

describe('the detections in infra/detections', async () => {
  const { detections, problems } = await readDetections('infra/detections')

  it('are all valid', () => {
    expect(formatProblems(problems)).toBe('')
    expect(detections.length).toBeGreaterThan(0)
  })

  it.each(detections.map((each) => [each.id, each] as const))('%s: its examples come out right', (_id, each) => {
    const wrong = runExamples([each]).filter(({ ok }) => !ok)
    expect(
      wrong.map(({ list, name, detail, problems: found }) => `${list} "${name}" (${detail}): ${found.join('; ')}`),
    ).toEqual([])
  })
})

describe('runExamples', () => {
  it('runs each example lean and full, records as they are', () => {
    const results = runExamples([
      detection({
        pattern: '{ $.action = "object.read" && $.outcome = "success" }',
        examples: {
          hits: [
            {
              name: 'trail',
              kind: 'cloudtrail',
              input: { eventSource: 's3.amazonaws.com', eventName: 'GetObject', eventCategory: 'Data' },
            },
            {
              name: 'log',
              kind: 'access-log',
              input: { key: 'a%2520b' },
              expect: { requestParameters: { key: 'a b' }, errorCode: null },
            },
          ],
          misses: [
            {
              name: 'denied',
              kind: 'access-log',
              input: { httpStatus: 403, errorCode: 'AccessDenied' },
              expect: { errorClass: 'denied' },
            },
            { name: 'receipt', kind: 'record', input: { kind: 'receipt' } },
          ],
        },
      }),
    ])
    expect(results.map(({ list, name, detail, ok, problems }) => [list, name, detail, ok, problems])).toEqual([
      ['hits', 'trail', 'lean', true, []],
      ['hits', 'trail', 'full', true, []],
      ['hits', 'log', 'lean', true, []],
      ['hits', 'log', 'full', true, []],
      ['misses', 'denied', 'lean', true, []],
      ['misses', 'denied', 'full', true, []],
      ['misses', 'receipt', 'record', true, []],
    ])
  })

  it('says what came out wrong', () => {
    const input = { a: 1, b: { c: [1] } }
    const results = runExamples([
      detection({
        pattern: '{ $.a = 1 }',
        examples: {
          hits: [
            { name: '1', kind: 'record', input: {}, expect: { b: { c: 2 } } },
            { name: '2', kind: 'record', input, expect: { a: null, b: { c: [2] }, d: 'x' } },
          ],
          misses: [
            { name: '1', kind: 'record', input, expect: { a: 1, b: { c: [1], d: null } } },
            { name: '2', kind: 'record', input: { a: 2 } },
          ],
        },
      }),
    ])
    expect(results.map(({ problems }) => problems)).toEqual([
      ['should match, and does not', 'b should be {"c":2}, is absent'],
      ['a should be absent, is 1', 'b.c should be [2], is [1]', 'd should be "x", is absent'],
      ['should not match, and does'],
      [],
    ])
  })
})

describe('example inputs', () => {
  it('fill in whole top-level fields of a record only', () => {
    const record = completeCloudTrailRecord({ eventName: 'X', userIdentity: { type: 'Root' }, eventCategory: 'Data' })
    expect(record).toMatchObject({
      eventName: 'X',
      eventCategory: 'Data',
      managementEvent: false,
      eventType: 'AwsApiCall',
    })
    expect(record.userIdentity).toEqual({ type: 'Root' })
    expect(completeCloudTrailRecord({}).managementEvent).toBe(true)
  })

  it('make a line of 27 fields', () => {
    expect(ACCESS_LOG_FIELDS).toHaveLength(27)
    const line = completeAccessLogLine({ requester: '-', userAgent: 'a "b"', time: '[01/Jan/2026:00:00:00 +0000]' })
    expect(line).toMatch(
      /^79a59df900b9\S+ amzn-s3-demo-bucket1 \[01\/Jan\/2026:00:00:00 \+0000\] 198\.51\.100\.7 - EXAMPLE/,
    )
    expect(line).toContain(' "GET /photos/a.jpg HTTP/1.1" 200 - 1024 1024 12 11 "-" "a "b"" - ')
    expect(line).toMatch(/ TLSv1\.3 - - eu-central-1$/)
  })
})

describe('matchRules', () => {
  it('names every rule whose pattern matches, in order', () => {
    const rules = compileRuleMatchers(
      [
        { id: 'b', pattern: '{ $.eventName = "A" }' },
        { id: 'none', pattern: '{ $.eventName = "C" }' },
        { id: 'own', pattern: '{ $.recipientAccountId = "{{account}}" }' },
        { id: 'a', pattern: '{ $.eventName = "A*" && $.stage NOT EXISTS }' },
      ],
      { account: '111122223333' },
    )
    expect(matchRules({ eventName: 'A', recipientAccountId: '111122223333' }, rules)).toEqual(['b', 'own', 'a'])
    expect(matchRules({ eventName: 'AB' }, rules)).toEqual(['a'])
    expect(matchRules('A', rules)).toEqual([])
  })
})

describe('lintDetection', () => {
  it('knows the fields that every record has, and the booleans', () => {
    const found = (pattern: string) => lintDetection({ pattern, sources: ['cloudtrail'] }).map(({ rule }) => rule)
    expect(found('{ $.tool != "console" && $.weakens IS TRUE }')).toEqual([])
    expect(found('{ $.sse != "kms" }')).toEqual(['not-equal-absent'])
    expect(found('{ $.ipClass != "allow" }')).toEqual(['not-equal-absent', 'left-out'])
    expect(found('{ $.public = true }')).toContain('boolean-comparison')
  })

  it.each<[string, string[]]>([
    ['{ $.toolRisk != "iac" }', ['not-equal-absent', 'left-out']],
    ['{ $.toolRisk NOT EXISTS || $.toolRisk != "iac" }', []],
    ['{ $.awsService IS FALSE }', ['left-out']],
    ['{ $.awsService IS TRUE }', []],
    ['{ ($.awsService NOT EXISTS || $.awsService IS FALSE) && $.action = "object.read" }', []],
    ['{ $.readOnly IS FALSE }', []],
    ['{ $.readOnly IS TRUE }', ['left-out']],
    ['{ $.change = "n*" }', ['left-out']],
    ['{ $.change = "policy" }', []],
    ['{ $.httpStatus >= 200 && $.httpStatus < 300 }', ['left-out', 'left-out']],
    ['{ $.httpStatus = 403 }', []],
    ['{ $.hostId = "x" }', ['left-out']],
    ['{ $.actor = "x" }', ['left-out']],
    ['{ $.source = "cloudtrail" && $.awsService IS FALSE }', ['left-out', 'left-out']],
    ['{ $.source = "cloudtrail" && $.readOnly IS TRUE }', ['left-out', 'left-out']],
    ['{ $.source = "cloudtrail" && $.httpStatus = 200 }', ['left-out']],
    ['{ ($.source NOT EXISTS || $.source = "cloudtrail") && $.eventVersion = "1.*" }', ['left-out']],
    ['{ $.actorType = "root" }', ['left-out']],
    ['{ $.actorType = "root" || $.userIdentity.type = "Root" }', []],
    ['{ $.actorType = "root" || ($.actorType NOT EXISTS && $.userIdentity.type = "Root") }', []],
    ['{ $.actorType = "root" && $.userIdentity.type = "Root" }', ['left-out']],
    ['{ $.keyId = "AKIA*" || $.userIdentity.accessKeyId = "AKIA*" }', []],
    ['{ $.kind = "receipt" && $.awsService IS FALSE }', []],
    ['{ $.source = "s3access" && $.awsService IS FALSE }', ['left-out']],
    ['{ ($.source = "cloudtrail" && $.anonymous IS FALSE) || $.source = "s3access" }', ['left-out', 'left-out']],
    ['{ ($.source NOT EXISTS || $.kind = "event") && $.weakens IS FALSE }', ['left-out', 'left-out']],
  ])('knows what lean records leave out: %s', (pattern, rules) => {
    expect(lintDetection({ pattern, sources: ['cloudtrail', 'access-log'] }).map(({ rule }) => rule)).toEqual(rules)
    expect(lintDetection({ pattern }).map(({ rule }) => rule)).toEqual(rules)
    expect(lintDetection({ pattern, sources: ['pipeline'] }).map(({ rule }) => rule)).not.toContain('left-out')
  })

  it.each<[string, DetectionSource[], string]>([
    ['{ $.readOnly IS TRUE }', ['cloudtrail'], 'Lean CloudTrail records leave $.readOnly out where it is true'],
    ['{ $.readOnly IS FALSE }', ['cloudtrail'], ''],
    ['{ $.readOnly IS TRUE }', ['access-log'], 'Lean access-log records leave $.readOnly out where it is true'],
    ['{ $.kind = "event" }', ['cloudtrail'], 'Lean CloudTrail records leave $.kind out where it is "event"'],
    ['{ $.actor = "x" }', ['cloudtrail'], 'Lean CloudTrail records leave $.actor out as a rule'],
    ['{ $.resources[0].type = "x" }', ['cloudtrail'], ''],
    ['{ $.tlsDetails.tlsVersion = "x" }', ['cloudtrail'], 'Lean CloudTrail records have $.tlsDetails.tlsVersion only'],
  ])('says of which kind: %s %s', (pattern, sources, said) => {
    const messages = lintDetection({ pattern, sources }).map(({ message }) => message)
    expect(messages.join()).toContain(said)
    expect(messages).toHaveLength(said === '' ? 0 : 1)
  })

  it('every rule that counts calls counts a copied call once', async () => {
    const { detections } = await readDetections('infra/detections')
    const counting = detections.filter(
      // The CIS texts are the benchmark's own; what is late or silent are records, not calls.
      ({ alarm, metric, pack, sources }) =>
        sources.includes('cloudtrail') &&
        pack !== 'cis' &&
        pack !== 'pipeline' &&
        (alarm.threshold > 1 || !Number.isFinite(Number(metric.value))),
    )
    expect(counting.length).toBeGreaterThan(3)
    expect(counting.filter(({ pattern }) => !pattern.includes('$.copy NOT EXISTS')).map(({ id }) => id)).toEqual([])
  })
})
