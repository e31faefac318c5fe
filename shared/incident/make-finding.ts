/** A finding, put together from what is known of its incident. Pure. */
import { plural } from '../basics/numbers.ts'
import { own } from '../basics/own.ts'
import type { Severity } from '../detection/schema.ts'
import { actorName, principalName } from './actor-name.ts'
import { fillIn, type Ids, stopping } from './fill-in.ts'
import type { Finding, FindingRule, FindingValue } from './finding.ts'
import { type Incident, type RankingName, type RulePart, rankOf, type Untold } from './incident.ts'
import { compare, type Kept, type KeptRanking, nearlyAll } from './kept.ts'
import { storyOf } from './story.ts'

/** What a finding says of a rule beyond its part in the incident. */
export interface RuleText {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly runbook: readonly string[]
  readonly falsePositives: readonly string[]
  readonly mitre: readonly string[]
  /** Of a sequence. */
  readonly steps?: unknown
}

export interface MakeOptions {
  readonly principal: string
  readonly rules: ReadonlyMap<string, RuleText>
  readonly stage: string
  /** Where the records do not say. */
  readonly accountId: string
  readonly region: string
  /** Name → URL. */
  readonly links: (incident: Incident) => Readonly<Record<string, string>>
}

/** Rules whose reasons and steps are told: the worst. */
const EXPLAINED_RULES = 3
const MAX_STEPS = 14

/**
 * @example
 * makeFinding(incident, untold, { principal, rules, stage: 'prod', accountId, region, links: () => ({}) }).summary
 */
export function makeFinding(incident: Incident, untold: Untold, options: MakeOptions): Finding {
  const { rankings } = incident
  const rules = rulesOf(incident, options.rules)
  const [worst] = rules
  const title = worst?.title ?? 'Something happened'
  const explained = rules.slice(0, EXPLAINED_RULES).flatMap(({ id }) => options.rules.get(id) ?? [])
  const person = nearlyAll(rankings.people)?.[0]
  const values = (name: RankingName): readonly FindingValue[] => rankings[name].top.map(toValue)
  const suppressed = Object.entries(incident.suppressed).map(([reason, hits]) => ({ reason, hits }))
  return {
    kind: 'finding',
    version: 1,
    id: `${incident.id}.${untold.sequence}`,
    incidentId: incident.id,
    sequence: untold.sequence,
    event: untold.event,
    time: iso(untold.time),
    severity: incident.severity,
    title,
    summary: summarize(title, incident, worst, rules.length, principalName({ person, principal: options.principal })),
    principal: options.principal,
    ...(person === undefined ? {} : { person }),
    keyIds: rankings.keyIds.top.map(([value]) => value),
    actors: values('actors'),
    sessions: values('sessions'),
    mfa: values('mfa'),
    addresses: values('addresses'),
    tools: values('tools'),
    buckets: values('buckets'),
    objects: values('objects'),
    outcomes: values('outcomes'),
    distinct: {
      actors: rankings.actors.distinct,
      addresses: rankings.addresses.distinct,
      buckets: rankings.buckets.distinct,
      objects: rankings.objects.distinct,
    },
    rules,
    firstTime: iso(incident.first),
    lastTime: iso(incident.last),
    matches: incident.matches,
    ...(incident.unread === undefined ? {} : { unread: incident.unread }),
    isOver: untold.event === 'closed',
    added: untold.added,
    ...(incident.mergedInto === undefined ? {} : { mergedInto: incident.mergedInto }),
    news: untold.news,
    story: storyOf(incident),
    leftOut: incident.leftOut,
    runbook: runbookOf(incident, explained),
    why: explained.map(({ title: of, description }) => `${of}: ${description}`),
    falsePositives: [...new Set(explained.flatMap(({ falsePositives }) => falsePositives))],
    routing: {
      ...common('bucket', rankings.buckets, incident.matches),
      ...common('actor', rankings.actors, incident.matches),
    },
    links: options.links(incident),
    accountId: nearlyAll(rankings.accounts)?.[0] ?? options.accountId,
    region: incident.region === '' ? options.region : incident.region,
    stage: options.stage,
    ...(suppressed.length === 0 ? {} : { suppressed }),
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

const toValue = ([value, count, type]: Kept): FindingValue =>
  type === undefined ? { value, count } : { value, count, type }

/** A bucket that few records name is not what it is about, even where it is the only one. */
function common(name: 'bucket' | 'actor', ranking: KeptRanking, matches: number): Finding['routing'] {
  const kept = nearlyAll({ ...ranking, sum: Math.max(ranking.sum, matches) })
  return kept === undefined ? {} : { [name]: kept[0] }
}

/** The worst first; of equals the one that hit first. */
function rulesOf({ rules }: Incident, texts: ReadonlyMap<string, RuleText>): FindingRule[] {
  return Object.entries(rules)
    .sort(([a, x], [b, y]) => rankOf(y.severity) - rankOf(x.severity) || x.first - y.first || compare(a, b))
    .map(([id, part]) => ({
      id,
      title: texts.get(id)?.title ?? id,
      severity: part.severity,
      matches: part.matches,
      count: part.count,
      amount: part.amount,
      ...(part.isAtLeast === true ? { isAtLeast: true as const } : {}),
      threshold: part.threshold,
      window: part.window,
      first: iso(part.first),
      last: iso(part.last),
      mitre: texts.get(id)?.mitre ?? [],
      ...(texts.get(id)?.steps === undefined ? {} : { isSequence: true as const }),
    }))
}

/**
 * What an incident is called wherever there is a line for it. Of one caller: `Bucket policy grants Principal *:
 * amzn-s3-demo-data by user alice, and 3 more rules`, of the worst rule's records. Of several these go by what nearly all
 * say, and of an opened bucket that is strangers: there it is what, where most of all was, and whose it is.
 */
function summarize(
  title: string,
  { rankings, rules, matches }: Incident,
  worst: FindingRule | undefined,
  count: number,
  whose: string,
): string {
  if (worst === undefined) return title
  const said = rankings.actors.distinct > 1 ? [mostOf(rankings.buckets, matches), whose] : whereAndWho(rules[worst.id]!)
  const [where, who] = said
  const words = [where, who === undefined ? undefined : `by ${who}`].filter((one) => one !== undefined)
  const more = count > 1 ? `, and ${plural(count - 1, 'more rule')}` : ''
  return (words.length === 0 ? title : `${title}: ${words.join(' ')}`) + more
}

const whereAndWho = ({ matches, buckets, actors }: RulePart) => [
  headline(buckets, matches, 'buckets', ([value]) => value),
  headline(actors, matches, 'actors', ([value, , type]) => actorName({ value, type })),
]

/** A bucket that few of the records name is not what it is about. */
function mostOf({ top, distinct }: KeptRanking, matches: number): string | undefined {
  const [most] = top
  if (most === undefined || most[1] < matches / 2) return undefined
  return distinct > 1 ? `${most[0]} and ${plural(distinct - 1, 'more bucket')}` : most[0]
}

/** What all records say; what nearly all say, with how many; else how many there are; nothing of what few say. */
function headline(
  ranking: KeptRanking,
  matches: number,
  noun: string,
  say: (kept: Kept) => string,
): string | undefined {
  const { distinct } = ranking
  const sum = Math.max(ranking.sum, matches)
  const kept = nearlyAll({ ...ranking, sum })
  if (kept !== undefined) return kept[1] < sum ? `${say(kept)} (${kept[1]} of ${sum})` : say(kept)
  return distinct > 1 && nearlyAll({ top: [['', ranking.sum]], sum, distinct: 1 }) !== undefined
    ? `${distinct} ${noun}`
    : undefined
}

/** The steps of the worst rules with the ids filled in, each once; for what is severe, how to stop it comes first. */
function runbookOf(incident: Incident, explained: readonly RuleText[]): string[] {
  const steps = explained.flatMap(({ id, runbook }) => {
    const ids = idsOf(incident, own(incident.rules, id))
    return runbook.map((step) => fillIn(step, ids))
  })
  const first = isSevere(incident.severity) ? stopping(idsOf(incident, undefined)) : []
  return [...new Set([...first, ...steps])].slice(0, MAX_STEPS)
}

const isSevere = (severity: Severity): boolean => rankOf(severity) >= rankOf('high')

function idsOf({ rankings, moments }: Incident, part: RulePart | undefined): Ids {
  const one = (ranking: KeptRanking | undefined) => (ranking === undefined ? undefined : nearlyAll(ranking)?.[0])
  const named = rankings.actors.top.filter(([, , type]) => type === 'user' || type === 'role')
  const actor = one(part?.actors) ?? (named.length === 1 ? named[0]![0] : undefined)
  const object = one(rankings.objects)
  const bucket = one(part?.buckets) ?? one(rankings.buckets)
  const isTrail = /^arn:[^:]*:cloudtrail:/
  return {
    bucket,
    key: object?.startsWith(`${bucket}/`) === true ? object.slice(bucket!.length + 1) : undefined,
    userName: /:user\/(?:.*\/)?([^/]+)$/.exec(actor ?? '')?.[1],
    roleName: /:assumed-role\/([^/]+)/.exec(actor ?? '')?.[1] ?? /:role\/(?:.*\/)?([^/]+)$/.exec(actor ?? '')?.[1],
    keyId: one(rankings.keyIds),
    accountId: one(rankings.accounts),
    trail: moments
      .filter(({ detail }) => detail?.includes(':cloudtrail:') === true)
      .flatMap(({ detail = '' }) => detail.split('; '))
      .find((text) => isTrail.test(text)),
  }
}
