import { IdempotencyRecordStatus } from '@aws-lambda-powertools/idempotency'
import { Logger } from '@aws-lambda-powertools/logger'
import type { Context } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { BucketwatchError } from '../../shared/contracts/errors.ts'
import { createAlertHandler } from '../../shared/lambda/alert.ts'
import { createMemoryIncidents, MemoryPersistence } from '../../shared/lambda/alert-memory.ts'
import { createLogSearchOver, createMemoryPublisher } from '../../shared/local/alert-memory.ts'
import { alarmMessage, alertRule, logEvent, MINUTE, policyRecord, T } from '../alert/support.ts'

const CONTEXT = {
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  functionName: 'bucketwatch-prod-alert',
  getRemainingTimeInMillis: () => 30_000,
} as Context

const FAULT = new BucketwatchError('ALERT_PUBLISH', 'told by the test')

function setUp(setting: { faults?: readonly (Error | undefined)[]; persistence?: MemoryPersistence } = {}) {
  const publisher = createMemoryPublisher(setting.faults)
  const persistence = setting.persistence ?? new MemoryPersistence()
  const handler = createAlertHandler({
    rules: [alertRule()],
    stage: 'prod',
    logGroupPrefix: '/bucketwatch/prod',
    search: createLogSearchOver(() => [logEvent(T - MINUTE, policyRecord())]),
    publisher,
    incidents: createMemoryIncidents(),
    persistence,
    logger: new Logger({ logLevel: 'SILENT' }),
    sleep: async () => {},
    evidenceMarginSeconds: 60,
    evidenceMaxEvents: 1000,
    evidenceTimeoutSeconds: 5,
  })
  const invoke = (...messages: string[]) => handler(snsEvent(messages), CONTEXT)
  return { handler, invoke, publisher, persistence }
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
    const { invoke, persistence } = setUp()
    const before = Math.floor(Date.now() / 1000)
    await invoke(ALARM)
    const [record] = [...persistence.records.values()]
    const window = Number(record?.expiryTimestamp) - before
    expect(window).toBeGreaterThanOrEqual(4 * 86_400 - 1)
    expect(window).toBeLessThan(4 * 86_400 + 3_600)
  })

  test('tells state changes apart by alarm, time and state', async () => {
    const { invoke, publisher } = setUp()
    const other = alertRule({ id: 'other' })
    await invoke(ALARM)
    await invoke(alarmMessage(alertRule(), { at: T + MINUTE }))
    await invoke(alarmMessage(alertRule(), { from: 'ALARM', to: 'OK' }))
    await invoke(alarmMessage(other))
    expect(publisher.messages).toHaveLength(4)
  })

  test('a failure to publish throws, and the retry alerts', async () => {
    const { invoke, publisher, persistence } = setUp({ faults: [FAULT] })
    await expect(invoke(ALARM)).rejects.toThrow(FAULT)
    expect(persistence.records.size).toBe(0)
    await invoke(ALARM)
    await invoke(ALARM)
    expect(publisher.messages).toHaveLength(1)
  })

  test('one message that fails does not hold up the others, and they are not repeated', async () => {
    const { invoke, publisher } = setUp({ faults: [FAULT] })
    const second = alarmMessage(alertRule(), { at: T + MINUTE })
    await expect(invoke(ALARM, second)).rejects.toThrow(FAULT)
    expect(publisher.messages).toHaveLength(1)
    await invoke(ALARM, second)
    expect(publisher.messages).toHaveLength(2)
  })

  test('while another invocation is at it, a delivery fails and is tried again', async () => {
    const { invoke, persistence, publisher } = setUp()
    await invoke(ALARM)
    const [record] = persistence.records.values()
    Object.assign(record!, {
      status: IdempotencyRecordStatus.INPROGRESS,
      inProgressExpiryTimestamp: Date.now() + 60_000,
    })
    await expect(invoke(ALARM)).rejects.toThrow('already an execution in progress')
    // That invocation has ended without finishing.
    Object.assign(record!, { inProgressExpiryTimestamp: Date.now() - 1 })
    await invoke(ALARM)
    expect(publisher.messages).toHaveLength(2)
  })

  test.each(['_putRecord', '_updateRecord'] as const)('rather alerts twice than never: %s fails', async (method) => {
    const persistence = new MemoryPersistence()
    const fail = async () => {
      throw new Error('the table is gone')
    }
    Object.assign(persistence, { [method]: fail })
    const { invoke, publisher } = setUp({ persistence })
    expect(await invoke(ALARM)).toEqual({ responses: ['alarm'] })
    expect(publisher.messages).toHaveLength(1)
  })

  test('a publish that fails is what is told, even where forgetting it fails too', async () => {
    const persistence = new MemoryPersistence()
    const fail = async () => {
      throw new Error('the table is gone')
    }
    Object.assign(persistence, { _deleteRecord: fail })
    await expect(setUp({ persistence, faults: [FAULT] }).invoke(ALARM)).rejects.toThrow(FAULT)
  })

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
