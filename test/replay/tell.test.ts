/** What a replay says of its incidents at the end: what is known then, also of one that was over and goes on. */
import { describe, expect, test } from 'vitest'
import type { Hit } from '../../shared/incident/hit.ts'
import { createTelltale } from '../../shared/replay/tell.ts'
import { DEFAULT_INCIDENT_SETTINGS, type IncidentSettings } from '../../shared/settings/incidents.ts'
import { call, HOUR, hit, MINUTE, nobody, rulesOf, START } from '../incident/support.ts'

const RULES = rulesOf('s3-policy-public', 's3-denied')

async function told(hits: readonly (readonly [at: number, hit: Hit])[], incidents: Partial<IncidentSettings> = {}) {
  const settings = { ...DEFAULT_INCIDENT_SETTINGS, ...incidents }
  const alertRules = { version: 1 as const, rules: RULES, sequences: [], incidents: settings }
  const telltale = createTelltale({ alertRules, stage: 'replay', accountId: '', showAlerts: false })
  for (const [at, one] of hits) await telltale.take(at, [one])
  return (await telltale.finish()).incidents.map(({ finding, opened, closed, messages }) => ({
    principal: finding.principal,
    event: finding.event,
    matches: finding.matches,
    news: finding.news,
    added: finding.added,
    suppressed: finding.suppressed,
    opened: minutes(opened ?? ''),
    closed: closed === undefined ? undefined : minutes(closed),
    messages,
  }))
}

const minutes = (time: string): number => (Date.parse(time) - START) / MINUTE
const QUIET = DEFAULT_INCIDENT_SETTINGS.quietMinutes
const slow = { log: 'access-log' } as const
const byStranger = (at: number): Hit => hit([nobody({ at: START + at * MINUTE })], { ...slow, object: `log-${at}` })
const change = (at: number, rule = 's3-policy-public'): Hit =>
  hit([call({ at: START + at * MINUTE, eventName: 'PutBucketPolicy' })], { rule, object: `trail-${at}` })

describe('at the end of a replay', () => {
  test('an incident is over that nothing came of for the quiet time, with all that was in it and nothing new', async () => {
    const incidents = await told([
      [START, change(0)],
      [START + 5 * MINUTE, change(5)],
      [START + 6 * MINUTE, change(6, 's3-denied')],
    ])
    expect(incidents).toMatchObject([{ event: 'closed', matches: 3, news: [], added: 0, opened: 0, closed: 6 + QUIET }])
  })

  test('one of an access log goes on, since its lines come late', async () => {
    expect(await told([[START, byStranger(0)]])).toMatchObject([{ event: 'opened', matches: 1, closed: undefined }])
  })

  test('one that was over and goes on says all that came, and that it is not over', async () => {
    const later = START + QUIET * MINUTE + 4 * HOUR + 30 * MINUTE
    const first = byStranger(0)
    const [closed] = await told([
      [START, first],
      [later, change(20 * 60)],
    ])
    expect(closed).toMatchObject({ event: 'closed', matches: 1, closed: QUIET + 4 * 60 })
    const incidents = await told([
      [START, first],
      [later, byStranger(3)],
      [later, change(20 * 60)],
    ])
    expect(incidents[0]).toMatchObject({ event: 'closed', matches: 2, closed: undefined })
  })

  test('what was kept out of one after its end is said, too', async () => {
    const suppressions = [{ rule: 's3-denied', until: START + 99 * HOUR, reason: 'the nightly scan' }]
    const later = START + (QUIET + 30) * MINUTE
    const incidents = await told(
      [
        [START, change(0)],
        [later, change(10, 's3-denied')],
      ],
      { suppressions },
    )
    expect(incidents).toMatchObject([
      { event: 'closed', matches: 1, closed: QUIET, suppressed: [{ reason: 'the nightly scan', hits: 1 }] },
    ])
  })
})
