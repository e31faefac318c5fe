/** The ordinary week: nothing of it is lost, hardly anything of it is told, and whoever does harm in it is. */
import { beforeAll, describe, expect, test } from 'vitest'
import { compileDetections } from '../../shared/detection/compile.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { attacks } from './attacks.ts'
import { isSerious, longestInAlarm, PAGE, pageWith, worstDay } from './figures.ts'
import { knownAttacks, otherBuckets } from './known-attacks.ts'
import { weekObjects } from './objects.ts'
import { runWeek, type WeekResult } from './run.ts'
import { OUT_OF_THE_BOX, SETTINGS_TEXT, weekSettings } from './settings.ts'

const detections = await loadDetections('infra/detections')
const settings = weekSettings(detections)

/** They tell of where a call comes from, or what a standard wants to be told of. */
const CATCH_ALL = /^(?:cis-|ip-outside-allow$)/

const serious = ({ incidents }: WeekResult) => incidents.filter(isSerious)

describe('the ordinary week', () => {
  let plain: WeekResult
  let tuned: WeekResult
  beforeAll(async () => {
    plain = await runWeek({ objects: weekObjects(), detections, settings: OUT_OF_THE_BOX })
    tuned = await runWeek({ objects: weekObjects(), detections, settings })
  })

  test('arrives whole', () => {
    for (const week of [plain, tuned]) {
      expect(week.records).toBeGreaterThan(100_000)
      expect(week.lost).toBe(0)
    }
  })

  test('out of the box people hear of one incident of medium severity or more a day', () => {
    const found = serious(plain)
    // Two public buckets and a deployment of the stack itself are news to whoever has said nothing of them.
    expect(found.length).toBeGreaterThan(2)
    expect(found.length).toBeLessThanOrEqual(7)
    expect(worstDay(found.map(({ openedAt }) => openedAt))).toBeLessThanOrEqual(2)
  })

  test('with the settings that the account has, of one in the week', () => {
    expect(serious(tuned).length).toBeLessThanOrEqual(1)
  })

  test('with them, no alarm is on, and so deaf, for more than a hundredth of the week, and nothing is kept out', () => {
    expect(longestInAlarm(tuned).share).toBeLessThanOrEqual(0.01)
    expect([plain.suppressed, tuned.suppressed]).toEqual([0, 0])
  })

  test('stands in the docs as it is', async () => {
    await expect(pageWith({ 'out of the box': plain, 'with settings': tuned }, SETTINGS_TEXT)).toMatchFileSnapshot(
      `../../${PAGE}`,
    )
  })
})

describe('forward: matching', () => {
  test('changes neither an alarm nor an incident nor what is told, harm included', async () => {
    const rules = compileDetections({ detections, settings: OUT_OF_THE_BOX, stage: 'prod' }).rules
    const immediate = rules.filter(({ counting }) => counting?.window === 0).map(({ detection }) => detection)
    const { besides } = attacks(
      rules.map(({ detection }) => detection),
      immediate,
    )
    const run = (forward: 'all' | 'matching') =>
      runWeek({ objects: weekObjects({ besides, days: 1 }), detections, settings: OUT_OF_THE_BOX, days: 1, forward })
    const all = await run('all')
    const matching = await run('matching')
    expect(all.alarms.length).toBeGreaterThan(10)
    expect(all.incidents.length).toBeGreaterThan(5)
    expect(matching.alarms).toEqual(all.alarms)
    expect(matching.inAlarm).toEqual(all.inAlarm)
    expect(matching.incidents).toEqual(all.incidents)
    expect(matching.findings).toEqual(all.findings)
  })
})

describe('harm within the week', () => {
  const rules = compileDetections({ detections, settings, stage: 'prod' }).rules
  const immediate = rules.filter(({ counting }) => counting?.window === 0).map(({ detection }) => detection)
  const { besides, scenes, calls } = attacks(
    rules.map(({ detection }) => detection),
    immediate,
  )
  let week: WeekResult
  beforeAll(async () => {
    week = await runWeek({ objects: weekObjects({ besides }), detections, settings })
  })

  const rulesTold = (isTheirs: (principal: string) => boolean) =>
    new Set(
      week.findings.filter(({ principal }) => isTheirs(principal)).flatMap(({ rules: all }) => all.map(({ id }) => id)),
    )

  test.each(scenes)('$name', ({ principal, rules: wanted }) => {
    expect(wanted.length).toBeGreaterThan(0)
    const told = rulesTold((one) => one === principal)
    expect(wanted.filter((id) => !told.has(id))).toEqual([])
  })

  test('each call that a rule has as its example is told by that rule', () => {
    expect(calls.size).toBeGreaterThan(100)
    const untold = [...calls].filter(([requestId, rule]) => {
      const hit = week.hits.find((one) => one.rule === rule && one.calls.includes(requestId))
      if (hit === undefined) return true
      // Nobody's doings are told in the incident of whoever let them in, a key's in its person's.
      const isNamed = !/^(?:anonymous@|key:|account:)/.test(hit.principal)
      return !rulesTold((one) => !isNamed || one === hit.principal).has(rule)
    })
    expect(untold).toEqual([])
  })

  test('two who do the same within a minute are two incidents', () => {
    const opened = week.findings.filter(({ event, principal }) => event === 'opened' && /peggy|trudy/.test(principal))
    expect(opened.map(({ person }) => person).toSorted()).toEqual(['peggy', 'trudy'])
  })
})

describe('known harm of a single call, each by somebody who does nothing else', () => {
  const { besides: attack, calls } = knownAttacks()
  const other = otherBuckets(100)
  const besides = { trail: [...attack.trail, ...other.besides.trail], accessLog: attack.accessLog }
  const severe = (week: WeekResult, principal: string) =>
    week.findings
      .filter((finding) => finding.principal === principal)
      .flatMap(({ rules }) => rules)
      .filter((rule) => isSerious(rule) && !CATCH_ALL.test(rule.id))

  describe.each([
    ['out of the box', OUT_OF_THE_BOX],
    ['with settings', settings],
  ])('%s', (_, given) => {
    let week: WeekResult
    beforeAll(async () => {
      week = await runWeek({ objects: weekObjects({ besides }), detections, settings: given })
    })

    test('another bucket is told whenever it comes, whatever alarm is on', () => {
      const told = new Set(
        week.findings
          .filter(({ rules }) => rules.some(({ id }) => id === 'data-anon-read'))
          .map((one) => one.principal),
      )
      expect(other.principals.filter((principal) => !told.has(principal))).toEqual([])
    })

    test.each(calls.filter(({ notBy }) => notBy === undefined))('is told: $name', ({ principal }) => {
      expect(severe(week, principal)).not.toEqual([])
    })

    test.each(calls.filter(({ notBy }) => notBy !== undefined))('is none: $name', ({ principal }) => {
      expect(severe(week, principal)).toEqual([])
    })
  })
})

test('every rule that can be is counted by caller, bucket or address, so that none is deaf to another', () => {
  const alone = compileDetections({ detections, settings: OUT_OF_THE_BOX, stage: 'prod' }).rules.filter(
    ({ counting }) => counting === undefined || counting.by.every((field) => field === 'account'),
  )
  // Of the pipeline, and of silence: there is no caller.
  expect(alone.map(({ detection }) => detection.id)).toEqual(['pipe-parse-errors', 'pipe-trail-silent'])
})

describe('the generator', () => {
  test('makes the same objects of the same seed, in the order of their delivery', () => {
    const days = (seed: number) => [...weekObjects({ seed, days: 1 })]
    const [one, again, other] = [days(5), days(5), days(6)]
    expect(again).toEqual(one)
    expect(other.map(({ key }) => key)).not.toEqual(one.map(({ key }) => key))
    const times = one.map(({ deliveredAt }) => deliveredAt)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })
})
