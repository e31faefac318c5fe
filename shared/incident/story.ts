/** The story of an incident in lines, in the order of time. */
import { count } from '../basics/numbers.ts'
import { actorName } from './actor-name.ts'
import type { StoryLine } from './finding.ts'
import type { Incident, Moment } from './incident.ts'
import { compare } from './kept.ts'
import { runs, united } from './moments.ts'

export const MAX_LINES = 40

/**
 * One line for each call or run of calls. What two logs tell of one run is one line, and so are calls of one kind that
 * follow each other. By whom and from where is said where it is not who and where most of the incident is.
 */
export function storyOf(incident: Incident): StoryLine[] {
  const { people, actors, addresses } = incident.rankings
  const main = { by: [people.top[0]?.[0], actors.top[0]?.[0]], from: addresses.top[0]?.[0] }
  return runs(twins(incident.moments))
    .slice(0, MAX_LINES)
    .map((moment) => ({
      time: new Date(moment.time).toISOString(),
      ...(moment.until > moment.time ? { until: new Date(moment.until).toISOString() } : {}),
      text: sentence(moment, main),
      rules: moment.rules,
    }))
}

/** Runs with half of their sample in common are one; so are those that several rules tell in the same words. */
function twins(moments: readonly Moment[]): Moment[] {
  const found: Moment[] = []
  for (const moment of moments) {
    const index = found.findIndex((other) => isTwin(other, moment))
    if (index === -1) found.push(moment)
    else found[index] = united(found[index]!, moment)
  }
  return found.sort((a, b) => a.time - b.time || compare(a.id, b.id))
}

function isTwin(moment: Moment, other: Moment): boolean {
  return isAlike(moment, other) || hasCallsOf(moment, other)
}

/** So many calls of one kind in the same span of time, by the same on the same. */
const isAlike = (a: Moment, b: Moment): boolean =>
  a.calls > 1 &&
  a.calls === b.calls &&
  a.time === b.time &&
  a.until === b.until &&
  a.what === b.what &&
  a.by === b.by &&
  a.from === b.from &&
  a.on === b.on &&
  a.error === b.error

function hasCallsOf({ sample, calls }: Moment, other: Moment): boolean {
  if (sample === undefined || other.sample === undefined) return false
  const common = other.sample.filter((call) => sample.includes(call)).length
  const [few, many] = [Math.min(calls, other.calls), Math.max(calls, other.calls)]
  return common > 0 && common * 2 >= Math.min(sample.length, other.sample.length) && many <= 2 * few
}

interface Main {
  readonly by: readonly (string | undefined)[]
  readonly from: string | undefined
}

function sentence(moment: Moment, main: Main): string {
  const { calls, what, error, on, keys, by, from, detail, sample } = moment
  return [
    calls > 1 ? `${count(calls)} × ${what}` : what,
    error === undefined ? '' : ` (${error})`,
    on === undefined ? '' : ` on ${on}`,
    keys === undefined ? '' : ` (${sample === undefined ? '' : 'at least '}${count(keys)} keys)`,
    by !== undefined && !main.by.includes(by) ? ` by ${shortName(by)}` : '',
    from !== undefined && from !== main.from ? ` from ${from}` : '',
    detail === undefined ? '' : `: ${withMarks(detail)}`,
  ].join('')
}

/** `1,070,412,614 bytes read`: large numbers are hard to read as they come. */
const withMarks = (detail: string): string =>
  detail.replace(/\b\d{4,15}(?= bytes (?:read|written)\b)/g, (digits) => count(Number(digits)))

/** The last part of an ARN; anything else as it is. */
function shortName(by: string): string {
  const type = /:(user|role|assumed-role|root|federated-user)(?:\/|$)/.exec(by)?.[1]
  return by.startsWith('arn:') ? actorName({ value: by, type: type === 'assumed-role' ? 'role' : type }) : by
}
