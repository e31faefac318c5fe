/** The alert function's surroundings in memory, for the local run and tests. */
import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  IdempotencyRecordStatus,
} from '@aws-lambda-powertools/idempotency'
import { BasePersistenceLayer, type IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence'
import type { AlertMessage, AlertPublisher, IncidentStore, LogEvent, LogSearch } from '../ports.ts'

/** A publisher that keeps what it gets. */
export interface MemoryPublisher extends AlertPublisher {
  readonly messages: readonly AlertMessage[]
}

/** @param faults errors that the first calls throw, in order; undefined: that call succeeds. */
export function createMemoryPublisher(faults: readonly (Error | undefined)[] = []): MemoryPublisher {
  const messages: AlertMessage[] = []
  const left = [...faults]
  return {
    messages,
    async publish(message) {
      const fault = left.shift()
      if (fault !== undefined) throw fault
      messages.push(message)
    },
  }
}

/** Incidents in memory; they last as long as the process. */
export function createMemoryIncidents(): IncidentStore {
  const started = new Map<string, number>()
  return {
    async open(alarmArn, startedAt) {
      started.set(alarmArn, startedAt)
    },
    async find(alarmArn) {
      return started.get(alarmArn)
    },
    async close(alarmArn, startedAt) {
      if (started.get(alarmArn) === startedAt) started.delete(alarmArn)
    },
  }
}

/**
 * A LogSearch over log events that somebody reads: `read` gives those of a group, by timestamp. It returns all events of
 * the time asked for, whatever the pattern, as some emulators do: the caller looks again anyway.
 *
 * @example
 * createLogSearchOver((name) => readLogEvents('.bucketwatch', name))
 */
export function createLogSearchOver(
  read: (logGroupName: string) => Promise<readonly LogEvent[]> | readonly LogEvent[],
  pageSize = 1000,
): LogSearch {
  return {
    async *filterLogEvents({ logGroupName, startTime, endTime, signal }) {
      const events = (await read(logGroupName)).filter(
        ({ timestamp }) => timestamp >= startTime && timestamp <= endTime,
      )
      for (let start = 0; start < events.length && signal?.aborted !== true; start += pageSize) {
        yield events.slice(start, start + pageSize)
      }
    },
  }
}

/** Powertools' idempotency in memory, with the conditions of its DynamoDB layer. */
export class MemoryPersistence extends BasePersistenceLayer {
  readonly records = new Map<string, IdempotencyRecord>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    super()
    this.#now = now
  }

  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    const known = this.records.get(record.idempotencyKey)
    if (known !== undefined && !this.#isOver(known)) throw new IdempotencyItemAlreadyExistsError(undefined, known)
    this.records.set(record.idempotencyKey, record)
  }

  protected override async _getRecord(idempotencyKey: string): Promise<IdempotencyRecord> {
    const record = this.records.get(idempotencyKey)
    if (record === undefined) throw new IdempotencyItemNotFoundError()
    return record
  }

  protected override async _updateRecord(record: IdempotencyRecord): Promise<void> {
    this.records.set(record.idempotencyKey, record)
  }

  protected override async _deleteRecord(record: IdempotencyRecord): Promise<void> {
    this.records.delete(record.idempotencyKey)
  }

  /** Expired, or in progress by an invocation that must have ended. */
  #isOver(record: IdempotencyRecord): boolean {
    if (record.isExpired()) return true
    const { inProgressExpiryTimestamp } = record
    return (
      record.getStatus() === IdempotencyRecordStatus.INPROGRESS &&
      inProgressExpiryTimestamp !== undefined &&
      inProgressExpiryTimestamp < this.#now()
    )
  }
}
