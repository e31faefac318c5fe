import { type Explanation, explains, staleExplanations } from './accepted.ts'
import type { Mutation } from './operators.ts'
import type { Tried } from './try.ts'

/** What is to be noticed, in all and in each room. */
const SHARE = 0.9

export interface Row {
  readonly room: string
  readonly tried: number
  readonly noticed: number
  readonly share: number
}

/** What is written to `.mutate/result.json`. */
interface Result {
  readonly date: string
  readonly commit: string
  /** Outcomes of earlier runs that still hold, and mutations that this run tried. */
  readonly kept: number
  readonly run: number
  /** Survivors that change nothing; they are in no row. */
  readonly equivalent: number
  readonly all: Row
  readonly rooms: readonly Row[]
  readonly outcomes: readonly object[]
}

export const difference = ({ file, line, operator, before, after }: Mutation): string =>
  `  ${file}:${line} (${operator})\n    - ${before}\n    + ${after}`

const roomOf = ({ mutation }: Tried): string => mutation.file.split('/').slice(0, -1).join('/')
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** The table of rooms, the survivors with what is known of them, and whether enough was noticed and nothing is stale. */
export function report(
  outcomes: readonly Tried[],
  possible: readonly Mutation[],
  explanations: readonly Explanation[],
  commit: string,
): { text: string; ok: boolean; result: Result } {
  const explanationOf = (mutation: Mutation) => explanations.find((explanation) => explains(explanation, mutation))
  const counted = outcomes.filter(
    ({ mutation, noticed }) => noticed || explanationOf(mutation)?.verdict !== 'equivalent',
  )
  const rooms = [...Map.groupBy(counted, roomOf)]
    .map(([room, tried]) => rowOf(room, tried))
    .sort((a, b) => (a.room < b.room ? -1 : 1))
  const all = rowOf('all', counted)
  const kept = outcomes.filter((outcome) => outcome.kept).length
  const result: Result = {
    date: new Date().toISOString().slice(0, 10),
    commit,
    kept,
    run: outcomes.length - kept,
    equivalent: outcomes.length - counted.length,
    all,
    rooms,
    outcomes: outcomes.map(({ mutation: { file, line, operator, before, after }, ...outcome }) => ({
      ...{ file, line, operator, before, after },
      ...outcome,
    })),
  }
  const survivors = outcomes.filter(({ noticed }) => !noticed)
  const stale = staleLines(explanations, outcomes, possible)
  const lines = [
    ...survivors.map(({ mutation }) => {
      const known = explanationOf(mutation)
      return `\n${difference(mutation)}${known === undefined ? '' : `\n    ${known.verdict}: ${known.why}`}`
    }),
    ...stale,
    '\nroom                     tried  noticed',
    ...[...rooms, all].map(lineOf),
    `kept from earlier runs, since neither the line nor what its tests read has changed: ${kept}; tried now: ${result.run}`,
    `change nothing, are not counted: ${result.equivalent}`,
    `${result.date}, commit ${commit}: ${all.noticed} of ${all.tried} noticed, ${percent(all.share)}`,
  ]
  return {
    text: lines.join('\n'),
    ok: stale.length === 0 && [...rooms, all].every(({ share }) => share >= SHARE),
    result,
  }
}

function rowOf(room: string, outcomes: readonly Tried[]): Row {
  const noticed = outcomes.filter((outcome) => outcome.noticed).length
  return { room, tried: outcomes.length, noticed, share: noticed / outcomes.length }
}

function lineOf({ room, tried, noticed, share }: Row): string {
  const cells = [room.padEnd(24), String(tried).padStart(5), String(noticed).padStart(8), percent(share).padStart(9)]
  return `${cells.join(' ')}${share < SHARE ? '   under 90 %' : ''}`
}

/** An explanation whose line is gone, or whose mutation is noticed, explains nothing. */
function staleLines(
  explanations: readonly Explanation[],
  outcomes: readonly Tried[],
  possible: readonly Mutation[],
): string[] {
  const noticed = explanations.filter((explanation) =>
    outcomes.some((outcome) => outcome.noticed && explains(explanation, outcome.mutation)),
  )
  const gone = staleExplanations(explanations, possible)
  const tell = (what: string, { file, before }: Explanation) => `\nstale explanation, ${what}: ${file}\n    - ${before}`
  return [
    ...gone.map((explanation) => tell('there is no such line', explanation)),
    ...noticed.map((explanation) => tell('the tests notice it', explanation)),
  ]
}
