/** A replay from units of objects to what is known of all of them; who reads the units is given. */
import { giveBack } from '../basics/give-back.ts'
import { createTurns } from '../basics/turns.ts'
import { type AllTold, type Course, type CourseOptions, createCourse } from './course.ts'
import { createDecider, type Decider, type DeciderOptions } from './decide.ts'
import { createIdentityWindow } from './identities.ts'
import { joined, type Piece, type Pieced, piecesOf, putTogether } from './pieces.ts'
import { createSilences, type SilencesOptions } from './silences.ts'
import { createSum, type Sum } from './sum.ts'
import type { Collected, ReplayObject, UnitOptions } from './unit.ts'

/** Reads units: in this thread, in others, or elsewhere. */
export interface UnitReader {
  /** How many units it reads at once. */
  readonly parallel: number
  collect(unit: readonly ReplayObject[], options: UnitOptions): Promise<Collected>
  /** When no more units are read: puts something together, beside this thread. Absent: there is nobody who could. */
  putTogether?(piece: Piece): Promise<Pieced>
}

export interface RunOptions extends DeciderOptions, CourseOptions, SilencesOptions {
  /** In their order; see unitsOf. */
  readonly units: readonly (readonly ReplayObject[])[]
  readonly reader: UnitReader
  readonly rowLimit: number
  /** False: a unit's result does not depend on the others, so that it can be kept. */
  readonly isCutting: boolean
  readonly signal?: AbortSignal | undefined
  /** Told when no more units are read, before people are told. */
  readonly onRead?: (() => Promise<void>) | undefined
  readonly onUnit?: ((unit: readonly ReplayObject[], sum: Sum) => void) | undefined
}

export interface Ran {
  readonly sum: Sum
  readonly told: AllTold
  readonly pieced: Pieced
  /** Units that were merged: fewer than there are where it was interrupted. */
  readonly units: number
}

/** Identities of records that are known across units: the last half a million to a million. */
const KNOWN_IDENTITIES = 2 ** 19
/**
 * Where several units are read at once, people are told of what is there when so many of all units are: what is left is told
 * when all are, by one thread alone.
 */
const TOLD_AHEAD = [1 / 2, 3 / 4, 7 / 8, 15 / 16, 31 / 32, 63 / 64]
/** Of fewer units the first ones tell too little of what is to come. */
const MIN_UNITS = 8
/** Units that come meanwhile wait for so long, ms. */
const TURN_MS = 10

/** Units that are read before the one that is merged next, for each that is read at once. */
const READ_AHEAD = 2

/**
 * Reads all units and puts together what they say, in their order: what comes out does not depend on how many are read at
 * once, nor on which is done first.
 *
 * @example
 * const { sum, told } = await runReplay({ units, reader, spool: createMemorySpool(), … })
 */
export async function runReplay(options: RunOptions): Promise<Ran> {
  const sum = createSum(options.rowLimit)
  const decider = createDecider(options)
  const course = createCourse(options, decider, () => createSilences(options, sum))
  const units = await readUnits(options, sum, decider, course)
  const beside = putTogetherBeside(options, sum)
  // What was needed for that is given back.
  await options.onRead?.()
  const told = await course.finish()
  return { sum, told, pieced: await (beside ?? joined(piecesOf(sum, options.alarms).map(putTogether))), units }
}

/** While people are told. Undefined: nobody can, or they have more to read and are stopped. */
function putTogetherBeside({ reader, signal, alarms }: RunOptions, sum: Sum): Promise<Pieced> | undefined {
  if (reader.putTogether === undefined || signal?.aborted === true) return undefined
  const pieced = Promise.all(piecesOf(sum, alarms).map((piece) => reader.putTogether!(piece))).then(joined)
  // Whoever waits for it gets the error.
  pieced.catch(() => {})
  return pieced
}

/** Tells ahead, now and then; what fails there is thrown by `end`. */
function createAhead({ units, reader }: RunOptions, course: Course) {
  const isWorthIt = reader.parallel > 1 && units.length >= MIN_UNITS
  const at = new Set(isWorthIt ? TOLD_AHEAD.map((part) => Math.floor(part * units.length)) : [])
  let busy: Promise<void> = Promise.resolve()
  let isTelling = false
  /** It was time to tell more while that was going on. */
  let isMore = false

  async function tell(): Promise<void> {
    isTelling = true
    do {
      isMore = false
      await course.ahead(createTurns(TURN_MS))
    } while (isMore)
    isTelling = false
  }

  return {
    /** Says how many units there are. */
    have(merged: number): void {
      if (!at.has(merged)) return
      isMore = true
      if (isTelling) return
      busy = tell()
      // Whoever waits for it gets the error.
      busy.catch(() => {})
    },
    /** All units are there, or no more of them come. */
    end(): Promise<void> {
      isMore = false
      return busy
    },
  }
}

/** Returns how many of them were read and put together. */
async function readUnits(options: RunOptions, sum: Sum, decider: Decider, course: Course): Promise<number> {
  const { units, reader, signal } = options
  const window = createIdentityWindow(KNOWN_IDENTITIES)
  const ahead = createAhead(options, course)
  const results = new Map<number, Promise<Collected>>()
  let next = 0
  let merged = 0

  function begin(): void {
    const rowCut = options.isCutting ? sum.rows.cut() : undefined
    while (next < units.length && next < merged + reader.parallel * READ_AHEAD && signal?.aborted !== true) {
      const result = reader.collect(units[next]!, { rowCut })
      // Whoever waits for it gets the error.
      result.catch(() => {})
      results.set(next, result)
      next += 1
    }
  }

  /** False: there is no more to take. */
  async function take(): Promise<boolean> {
    const unit = units[merged]!
    const first = await unlessAborted(results.get(merged)!, signal)
    if (first === undefined) return false
    let collected = first
    results.delete(merged)
    const pairs = window.take(collected.identities)
    giveBack(collected.identities)
    if (pairs.length > 0)
      collected = await reader.collect(unit, { known: pairs, rowCut: options.isCutting ? sum.rows.cut() : undefined })
    if (signal?.aborted === true) return false
    sum.merge(collected.partial)
    const adding = decider.add(merged, collected)
    if (adding !== undefined) await adding
    merged += 1
    options.onUnit?.(unit, sum)
    ahead.have(merged)
    return true
  }

  try {
    for (begin(); merged < next; begin()) if (!(await take())) break
  } catch (error) {
    await ahead.end().catch(() => {})
    throw error
  }
  await ahead.end()
  return merged
}

/** Undefined where the signal comes first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return promise
  if (signal.aborted) return undefined
  const ended = Promise.withResolvers<undefined>()
  const end = () => ended.resolve(undefined)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([promise, ended.promise])
  } finally {
    signal.removeEventListener('abort', end)
  }
}
