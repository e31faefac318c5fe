/** What the chat targets say of a finding, before each writes it in its own way. */
import { EVENT_WORDS } from '../alert/render-finding.ts'
import { safeText, visibleText } from '../alert/safe-text.ts'
import { plural } from '../basics/numbers.ts'
import { actorName } from '../incident/actor-name.ts'
import type { Finding, FindingValue, StoryLine } from '../incident/finding.ts'
import { bothEnds } from './fit.ts'

/** A finding in parts. No text holds control characters; what strangers wrote is otherwise as it is: escape it. */
export interface Brief {
  /** `[HIGH] Closed: …`; this and the summary are plain already, see {@link plain}. */
  readonly headline: string
  readonly summary: string
  /** Label and value, one line each. */
  readonly facts: readonly (readonly [label: string, value: string])[]
  readonly story: readonly string[]
  readonly why: readonly string[]
  readonly steps: readonly string[]
  /** Title and URL, ours. */
  readonly links: readonly (readonly [title: string, url: string])[]
  /** One line of ids. */
  readonly footer: string
}

const MAX_LINE = 300
const MAX_STORY = 12
const MAX_VALUES = 4

/**
 * The parts of a finding that a chat message shows.
 *
 * @example
 * briefOf(finding).headline // '[CRITICAL] Bucket policy grants Principal *: customer-data by user legacy-report-export'
 */
export function briefOf(finding: Finding): Brief {
  const { severity, event, summary, person, actors, keyIds, addresses, buckets, rules, distinct } = finding
  const { firstTime, lastTime, sessions, mfa, outcomes, suppressed = [] } = finding
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Who', values(actors, distinct.actors, (actor) => actorName(actor))],
    ['Person', person],
    ['Access key', some(keyIds, keyIds.length)],
    ['Session', values(sessions, sessions.length, bare)],
    ['MFA', values(mfa, mfa.length, bare)],
    ['From', values(addresses, distinct.addresses, typed)],
    ['On', values(buckets, distinct.buckets, bare)],
    ['Outcome', values(outcomes, outcomes.length, bare)],
    ['When', firstTime === lastTime ? when(firstTime) : `${when(firstTime)} to ${when(lastTime)}`],
    ['Rules', some(idsOf(rules), rules.length)],
    ['Not told', some(suppressedBy(suppressed), suppressed.length)],
  ]
  const isFirst = event === 'opened' || event === 'escalated'
  return {
    headline: plain(`[${severity.toUpperCase()}] ${EVENT_WORDS[event]}${summary}`),
    summary: plain(summary),
    facts: facts.flatMap(([label, value]) => (value === undefined || value === '' ? [] : [[label, line(value)]])),
    story: storyOf(finding),
    // What was told before has these; a closing needs them no more.
    why: isFirst ? finding.why.map((text) => line(text, 1000)) : [],
    steps: event === 'closed' ? [] : finding.runbook.map((text) => line(text, 1000)),
    links: Object.entries(finding.links).filter(([, url]) => /^https:\/\/[!-~]+$/.test(url)),
    footer: line(
      `incident ${finding.incidentId} · ${event} · account ${finding.accountId} · ${finding.region} · stage ${finding.stage}`,
    ),
  }
}

/** The first and the last of the story's lines, and how many calls are between them. */
function storyOf({ story, leftOut }: Finding): string[] {
  const shown = bothEnds(story, MAX_STORY)
  const lines = shown.map(({ time, until, text }) => line(`${clock({ time, until })}  ${text}`))
  const skipped = story.length - shown.length
  if (skipped > 0) lines.splice(Math.ceil(MAX_STORY / 2), 0, `… ${skipped} more`)
  return leftOut > 0 ? [...lines, `and ${plural(leftOut, 'more call')}`] : lines
}

/**
 * A text that no chat takes for anything but text, where it cannot stand in code: no mention (`<!channel>`, `<at>`,
 * `@here`), no link, no code.
 */
export function plain(text: string, max = MAX_LINE): string {
  const unmarked = text.replaceAll('<', '‹').replaceAll('>', '›').replaceAll('`', 'ˋ')
  return safeText(unmarked, max)
}

const line = (text: string, max = MAX_LINE): string => visibleText(text, max)
const when = (iso: string): string => iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/, '$1 $2 UTC')
const timeOf = (iso: string): string => /T(\d\d:\d\d:\d\d)/.exec(iso)?.[1] ?? iso
const clock = ({ time, until }: Pick<StoryLine, 'time'> & { readonly until: string | undefined }): string =>
  timeOf(time) + (until === undefined ? '' : ` to ${timeOf(until)}`)

const bare = ({ value }: FindingValue): string => value
const typed = ({ value, type }: FindingValue): string => (type === undefined ? value : `${value} (${type})`)
const idsOf = (rules: Finding['rules']): string[] => rules.map(({ id, matches }) => `${id} (${matches})`)
const suppressedBy = (list: NonNullable<Finding['suppressed']>): string[] =>
  list.map(({ reason, hits }) => `${hits} × ${reason}`)

/** The first values, how many times each, and how many others there are. */
function values(
  list: readonly FindingValue[],
  distinct: number,
  describe: (value: FindingValue) => string,
): string | undefined {
  const named = list.map((each) => `${describe(each)}${list.length > 1 ? ` ×${each.count}` : ''}`)
  return some(named, distinct)
}

function some(texts: readonly string[], distinct: number): string | undefined {
  if (texts.length === 0) return undefined
  const rest = Math.max(distinct, texts.length) - MAX_VALUES
  return texts.slice(0, MAX_VALUES).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
