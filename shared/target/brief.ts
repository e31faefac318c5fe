/** What the chat targets say of a finding, before each writes it in its own way. */
import { actorName } from '../alert/alert.ts'
import { safeText, visibleText } from '../alert/safe-text.ts'
import type { Finding, FindingEvent, FindingValue } from '../incident/finding.ts'
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

/** What an event of an incident is called in front of its summary. */
export const EVENT_WORDS: Readonly<Record<FindingEvent, string>> = {
  opened: '',
  escalated: 'Worse: ',
  reminded: 'Still going on: ',
  closed: 'Closed: ',
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
  const { severity, event, summary, person, actors, keyIds, addresses, buckets, rules, firstTime, lastTime } = finding
  const facts: (readonly [string, string | undefined])[] = [
    ['Who', values(actors, (actor) => actorName(actor), person)],
    ['Access key', some(keyIds)],
    ['From', values(addresses, ({ value, type }) => (type === undefined ? value : `${value} (${type})`))],
    ['On', values(buckets, ({ value }) => value)],
    ['When', firstTime === lastTime ? when(firstTime) : `${when(firstTime)} to ${when(lastTime)}`],
    ['Rules', some(rules.map(({ id, matches }) => `${id} (${matches})`))],
    ['Suppressed', some((finding.suppressed ?? []).map(({ reason, hits }) => `${hits}: ${reason}`))],
  ]
  const shown = bothEnds(finding.story, MAX_STORY)
  const skipped = finding.story.length - shown.length
  const story = shown.map(({ time, text }) => line(`${clock(time)}  ${text}`))
  if (skipped > 0) story.splice(Math.ceil(MAX_STORY / 2), 0, `… ${skipped} more`)
  return {
    headline: plain(`[${severity.toUpperCase()}] ${EVENT_WORDS[event]}${summary}`),
    summary: plain(summary),
    facts: facts.flatMap(([label, value]) => (value === undefined || value === '' ? [] : [[label, line(value)]])),
    story,
    // The first message of the incident has these.
    why: event === 'opened' || event === 'escalated' ? finding.why.map((text) => line(text, 1000)) : [],
    steps: event === 'closed' ? [] : finding.runbook.map((text) => line(text, 1000)),
    links: Object.entries(finding.links).filter(([, url]) => /^https:\/\/[!-~]+$/.test(url)),
    footer: line(
      `incident ${finding.incidentId} · ${event} · account ${finding.accountId} · ${finding.region} · stage ${finding.stage}`,
    ),
  }
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
const clock = (iso: string): string => /T(\d\d:\d\d:\d\d)/.exec(iso)?.[1] ?? iso

/** The first values, how many times each, and how many others there are. */
function values(
  list: readonly FindingValue[],
  describe: (value: FindingValue) => string,
  person?: string | undefined,
): string | undefined {
  const named = list.map((each) => `${describe(each)}${list.length > 1 ? ` ×${each.count}` : ''}`)
  return some(person === undefined ? named : [`${person} as ${some(named) ?? 'nobody known'}`])
}

function some(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return undefined
  const rest = texts.length - MAX_VALUES
  return texts.slice(0, MAX_VALUES).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
