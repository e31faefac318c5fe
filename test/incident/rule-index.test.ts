import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAccessLogNormalizer } from '../../shared/access-log/normalize.ts'
import { createCloudTrailNormalizer } from '../../shared/cloudtrail/normalize.ts'
import type { Environment, NormalizedRecord } from '../../shared/contracts/record.ts'
import { compileDetections } from '../../shared/detection/compile.ts'
import { EMPTY_SETTINGS } from '../../shared/detection/settings.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import type { Expression, JsonCondition, Literal, Operator, SelectorSegment } from '../../shared/filter-pattern/ast.ts'
import { compileFilterPattern } from '../../shared/filter-pattern/compile.ts'
import { markCopy } from '../../shared/forward/copies.ts'
import { readFacts } from '../../shared/incident/facts.ts'
import { createMatcher } from '../../shared/incident/matcher.ts'
import { principalInView, principalOf } from '../../shared/incident/principal.ts'
import { createRuleIndex } from '../../shared/incident/rule-index.ts'
import { compilePattern } from '../../shared/metric/filter.ts'
import { generateAccessLogLines, generateCloudTrail } from '../support/generate.ts'

const ENVIRONMENT: Environment = {
  account: '111122223333',
  trustedAccounts: [],
  logBuckets: ['amzn-s3-demo-orders-1'],
  allowRanges: ['203.0.113.0/24'],
  blockRanges: ['198.51.100.0/25'],
  watchedBuckets: { 'amzn-s3-demo-media-1': ['arn:aws:iam::111122223333:role/app'] },
}
const OPTIONS = { environment: ENVIRONMENT, capBytes: 8192, now: () => 1773730000000 }

/** Calls that are rare in traffic, and what breaks rules of thumb. */
const ODD: readonly Record<string, unknown>[] = [
  { eventName: 5, eventSource: 's3.amazonaws.com' },
  { eventName: '', eventSource: 'iam.amazonaws.com' },
  { eventName: 'DeleteBucketPolicy', eventSource: 's3.amazonaws.com', managementEvent: true },
  {
    eventName: 'PutBucketPolicy',
    requestParameters: {
      bucketPolicy: {
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::amzn-s3-demo-bucket/*' },
        ],
      },
    },
  },
  { eventName: 'StopLogging', eventSource: 'cloudtrail.amazonaws.com' },
  {
    eventName: 'ConsoleLogin',
    eventSource: 'signin.amazonaws.com',
    errorMessage: 'Failed authentication',
    responseElements: { ConsoleLogin: 'Failure' },
  },
  {
    eventName: 'GetObject',
    userAgent: 'Pacu kali \\u0041 ü',
    requestParameters: { bucketName: 'amzn-s3-demo-orders-1', key: 'a/.aws/credentials' },
  },
  { eventName: 'GetObject', userAgent: 'back\\slash "quoted" \u0001', errorCode: 'AccessDenied' },
  { userIdentity: { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' } },
  {
    userIdentity: { type: 'AWSAccount', accountId: '999988887777', principalId: 'AIDAX' },
    recipientAccountId: '111122223333',
  },
  { userIdentity: { type: 'AWSAccount', accountId: 'anonymous', principalId: '' } },
  { additionalEventData: { bytesTransferredOut: 0.5, bytesTransferredIn: 0 } },
  {
    additionalEventData: { bytesTransferredOut: 5e9 },
    requestParameters: { omitted: true, reason: 'it is too large' },
  },
  { change: 'policy', public: true, action: 'mine', eventVersion: '1.08' },
]

function cloudTrail(detail: 'lean' | 'full', records: number, seed: number): NormalizedRecord[] {
  const normalize = createCloudTrailNormalizer({ ...OPTIONS, detail })
  const some = [...generateCloudTrail({ records, seed, errorShare: 0.2, s3DataShare: 0.5 })]
  const odd = ODD.map((changes, index) => JSON.stringify({ ...some[index % some.length], ...changes }))
  // Written with escapes that hide every letter of the texts.
  const hidden = odd.map((text) =>
    text.replace(/(?<=")(?=[A-Za-z]+")([A-Za-z])/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
  )
  const texts = [
    ...some.map((record) => JSON.stringify(record)),
    ...odd,
    ...hidden,
    JSON.stringify(some[0], null, 2),
    '{',
    '[]',
  ]
  return texts.map((text) => normalize(text))
}

function accessLog(detail: 'lean' | 'full', lines: number, seed: number): NormalizedRecord[] {
  const normalize = createAccessLogNormalizer({ ...OPTIONS, detail })
  return [...generateAccessLogLines({ lines, seed, oddShare: 0.3 }), 'no line', ''].map((line) => normalize(line))
}

/** Calls that were logged before. */
function copies(records: readonly NormalizedRecord[]): NormalizedRecord[] {
  const call = { ids: ['shared/1'], loggedAs: 'Data/111122223333' }
  return records.map(({ view, message }) => ({ view: { ...view, call }, message: markCopy(message) }))
}

const RECORDS = (['lean', 'full'] as const).flatMap((detail) => [
  ...cloudTrail(detail, 60, 5),
  ...copies(cloudTrail(detail, 8, 7).slice(0, 8)),
  ...accessLog(detail, 80, 6),
])

// ---------------------------------------------------------------------------------------------------------- patterns

/** Paths and values as they stand in the records, so that patterns match often. */
const SEEN = new Map<string, { readonly segments: readonly SelectorSegment[]; readonly values: unknown[] }>()
function collect(node: unknown, segments: readonly SelectorSegment[]): void {
  if (segments.length > 0) {
    const id = JSON.stringify(segments)
    const seen = SEEN.get(id) ?? { segments, values: [] }
    if (seen.values.length < 12 && !seen.values.includes(node)) seen.values.push(node)
    SEEN.set(id, seen)
  }
  if (typeof node !== 'object' || node === null || segments.length > 2) return
  for (const [name, value] of Object.entries(node)) {
    collect(value, [...segments, Array.isArray(node) ? { type: 'index', index: Number(name) } : { type: 'name', name }])
  }
}
for (const { message } of RECORDS) collect(JSON.parse(message), [])
const VIEW_FIELDS =
  'kind source eventName eventSource eventCategory action outcome errorClass awsService anonymous logBucket change toolRisk ipClass keyClass crossAccount bytesOut weakens public tool sse errorCode external website person userAgent copy'
const places = [...SEEN.values()]
const often = places.filter(
  ({ segments: [one, two] }) => two === undefined && one?.type === 'name' && VIEW_FIELDS.split(' ').includes(one.name),
)

const literalOf = (value: unknown, glob: number): Literal => {
  if (typeof value === 'number') return { type: 'number', text: String(value) }
  const text = typeof value === 'string' ? value : String(value)
  const cut = Math.ceil(text.length / 2)
  const globs = [text, `${text.slice(0, cut)}*`, `*${text.slice(cut)}`, `*${text.slice(1, -1)}*`]
  return { type: 'string', value: globs[glob] ?? text }
}

const condition: fc.Arbitrary<JsonCondition> = fc
  .record({
    place: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...often) },
      { weight: 1, arbitrary: fc.constantFrom(...places) },
    ),
    pick: fc.nat(),
    kind: fc.constantFrom('=', '=', '=', '!=', 'order', 'is', 'notExists', 'wildcard'),
    glob: fc.constantFrom(0, 0, 0, 1, 2, 3),
    order: fc.constantFrom<Operator>('<', '<=', '>', '>='),
    state: fc.constantFrom('NULL' as const, 'TRUE' as const, 'FALSE' as const),
    bound: fc.constantFrom(0, 1, 10, 1e6, 2 ** 53),
  })
  .map(({ place, pick, kind, glob, order, state, bound }): JsonCondition => {
    const value = place.values[pick % place.values.length]
    const selector = { segments: place.segments }
    if (kind === 'notExists') return { type: 'notExists', selector }
    if (kind === 'is') return { type: 'is', selector, value: state }
    if (kind === 'order')
      return { type: 'comparison', selector, operator: order, literal: { type: 'number', text: String(bound) } }
    if (kind === 'wildcard') {
      const segments: SelectorSegment[] = [...place.segments.slice(0, -1), { type: 'wildcard', style: 'dot' }]
      return {
        type: 'comparison',
        selector: { segments },
        operator: pick % 2 === 0 ? '=' : '!=',
        literal: literalOf(value, glob),
      }
    }
    return { type: 'comparison', selector, operator: kind as Operator, literal: literalOf(value, glob) }
  })

const expression: fc.Arbitrary<Expression<JsonCondition>> = fc.letrec<{ node: Expression<JsonCondition> }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    condition,
    fc
      .record({
        type: fc.constantFrom('and' as const, 'or' as const),
        operands: fc.array(tie('node'), { minLength: 2, maxLength: 4 }),
      })
      .map((compound) => compound as Expression<JsonCondition>),
  ),
})).node

const matchAll = (rules: readonly { pattern: ReturnType<typeof compilePattern> }[], { message }: NormalizedRecord) =>
  rules.filter(({ pattern }) => pattern.match(message))

describe('the index of rules', () => {
  it('finds with random patterns what trying all of them finds', () => {
    let matches = 0
    fc.assert(
      fc.property(fc.array(expression, { minLength: 1, maxLength: 5 }), (expressions) => {
        const rules = expressions.map((one) => ({ pattern: compileFilterPattern({ kind: 'json', expression: one }) }))
        const matcher = createMatcher(rules)
        for (const record of RECORDS) {
          const all = matchAll(rules, record)
          matches += all.length
          expect([...matcher.match(record.view, record.message)]).toEqual(all)
        }
      }),
      { numRuns: 150 },
    )
    expect(matches).toBeGreaterThan(1000)
  })

  it('finds with the shipped rules what trying all of them finds, and tries few', async () => {
    const detections = await loadDetections('infra/detections')
    const settings = { ...EMPTY_SETTINGS, environment: ENVIRONMENT }
    const { rules } = compileDetections({
      detections: detections.map((detection) => ({ ...detection, enabled: true })),
      settings,
      stage: 'test',
    })
    expect(rules.length).toBeGreaterThan(70)
    const compiled = rules.map(({ pattern, detection }) => ({ id: detection.id, pattern: compilePattern(pattern) }))
    const matcher = createMatcher(compiled)
    for (const record of RECORDS) {
      expect([...matcher.match(record.view, record.message)]).toEqual(matchAll(compiled, record))
    }
    const index = createRuleIndex(compiled)
    const ordinary = cloudTrail('lean', 200, 9).slice(0, 200)
    const tried = ordinary.flatMap(({ view, message }) =>
      index
        .candidates(view, message)
        .verdicts.filter(
          ({ isCertain, say }) => !isCertain && say(view, { message, mayHide: () => false }) === undefined,
        ),
    )
    expect(tried.length / ordinary.length).toBeLessThan(0.15)
  })

  it('remembers no more looks of records than it has room for', () => {
    const rule = { pattern: compilePattern('{ $.eventName = "Made*" && $.outcome = "success" }') }
    const matcher = createMatcher([rule])
    const [{ view }] = cloudTrail('lean', 1, 1) as [NormalizedRecord]
    for (let i = 0; i < 20_000; i++) {
      const eventName = i % 2 === 0 ? `Made${i}` : 'Other'
      const made = { ...view, eventName, action: `made.${i}` }
      const message = JSON.stringify({ eventName, outcome: 'success' })
      expect(matcher.match(made, message).length).toBe(i % 2 === 0 ? 1 : 0)
    }
  })

  it('takes patterns of other kinds than JSON', () => {
    const rules = ['', 'ERROR', '[a, b]'].map((text) => ({ pattern: compilePattern(text) }))
    const [{ view }] = cloudTrail('lean', 1, 1) as [NormalizedRecord]
    expect(createMatcher(rules).match(view, 'ERROR here')).toEqual(rules)
    expect(createMatcher(rules).match(view, '{"a":"ERROR"}')).toEqual(rules.slice(0, 2))
  })
})

describe('what a view says without its message', () => {
  it('whose incident it is, as the message says it', () => {
    let told = 0
    for (const { view, message } of RECORDS) {
      const principal = principalInView(view)
      if (principal === undefined) continue
      told += 1
      const facts = readFacts(JSON.parse(message), { timestamp: 0, message, logGroupName: 'g' })
      expect(principal).toBe(principalOf(facts))
    }
    expect(told).toBeGreaterThan(RECORDS.length / 2)
  })
})
