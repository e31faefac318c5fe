/** What the alert function remembers of alarms: which state changes were answered, and since when an alarm is on. */
import { hash } from 'node:crypto'
import { errorMessage } from '../contracts/errors.ts'
import type { OperatorLog } from '../contracts/ports.ts'
import { StateError, type StateStore } from '../contracts/state.ts'
import type { AlarmChange } from './alarm-message.ts'

const DAY_MS = 86_400_000
/** SNS and Lambda deliver again for hours, a dead-letter queue for days. */
export const REMEMBERED_MS = 4 * DAY_MS
/** An alarm that nobody closes is forgotten after this. */
const OPEN_KEPT_MS = 14 * DAY_MS
/** Longer than the function runs: whoever began has ended. */
const BUSY_MS = 120_000

/** Since when an alarm is on, and what was said of it. Times in ms since the epoch. */
export interface OpenAlarm {
  /** Undefined: it is off, and only what it told is remembered. */
  readonly startedAt: number | undefined
  /** It was noted and not mailed, and so is its end. */
  readonly isNoted: boolean
  /** The newest log event that the last alert told of; 0: none. */
  readonly toldUntil: number
}

/** `fresh`: answer it. `done`: it was answered, so. `busy`: somebody else is at it. */
export type Begun =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'done'; readonly response: string }
  | { readonly kind: 'busy' }

export interface AlarmState {
  /** Claims a state change, so that it is answered once. */
  begin(change: AlarmChange): Promise<Begun>
  finish(change: AlarmChange, response: string): Promise<void>
  /** It could not be answered: the next delivery answers. */
  forget(change: AlarmChange): Promise<void>
  find(change: AlarmChange): Promise<OpenAlarm | undefined>
  save(change: AlarmChange, open: OpenAlarm): Promise<void>
  /** It is off; what it told stays remembered. Does nothing where it went on again since `startedAt`. */
  close(change: AlarmChange, startedAt: number): Promise<void>
}

/**
 * Where the state fails, alarms are answered all the same: rather twice than never.
 *
 * @example
 * const alarms = createAlarmState({ state, stage: 'prod', now: Date.now, log })
 */
export function createAlarmState(options: {
  readonly state: StateStore
  readonly stage: string
  readonly now: () => number
  readonly log: OperatorLog
}): AlarmState {
  const { state, stage, now, log } = options
  const nameOf = ({ alarmArn, alarmName }: AlarmChange) => (alarmArn === '' ? alarmName : alarmArn)
  const changeKey = (change: AlarmChange) => {
    const time = change.stateChangeTimeText === '' ? String(change.stateChangeTime) : change.stateChangeTimeText
    return `change#${stage}#${hash('sha256', JSON.stringify([nameOf(change), time, change.newState]), 'base64url')}`
  }
  const alarmKey = (change: AlarmChange) => `alarm#${stage}#${nameOf(change)}`

  /** Undefined where the state failed. */
  async function attempt<T>(what: string, action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await action()
    } catch (error) {
      log.warn(`the state of alarms failed: ${what}`, { reason: errorMessage(error) })
      return undefined
    }
  }

  async function claim(key: string, taken?: number): Promise<Begun> {
    try {
      await state.write({
        key,
        set: { until: now() + BUSY_MS },
        when: [
          taken === undefined ? { attribute: 'until', is: 'absent' } : { attribute: 'until', is: '=', value: taken },
        ],
        expiresAt: now() + REMEMBERED_MS,
      })
      return { kind: 'fresh' }
    } catch (error) {
      if (!(error instanceof StateError && error.failure === 'condition')) throw error
      const { response, until } = error.item ?? {}
      if (typeof response === 'string') return { kind: 'done', response }
      if (typeof until === 'number' && until <= now() && taken === undefined) return claim(key, until)
      return { kind: 'busy' }
    }
  }

  return {
    async begin(change) {
      return (await attempt('begin', () => claim(changeKey(change)))) ?? { kind: 'fresh' }
    },
    async finish(change, response) {
      const write = { key: changeKey(change), set: { until: 0, response }, expiresAt: now() + REMEMBERED_MS }
      await attempt('finish', () => state.write(write))
    },
    async forget(change) {
      await attempt('forget', () => state.remove(changeKey(change)))
    },
    async find(change) {
      const item = await attempt('find', () => state.get(alarmKey(change)))
      if (item === undefined) return undefined
      const { startedAt, isNoted, toldUntil } = item
      return {
        startedAt: typeof startedAt === 'number' ? startedAt : undefined,
        isNoted: isNoted === 1,
        toldUntil: typeof toldUntil === 'number' ? toldUntil : 0,
      }
    },
    async save(change, { startedAt, isNoted, toldUntil }) {
      const set = { isNoted: isNoted ? 1 : 0, toldUntil, ...(startedAt === undefined ? {} : { startedAt }) }
      await attempt('save', () => state.write({ key: alarmKey(change), set, expiresAt: now() + OPEN_KEPT_MS }))
    },
    async close(change, startedAt) {
      const when = [{ attribute: 'startedAt', is: '=', value: startedAt }] as const
      const write = { key: alarmKey(change), remove: ['startedAt'], when, expiresAt: now() + OPEN_KEPT_MS }
      await attempt('close', async () => {
        try {
          await state.write(write)
        } catch (error) {
          // It went on again meanwhile, or is closed already.
          if (!(error instanceof StateError && error.failure === 'condition')) throw error
        }
      })
    },
  }
}
