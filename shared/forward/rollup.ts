import type { RecordView, Source } from '../contracts/record.ts'
import { detach } from '../derive/detach.ts'
import { createKeySet } from './key-set.ts'

/** Where a rollup record starts to be worth its bytes: one entity reaching any of these in one bucket. */
export interface RollupFloors {
  readonly denied: number
  readonly notFound: number
  readonly deletes: number
  readonly keys: number
  readonly bytesOut: number
}

export const DEFAULT_ROLLUP_FLOORS: RollupFloors = {
  denied: 20,
  notFound: 50,
  deletes: 50,
  keys: 200,
  bytesOut: 1_000_000_000,
}

/**
 * Counts per (actor or IP address, bucket), because a metric filter cannot count per entity: only sums over everybody
 * are possible there. One record an entity and object, and only for entities that reach a floor.
 */
export interface RollupRecord {
  readonly kind: 'rollup'
  readonly source: Source
  readonly service: 's3'
  readonly entityType: 'actor' | 'ip'
  /** The actor; absent for anonymous callers, who are counted by address. */
  readonly actor?: string | undefined
  readonly sourceIPAddress?: string | undefined
  readonly bucket: string
  readonly awsService: boolean
  readonly anonymous: boolean
  readonly events: number
  readonly denied: number
  readonly notFound: number
  readonly deletes: number
  /** Distinct keys; a lower bound when keysCapped is true. */
  readonly keys: number
  readonly keysCapped?: true | undefined
  readonly bytesOut: number
  readonly firstEventTime?: string | undefined
  readonly lastEventTime?: string | undefined
}

/** What is counted of one entity in one bucket. Texts are copies: a slice would keep its whole line or record alive. */
interface Counter {
  /** Tells the keys of one counter from those of others. */
  readonly id: number
  readonly entity: string
  readonly byActor: boolean
  readonly source: Source
  readonly awsService: boolean
  readonly anonymous: boolean
  /** Of the first event. */
  readonly sourceIPAddress: string | undefined
  readonly bucket: string
  events: number
  denied: number
  notFound: number
  deletes: number
  keys: number
  keysCapped: boolean
  bytesOut: number
  first: number
  last: number
}

/** Most entities are seen in one bucket only: a map is made with the second. */
interface Entity {
  readonly first: Counter
  others: Map<string, Counter> | undefined
}

/** Entities followed at once, and distinct keys remembered for one and for all: what keeps memory constant. */
const MAX_ENTITIES = 5_000
const MAX_KEYS_OF_ONE = 5_000
const MAX_KEYS = 50_000

/**
 * Collects counts from record views; `take()` returns the rollup records of all entities that reached a floor and
 * starts anew. When more than 5,000 entities appear, `add` returns true: take then, before going on.
 *
 * @example
 * const rollups = createRollups(); for (const view of views) rollups.add(view); rollups.take()
 */
export function createRollups(floors: RollupFloors = DEFAULT_ROLLUP_FLOORS): {
  add(view: RecordView): boolean
  take(): RollupRecord[]
} {
  // Two levels, because joining entity and bucket into one text would cost more than all the counting.
  let entities = new Map<string, Entity>()
  let counters = 0
  let keys = createKeySet()

  function newCounter(view: RecordView, entity: string, bucket: string): Counter {
    counters += 1
    const { actor, sourceIPAddress: ip } = view
    return {
      id: counters,
      entity,
      byActor: actor !== undefined,
      source: view.source,
      awsService: view.awsService,
      anonymous: view.anonymous,
      sourceIPAddress: actor === undefined ? entity : ip === undefined ? undefined : detach(ip),
      bucket: detach(bucket),
      events: 0,
      denied: 0,
      notFound: 0,
      deletes: 0,
      keys: 0,
      keysCapped: false,
      bytesOut: 0,
      first: Number.POSITIVE_INFINITY,
      last: Number.NEGATIVE_INFINITY,
    }
  }

  function counterOf(view: RecordView, entity: string, bucket: string): Counter {
    const known = entities.get(entity)
    if (known === undefined) {
      const own = detach(entity)
      const first = newCounter(view, own, bucket)
      entities.set(own, { first, others: undefined })
      return first
    }
    if (known.first.bucket === bucket) return known.first
    known.others ??= new Map()
    let counter = known.others.get(bucket)
    if (counter === undefined) {
      counter = newCounter(view, known.first.entity, bucket)
      known.others.set(counter.bucket, counter)
    }
    return counter
  }

  return {
    add(view) {
      const { bucket } = view
      const entity = view.actor ?? view.sourceIPAddress
      if (view.kind !== 'event' || bucket === undefined || entity === undefined) return false
      const counter = counterOf(view, entity, bucket)
      counter.events += 1
      if (view.errorClass === 'denied') counter.denied += 1
      else if (view.errorClass === 'notFound') counter.notFound += 1
      if (view.outcome === 'success') {
        if (view.action === 'object.delete') counter.deletes += 1
        if (view.bytesOut !== undefined && isRead(view.action)) counter.bytesOut += view.bytesOut
      }
      if (view.key !== undefined && !counter.keysCapped && keys.add(counter.id, view.key)) {
        counter.keys += 1
        if (counter.keys > MAX_KEYS_OF_ONE || keys.size >= MAX_KEYS) counter.keysCapped = true
      }
      if (view.eventTimeMs !== undefined) {
        if (view.eventTimeMs < counter.first) counter.first = view.eventTimeMs
        if (view.eventTimeMs > counter.last) counter.last = view.eventTimeMs
      }
      return counters >= MAX_ENTITIES
    },
    take() {
      const records: RollupRecord[] = []
      for (const { first, others } of entities.values()) {
        if (reaches(first, floors)) records.push(toRecord(first))
        if (others === undefined) continue
        for (const counter of others.values()) if (reaches(counter, floors)) records.push(toRecord(counter))
      }
      entities = new Map()
      counters = 0
      keys = createKeySet()
      return records
    },
  }
}

function isRead(action: string): boolean {
  return action === 'object.read' || action === 'object.copyOut'
}

function reaches(counter: Counter, floors: RollupFloors): boolean {
  return (
    counter.denied >= floors.denied ||
    counter.notFound >= floors.notFound ||
    counter.deletes >= floors.deletes ||
    counter.keys >= floors.keys ||
    counter.bytesOut >= floors.bytesOut
  )
}

function toRecord(counter: Counter): RollupRecord {
  const { byActor } = counter
  return {
    kind: 'rollup',
    source: counter.source,
    service: 's3',
    entityType: byActor ? 'actor' : 'ip',
    actor: byActor ? counter.entity : undefined,
    sourceIPAddress: counter.sourceIPAddress,
    bucket: counter.bucket,
    awsService: counter.awsService,
    anonymous: counter.anonymous,
    events: counter.events,
    denied: counter.denied,
    notFound: counter.notFound,
    deletes: counter.deletes,
    keys: counter.keys,
    keysCapped: counter.keysCapped ? true : undefined,
    bytesOut: counter.bytesOut,
    firstEventTime: Number.isFinite(counter.first) ? new Date(counter.first).toISOString() : undefined,
    lastEventTime: Number.isFinite(counter.last) ? new Date(counter.last).toISOString() : undefined,
  }
}
