import { describe, expect, test } from 'vitest'
import type { SequenceRule } from '../../shared/detection/sequence.ts'
import { DEFAULT_INCIDENT_SETTINGS } from '../../shared/settings/incidents.ts'
import { call, HOUR, hit, MINUTE, rulesOf, START, tellerOf } from './support.ts'

const SEQUENCE: SequenceRule = {
  id: 'seq-controls-off',
  title: 'Protection off, then deleted',
  severity: 'critical',
  description: 'One after the other.',
  steps: [['s3-versioning-off', 's3-logging-disabled'], ['data-mass-delete']],
  within: 86_400,
  mitre: ['T1485'],
  falsePositives: ['A bucket taken down.'],
  runbook: ['Stop {{userName}}.'],
}

const off = (at: number, user = 'mallory') =>
  hit([call({ eventName: 'PutBucketVersioning', at, user })], {
    rule: 's3-versioning-off',
    severity: 'high',
    object: `off-${at}-${user}`,
  })
const deletes = (at: number, user = 'mallory') =>
  hit([call({ eventName: 'DeleteObjects', at, user, key: 'a' })], {
    rule: 'data-mass-delete',
    severity: 'high',
    object: `del-${at}-${user}`,
  })

function setUp(given: Parameters<typeof tellerOf>[0] = {}) {
  return tellerOf({ rules: rulesOf('s3-versioning-off', 'data-mass-delete'), sequences: [SEQUENCE], ...given })
}
const isTold = ({ mail }: ReturnType<typeof setUp>) =>
  mail.findings.filter(({ rules }) => rules.some(({ id }) => id === SEQUENCE.id))

describe('a sequence', () => {
  test('in one incident makes it worse, and is told with title, reason and steps', async () => {
    const { teller, clock, mail, pass } = setUp()
    await teller.take([off(START)])
    clock.time = START + 40 * MINUTE
    await teller.take([deletes(START + 35 * MINUTE)])
    await pass(clock.time + 5 * MINUTE)
    const [opened, escalated] = mail.findings
    expect(opened).toMatchObject({ event: 'opened', severity: 'high' })
    expect(escalated).toMatchObject({
      event: 'escalated',
      severity: 'critical',
      title: SEQUENCE.title,
      incidentId: opened?.incidentId,
      news: expect.arrayContaining([SEQUENCE.id]),
      why: expect.arrayContaining([`${SEQUENCE.title}: One after the other.`]),
    })
    expect(escalated?.rules[0]).toMatchObject({ id: SEQUENCE.id, severity: 'critical', mitre: ['T1485'] })
    expect(escalated?.summary).toMatch(/^Protection off, then deleted: amzn-s3-demo-bucket by user mallory/)
    // Its records are those of the steps, and count once.
    expect(escalated?.matches).toBe(2)
  })

  test('over two incidents: an intruder waits', async () => {
    const made = setUp()
    const { teller, clock, mail, pass } = made
    await teller.take([off(START)])
    await pass(START + 9 * HOUR)
    await teller.take([deletes(START + 9 * HOUR)])
    await pass(clock.time + 5 * MINUTE)
    const ids = new Set(mail.findings.map(({ incidentId }) => incidentId))
    expect(ids.size).toBe(2)
    expect(isTold(made).map(({ event, severity }) => `${event} ${severity}`)).toEqual(['opened critical'])
  })

  test('is told when its first step comes late', async () => {
    const made = setUp()
    const { teller, clock, pass } = made
    clock.time = START + 4 * HOUR
    await teller.take([deletes(START + 4 * HOUR)])
    await pass(clock.time + 30 * MINUTE)
    expect(isTold(made)).toEqual([])
    await teller.take([off(START)])
    await pass(clock.time + 5 * MINUTE)
    expect(isTold(made)).toHaveLength(1)
  })

  test('of a day ago is told on the next day anew, with what was done then', async () => {
    const made = setUp()
    const { teller, clock, pass } = made
    await teller.take([off(START), deletes(START + MINUTE)])
    await pass(START + 20 * HOUR)
    await teller.take([deletes(START + 20 * HOUR)])
    await pass(clock.time + 5 * MINUTE)
    expect(new Set(isTold(made).map(({ incidentId }) => incidentId)).size).toBe(2)
  })

  test('is told once, however often its hits come', async () => {
    const made = setUp()
    const { teller, clock, pass } = made
    const hits = [off(START), deletes(START + MINUTE)]
    await teller.take(hits)
    await teller.take(hits)
    clock.time += 30 * MINUTE
    await teller.take([deletes(START + 30 * MINUTE)])
    await pass(clock.time + 30 * MINUTE)
    expect(isTold(made).filter(({ news }) => news.includes(SEQUENCE.id))).toHaveLength(1)
  })

  test.each<[string, () => ReturnType<typeof off>[]]>([
    ['the other way round', () => [deletes(START), off(START + MINUTE)]],
    ['two days apart', () => [off(START), deletes(START + 49 * HOUR)]],
    ['by two', () => [off(START, 'alice'), deletes(START + MINUTE, 'bob')]],
    ['of one step', () => [off(START), off(START + MINUTE)]],
  ])('%s is none', async (_, hits) => {
    const made = setUp()
    await made.teller.take(hits())
    await made.pass(START + 60 * HOUR)
    expect(isTold(made)).toEqual([])
    expect(made.mail.findings.every(({ severity }) => severity === 'high')).toBe(true)
  })

  test('can be suppressed by its id', async () => {
    const suppressions = [{ rule: 'seq-*', until: START + HOUR, reason: 'a move' }]
    const made = setUp({ settings: { ...DEFAULT_INCIDENT_SETTINGS, suppressions } })
    await made.teller.take([off(START), deletes(START + MINUTE)])
    expect(isTold(made)).toEqual([])
    expect(made.mail.findings).not.toEqual([])
  })
})
