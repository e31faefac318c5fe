import { createHash } from 'node:crypto'
import { BucketwatchError, errorMessage } from '../contracts/errors.ts'
import type { LogsPort, ObjectStore, OperatorLog } from '../contracts/ports.ts'
import type { Environment } from '../contracts/record.ts'
import type { StateStore } from '../contracts/state.ts'
import { shrinkRecord } from '../derive/shrink.ts'
import { CANARY_RULE } from '../incident/canary.ts'
import { createCounters } from '../incident/counters.ts'
import { type HitRule, readyRules } from '../incident/hit-rules.ts'
import { createKindRules, type KindRules } from '../incident/kind-rules.ts'
import { createLease } from '../incident/lease.ts'
import { createObjectHits } from '../incident/object-hits.ts'
import type { HitSink } from '../incident/ports.ts'
import { createTableCounts } from '../incident/shared-counts.ts'
import { type LogKind, reading } from '../kinds/kinds.ts'
import type { ObjectRef } from '../notification/parse.ts'
import { classifyKey } from '../object/key.ts'
import { createReaders } from '../object/readers.ts'
import type { Config } from '../settings/config.ts'
import { createLedger, ledgerKey } from '../state/ledger.ts'
import { createMemoryState } from '../state/memory.ts'
import { createCopies } from './copies.ts'
import { createCounts, type Outcome, toReceipt } from './counts.ts'
import { createDedupeWindow } from './dedupe.ts'
import { createDelivery, type DeliveryOptions } from './deliver.ts'
import { createRecordFilter } from './filter.ts'
import { logStreamName } from './log-stream-name.ts'
import { deliverObject, type HitsOf, type ObjectContext } from './object-delivery.ts'
import type { Receipt } from './receipt.ts'
import { createRecorder } from './recorder.ts'
import { type Time, UNLIMITED } from './time.ts'

export interface PipelineOptions {
  readonly functionName: string
  /** Tells this function instance from others; part of the log stream name. */
  readonly instanceId: string
  readonly config: Config
  readonly environment: Environment
  readonly store: ObjectStore
  readonly logs: LogsPort
  /** Where the ledger is kept; default: in the process, so that it knows what this instance has done. */
  readonly state?: StateStore | undefined
  /** The enabled rules, which records are matched against; default: none. */
  readonly rules?: readonly HitRule[] | undefined
  /** Takes the hits; default: nobody, and nothing is counted. */
  readonly hits?: HitSink | undefined
  /** True of an instance that is known to have ended: its claims do not hold. */
  readonly isGone?: ((instanceId: string) => boolean) | undefined
  /** ms since the epoch. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  /** [0, 1), for jitter. */
  readonly random: () => number
  readonly log: OperatorLog
  /** Told of every receipt as soon as the object is done. */
  readonly onReceipt?: ((receipt: Receipt) => void) | undefined
}

/** What became of an object: its receipt, and the error when the notification must be tried again. */
export interface ProcessResult {
  readonly receipt: Receipt
  readonly error?: BucketwatchError | undefined
}

export interface Pipeline {
  /**
   * Reads one object and delivers its records. Never throws: a failure that a retry can help is `error`, among them
   * OBJECT_BUSY (postpone the message) and TIME_UP (the object was handed over and the ledger knows how far it is);
   * damage that a retry cannot help is quarantined and stands in the receipt.
   */
  process(ref: ObjectRef, time?: Time): Promise<ProcessResult>
  /** When the oldest receipt that is not yet written was made; undefined: there is none. ms since the epoch. */
  readonly receiptsSince: number | undefined
  /**
   * Writes the receipts gathered so far to the `pipeline` group. Never throws: RECEIPT_LOST where they are not surely
   * written; the messages concerned must fail.
   */
  flushReceipts(deadline?: number): Promise<BucketwatchError | undefined>
}

/** Identities of other objects' records, see createDedupeWindow: 3 MB. */
const DEDUPE_SIZE = 262_144

/** A claim outlasts the invocation by this, since calls may end a little later. Milliseconds. */
const LEASE_SLACK_MS = 10_000
/** For an invocation without an end; longer than any of Lambda's. */
const LONGEST_LEASE_MS = 15 * 60_000

/**
 * Makes the pipeline of one function instance: object → inflate → split → normalize → filter → de-duplicate → deliver,
 * and a receipt that accounts for every record. Objects are streamed; memory does not grow with their size. What is
 * delivered and how far stands in the ledger, so that an object that comes again, or is interrupted, is delivered once.
 *
 * @example
 * const pipeline = createPipeline(options)
 * const { receipt, error } = await pipeline.process({ bucket, key })
 * await pipeline.flushReceipts()
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  if (options.config.forward === 'matching' && options.rules === undefined)
    throw new BucketwatchError('CONFIG_INVALID', 'To forward only what matches, the rules have to be there.')
  const { config, environment, functionName, instanceId, logs, log, now, random, sleep, store } = options
  let recordTime = 0
  const normalizing = { environment, detail: config.detail, capBytes: config.capBytes }
  const state = options.state ?? createMemoryState({ now })
  const ledger = createLedger({
    state,
    logs,
    now,
    instanceId,
    isGone: options.isGone,
    shape: shapeOf(config, environment),
    log,
  })

  function deliveryTo<Tag>(group: string, hooks: Partial<DeliveryOptions<Tag>> = {}) {
    return createDelivery<Tag>({
      logs,
      logGroupName: `${config.logGroupPrefix}/${group}`,
      logStreamName: logStreamName({ functionName, instanceId, now }),
      now,
      sleep,
      random,
      shrink: shrinkRecord,
      maxInFlight: config.maxInFlight,
      log,
      ...hooks,
    })
  }

  const recorderTo = (group: string) =>
    createRecorder({ open: (deadline) => deliveryTo<never>(group, { deadline }), now, log })
  const recorder = recorderTo('pipeline')
  // Receipts and rejected records of a backfill must not alarm either.
  const historyRecorder = recorderTo('history')
  const lease = createLease({ state, name: functionName, instanceId, instances: config.maximumConcurrency, now, log })
  const counters = createCounters({ shared: createTableCounts(state), now, log, lease })
  /** The canary is counted by its own rule, and by no other. */
  const isCanary = ({ bucket }: ObjectRef) => config.canaryBucket !== undefined && bucket === config.canaryBucket
  const kinds = new Map<string, KindRules>()
  function rulesOf(ref: ObjectRef, kind: LogKind): KindRules {
    const name = isCanary(ref) ? `canary ${kind}` : kind
    let rules = kinds.get(name)
    if (rules === undefined) {
      const all = isCanary(ref) ? [CANARY_RULE] : (options.rules ?? [])
      rules = createKindRules(readyRules(all, kind), { instances: config.maximumConcurrency, isMatchingOnly })
      kinds.set(name, rules)
    }
    return rules
  }

  function hitsOf({ ref, kind, logGroupName, from }: HitsOf) {
    const rules = rulesOf(ref, kind)
    const { bucket, key, versionId } = ref
    const object = { bucket, key, ...(versionId === undefined ? {} : { versionId }) }
    return createObjectHits({
      rules,
      counters,
      sink: options.hits,
      object,
      objectId: ledgerKey(ref),
      logGroupName,
      from,
      now,
    })
  }

  const isMatchingOnly = config.forward === 'matching'
  const context: ObjectContext = {
    isMatchingOnly,
    hitsOf: options.rules !== undefined && (options.hits !== undefined || isMatchingOnly) ? hitsOf : undefined,
    config,
    functionName,
    store,
    // The time of an object's first attempt, so that its records read the same on every attempt.
    readers: createReaders({ ...normalizing, now: () => recordTime }),
    filter: createRecordFilter(config),
    dedupe: createDedupeWindow(DEDUPE_SIZE),
    copies: createCopies(),
    recorder,
    deliveryTo,
    now,
    log,
  }
  /** What is left out of the logs is not the canary's business: it tells whether anything gets through. */
  const canary: ObjectContext = { ...context, filter: () => undefined }
  let history: ObjectContext | undefined
  /** History is a copy of its own: what was forwarded when it arrived is no duplicate there. */
  function contextOf(ref: ObjectRef): ObjectContext {
    if (isCanary(ref)) return canary
    if (ref.history !== true) return context
    history ??= {
      ...context,
      recorder: historyRecorder,
      dedupe: createDedupeWindow(DEDUPE_SIZE),
      copies: createCopies(),
    }
    return history
  }

  async function process(ref: ObjectRef, time: Time = UNLIMITED): Promise<ProcessResult> {
    const started = now()
    const { kind: logKind } = classifyKey(ref.key)

    function finish(outcome: Outcome, count = createCounts()): ProcessResult {
      const receipt = toReceipt({ functionName, ref, started, ended: now() }, count, outcome)
      const { status, error } = outcome
      const isOver = status === 'ok' || status === 'skipped' || status === 'quarantined' || status === 'duplicate'
      // One every quarter of an hour says nothing, and is no sign that logs come.
      if (!(isCanary(ref) && isOver)) {
        const account = ref.history === true ? historyRecorder : recorder
        account.add(JSON.stringify(receipt))
        options.onReceipt?.(receipt)
      }
      return isOver ? { receipt } : { receipt, error }
    }

    // Where the key says that there is nothing to read, the object is not even opened.
    const skip = logKind === 'unknown' ? undefined : reading(logKind).skip
    if (skip !== undefined) return finish({ status: 'skipped', logKind, reason: skip })

    const begun = await ledger.begin(ref, Math.min(time.recordedBy + LEASE_SLACK_MS, started + LONGEST_LEASE_MS))
    if (begun.kind === 'busy') {
      const error = new BucketwatchError('OBJECT_BUSY', undefined, { until: begun.until })
      return finish({ status: 'postponed', logKind, error })
    }
    if (begun.kind === 'done') {
      const count = createCounts()
      count.recordsIn = begun.records
      count.duplicates = begun.records
      return finish({ status: 'duplicate', logKind }, count)
    }
    recordTime = begun.entry.begunAt
    const { failures } = counters
    try {
      const { outcome, count } = await deliverObject(contextOf(ref), { ref, time, begun, logKind })
      return finish(counters.failures > failures ? { ...outcome, counting: 'unavailable' } : outcome, count)
    } catch (cause) {
      const error = new BucketwatchError('INTERNAL', errorMessage(cause), {}, { cause })
      log.error('object failed', { bucket: ref.bucket, key: ref.key, code: error.code, reason: error.message })
      return finish({ status: 'failed', logKind, error })
    }
  }

  return {
    process,
    get receiptsSince() {
      return recorder.since ?? historyRecorder.since
    },
    async flushReceipts(deadline) {
      const lost = await recorder.flush(deadline)
      return (await historyRecorder.flush(deadline)) ?? lost
    },
  }
}

/** Everything that a record's message depends on, as one short text. */
function shapeOf(config: Config, environment: Environment): string {
  const { detail, capBytes, timestamp, maxRecordBytes } = config
  const { includeEventNames, excludeEventNames, excludeReadOnlyData, excludeAwsService, ownRoles } = config
  const { forward } = config
  const filters = { includeEventNames, excludeEventNames, excludeReadOnlyData, excludeAwsService, ownRoles, forward }
  const shape = JSON.stringify({ detail, capBytes, timestamp, maxRecordBytes, filters, environment })
  return createHash('sha256').update(shape).digest('base64url').slice(0, 16)
}
