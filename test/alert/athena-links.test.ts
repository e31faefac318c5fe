import { describe, expect, test } from 'vitest'
import { buildAlert } from '../../shared/alert/alert.ts'
import { renderAlert } from '../../shared/alert/render.ts'
import { renderFinding } from '../../shared/alert/render-finding.ts'
import { call, hit, nobody, START, tellerOf } from '../incident/support.ts'
import { alarmChange, alertRule } from './support.ts'

const EDITOR = 'https://eu-central-1.console.aws.amazon.com/athena/home?region=eu-central-1#/query-editor'
const athenaWorkgroup = 'bucketwatch-prod'
const opening = { eventName: 'PutBucketPolicy', change: 'policy', public: true }

async function findingOf(records: readonly Record<string, unknown>[], given: Parameters<typeof tellerOf>[0] = {}) {
  const { teller, mail } = tellerOf({ athenaWorkgroup, ...given })
  await teller.take([hit(records)])
  return mail.findings[0]!
}

/** The names of the links to Athena. */
const named = ({ links }: Awaited<ReturnType<typeof findingOf>>) =>
  Object.entries(links)
    .filter(([, url]) => url === EDITOR)
    .map(([name]) => name)

describe('a finding links to Athena, and names the saved query that fits', () => {
  test('what the key did, where there is a key', async () => {
    const finding = await findingOf([call({ user: 'mallory', at: START, ...opening })])
    expect(named(finding)).toEqual([
      'Athena (workgroup bucketwatch-prod, saved query "What an access key did (cloudtrail)")',
    ])
    expect(renderFinding(finding).text).toContain(EDITOR)
    // Logs Insights, filled in, comes first.
    expect(Object.values(finding.links)[0]).toContain('logs-insights')
  })

  test('what somebody did, without a key; what came from an address, without anybody', async () => {
    const keyless = await findingOf([call({ user: 'mallory', at: START, ...opening, keyId: undefined })])
    expect(named(keyless)[0]).toContain('"What somebody did (cloudtrail)"')
    const anonymous = await findingOf([nobody({ at: START })])
    expect(named(anonymous)[0]).toContain('"What came from an address (cloudtrail)"')
  })

  test('not where the stack has no tables, and not where the console is not known', async () => {
    const record = call({ user: 'mallory', at: START, ...opening })
    expect(named(await findingOf([record], { athenaWorkgroup: undefined }))).toEqual([])
    expect((await findingOf([record], { partition: 'aws-iso' })).links).toEqual({})
  })
})

test('an alarm links to it, too', () => {
  const rule = alertRule()
  const options = {
    kind: 'alarm',
    change: alarmChange(rule),
    rules: [rule],
    rule,
    evidence: undefined,
    stage: 'prod',
    recordGroups: [],
  } as const
  expect(renderAlert(buildAlert({ ...options, athenaWorkgroup })).text).toMatch(
    /Saved queries over the log objects, in Athena: https:\S+\/athena\/home\?region=/,
  )
  expect(buildAlert(options).links).not.toHaveProperty('athena')
})
