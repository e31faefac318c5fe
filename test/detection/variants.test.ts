/** Every variant, in lean and in full records, by the rules as they are shipped. */
import { describe, expect, test } from 'vitest'
import { completeAccessLogLine } from '../../shared/detection/example-input.ts'
import { compileRuleMatchers, matchRules } from '../../shared/detection/match-rules.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { parseEnvironment } from '../../shared/settings/environment.ts'
import { SERIOUS, TOLD, type Variant } from './variant-calls.ts'
import { NAMES, VARIANTS } from './variants.ts'
import { CALLERS } from './variants-callers.ts'
import { GUARDS } from './variants-guards.ts'
import { LINES } from './variants-lines.ts'
import { MORE_NAMES } from './variants-names.ts'
import { POLICIES } from './variants-policy.ts'
import { SETTINGS } from './variants-settings.ts'

const detections = (await loadDetections('infra/detections')).filter(({ enabled }) => enabled)
const matchers = compileRuleMatchers(detections, { account: '111122223333' })
/** They tell of where a call comes from, or that logs come at all. */
const CATCH_ALL = /^(?:cis-|pipe-|ip-outside-allow$)/
const serious = new Set(
  detections
    .filter(({ id, severity }) => !CATCH_ALL.test(id) && severity !== 'low' && severity !== 'info')
    .map(({ id }) => id),
)

/** The rules that are on and match, by what is kept of the record. */
function matched([, call, , settings]: Variant) {
  const environment = parseEnvironment({
    account: '111122223333',
    logBuckets: ['amzn-s3-demo-trail-logs'],
    ...settings,
  })
  return (['lean', 'full'] as const).map((detail) => {
    const readers = createReaders({
      environment,
      detail,
      capBytes: 8192,
      now: () => Date.parse('2026-01-15T09:35:00Z'),
    })
    return matchRules(JSON.parse(readers.cloudtrail.normalize(JSON.stringify(call)).message), matchers)
  })
}

function check(variant: Variant): void {
  const [, , rules] = variant
  const wanted = rules.filter((rule) => !rule.startsWith('!'))
  for (const ids of matched(variant)) {
    const isWanted = (id: string) => wanted.includes(id) || (wanted.includes(TOLD) && serious.has(id))
    if (wanted.length > 0) expect(ids.filter(isWanted)).not.toEqual([])
    expect(ids.filter((id) => rules.includes(`!${id}`) || (rules.includes(SERIOUS) && serious.has(id)))).toEqual([])
  }
}

describe('other spellings of what is told, and what is like it', () => {
  test.each([...VARIANTS, ...POLICIES, ...SETTINGS, ...GUARDS, ...CALLERS])('%s', (...variant) =>
    check(variant as unknown as Variant),
  )
})

describe('lines of access logs', () => {
  test.each(LINES)('%s', (_, fields, rules) => {
    const environment = parseEnvironment({ account: '111122223333', logBuckets: ['amzn-s3-demo-trail-logs'] })
    for (const detail of ['lean', 'full'] as const) {
      const now = () => Date.parse('2026-01-15T09:35:00Z')
      const readers = createReaders({ environment, detail, capBytes: 8192, now })
      const { message } = readers['access-log'].normalize(completeAccessLogLine(fields))
      const ids = matchRules(JSON.parse(message), matchers)
      const wanted = rules.filter((rule) => !rule.startsWith('!'))
      if (wanted.length > 0) expect(ids.filter((id) => wanted.includes(id))).not.toEqual([])
      expect(ids.filter((id) => rules.includes(`!${id}`))).toEqual([])
    }
  })
})

describe('names', () => {
  test.each([...NAMES, ...MORE_NAMES])('%s', (...variant) => check(variant as unknown as Variant))
})

test('there are many of both', () => {
  const isQuiet = ([, , rules]: Variant) => rules.every((rule) => rule.startsWith('!'))
  const all = [...VARIANTS, ...POLICIES, ...SETTINGS, ...GUARDS, ...CALLERS, ...NAMES, ...MORE_NAMES]
  expect([all.length >= 750, all.filter(isQuiet).length >= 200]).toEqual([true, true])
  expect(new Set(all.map(([name]) => name)).size).toBe(all.length)
})
