import { count, plural } from '../basics/numbers.ts'
import type { AlertMessage } from '../contracts/ports.ts'
import { actorName, isNamed } from '../incident/actor-name.ts'
import { shorten } from '../incident/facts.ts'
import type { Finding, FindingEvent, FindingRule, FindingValue, StoryLine } from '../incident/finding.ts'
import { keyMoments } from '../incident/key-moments.ts'
import { MAX_MESSAGE_BYTES } from './render.ts'
import { safeText, toSubject } from './safe-text.ts'
import {
  describeActor,
  describeAddress,
  duration,
  guidance,
  list,
  quantity,
  section,
  time,
  whereabouts,
  wrap,
} from './text-parts.ts'

/** What the publish call adds is not ours to know; so much is left for it. */
const RESERVED_BYTES = 4096

/** What an event of an incident is called in front of its summary. */
export const EVENT_WORDS: Readonly<Record<FindingEvent, string>> = {
  opened: '',
  escalated: 'Update: ',
  reminded: 'Goes on: ',
  closed: 'Closed: ',
}

/** A finding as people read it: what every target shows, as far as it has room. */
export interface FindingText {
  /** ASCII, one line, less than 100 characters. */
  readonly subject: string
  readonly text: string
}

/**
 * Renders a finding as plain text, each part when it is asked for the first time: many a target has use for one only, or
 * for none. What strangers wrote is made harmless, see safeText; the finding itself has it as it was.
 *
 * @example
 * renderFinding(finding).subject // '[CRITICAL] Update: Bucket policy grants Principal *: …'
 */
export function renderFinding(finding: Finding): FindingText {
  let subject: string | undefined
  let text: string | undefined
  return {
    get subject() {
      subject ??= subjectOf(finding)
      return subject
    },
    get text() {
      text ??= textOf(finding)
      return text
    },
  }
}

const subjectOf = ({ severity, event, summary }: Finding): string =>
  toSubject(`[${severity.toUpperCase()}] ${EVENT_WORDS[event]}${summary}`)

function textOf(finding: Finding): string {
  const said = sections(finding).filter((part) => part !== undefined && part !== '')
  return `${said.join('\n\n')}\n`
}

function sections(finding: Finding): (string | undefined)[] {
  const { severity, event, title, links, distinct } = finding
  const isFirst = event === 'opened' || event === 'escalated'
  return [
    `[${severity.toUpperCase()}] ${EVENT_WORDS[event]}${safeText(title)}`,
    section('WHAT HAPPENED', [...opening(finding), ...story(finding)]),
    section('WHO', who(finding)),
    section('FROM WHERE', [
      ...allOf(finding, finding.addresses, distinct.addresses, describeAddress, 'no address'),
      ...allOf(finding, finding.tools, 0, ({ value }) => `with ${safeText(value)}`, 'with no tool that is known'),
    ]),
    section('ON WHAT', [
      ...allOf(finding, finding.buckets, distinct.buckets, ({ value }) => `bucket ${safeText(value)}`, 'no bucket'),
      ...values(finding.objects.slice(0, 3), distinct.objects, ({ value }) => `object ${safeText(value, 300)}`),
    ]),
    section('RULES', finding.rules.map(describeRule)),
    // What was told before has these; a closing needs them no more.
    ...(isFirst ? guidance(finding) : [section('WHAT TO DO', [event === 'closed' ? '' : 'As told before.'])]),
    section(
      'LOOK',
      Object.entries(links).map(([name, url]) => `${name}: ${url}`),
    ),
    section('INCIDENT', [
      `Incident ${finding.incidentId}, message ${finding.sequence}, of ${safeText(finding.principal, 300)}`,
      whereabouts(finding.accountId, finding.region, finding.stage),
      ...(finding.suppressed ?? []).map(
        ({ reason, hits }) => `Not told, as the settings ask: ${plural(hits, 'hit')} (${safeText(reason, 300)})`,
      ),
    ]),
  ]
}

/** What this message is, and how it stands. */
function opening(finding: Finding): string[] {
  const { event, firstTime, lastTime, rules, news, mergedInto } = finding
  const counted = countedSentence(finding)
  const titles = new Map(rules.map(({ id, title }) => [id, title]))
  const fresh = news.map((one) => safeText(titles.get(one) ?? `bucket ${one}`))
  if (mergedInto !== undefined)
    return [counted, `It turned out to be part of incident ${mergedInto}, and goes on there.`]
  if (event === 'closed') {
    const lasted = firstTime === lastTime ? '' : ` It lasted ${duration(firstTime, lastTime)}.`
    return [`${counted} Nothing more was heard since: it is over.${lasted}`, ...added(fresh)]
  }
  if (event === 'reminded') return [`${counted} It still goes on.`]
  return event === 'escalated' ? [counted, ...added(fresh)] : [counted]
}

/** How much there is, and what the numbers below are of. */
function countedSentence({ firstTime, lastTime, matches, unread = 0, rules }: Finding): string {
  const when = firstTime === lastTime ? `at ${time(firstTime)}` : `from ${time(firstTime)} to ${time(lastTime)}`
  const sequences = rules.filter(({ isSequence }) => isSequence === true).length
  const among =
    sequences === 0
      ? ''
      : `, ${count(sequences)} of them ${sequences === 1 ? 'a sequence' : 'sequences'} of the others' matches`
  const said = `${plural(matches, 'match', 'matches')} of ${plural(rules.length, 'rule')}${among}, ${when}.`
  if (unread === 0) return said
  return `${said} ${count(unread)} of the matches ${unread === 1 ? 'was' : 'were'} counted and not read: who, from where and on what is told of the other ${count(matches - unread)}.`
}

const added = (fresh: readonly string[]): string[] => (fresh.length === 0 ? [] : [`New: ${fresh.join('; ')}.`])

function story({ story: lines, leftOut }: Finding): string[] {
  const days = new Set(lines.map((line) => line.time.slice(0, 10)))
  const said = lines.map((line) => {
    const at = days.size <= 1 ? line.time.slice(11, 19) : time(line.time)
    const until = line.until === undefined ? '' : ` to ${line.until.slice(11, 19)}`
    return `${at}${until}  ${safeText(line.text, 500)}  [${line.rules.join(', ')}]`
  })
  return leftOut === 0 ? said : [...said, `and ${plural(leftOut, 'more call')}`]
}

function who(finding: Finding): string[] {
  const { person, keyIds, sessions, mfa, distinct } = finding
  const factors = mfa.map(({ value, count: n }) => `${value} ${count(n)}`)
  return [
    ...allOf(finding, finding.actors, distinct.actors, describeActor, 'nobody named'),
    ...(person === undefined ? [] : [`person ${safeText(person)}`]),
    ...keyIds.map((keyId) => `access key ${safeText(keyId)}`),
    ...values(sessions, sessions.length, ({ value }) => `session ${safeText(value)}`),
    ...(mfa.length === 0 ? [] : [mfa.length === 1 ? `MFA: ${mfa[0]!.value}` : `MFA: ${factors.join(', ')}`]),
  ]
}

/** Values with their numbers, so that these add up to the matches that were read. */
function allOf(
  { matches, unread = 0 }: Finding,
  listed: readonly FindingValue[],
  distinct: number,
  describe: (value: FindingValue) => string,
  none: string,
): string[] {
  const rest = matches - unread - listed.reduce((sum, one) => sum + one.count, 0)
  if (listed.length === 0 || rest <= 0) return values(listed, distinct, describe)
  const more = distinct - listed.length
  return [...values(listed, 0, describe), `${more > 0 ? `others, at least ${count(more)}` : none}: ${count(rest)}`]
}

function values(
  listed: readonly FindingValue[],
  distinct: number,
  describe: (value: FindingValue) => string,
): string[] {
  const lines = listed.map((one) => `${describe(one)}: ${count(one.count)}`)
  const rest = distinct - listed.length
  return rest > 0 ? [...lines, `and at least ${count(rest)} more`] : lines
}

/** `critical  trail-stopped: CloudTrail logging stopped: 1 match, T1562.008`. */
function describeRule(rule: FindingRule): string {
  const { id, title, severity, mitre } = rule
  return `${severity.padEnd(8)}  ${id}: ${safeText(title)}: ${counted(rule)}${list(', ', mitre)}`
}

/** How much of it there is in the incident, and what was counted against the threshold, where the rule counts. */
function counted(rule: FindingRule): string {
  const { matches, count: counts, amount, isAtLeast, threshold, isSequence } = rule
  const told = plural(matches, 'match', 'matches')
  if (isSequence === true) return `a sequence of ${told}`
  if (threshold <= 1 && counts === 'events') return told
  const within = `${windowOf(rule)} (threshold ${count(threshold)})`
  const least = isAtLeast === true ? 'at least ' : ''
  if (counts !== 'events')
    return `${told}, ${least}${counts === 'bytes' ? quantity(amount, 'Bytes') : `${count(amount)} ${counts}`}${within}`
  // Those before the threshold was reached were counted, and stand in no hit.
  if (amount > matches) return `${count(matches)} of ${least}${plural(amount, 'match', 'matches')}${within}`
  return amount === matches
    ? `${told}${within}`
    : `${told}, ${least === '' ? 'up to ' : least}${count(amount)}${within}`
}

function windowOf({ window }: FindingRule): string {
  return window === 0 ? '' : ` within ${duration('1970-01-01T00:00:00Z', new Date(window * 1000).toISOString())}`
}

/** A finding as the topic `alerts` gets it. */
export function renderFindingMessage(finding: Finding, { subject, text }: FindingText): AlertMessage {
  for (const limit of [Number.POSITIVE_INFINITY, 10, 3, 0]) {
    const json = JSON.stringify(shortened(finding, limit))
    const said = limit === Number.POSITIVE_INFINITY ? text : renderFinding(shortened(finding, limit)).text
    const message = JSON.stringify({ default: said, email: said, sms: subject, sqs: json, lambda: json, https: json })
    if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES - RESERVED_BYTES || limit === 0) {
      return { subject, message, attributes: attributesOf(finding) }
    }
  }
  throw new Error('not reached')
}

/** So that subscriptions can choose: bucket and actor only where (nearly) all records have the same. */
function attributesOf(finding: Finding): Readonly<Record<string, string>> {
  const named = {
    severity: finding.severity,
    kind: finding.event,
    stage: finding.stage,
    account: finding.accountId,
    detection: finding.rules[0]?.id,
    incident: finding.incidentId,
    bucket: finding.routing.bucket,
    actor: finding.routing.actor,
  }
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => {
      const clean = shorten((value ?? '').replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '?'), 256)
      return clean === '' ? [] : [[name, clean]]
    }),
  )
}

/** At most so many entries in each list, and of long texts their beginning. */
function shortened(finding: Finding, limit: number): Finding {
  if (limit === Number.POSITIVE_INFINITY) return finding
  const few = <T>(items: readonly T[]): readonly T[] => items.slice(0, limit)
  const brief = (texts: readonly string[]) => texts.slice(0, 10).map((text) => shorten(text, 1000))
  return {
    ...finding,
    actors: few(finding.actors),
    sessions: few(finding.sessions),
    addresses: few(finding.addresses),
    tools: few(finding.tools),
    buckets: few(finding.buckets),
    objects: few(finding.objects),
    outcomes: few(finding.outcomes),
    rules: finding.rules.slice(0, Math.max(limit, 1)),
    story: few(finding.story),
    leftOut: finding.leftOut + Math.max(0, finding.story.length - limit),
    why: brief(finding.why),
    runbook: brief(finding.runbook),
    falsePositives: brief(finding.falsePositives),
    links: limit === 0 ? {} : finding.links,
  }
}

/**
 * The same in a few lines of at most `width` characters, for a terminal: severity, time and title, then who, from where,
 * and what happened in order. What does not fit ends in `…`.
 *
 * @param options.at how a time (ISO 8601) is shown
 */
export function renderFindingBrief(
  finding: Finding,
  options: { readonly width: number; readonly lines: number; readonly at: (iso: string) => string },
): { readonly head: string; readonly lines: readonly string[] } {
  const { width, at } = options
  const { severity, event, title, rules, firstTime, lastTime } = finding
  const span = firstTime === lastTime ? at(firstTime) : `${at(firstTime)}–${at(lastTime)}`
  const head = `${severity.toUpperCase().padEnd(8)}  ${span}  ${EVENT_WORDS[event]}${safeText(title)}`
  const more = rules.length > 1 ? ` and ${plural(rules.length - 1, 'more rule')}` : ''
  const said = [`${rules[0]?.id ?? ''}${more}`, ...briefWho(finding)].join(' · ')
  const told = worstOf(finding, options.lines)
  const shown = told.map((line) => `${at(line.time)} ${safeText(line.text, 160)}`)
  const rest = finding.story.length - told.length
  const lines = [
    ...wrap(said, width - INDENT, 2),
    ...shown.map((line) => shorten(line, width - INDENT)),
    ...(rest > 0 ? [`… and ${count(rest)} more`] : []),
  ]
  return { head: shorten(head, width), lines: lines.map((line) => ' '.repeat(INDENT) + line) }
}

/** The lines that tell most, in order; then others, as far as there is room. */
function worstOf(finding: Finding, limit: number): readonly StoryLine[] {
  const { story } = finding
  const shown = new Set([...new Set([...keyMoments(finding, limit), ...story])].slice(0, limit))
  return story.filter((line) => shown.has(line))
}

const INDENT = 10

function briefWho({ actors, keyIds, addresses, buckets, distinct }: Finding): string[] {
  const some = (listed: readonly FindingValue[], all: number, say: (value: FindingValue) => string): string => {
    const shown = listed.slice(0, 2).map(say)
    const rest = all - shown.length
    return shown.join(', ') + (rest > 0 ? ` and ${count(rest)} more` : '')
  }
  const plain = ({ value }: FindingValue): string => safeText(value, 100)
  // Nobody without credentials has a key.
  const holder = keyIds.length === 0 ? undefined : actors.find(isNamed)
  const by = (actor: FindingValue): string =>
    safeText(actorName(actor), 100) + (actor === holder ? ` with ${safeText(keyIds[0]!)}` : '')
  return [
    ...(actors.length === 0 ? [] : [`by ${some(actors, distinct.actors, by)}`]),
    ...(addresses.length === 0 ? [] : [`from ${some(addresses, distinct.addresses, plain)}`]),
    ...(buckets.length === 0 ? [] : [`on ${some(buckets, distinct.buckets, plain)}`]),
  ]
}
