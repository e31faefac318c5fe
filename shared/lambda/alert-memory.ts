/** The alert function's state where it has no table: it lasts as long as the process. */
import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  IdempotencyRecordStatus,
} from '@aws-lambda-powertools/idempotency'
import { BasePersistenceLayer, type IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence'
import type { IncidentStore } from '../contracts/ports.ts'

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
