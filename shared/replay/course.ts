/** People are told: when all units are there, and of what came early while others are still read. */
import type { Reached } from '../incident/count-windows.ts'
import type { Hit } from '../incident/hit.ts'
import { type Decider, isSame, type Plan, type Turn } from './decide.ts'
import type { Silences } from './silences.ts'
import type { Spool } from './spool.ts'
import { createTelltale, type Telltale, type TelltaleOptions } from './tell.ts'
import { readHits } from './told.ts'

export interface CourseOptions extends TelltaleOptions {
  readonly spool: Spool
}

/** Those that somebody may have brought about, by what is known when it is called: none of them handed out yet. */
export type SilencesOf = () => Silences

export interface Course {
  /**
   * While others are still read: tells what came before all that is to come, as far as those that were read let one think so.
   * What was told ahead stands where all together say the same; where they do not, all is told anew. Wait for it before the
   * next call.
   */
  ahead(turn: Turn): Promise<void>
  /** When all are there: tells people, by the clock of the replay. */
  finish(): Promise<AllTold>
}

export type AllTold = Awaited<ReturnType<Telltale['finish']>> & {
  /** Lines that had been told ahead, and stood; and whether some did not, so that all was told anew. */
  readonly ahead: number
  readonly isAnew: boolean
}

/** How far a plan has been told. */
interface Progress {
  readonly telltale: Telltale
  plan: Plan
  /** Lines of the plan. */
  told: number
  /** All silences up to then are told, ms since the epoch. */
  until: number
  /** What they said. */
  readonly silences: string[]
  /** Lines whose hits may explain a silence that is not known yet. */
  readonly causes: number[]
}

const NO_TURN: Turn = () => undefined

/**
 * Tells the lines that a decider has, in the order of their times. A telling cannot be taken back, but begun anew: what was told
 * ahead is looked over when more is known, line by line with what its count came to, and silence by silence.
 *
 * @example
 * const course = createCourse(options, decider, silencesOf); const { incidents } = await course.finish()
 */
export function createCourse(options: CourseOptions, decider: Decider, silencesOf: SilencesOf): Course {
  const { spool } = options
  let progress: Progress | undefined
  /** What was told ahead was not what all together say: nothing more is. */
  let isAnew = false

  const hitsAt = (line: number, { decisions }: Plan): readonly Hit[] => hitsOf(spool.body(line), decisions.get(line))

  /** Whether what was told would be told the same by this plan. Takes the silences out that were told. */
  function stands({ plan, told, until, silences }: Progress, next: Plan, now: Silences): boolean {
    if (told > next.lines.length) return false
    for (let at = 0; at < told; at += 1) {
      const line = plan.lines[at]!
      if (line !== next.lines[at] || !isSame(plan.decisions.get(line), next.decisions.get(line))) return false
    }
    for (const said of silences) if (now.next(until)?.said !== said) return false
    return now.next(until) === undefined
  }

  /** Tells all lines before a time: those that were not told yet, where that stands. */
  async function advance(before: number, turn: Turn) {
    const plan = await decider.plan(before, turn)
    let silences = silencesOf()
    if (progress !== undefined && !stands(progress, plan, silences)) {
      isAnew = true
      progress = undefined
      silences = silencesOf()
    }
    progress ??= {
      telltale: createTelltale(options),
      plan,
      told: 0,
      until: Number.NEGATIVE_INFINITY,
      silences: [],
      causes: [],
    }
    const of = progress
    const ahead = of.told
    of.plan = plan
    for (const line of of.causes) silences.heard(spool.time(line), hitsAt(line, plan))
    for (; of.told < plan.lines.length; of.told += 1) {
      const line = plan.lines[of.told]!
      const time = spool.time(line)
      if (time >= before) break
      const waiting = turn()
      if (waiting !== undefined) await waiting
      const hits = hitsAt(line, plan)
      if (hits.length === 0) continue
      await tellSilences(of, silences, time)
      await of.telltale.take(time, hits)
      silences.heard(time, hits)
      if (hits.some(({ rule }) => silences.causes.has(rule))) of.causes.push(line)
    }
    return { progress: of, silences, ahead }
  }

  async function tellSilences(of: Progress, silences: Silences, until: number): Promise<void> {
    const { telltale } = of
    of.until = until
    for (let one = silences.next(until); one !== undefined; one = silences.next(until)) {
      const { time, said } = one
      of.silences.push(said)
      const hits = await one.hits((principal) => telltale.incidentsAt(time, principal))
      if (hits.length > 0) await telltale.take(time, hits)
    }
  }

  return {
    async ahead(turn) {
      if (!isAnew) await advance(decider.quietBefore(), turn)
    },
    async finish() {
      const { progress: of, silences, ahead } = await advance(Number.POSITIVE_INFINITY, NO_TURN)
      await tellSilences(of, silences, Number.POSITIVE_INFINITY)
      return { ...(await of.telltale.finish()), ahead, isAnew }
    },
  }
}

/** The hits of a line; of one that holds a count as they are when it has come to the threshold. */
function hitsOf(body: string, reached: Reached | undefined): readonly Hit[] {
  const hits = readHits(body)
  return reached === undefined ? hits : hits.map((hit) => decided(hit, reached))
}

/** One that says that there may be more goes on saying so. */
function decided(hit: Hit, { amount, isAtLeast, at }: Reached): Hit {
  const { isAtLeast: isShort = false, ...rest } = hit
  return { ...rest, amount, at, ...(isAtLeast || isShort ? { isAtLeast: true } : {}) }
}
