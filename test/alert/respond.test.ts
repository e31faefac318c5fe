import { describe, expect, test } from 'vitest'
import type { AlarmChange } from '../../shared/alert/alarm-message.ts'
import type { NotedAlarm } from '../../shared/alert/findings-log.ts'
import { createResponder } from '../../shared/alert/respond.ts'
import type { AlertRule } from '../../shared/alert/rules.ts'
import { type LogEvent, type LogSearch, LogsPortError } from '../../shared/contracts/ports.ts'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import type { Hit } from '../../shared/incident/hit.ts'
import type { Incident } from '../../shared/incident/incident.ts'
import { createLogSearchOver, createMemoryPublisher } from '../../shared/local/alert-memory.ts'
import type { Suppression } from '../../shared/settings/incidents.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { call, hit, tellerOf } from '../incident/support.ts'
import {
  alarmChange,
  alertRule,
  CLOUDTRAIL,
  logEvent,
  MINUTE,
  memoryLog,
  policyRecord,
  silenceRule,
  T,
} from './support.ts'

interface Setting {
  readonly rules?: readonly AlertRule[]
  readonly events?: LogEvent[]
  readonly search?: LogSearch
  readonly state?: StateStore
  readonly incidentsOf?: ((principal: string) => Promise<readonly Incident[]>) | undefined
  readonly take?: (hits: readonly Hit[]) => Promise<void>
  readonly suppressions?: readonly Suppression[]
  readonly sleep?: (ms: number) => Promise<unknown>
  readonly evidenceTimeoutSeconds?: number
}

function setUp(setting: Setting = {}) {
  const { rules = [alertRule(), silenceRule()], events = [], state = createMemoryState({ now: () => T }) } = setting
  const noted: NotedAlarm[] = []
  const publisher = createMemoryPublisher()
  const log = memoryLog()
  const sleeps: number[] = []
  const respond = createResponder({
    rules,
    stage: 'prod',
    logGroupPrefix: '/bucketwatch/prod',
    search: setting.search ?? createLogSearchOver((name) => (name === CLOUDTRAIL ? events : [])),
    publisher,
    state,
    incidentsOf: 'incidentsOf' in setting ? setting.incidentsOf : async () => [],
    take: setting.take ?? (async () => {}),
    suppressions: setting.suppressions ?? [],
    note: async (alarm) => void noted.push(alarm),
    now: () => T,
    log,
    sleep:
      setting.sleep ??
      (async (ms) => {
        sleeps.push(ms)
      }),
    evidenceMarginSeconds: 60,
    evidenceMaxEvents: 1000,
    evidenceTimeoutSeconds: setting.evidenceTimeoutSeconds ?? 5,
  })
  return { respond, publisher, log, state, sleeps, events, noted }
}

const to = (
  newState: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA',
  at: number,
  from: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA',
  rule = alertRule(),
): AlarmChange => alarmChange(rule, { to: newState, from, at })

const openKey = `alarm#prod#${alarmChange(alertRule()).alarmArn}`

describe('an alarm', () => {
  test('has two messages: what set it off, and all that matched from first to last', async () => {
    const { respond, publisher, events, state } = setUp()
    const hit = (time: number, sourceIPAddress: string) =>
      events.push(logEvent(time, policyRecord({ sourceIPAddress })))
    hit(T - 30 * MINUTE, '192.0.2.1') // long before
    hit(T - 4 * MINUTE, '192.0.2.2')
    hit(T - MINUTE, '192.0.2.3')
    expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
    hit(T + 10 * MINUTE, '192.0.2.3') // silent, as the alarm is on
    hit(T + 40 * MINUTE, '192.0.2.4')
    expect(await respond(to('OK', T + 55 * MINUTE, 'ALARM'))).toBe('closed')

    const [first, last] = publisher.messages.map(({ message }) => JSON.parse(JSON.parse(message).sqs))
    expect(first).toMatchObject({ kind: 'alarm', evidence: { total: 2 } })
    expect(last).toMatchObject({
      kind: 'closed',
      incident: { startedAt: '2026-03-17T07:20:31.000Z', endedAt: '2026-03-17T08:15:31.000Z' },
      evidence: { total: 4 },
    })
    expect(last.evidence.addresses.top[0]).toMatchObject({ value: '192.0.2.3', count: 2 })
    expect((await state.get(openKey))?.startedAt).toBeUndefined()
  })

  test('without a known start, the closing message says so', async () => {
    const { respond, publisher } = setUp()
    expect(await respond(to('OK', T, 'ALARM'))).toBe('closed')
    expect(JSON.parse(publisher.messages[0]!.message).email).toContain('When it went on is not known.')
  })

  test('that began after the message was sent is not closed by it', async () => {
    const { respond, state } = setUp()
    await respond(to('ALARM', T + 10 * MINUTE, 'OK'))
    expect(await respond(to('OK', T, 'ALARM'))).toBe('closed')
    expect((await state.get(openKey))?.startedAt).toBe(T + 10 * MINUTE)
  })

  test('goes on through a lack of data', async () => {
    const { respond } = setUp()
    expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
    expect(await respond(to('INSUFFICIENT_DATA', T + MINUTE, 'ALARM'))).toBe('ignored')
    expect(await respond(to('OK', T + 5 * MINUTE, 'INSUFFICIENT_DATA'))).toBe('closed')
  })
})

describe('what is not worth a message', () => {
  test.each([
    ['a new alarm that is OK', to('OK', T, 'INSUFFICIENT_DATA')],
    ['no data for a rule that counts events', to('INSUFFICIENT_DATA', T, 'OK')],
    ['a state nobody knows', { ...to('OK', T, 'ALARM'), newState: 'PAUSED' }],
  ])('%s', async (_, change) => {
    const { respond, publisher } = setUp()
    expect(await respond(change)).toBe('ignored')
    expect(publisher.messages).toEqual([])
  })
})

describe('a rule that watches silence', () => {
  test('alerts on silence without looking twice, on no data, and when it is over', async () => {
    const { respond, publisher, sleeps } = setUp()
    const rule = silenceRule()
    expect(await respond(to('ALARM', T, 'OK', rule))).toBe('alarm')
    expect(await respond(to('OK', T + MINUTE, 'ALARM', rule))).toBe('closed')
    expect(await respond(to('INSUFFICIENT_DATA', T + 2 * MINUTE, 'OK', rule))).toBe('noData')
    expect(await respond(to('OK', T + 3 * MINUTE, 'INSUFFICIENT_DATA', rule))).toBe('closed')
    expect(publisher.messages.map(({ attributes }) => attributes.kind)).toEqual(['alarm', 'closed', 'noData', 'closed'])
    expect(sleeps).toEqual([])
  })
})

describe('evidence', () => {
  test('that cannot be had is said, and the alert goes out', async () => {
    const search: LogSearch = {
      // biome-ignore lint/correctness/useYield: it fails at once
      async *filterLogEvents() {
        throw new LogsPortError('denied', 'AccessDeniedException: no')
      },
    }
    const { respond, publisher, log } = setUp({ search })
    expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
    const { email, sqs } = JSON.parse(publisher.messages[0]!.message)
    expect(email).toContain('The matching records could not be fetched; use the links below.')
    expect(email).toContain('access was denied')
    expect(email).toContain('WHAT TO DO')
    expect(JSON.parse(sqs).evidence.status).toBe('unavailable')
    expect(log.lines).toContain('warn evidence is not complete')
  })

  test('that is not there yet is looked for again', async () => {
    const events: LogEvent[] = []
    const { respond, publisher } = setUp({
      events,
      sleep: async () => events.push(logEvent(T - MINUTE, policyRecord())),
    })
    await respond(to('ALARM', T, 'OK'))
    expect(JSON.parse(JSON.parse(publisher.messages[0]!.message).sqs).evidence.total).toBe(1)
  })

  test('that takes too long is given up', async () => {
    const search: LogSearch = {
      async *filterLogEvents({ signal }) {
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
      },
    }
    const { respond, publisher } = setUp({ search, evidenceTimeoutSeconds: 0.05 })
    await respond(to('ALARM', T, 'OK'))
    expect(JSON.parse(publisher.messages[0]!.message).email).toContain('took too long')
  })
})

test('a state that fails holds nothing up: rather twice than never', async () => {
  const fail = async () => {
    throw new StateError('unavailable', 'no table')
  }
  const { respond, publisher, log } = setUp({ state: { get: fail, write: fail, writeAll: fail, remove: fail } })
  expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
  expect(await respond(to('OK', T + MINUTE, 'ALARM'))).toBe('closed')
  expect(publisher.messages).toHaveLength(2)
  expect(log.lines).toContain('warn the state of alarms failed: save')
})

describe('the backstop', () => {
  const opening = { eventName: 'PutBucketPolicy', public: true, user: 'mallory', at: T - MINUTE }

  /** What incidents know of a policy that mallory has set. */
  async function known() {
    const { teller } = tellerOf()
    await teller.take([hit([call(opening)])])
    return teller.incidentsOf
  }

  test('an alarm whose records incidents have told is noted, and so is its end', async () => {
    const { respond, publisher, noted, events } = setUp({ incidentsOf: await known() })
    events.push(logEvent(T - MINUTE, call(opening)))
    expect(await respond(to('ALARM', T, 'OK'))).toBe('noted')
    expect(await respond(to('OK', T + MINUTE, 'ALARM'))).toBe('noted')
    expect(publisher.messages).toEqual([])
    expect(noted[0]).toMatchObject({
      kind: 'noted',
      detection: 's3-policy-public',
      matches: 1,
      reason: 'Incidents have told of its records.',
    })
    expect(noted[0]!.incidentIds).toHaveLength(1)
  })

  test('one record by somebody of whom nothing was told, and it is mailed, and says so', async () => {
    const { respond, publisher, noted, events } = setUp({ incidentsOf: await known() })
    events.push(logEvent(T - MINUTE, call(opening)), logEvent(T - MINUTE, call({ ...opening, user: 'trudy' })))
    expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
    expect(JSON.parse(publisher.messages[0]!.message).email).toContain(
      'No incident has told of 1 of these 2 records: this alarm is the first to do so.',
    )
    expect(noted).toEqual([])
  })

  test.each([
    [1, 'No incident has told of it: this alarm is the first to do so.'],
    [2, 'No incident has told of any of them: this alarm is the first to do so.'],
  ])('%i by somebody of whom nothing was told', async (records, said) => {
    const { respond, publisher, events } = setUp()
    for (let n = 0; n < records; n += 1) events.push(logEvent(T - MINUTE, call({ ...opening, user: `user-${n}` })))
    await respond(to('ALARM', T, 'OK'))
    expect(JSON.parse(publisher.messages[0]!.message).email).toContain(`\n${said}\n`)
  })

  test('where there are no incidents to ask, nothing is said of them, and all is mailed', async () => {
    const { respond, publisher, noted, events } = setUp({ incidentsOf: undefined })
    events.push(logEvent(T - MINUTE, call(opening)))
    expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
    const { email, sqs } = JSON.parse(publisher.messages[0]!.message)
    expect(email).not.toContain('incident')
    expect(JSON.parse(sqs)).not.toHaveProperty('untold')
    expect(noted).toEqual([])
  })

  test('what is left of a count would not have set it off: noted', async () => {
    const rule = alertRule({ alarm: { ...alertRule().alarm, threshold: 5 } })
    const { respond, noted, events } = setUp({ rules: [rule], incidentsOf: await known() })
    for (let n = 0; n < 9; n += 1) {
      events.push(logEvent(T - MINUTE, call({ ...opening, user: n < 5 ? 'mallory' : 'trudy' })))
    }
    expect(await respond(to('ALARM', T, 'OK', rule))).toBe('noted')
    expect(noted[0]!.reason).toBe('Incidents have told of its records; the other 4 are below the threshold.')
  })

  test('an alarm that goes on again for records that its last alert told of is noted', async () => {
    const { respond, publisher, noted, events } = setUp()
    events.push(logEvent(T - MINUTE, policyRecord()))
    expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
    expect(await respond(to('OK', T + MINUTE, 'ALARM'))).toBe('noted')
    expect(await respond(to('ALARM', T + 2 * MINUTE, 'OK'))).toBe('noted')
    expect(noted[0]!.reason).toBe('It is over; its beginning was mailed, with all its records.')
    expect(noted[1]!.reason).toBe('An earlier alert of this alarm has told of all its records.')
    events.push(logEvent(T + 2 * MINUTE, policyRecord()))
    expect(await respond(to('ALARM', T + 3 * MINUTE, 'OK'))).toBe('alarm')
    expect(publisher.messages.map(({ attributes }) => attributes.kind)).toEqual(['alarm', 'alarm'])
  })

  test('what the settings keep out does not come as an alarm', async () => {
    const suppressions = [{ rule: 's3-policy-public', person: 'mallory', until: T, reason: 'a test' }]
    const { respond, noted, events } = setUp({ suppressions })
    events.push(logEvent(T - MINUTE, call(opening)))
    expect(await respond(to('ALARM', T, 'OK'))).toBe('noted')
    expect(noted[0]!.reason).toBe('The settings keep its records out.')
  })

  test('what cannot be told for certain is mailed', async () => {
    const incidentsOf = async () => {
      throw new Error('no table')
    }
    const { respond, publisher, events } = setUp({ incidentsOf })
    events.push(logEvent(T - MINUTE, call(opening)))
    expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
    expect(JSON.parse(publisher.messages[0]!.message).email).not.toContain('No incident has told')
  })
})

test('an alarm nobody knows is alerted, and closed', async () => {
  const { respond, publisher } = setUp({ rules: [] })
  expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
  expect(await respond(to('OK', T + MINUTE, 'ALARM'))).toBe('closed')
  expect(publisher.messages.map(({ subject }) => subject)).toEqual([
    '[ALARM] Alarm bucketwatch-prod-s3-policy-public',
    '[ALARM] Closed: Alarm bucketwatch-prod-s3-policy-public',
  ])
})

describe('a silence that somebody has brought about', () => {
  const stopping = alertRule({ id: 'trail-stopped', pattern: '{ $.eventName = "StopLogging" }' })
  const silence: AlertRule = { ...silenceRule(), severity: 'critical', explainedBy: ['trail-stopped'] }
  const rules = [stopping, silence]
  const stop = { eventName: 'StopLogging', user: 'mallory', at: T - 10 * MINUTE }

  test('is told in their incident: the alarm is noted, and so is its end', async () => {
    const { teller, mail, pass, clock } = tellerOf({ rules })
    await teller.take([hit([call(stop)], { rule: 'trail-stopped', severity: 'critical' })])
    const { respond, publisher, noted, events } = setUp({
      rules,
      incidentsOf: teller.incidentsOf,
      take: async (hits) => void (await teller.take(hits)),
    })
    events.push(logEvent(T - 9 * MINUTE, call(stop)))
    const change = to('ALARM', T, 'OK', silence)
    expect(await respond(change)).toBe('noted')
    await pass(clock.time + 2 * MINUTE)
    expect(mail.findings.at(-1)).toMatchObject({
      event: 'escalated',
      principal: 'person:111122223333/mallory',
      news: [silence.id],
    })
    expect(mail.findings.at(-1)!.story.at(-1)!.text).toContain('after trail-stopped')
    expect(noted[0]).toMatchObject({ detection: silence.id, incidentIds: [mail.findings[0]!.incidentId] })
    expect(await respond(to('OK', T + MINUTE, 'ALARM', silence))).toBe('noted')
    expect(publisher.messages).toEqual([])
  })

  test('is mailed where no incident has told of a cause, where that was long before, and where it cannot be told', async () => {
    const { teller } = tellerOf({ rules })
    const untold = setUp({ rules })
    untold.events.push(logEvent(T - 9 * MINUTE, call(stop)))
    expect(await untold.respond(to('ALARM', T, 'OK', silence))).toBe('alarm')
    await teller.take([hit([call(stop)], { rule: 'trail-stopped', severity: 'critical' })])
    const before = setUp({ rules, incidentsOf: teller.incidentsOf })
    before.events.push(logEvent(T - 90 * MINUTE, call(stop)))
    expect(await before.respond(to('ALARM', T, 'OK', silence))).toBe('alarm')
    const failing = setUp({
      rules,
      incidentsOf: teller.incidentsOf,
      take: async () => {
        throw new Error('no table')
      },
    })
    failing.events.push(logEvent(T - 9 * MINUTE, call(stop)))
    expect(await failing.respond(to('ALARM', T, 'OK', silence))).toBe('alarm')
    expect(failing.publisher.messages).toHaveLength(1)
  })
})
