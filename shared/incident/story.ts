/** The story of an incident in lines, in the order of time. */
import { actorName } from './actor-name.ts'
import type { StoryLine } from './finding.ts'
import type { Incident, Moment } from './incident.ts'
import { compare } from './kept.ts'
import { united } from './moments.ts'

/** Calls of one kind so close together are one line. */
const RUN_MS = 10 * 60_000
export const MAX_LINES = 40

/**
 * One line for each call or run of calls. What two logs tell of one run is one line, and so are calls of one kind that
 * follow each other. By whom and from where is said where the incident has several.
 */
export function storyOf(incident: Incident): StoryLine[] {
  const { actors, addresses } = incident.rankings
  const says = { by: actors.distinct > 1, from: addresses.distinct > 1 }
  return runs(twins(incident.moments))
    .slice(0, MAX_LINES)
    .map((moment) => ({
      time: new Date(moment.time).toISOString(),
      ...(moment.until > moment.time ? { until: new Date(moment.until).toISOString() } : {}),
      text: sentence(moment, says),
      rules: moment.rules,
    }))
}

/** Runs with half of their sample in common are one. */
function twins(moments: readonly Moment[]): Moment[] {
  const found: Moment[] = []
  for (const moment of moments) {
    const index = found.findIndex((other) => isTwin(other, moment))
    if (index === -1) found.push(moment)
    else found[index] = united(found[index]!, moment)
  }
  return found.sort((a, b) => a.time - b.time || compare(a.id, b.id))
}

function isTwin({ sample = [], calls }: Moment, other: Moment): boolean {
  const common = (other.sample ?? []).filter((call) => sample.includes(call)).length
  const [few, many] = [Math.min(calls, other.calls), Math.max(calls, other.calls)]
  return common > 0 && common * 2 >= Math.min(sample.length, other.sample?.length ?? 0) && many <= 2 * few
}

function runs(moments: readonly Moment[]): Moment[] {
  const found: Moment[] = []
  for (const moment of moments) {
    const last = found.at(-1)
    if (last !== undefined && isRun(last, moment)) found[found.length - 1] = run(last, moment)
    else found.push(moment)
  }
  return found
}

const bucketOf = ({ on = '' }: Moment): string => on.split('/', 1)[0]!

function isRun(a: Moment, b: Moment): boolean {
  return (
    a.what === b.what &&
    a.by === b.by &&
    a.error === b.error &&
    bucketOf(a) === bucketOf(b) &&
    b.time - a.until <= RUN_MS &&
    a.rules.join() === b.rules.join() &&
    (a.detail === b.detail || isAmount(a) || isAmount(b))
  )
}

/** Of calls that only say how much, the sum is not kept: the rules' amounts tell it. */
const isAmount = ({ detail = '' }: Moment): boolean => detail === '' || /^\d+ bytes (?:read|written)$/.test(detail)

function run(a: Moment, b: Moment): Moment {
  const isOneKey = a.on === b.on
  const { detail, ...rest } = a
  return {
    ...rest,
    ...(detail === b.detail && detail !== undefined ? { detail } : {}),
    until: Math.max(a.until, b.until),
    calls: a.calls + b.calls,
    ...(a.from === b.from || a.from === undefined ? {} : { from: joined(a.from, b.from) }),
    ...(isOneKey ? {} : { on: bucketOf(a), keys: (a.keys ?? 1) + (b.keys ?? 1) }),
  }
}

function joined(a: string, b = ''): string {
  const all = new Set([...a.split(', '), ...b.split(', ')].filter((part) => part !== ''))
  return all.size <= 3 ? [...all].join(', ') : `${[...all].slice(0, 3).join(', ')} …`
}

function sentence(moment: Moment, says: { readonly by: boolean; readonly from: boolean }): string {
  const { calls, what, error, on, keys, by, from, detail } = moment
  return [
    calls > 1 ? `${calls} × ${what}` : what,
    error === undefined ? '' : ` (${error})`,
    on === undefined ? '' : ` on ${on}`,
    keys === undefined ? '' : ` (${keys} keys)`,
    says.by && by !== undefined ? ` by ${shortName(by)}` : '',
    says.from && from !== undefined ? ` from ${from}` : '',
    detail === undefined ? '' : `: ${detail}`,
  ].join('')
}

/** The last part of an ARN; anything else as it is. */
function shortName(by: string): string {
  const type = /:(user|role|assumed-role|root|federated-user)(?:\/|$)/.exec(by)?.[1]
  return by.startsWith('arn:') ? actorName({ value: by, type: type === 'assumed-role' ? 'role' : type }) : by
}
