import { describe, expect, test } from 'vitest'
import type { AlarmChange } from '../../shared/alert/alarm-message.ts'
import { createResponder } from '../../shared/alert/respond.ts'
import type { AlertRule } from '../../shared/alert/rules.ts'
import { type IncidentStore, type LogEvent, type LogSearch, LogsPortError } from '../../shared/contracts/ports.ts'
import { createMemoryIncidents } from '../../shared/lambda/alert-memory.ts'
import { createLogSearchOver, createMemoryPublisher } from '../../shared/local/alert-memory.ts'
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
  readonly incidents?: IncidentStore
  readonly sleep?: (ms: number) => Promise<unknown>
}

function setUp(setting: Setting = {}) {
  const { rules = [alertRule(), silenceRule()], events = [], incidents = createMemoryIncidents() } = setting
  const publisher = createMemoryPublisher()
  const log = memoryLog()
  const sleeps: number[] = []
  const respond = createResponder({
    rules,
    stage: 'prod',
    logGroupPrefix: '/bucketwatch/prod',
    search: setting.search ?? createLogSearchOver((name) => (name === CLOUDTRAIL ? events : [])),
    publisher,
    incidents,
    log,
    sleep:
      setting.sleep ??
      (async (ms) => {
        sleeps.push(ms)
      }),
    evidenceMarginSeconds: 60,
    evidenceMaxEvents: 1000,
    evidenceTimeoutSeconds: 5,
  })
  return { respond, publisher, log, incidents, sleeps, events }
}

const to = (
  newState: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA',
  at: number,
  from: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA',
  rule = alertRule(),
): AlarmChange => alarmChange(rule, { to: newState, from, at })

describe('an incident', () => {
  test('has two messages: what set it off, and all that matched from first to last', async () => {
    const { respond, publisher, events, incidents } = setUp()
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
    expect(await incidents.find(alarmChange(alertRule()).alarmArn)).toBeUndefined()
  })

  test('without a known start, the closing message says so', async () => {
    const { respond, publisher } = setUp()
    expect(await respond(to('OK', T, 'ALARM'))).toBe('closed')
    expect(JSON.parse(publisher.messages[0]!.message).email).toContain('When it went on is not known.')
  })

  test('that began after the message was sent is not closed by it', async () => {
    const { respond, incidents } = setUp()
    await respond(to('ALARM', T + 10 * MINUTE, 'OK'))
    expect(await respond(to('OK', T, 'ALARM'))).toBe('closed')
    expect(await incidents.find(alarmChange(alertRule()).alarmArn)).toBe(T + 10 * MINUTE)
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
    const publisher = createMemoryPublisher()
    const respond = createResponder({
      rules: [alertRule()],
      stage: 'prod',
      logGroupPrefix: '/bucketwatch/prod',
      search,
      publisher,
      incidents: createMemoryIncidents(),
      log: memoryLog(),
      sleep: async () => {},
      evidenceMarginSeconds: 60,
      evidenceMaxEvents: 1000,
      evidenceTimeoutSeconds: 0.05,
    })
    await respond(to('ALARM', T, 'OK'))
    expect(JSON.parse(publisher.messages[0]!.message).email).toContain('took too long')
  })
})

test('an incident store that fails holds nothing up', async () => {
  const fail = async () => {
    throw new Error('no table')
  }
  const { respond, publisher, log } = setUp({ incidents: { open: fail, find: fail, close: fail } })
  expect(await respond(to('ALARM', T, 'OK'))).toBe('alarm')
  expect(await respond(to('OK', T + MINUTE, 'ALARM'))).toBe('closed')
  expect(publisher.messages).toHaveLength(2)
  expect(log.lines).toContain('warn the incident store failed: open')
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
