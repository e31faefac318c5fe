/** What a report says first: what happened, in a sentence, and in what. */

import { count, plural } from '../basics/numbers.ts'
import type { Finding, FindingValue, StoryLine } from '../incident/finding.ts'
import type { Ranking, ReplayIncident, ReplayModel } from '../replay/model.ts'
import { rankOfSeverity, WORST_FIRST } from './severity.ts'
import { shortName, span } from './words.ts'

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

/**
 * @example
 * headline(model).title // '2 incidents: 1 critical, 1 high'
 */
export function headline(model: ReplayModel): Headline {
  const { totals, span: time, problems } = model
  const unread = problems.reduce((sum, problem) => sum + problem.count, 0)
  const trouble = unread === 0 ? '' : `; ${plural(unread, 'problem')} reading them`
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

/**
 * Whose incident it is, as people say it.
 *
 * @example
 * principalName({ principal: 'actor:444455556666' }) // 'account 444455556666'
 */
export function principalName({ person, principal }: Pick<Finding, 'person' | 'principal'>): string {
  if (person !== undefined) return person
  const [, kind = '', name = ''] = /^(actor|account|key|person):(.+)$/s.exec(principal) ?? []
  if (kind === 'actor') return /^\d{12}$/.test(name) ? `account ${name}` : shortName(name)
  if (kind === 'person') return name.slice(name.indexOf('/') + 1)
  if (kind !== '') return `${kind} ${name}`
  return principal.replace(/^anonymous@/, 'anonymous on ')
}

/** `3,206 matches, 56 of them only counted`: of these, nothing stands in the lists of who and where. */
export function matchesOf({ matches, unread = 0 }: Pick<Finding, 'matches' | 'unread'>): string {
  return plural(matches, 'match', 'matches') + (unread === 0 ? '' : `, ${count(unread)} of them only counted`)
}

/**
 * What an incident is called where there is room for one line: the finding's own words, where one caller did it all. Of
 * several these go by what nearly all records say, and of an opened bucket that is strangers; here it is what, where most
 * of it was, and whose it is.
 *
 * @example
 * incidentTitle(finding) // 'Bucket policy grants Principal *: amzn-s3-demo-bucket and 1 more bucket by alice'
 */
export function incidentTitle(finding: Finding): string {
  const { actors, title, summary, buckets, distinct, matches, rules } = finding
  if (Math.max(distinct.actors, actors.length) <= 1) return summary
  const [most] = buckets
  const rest = Math.max(distinct.buckets, buckets.length) - 1
  // A bucket that few of its records name is not what it is about.
  const isAbout = most !== undefined && most.count >= matches / 2
  const where = isAbout ? `${most.value}${rest > 0 ? ` and ${plural(rest, 'more bucket')}` : ''} ` : ''
  const more = rules.length > 1 ? `, and ${plural(rules.length - 1, 'more rule')}` : ''
  return `${title}: ${where}by ${principalName(finding)}${more}`
}

/**
 * What those of an incident called meanwhile, matching or not, most frequent first: what no rule's threshold was reached
 * for is part of what happened, too. Of anonymous callers what they called on the incident's buckets.
 *
 * @example
 * callsOf(model, finding)[0] // { value: 'DeleteObject', count: 900 }
 */
export function callsOf({ matrix }: Pick<ReplayModel, 'matrix'>, finding: Finding): readonly FindingValue[] {
  const actors = new Set(finding.actors.map(({ value }) => value))
  const buckets = new Set(finding.buckets.map(({ value }) => value))
  const calls = new Map<string, number>()
  for (const { actor, bucket, action, count: n, first, last } of matrix.cells) {
    const isTheirs = actors.has(actor) && (actor !== 'anonymous' || buckets.has(bucket))
    if (!isTheirs || first > finding.lastTime || last < finding.firstTime) continue
    calls.set(action, (calls.get(action) ?? 0) + n)
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
