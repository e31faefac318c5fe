/** Objects in memory, made of records by hand, and replays of them. */
import { gzipSync } from 'node:zlib'
import { compileAlertRules } from '../../shared/alert/rules.ts'
import type { ObjectStore } from '../../shared/contracts/ports.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { type CompiledRule, compileDetections } from '../../shared/detection/compile.ts'
import { EMPTY_SETTINGS, type Settings } from '../../shared/detection/settings.ts'
import { loadDetections } from '../../shared/files/detections.ts'
import { compileHitRules } from '../../shared/incident/hit-rules.ts'
import { createCollector } from '../../shared/replay/collect.ts'
import { finish } from '../../shared/replay/finish.ts'
import type { ReplayModel } from '../../shared/replay/model.ts'
import { type Ran, runReplay, type UnitReader } from '../../shared/replay/run.ts'
import { createMemorySpool, type Spool } from '../../shared/replay/spool.ts'
import type { CollectOptions, ReplayObject } from '../../shared/replay/unit.ts'
import { unitsOf } from '../../shared/replay/units.ts'

export const START = Date.parse('2026-03-17T09:00:00Z')
export const MINUTE = 60_000

export const detections = await loadDetections('infra/detections')

let events = 0

/** A CloudTrail record of a user. */
export function event(given: Record<string, unknown> & { readonly at?: number; readonly user?: string } = {}): object {
  const { at = START, user = 'mallory', ...rest } = given
  events += 1
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDAEXAMPLEUSERID000',
      arn: `arn:aws:iam::111122223333:user/${user}`,
      accountId: '111122223333',
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      userName: user,
    },
    eventTime: `${new Date(at).toISOString().slice(0, 19)}Z`,
    eventSource: 's3.amazonaws.com',
    eventName: 'ListBuckets',
    awsRegion: 'eu-central-1',
    sourceIPAddress: '198.51.100.7',
    userAgent: 'aws-cli/2.32.10',
    requestID: `R${events}`,
    eventID: `00000000-0000-4000-8000-${String(events).padStart(12, '0')}`,
    readOnly: true,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
    ...rest,
  }
}

/** A call that was refused. */
export const denied = (given: Parameters<typeof event>[0] = {}): object =>
  event({ errorCode: 'AccessDenied', errorMessage: 'Access Denied', ...given })

/** A trail that is stopped. */
export const stopLogging = (given: Parameters<typeof event>[0] = {}): object =>
  event({
    eventSource: 'cloudtrail.amazonaws.com',
    eventName: 'StopLogging',
    readOnly: false,
    requestParameters: { name: 'arn:aws:cloudtrail:eu-central-1:111122223333:trail/management-trail' },
    ...given,
  })

/** CloudTrail objects, five minutes apart. */
export function objectsOf(records: readonly (readonly object[])[]): {
  readonly store: ObjectStore
  readonly objects: readonly ReplayObject[]
} {
  const bodies = new Map<string, Uint8Array>()
  const objects = records.map((of, index) => {
    const stamp = new Date(START + index * 5 * MINUTE).toISOString().replace(/[-:]/g, '').slice(0, 13)
    const key = `111122223333_CloudTrail_eu-central-1_${stamp}Z_EXAMPLE${String(index).padStart(9, '0')}.json.gz`
    const body = gzipSync(JSON.stringify({ Records: of }))
    bodies.set(key, body)
    return { bucket: 'amzn-s3-demo-bucket', key, name: key, size: body.length }
  })
  const store: ObjectStore = {
    async open({ key }) {
      const body = bodies.get(key)!
      return {
        body: (async function* () {
          yield body
        })(),
      }
    },
  }
  return { store, objects }
}

export interface Replaying {
  readonly store: ObjectStore
  readonly objects: readonly ReplayObject[]
  readonly settings?: Settings
  /** Objects a unit. */
  readonly each?: number
  /** How many units are read at once; each answers after as many turns as this says. */
  readonly parallel?: number
  readonly delay?: (unit: number) => number
  /** What readers do that have no more to read. */
  readonly putTogether?: UnitReader['putTogether']
  readonly options?: Partial<CollectOptions>
  readonly spool?: Spool
  /** Makes a reader of what others have read of these units. */
  readonly readParts?: (
    units: readonly (readonly ReplayObject[])[],
    collect: CollectOptions,
    again: UnitReader,
  ) => UnitReader | Promise<UnitReader>
}

/** Replays objects with the rules that come along. */
export async function replayed(given: Replaying): Promise<{
  readonly ran: Ran
  readonly model: ReplayModel
  readonly compiled: readonly CompiledRule[]
  readonly reads: number
}> {
  const { store, objects, settings = EMPTY_SETTINGS, parallel = 1, delay = () => 0 } = given
  const compiled = compileDetections({
    detections,
    settings,
    stage: 'replay',
    logGroupNames: { cloudtrail: 'cloudtrail', 'access-log': 'access-log', pipeline: 'pipeline' },
  })
  const rules = compileHitRules(compiled).rules
  const collect = collectOptions({ rules, environment: settings.environment, ...given.options })
  const collector = createCollector(collect, store)
  const units = given.each === undefined ? unitsOf(objects) : chunks(objects, given.each)
  let reads = 0
  let busy: Promise<unknown> = Promise.resolve()
  const reader: UnitReader = {
    parallel,
    async collect(unit, options) {
      const turn = reads
      reads += 1
      // One collector reads one unit at a time; whoever is asked first may still answer last.
      const result = busy.then(() => collector.collect(unit, options))
      busy = result
      const collected = await result
      for (let turns = delay(turn); turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve))
      return collected
    },
    ...(given.putTogether === undefined ? {} : { putTogether: given.putTogether }),
  }
  const ran = await runReplay({
    units,
    reader: (await given.readParts?.(units, collect, reader)) ?? reader,
    spool: given.spool ?? createMemorySpool(),
    rules,
    alertRules: compileAlertRules(compiled, settings.incidents),
    alarms: new Map(compiled.rules.map(({ detection, alarm }) => [detection.id, alarm])),
    stage: 'replay',
    accountId: '',
    showAlerts: false,
    rowLimit: 1_000,
    isCutting: false,
  })
  const keys = settings.environment.account === undefined ? [] : ['account']
  const inputs = {
    paths: [],
    clock: 'event' as const,
    accounts: [],
    buckets: [],
    packs: [],
    rules: [],
    settings: { file: 'settings.yml', keys },
  }
  const model = finish({ inputs, compiled: compiled.rules, detections, lacking: new Map(), ran })
  return { ran, model, compiled: compiled.rules, reads }
}

export const collectOptions = (given: Partial<CollectOptions>): CollectOptions => ({
  rules: [],
  environment: EMPTY_ENVIRONMENT,
  clock: 'event',
  deliverySeconds: { cloudtrail: 300, 'access-log': 3_600 },
  accounts: [],
  buckets: [],
  rowLimit: 1_000,
  ...given,
})

export function chunks<T>(all: readonly T[], each: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / each) }, (_, index) => all.slice(index * each, (index + 1) * each))
}
