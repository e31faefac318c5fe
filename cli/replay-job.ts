/** One replay, from what it is asked for to the model. */
import { compileAlertRules } from '../shared/alert/rules.ts'
import { BucketwatchError } from '../shared/contracts/errors.ts'
import { type CompileResult, compileDetections } from '../shared/detection/compile.ts'
import { formatProblem } from '../shared/detection/problem.ts'
import type { Detection } from '../shared/detection/schema.ts'
import type { Settings } from '../shared/detection/settings.ts'
import { packageVersion } from '../shared/files/package-root.ts'
import { compileHitRules } from '../shared/incident/hit-rules.ts'
import { createFileSpool } from '../shared/local/file-spool.ts'
import { createPartFolder } from '../shared/local/part-folder.ts'
import { finish } from '../shared/replay/finish.ts'
import type { ReplayModel } from '../shared/replay/model.ts'
import { createKeptReader } from '../shared/replay/parts.ts'
import { runReplay, type UnitReader } from '../shared/replay/run.ts'
import type { CollectOptions, ReplayObject } from '../shared/replay/unit.ts'
import { unitsOf } from '../shared/replay/units.ts'
import { type Io, usage } from './io.ts'
import { saveMemory, saveMoreMemory } from './memory.ts'
import type { ReplayJob } from './replay-options.ts'
import { createUnitProgress } from './replay-progress.ts'
import { createThreads, threadsFor } from './replay-threads.ts'

/** Names of alarms and log groups begin with it; nothing of it leaves this machine. */
const STAGE = 'replay'
/** After a record, its object comes within so long; AWS says "about 5 minutes" of CloudTrail, "a few hours" of access logs. */
const DELIVERY_SECONDS = { cloudtrail: 300, 'access-log': 3_600 } as const

export interface Replayed {
  readonly model: ReplayModel
  /** Units that were read, and found as they were kept. */
  readonly units: number
  readonly found: number
  readonly isInterrupted: boolean
}

/** What is replayed, and with which settings. */
export interface ReplayInput {
  readonly objects: readonly ReplayObject[]
  readonly region: string | undefined
  readonly settings: Settings
  readonly settingsFile: string | undefined
  /** Where others have read: a reader of what they left, over the threads here. */
  readonly readParts?: ((threads: UnitReader, asked: string) => UnitReader & { readonly found: number }) | undefined
}

/** What units are read for, and all that their parts depend on as one text. */
export function questionOf(
  job: ReplayJob,
  settings: Settings,
  compiled = compile(job, settings),
): { readonly collect: CollectOptions; readonly asked: string } {
  const collect: CollectOptions = {
    rules: compileHitRules(compiled).rules,
    environment: settings.environment,
    clock: job.clock,
    deliverySeconds: DELIVERY_SECONDS,
    from: job.from,
    to: job.to,
    accounts: job.accounts,
    buckets: job.buckets,
    rowLimit: job.rowLimit,
  }
  return { collect, asked: JSON.stringify([packageVersion(), collect]) }
}

/**
 * Replays objects with settings.
 *
 * @throws BucketwatchError DETECTION_INVALID where rules cannot be compiled, or there are none.
 */
export async function replayObjects(job: ReplayJob, given: ReplayInput, io: Io): Promise<Replayed> {
  const { objects, region, settings, readParts } = given
  const compiled = compile(job, settings)
  const { collect, asked } = questionOf(job, settings, compiled)
  const { rules } = collect
  const units = unitsOf(objects)
  const s3 = region === undefined ? undefined : { region, profile: job.profile }
  const parallel = threadsFor(job.threads, units)
  const restore = parallel > 0 ? saveMemory() : undefined
  const threads = createThreads(parallel, { collect, s3, write: job.write })
  const keep = (folder: string) => createKeptReader(threads, { store: createPartFolder(folder), asked })
  const kept = readParts?.(threads, asked) ?? (job.state === undefined ? undefined : keep(job.state))
  const spool = createFileSpool()
  const progress = createUnitProgress(objects, io)
  try {
    const ran = await runReplay({
      units,
      reader: kept ?? threads,
      spool,
      rules,
      alertRules: compileAlertRules(compiled, settings.incidents, job.sequences),
      alarms: new Map(compiled.rules.map(({ detection, alarm }) => [detection.id, alarm])),
      stage: STAGE,
      accountId: settings.environment.account ?? '',
      showAlerts: job.showAlerts,
      rowLimit: job.rowLimit,
      isCutting: kept === undefined,
      signal: io.signal,
      onUnit: progress.unit,
      // What they hold is given back before people are told.
      async onRead() {
        await threads.end()
        if (parallel > 0) saveMoreMemory()
      },
    })
    const model = finish({
      inputs: inputsOf(job, settings, given.settingsFile),
      compiled: compiled.rules,
      detections: job.detections,
      lacking: lackingOf(job.detections, compiled),
      ran,
    })
    return {
      model,
      units: ran.units,
      found: kept?.found ?? 0,
      isInterrupted: ran.units < units.length,
    }
  } finally {
    progress.end()
    await threads.end()
    await spool.remove()
    restore?.()
  }
}

function compile({ detections }: ReplayJob, settings: Settings): CompileResult {
  const own = { cloudtrail: 'cloudtrail', 'access-log': 'access-log', pipeline: 'pipeline' }
  const compiled = compileDetections({ detections, settings, stage: STAGE, logGroupNames: own })
  if (compiled.problems.length > 0)
    throw new BucketwatchError('DETECTION_INVALID', compiled.problems.map(formatProblem).join('; '))
  if (compiled.rules.length === 0) throw usage('all of these rules are off; name one with --rule to try it.')
  return compiled
}

/** Rules that are off for want of a setting. */
function lackingOf(detections: readonly Detection[], { disabled, warnings }: CompileResult): Map<string, string> {
  const off = new Set(disabled)
  return new Map(
    detections.flatMap(({ id, file }) => {
      const lack = warnings.find((one) => one.file === file && one.field === 'requires')
      return off.has(id) && lack !== undefined ? [[id, `it ${lack.message}`] as const] : []
    }),
  )
}

function inputsOf(job: ReplayJob, settings: Settings, file: string | undefined): ReplayModel['inputs'] {
  const { environment, packs, rules, incidents } = settings
  const filled = Object.entries({ ...environment, packs, rules, ...incidents }).filter(([, value]) => isFilled(value))
  return {
    paths: job.paths,
    ...(job.from === undefined ? {} : { from: new Date(job.from).toISOString() }),
    ...(job.to === undefined ? {} : { to: new Date(job.to).toISOString() }),
    clock: job.clock,
    accounts: job.accounts,
    buckets: job.buckets,
    packs: job.packs,
    rules: job.rules,
    ...(file === undefined ? {} : { settings: { file, keys: filled.map(([key]) => key) } }),
    ...(job.clock === 'delivery' ? { deliverySeconds: DELIVERY_SECONDS } : {}),
  }
}

const isFilled = (value: unknown): boolean =>
  typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value !== undefined
