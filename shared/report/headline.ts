/** What a report says first: what happened, in a sentence, and in what. */

import { count, plural } from '../basics/numbers.ts'
import type { Finding, FindingValue, StoryLine } from '../incident/finding.ts'
import type { Ranking, ReplayIncident, ReplayModel } from '../replay/model.ts'
import { rankOfSeverity, WORST_FIRST } from './severity.ts'
import { span } from './words.ts'

export interface Headline {
  /** `2 incidents: 1 critical, 1 high`; that there was none; that nothing was read, or is left of it. */
  readonly title: string
  /** What it is about: records, time. */
  readonly about: string
}

/** Incidents, the worst first, then in the order of time; what went on in another is told there. */
export function tellable(model: ReplayModel): ReplayIncident[] {
  return model.incidents
    .filter(({ finding }) => finding.mergedInto === undefined)
    .toSorted(
      (a, b) =>
        rankOfSeverity(a.finding.severity) - rankOfSeverity(b.finding.severity) ||
        Date.parse(a.finding.firstTime) - Date.parse(b.finding.firstTime),
    )
}

/** `3 problems reading them`; undefined: none. What could not be read is in no other number. */
export function problemsOf({ problems }: Pick<ReplayModel, 'problems'>): string | undefined {
  const all = problems.reduce((sum, problem) => sum + problem.count, 0)
  return all === 0 ? undefined : `${plural(all, 'problem')} reading them`
}

/**
 * @example
 * headline(model).title // '2 incidents: 1 critical, 1 high'
 */
export function headline(model: ReplayModel): Headline {
  const { totals, span: time } = model
  const problems = problemsOf(model)
  const trouble = problems === undefined ? '' : `; ${problems}`
  if (totals.records === 0 || time === undefined) {
    const left = [
      totals.outOfSpan === 0 ? '' : `${plural(totals.outOfSpan, 'record')} outside of what was asked for, `,
      totals.filtered === 0 ? '' : `${plural(totals.filtered, 'record')} of AWS delivering logs, `,
    ].join('')
    return {
      title: left === '' ? 'No record was read' : 'No record is left',
      about: `${left}${plural(totals.objects + totals.skipped, 'object')} looked at${trouble}. That nothing is told here says nothing of what happened.`,
    }
  }
  const incidents = tellable(model)
  const when = span(Date.parse(time.first), Date.parse(time.last))
  const parts: string[] = WORST_FIRST.flatMap((severity) => {
    const of = incidents.filter(({ finding }) => finding.severity === severity).length
    return of === 0 ? [] : [`${count(of)} ${severity}`]
  })
  return {
    title:
      parts.length === 0
        ? 'No incident'
        : `${plural(incidents.length + model.incidentsLeftOut, 'incident')}: ${parts.join(', ')}${model.incidentsLeftOut === 0 ? '' : `, ${count(model.incidentsLeftOut)} not listed`}`,
    about: `${plural(totals.records, 'record')} of ${plural(totals.objects, 'object')}, ${when} UTC${trouble}`,
  }
}

/** How many different values there were, as surely as it is known. */
export const distinctOf = ({ distinct, isAtLeast, isEstimate }: Ranking): string =>
  `${isEstimate === true ? 'about ' : isAtLeast === true ? 'at least ' : ''}${count(distinct)}`

/** Of a rule that is loud where no setting is suggested. */
export const NOT_QUIETED = 'no setting quiets it without hiding what matters'

/** Rules by what became of them. */
export function rulesByState(model: ReplayModel): Record<'matched' | 'quiet' | 'blind', ReplayModel['rules']> {
  const of = (state: string) => model.rules.filter((rule) => rule.state === state)
  return {
    matched: of('matched').toSorted(
      (a, b) => rankOfSeverity(a.severity) - rankOfSeverity(b.severity) || b.matches - a.matches,
    ),
    quiet: of('quiet'),
    blind: of('blind'),
  }
}

/** `3,206 matches, 56 of them only counted`: of these, nothing stands in the lists of who and where. */
export function matchesOf({ matches, unread = 0 }: Pick<Finding, 'matches' | 'unread'>): string {
  return plural(matches, 'match', 'matches') + (unread === 0 ? '' : `, ${count(unread)} of them only counted`)
}

/** What {@link callsOf} is headed with. A replay counts who called what once for all of its time, not by the hour. */
export const ALL_CALLS = 'All calls in these logs'

/**
 * What those of an incident called, in all of the replay's time, matching or not, most frequent first: what no rule's
 * threshold was reached for is part of what happened, too. Of anonymous callers what they called on the incident's buckets.
 *
 * @example
 * callsOf(model, finding)[0] // { value: 'DeleteObject', count: 900 }
 */
export function callsOf({ matrix }: Pick<ReplayModel, 'matrix'>, finding: Finding): readonly FindingValue[] {
  const actors = new Set(finding.actors.map(({ value }) => value))
  const buckets = new Set(finding.buckets.map(({ value }) => value))
  const calls = new Map<string, number>()
  for (const { actor, bucket, action, count: n } of matrix.cells) {
    const isTheirs = actors.has(actor) && (actor !== 'anonymous' || buckets.has(bucket))
    if (isTheirs) calls.set(action, (calls.get(action) ?? 0) + n)
  }
  return [...calls]
    .map(([value, n]) => ({ value, count: n }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}

/**
 * The lines of a story in the order of time, but for a run that goes on through most of them: all its calls together tell
 * least, and it comes last.
 *
 * @example
 * storyOrder(finding.story).at(-1)?.text // '1,890 × PutObject, GetObject and 16 more on …'
 */
export function storyOrder(story: readonly StoryLine[]): readonly StoryLine[] {
  const isThroughout = ({ time, until }: StoryLine): boolean => {
    if (until === undefined || story.length < 3) return false
    const within = story.filter((other) => other.time >= time && (other.until ?? other.time) <= until).length - 1
    return within > (story.length - 1) / 2
  }
  return [...story.filter((line) => !isThroughout(line)), ...story.filter(isThroughout)]
}
