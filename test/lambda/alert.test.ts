import { Logger } from '@aws-lambda-powertools/logger'
import type { Context } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { StateError, type StateStore } from '../../shared/contracts/state.ts'
import { createAlertHandler } from '../../shared/lambda/alert.ts'
import { createLogSearchOver, createMemoryPublisher } from '../../shared/local/alert-memory.ts'
import { DEFAULT_INCIDENT_SETTINGS } from '../../shared/settings/incidents.ts'
import { createMemoryState } from '../../shared/state/memory.ts'
import { alarmMessage, alertRule, logEvent, MINUTE, policyRecord, T } from '../alert/support.ts'
import { call, hit, memoryTarget } from '../incident/support.ts'

const CONTEXT = {
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  functionName: 'bucketwatch-prod-alert',
  getRemainingTimeInMillis: () => 30_000,
} as Context

const FAULT = new BucketwatchError('ALERT_PUBLISH', 'told by the test')

interface Setting {
  faults?: readonly (Error | undefined)[]
  state?: StateStore
  sendCanary?: (now: number) => Promise<void>
}

function setUp(setting: Setting = {}) {
  const clock = { time: T }
  const now = () => clock.time
  const publisher = createMemoryPublisher(setting.faults)
  const state = setting.state ?? createMemoryState({ now })
  const record = memoryTarget('findings')
  const mail = memoryTarget('mail')
  const notes: unknown[] = []
  const notesLog = { isDown: false }
  const handler = createAlertHandler({
    rules: [alertRule(), alertRule({ id: 'other' })],
    incidents: DEFAULT_INCIDENT_SETTINGS,
    stage: 'prod',
    logGroupPrefix: '/bucketwatch/prod',
    accountId: '111122223333',
    region: 'eu-central-1',
    partition: 'aws',
    search: createLogSearchOver(() => [logEvent(T - MINUTE, policyRecord())]),
    publisher,
    state,
    record: Object.assign(record, {
      async note(what: unknown) {
        if (notesLog.isDown) throw new Error('no log group')
        notes.push(what)
      },
    }),
    sendCanary: setting.sendCanary,
    targets: [mail],
    logger: new Logger({ logLevel: 'SILENT' }),
    now,
    sleep: async () => {},
    random: () => 0,
    evidenceMarginSeconds: 60,
    evidenceMaxEvents: 1000,
    evidenceTimeoutSeconds: 5,
  })
  const invoke = (...messages: string[]) => handler(snsEvent(messages), CONTEXT)
  return { handler, invoke, publisher, state, clock, mail, record, notes, notesLog }
}

const snsEvent = (messages: readonly string[]) => ({
  Records: messages.map((Message) => ({
    EventSource: 'aws:sns',
    Sns: { Type: 'Notification', Message, Timestamp: '2026-03-17T07:20:32.000Z' },
  })),
})

const ALARM = alarmMessage(alertRule())

describe('the alert function', () => {
  test('takes two parameters: callbacks are gone in Node.js 24', () => {
    expect(setUp().handler.length).toBeLessThanOrEqual(2)
  })

  test('alerts a state change once, however often it is delivered', async () => {
    const { invoke, publisher } = setUp()
    expect(await invoke(ALARM)).toEqual({ responses: ['alarm'] })
    expect(await invoke(ALARM)).toEqual({ responses: ['alarm'] })
    expect(await invoke(ALARM, ALARM)).toEqual({ responses: ['alarm', 'alarm'] })
    expect(publisher.messages).toHaveLength(1)
  })

  test('remembers a state change for four days: dead-letter queues deliver again that late', async () => {
    const { invoke, publisher, clock } = setUp()
    await invoke(ALARM)
    clock.time += 4 * 86_400_000 - 1000
    await invoke(ALARM)
    expect(publisher.messages).toHaveLength(1)
  })

  test('tells state changes apart by alarm, time and state', async () => {
    const { invoke, publisher } = setUp()
    const other = alertRule({ id: 'other' })
    await invoke(ALARM)
    await invoke(alarmMessage(alertRule(), { at: T + MINUTE }))
    await invoke(alarmMessage(alertRule(), { from: 'ALARM', to: 'OK' }))
    await invoke(alarmMessage(other))
    // The second tells of the same records as the first: it is noted.
    expect(publisher.messages).toHaveLength(3)
  })

  test('a failure to publish throws, and the retry alerts', async () => {
    const { invoke, publisher } = setUp({ faults: [FAULT] })
    await expect(invoke(ALARM)).rejects.toThrow(FAULT)
    await invoke(ALARM)
    await invoke(ALARM)
    expect(publisher.messages).toHaveLength(1)
  })

  test('one message that fails does not hold up the others, and they are not repeated', async () => {
    const { invoke, publisher } = setUp({ faults: [FAULT] })
    const second = alarmMessage(alertRule({ id: 'other' }), { at: T + MINUTE })
    await expect(invoke(ALARM, second)).rejects.toThrow(FAULT)
    expect(publisher.messages).toHaveLength(1)
    await invoke(ALARM, second)
    expect(publisher.messages).toHaveLength(2)
  })

  test('while another invocation is at it, a delivery fails and is tried again', async () => {
    const clock = { time: T }
    const state = createMemoryState({ now: () => clock.time })
    const { handler, clock: ours } = setUp({ state })
    const never = setUp({ state })
    never.publisher.publish = () => new Promise(() => {})
    void never.invoke(ALARM)
    await new Promise((resolve) => setTimeout(resolve, 50))
    await expect(handler(snsEvent([ALARM]), CONTEXT)).rejects.toThrow('another invocation is answering')
    // That invocation has ended without finishing.
    ours.time += 3 * MINUTE
    expect(await handler(snsEvent([ALARM]), CONTEXT)).toMatchObject({ responses: [expect.any(String)] })
  })

  test.each(['write', 'get'] as const)('rather alerts twice than never: %s fails', async (method) => {
    const state = createMemoryState({ now: () => T })
    const fail = async () => {
      throw new StateError('unavailable', 'the table is gone')
    }
    const { invoke, publisher } = setUp({ state: { ...state, [method]: fail } })
    expect(await invoke(ALARM)).toEqual({ responses: ['alarm'] })
    expect(publisher.messages).toHaveLength(1)
  })

  test('a publish that fails is what is told, even where forgetting it fails too', async () => {
    const state = createMemoryState({ now: () => T })
    const remove = async () => {
      throw new StateError('unavailable', 'the table is gone')
    }
    await expect(setUp({ state: { ...state, remove }, faults: [FAULT] }).invoke(ALARM)).rejects.toThrow(FAULT)
  })

  test('hits become incidents; a message that is none, or fails, comes again by itself', async () => {
    const { handler, mail } = setUp()
    const one = hit([call({ eventName: 'PutBucketPolicy' })])
    const message = (messageId: string, body: unknown) => ({
      messageId,
      eventSource: 'aws:sqs',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const event = { Records: [message('1', one), message('2', one), message('3', '{"version":1}'), message('4', 'x')] }
    expect(await handler(event, CONTEXT)).toEqual({
      batchItemFailures: [{ itemIdentifier: '3' }, { itemIdentifier: '4' }],
    })
    expect(mail.findings.map(({ event: of, matches }) => [of, matches])).toEqual([['opened', 1]])
  })

  test('hits that cannot be written come again', async () => {
    const state = createMemoryState({ now: () => T })
    const fail = async () => {
      throw new StateError('denied', 'no')
    }
    const { handler } = setUp({ state: { ...state, get: fail } })
    const event = { Records: [{ messageId: '1', eventSource: 'aws:sqs', body: JSON.stringify(hit([call()])) }] }
    expect(await handler(event, CONTEXT)).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] })
  })

  test.each([{ 'detail-type': 'Scheduled Event' }, { schedule: 'minute' }])(
    'the schedule closes: %j',
    async (event) => {
      const { handler, mail, clock } = setUp()
      const body = JSON.stringify(hit([call()]))
      await handler({ Records: [{ messageId: '1', eventSource: 'aws:sqs', body }] }, CONTEXT)
      expect(await handler(event, CONTEXT)).toEqual({ told: 0 })
      clock.time += 3 * 60 * MINUTE
      expect(await handler(event, CONTEXT)).toEqual({ told: 1 })
      expect(mail.findings.map(({ event: of }) => of)).toEqual(['opened', 'closed'])
    },
  )

  test.each([
    ['a text', snsEvent(['If you see this, the topic works.'])],
    ['another JSON message', snsEvent(['{"hello":"world"}'])],
    ['no SNS event', { hello: 'world' }],
    ['nothing', undefined],
  ])('%s is ignored', async (_, event) => {
    const { handler, publisher } = setUp()
    await handler(event, CONTEXT)
    expect(publisher.messages).toEqual([])
  })
})

describe('the canary', () => {
  const MINUTES = (minutes: number) => Date.parse('2026-03-17T13:00:10Z') + minutes * MINUTE
  const canaryHit = hit([call({ eventName: 'BucketwatchCanary', at: MINUTES(0) })], { rule: 'canary' })
  const event = (...hits: unknown[]) => ({
    Records: hits.map((body, index) => ({
      eventSource: 'aws:sqs',
      messageId: `m${index}`,
      body: JSON.stringify(body),
    })),
  })

  test('is sent by the schedule, every quarter of an hour', async () => {
    const sent: number[] = []
    const { handler, clock } = setUp({ sendCanary: async (now) => void sent.push(now) })
    for (let minute = 0; minute < 60; minute++) {
      clock.time = MINUTES(minute)
      await handler({ schedule: 'minute' }, CONTEXT)
    }
    expect(sent).toEqual([0, 15, 30, 45].map(MINUTES))
  })

  test('that cannot be sent keeps nobody from being told', async () => {
    const { handler, clock } = setUp({ sendCanary: () => Promise.reject(new Error('no bucket')) })
    clock.time = MINUTES(0)
    expect(await handler({ schedule: 'minute' }, CONTEXT)).toEqual({ told: 0 })
  })

  test('that arrives is noted, and is no incident', async () => {
    const { handler, clock, notes, mail, record } = setUp()
    clock.time = MINUTES(1)
    const other = hit([call({ at: MINUTES(0) })])
    expect(await handler(event(canaryHit, other), CONTEXT)).toEqual({ batchItemFailures: [] })
    expect(notes).toMatchObject([{ kind: 'canary', source: 'cloudtrail', seconds: 60, stage: 'prod' }])
    expect(mail.findings).toHaveLength(1)
    expect(record.findings.every(({ summary }) => !summary.includes('Canary'))).toBe(true)
  })

  test('that cannot be noted comes again', async () => {
    const { handler, clock, notes, notesLog } = setUp()
    clock.time = MINUTES(1)
    notesLog.isDown = true
    expect(await handler(event(canaryHit), CONTEXT)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm0' }] })
    notesLog.isDown = false
    expect(await handler(event(canaryHit), CONTEXT)).toEqual({ batchItemFailures: [] })
    expect(notes).toHaveLength(1)
  })
})
