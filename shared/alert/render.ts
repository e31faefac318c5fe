import { count, plural } from '../basics/numbers.ts'
import type { AlertMessage } from '../contracts/ports.ts'
import { actorName, isNamed } from '../incident/actor-name.ts'
import { RANKED } from '../incident/evidence.ts'
import { type EventFacts, shorten } from '../incident/facts.ts'
import type { Counted, Ranking } from '../incident/tally.ts'
import { type Alert, only } from './alert.ts'
import type { Evidence } from './evidence.ts'
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

/** SNS takes 262,144 bytes: message and attributes together (SNS API Reference, Publish). */
export const MAX_MESSAGE_BYTES = 262_144
/** What the publish call adds to body and attributes is not ours to know; this much is left for it. */
const RESERVED_BYTES = 4096

/** An alert as people and machines get it. */
export interface RenderedAlert extends AlertMessage {
  /** The plain text of the e-mail. */
  readonly text: string
  /** The JSON text for machines. */
  readonly json: string
}

/**
 * Renders an alert: a subject within SNS's limits, plain text for people, the same as JSON for machines, and the
 * attributes that subscription filters can use. What would make it too large for SNS is left out, the longest lists
 * first; the subject and what to do always stay.
 *
 * @example
 * await publisher.publish(renderAlert(alert))
 */
export function renderAlert(alert: Alert): RenderedAlert {
  for (const limit of [Number.POSITIVE_INFINITY, 5, 2, 0]) {
    const rendered = render(cut(alert, limit))
    if (sizeOf(rendered) <= MAX_MESSAGE_BYTES - RESERVED_BYTES) return rendered
  }
  return render(cutTexts(cut(alert, 0)))
}

function render(alert: Alert): RenderedAlert {
  const subject = renderSubject(alert)
  const text = renderText(alert)
  const json = JSON.stringify(alert)
  return {
    subject,
    text,
    json,
    message: JSON.stringify({ default: text, email: text, sms: subject, sqs: json, lambda: json, https: json }),
    attributes: renderAttributes(alert),
  }
}

function sizeOf({ message, attributes, subject }: RenderedAlert): number {
  return Buffer.byteLength(message) + Buffer.byteLength(JSON.stringify(attributes)) + subject.length
}

const KIND_WORDS: Readonly<Record<Alert['kind'], string>> = { alarm: '', closed: 'Closed: ', noData: 'No data: ' }

/** `[HIGH] Bucket policy made public: customer-data by user legacy-report-export`. */
export function renderSubject({ severity, kind, summary }: Alert): string {
  return toSubject(`[${severity === 'unknown' ? 'ALARM' : severity.toUpperCase()}] ${KIND_WORDS[kind]}${summary}`)
}

/** Attributes for subscription filter policies: always severity and kind, the others where they have one value. */
export function renderAttributes(alert: Alert): Readonly<Record<string, string>> {
  const { evidence } = alert
  const values = {
    severity: alert.severity,
    kind: alert.kind,
    stage: alert.stage,
    account: alert.account,
    detection: alert.detection?.id,
    bucket: only(evidence?.buckets),
    actor: only(evidence?.actors),
  }
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const clean = shorten((value ?? '').replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '?'), 256)
      return clean === '' ? [] : [[name, clean]]
    }),
  )
}

/** A rule's text is ours. An alarm that is no rule's was described by whoever made it: quoted, so that it cannot look like us. */
function reasonOf({ detection, description }: Alert): string {
  if (detection !== undefined) return description
  const lines = description.split('\n').map((line) => `| ${safeText(line, 2000)}`)
  return lines.join('\n')
}

/** The plain text, for e-mail. What strangers wrote is made harmless first, see safeText. */
export function renderText(alert: Alert): string {
  const { evidence, links } = alert
  const silence = alert.detection?.watchesSilence === true
  const sections: (string | undefined)[] = [
    `${severityWord(alert)} ${KIND_WORDS[alert.kind]}${safeText(alert.title)}`,
    section('WHAT HAPPENED', [
      ...opening(alert, silence),
      ...(evidence === undefined ? [] : happened(evidence, alert)),
      ...(alert.untold === undefined ? [] : [untoldText(alert.untold, evidence?.total ?? 0)]),
    ]),
    evidence && section('WHO', ranking(evidence.actors, alert, describeActor)),
    evidence &&
      section('FROM WHERE', [
        ...ranking(evidence.addresses, alert, describeAddress),
        ...ranking(evidence.tools, alert, ({ value }) => `with ${safeText(value)}`),
      ]),
    evidence &&
      section('ON WHAT', [
        ...ranking(evidence.buckets, alert, ({ value }) => `bucket ${safeText(value)}`),
        ...ranking(evidence.objects, alert, ({ value }) => `object ${safeText(value, 300)}`),
      ]),
    alert.children &&
      section(
        'ALARMS BEHIND IT',
        alert.children.map(({ alarmName, title }) =>
          safeText(title === undefined ? alarmName : `${title} (${alarmName})`),
        ),
      ),
    // The first message of the incident has these.
    ...(alert.kind === 'closed' ? [] : guidance({ ...alert, why: [reasonOf(alert)] })),
    section('LOOK', [
      links.alarm && `Alarm: ${links.alarm}`,
      links.records && `Matching records: ${links.records}`,
      links.around &&
        `All that the same ${evidence?.actors.top.some(isNamed) ? 'actors' : 'addresses'} did, an hour before to an hour after: ${links.around}`,
      links.athena && `Saved queries over the log objects, in Athena: ${links.athena}`,
    ]),
    evidence && section('RECORDS', evidence.records.map(describeRecord)),
    section('ALARM', [
      alert.detection &&
        `Detection ${alert.detection.id} (${alert.detection.pack})${list(', ', alert.detection.mitre)}`,
      `Alarm ${safeText(alert.alarm.name, 300)}: ${safeText(alert.alarm.oldState || '?')} -> ${safeText(alert.alarm.newState)} at ${time(alert.alarm.stateChangeTime)}`,
      whereabouts(alert.account, alert.region, alert.stage),
      alert.alarm.reason && `Reason: ${safeText(alert.alarm.reason, 1100)}`,
    ]),
  ]
  return `${sections.filter((part) => part !== undefined && part !== '').join('\n\n')}\n`
}

/**
 * The same in a few lines of at most `width` characters, for a terminal: severity, time and title, then which rule, how
 * many records, and who did what from where on what. What does not fit ends in `…`; the whole is in renderText.
 *
 * @param options.at the time as it is to be shown
 * @param options.note what the caller has to add, such as when it went off again
 */
export function renderBrief(
  alert: Alert,
  options: { readonly width: number; readonly at: string; readonly note?: string | undefined },
): { readonly severity: Alert['severity']; readonly head: string; readonly lines: readonly string[] } {
  const { width, at, note } = options
  const word = (alert.severity === 'unknown' ? 'alarm' : alert.severity).toUpperCase()
  const head = `${word.padEnd(8)}  ${at}  ${KIND_WORDS[alert.kind]}${safeText(alert.title)}`
  const said = [alert.detection?.id ?? alert.alarm.name, ...briefly(alert), ...(note === undefined ? [] : [note])]
  const lines = wrap(said.join(' · '), width - BRIEF_INDENT, MAX_BRIEF_LINES)
  return {
    severity: alert.severity,
    head: shorten(head, width),
    lines: lines.map((line) => ' '.repeat(BRIEF_INDENT) + line),
  }
}

const BRIEF_INDENT = 10
const MAX_BRIEF_LINES = 3

function briefly(alert: Alert): string[] {
  const { evidence } = alert
  if (evidence === undefined) return []
  const { total, atLeast, amount, eventNames, actors, addresses, buckets, objects, outcomes } = evidence
  if (evidence.status === 'unavailable') return ['the matching records could not be fetched']
  if (total === 0)
    return [alert.detection?.watchesSilence === true ? 'what it waits for did not come' : 'no matching record']
  const first = (ranked: Ranking, say: (counted: Counted) => string, limit = 2): string | undefined => {
    const shown = ranked.top.slice(0, limit).map(say)
    const rest = ranked.distinct - shown.length
    return shown.length === 0 ? undefined : shown.join(', ') + (rest > 0 ? ` and ${count(rest)} more` : '')
  }
  const plain = ({ value }: Counted): string => safeText(value)
  const what = first(eventNames, plain) ?? 'record'
  const refused = only(outcomes)
  const where = objects.distinct === 1 ? first(objects, plain) : first(buckets, plain)
  const keys = objects.distinct > 1 ? ` (${plural(objects.distinct, 'key')})` : ''
  const who = first(actors, (actor) => safeText(actorName(actor)))
  const from = first(addresses, plain)
  return [
    `${atLeast ? 'at least ' : ''}${count(total)} × ${what}${refused === undefined || refused === 'success' ? '' : ` (${safeText(refused)})`}`,
    ...(amount === undefined ? [] : [quantity(amount, alert.detection?.unit ?? '')]),
    ...(who === undefined ? [] : [`by ${who}`]),
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(where === undefined ? [] : [`on ${where}${keys}`]),
    ...(who === undefined && where === undefined ? [safeText(evidence.records[0]?.note ?? '', 120)] : []),
  ].filter((part) => part !== '')
}

const severityWord = ({ severity }: Alert): string =>
  severity === 'unknown' ? '[ALARM]' : `[${severity.toUpperCase()}]`

/** What the state change itself means, before anything was looked up. */
function opening(alert: Alert, silence: boolean): string[] {
  const { kind, incident, evidence } = alert
  if (kind === 'noData') return ['CloudWatch has no data for this alarm: the records it waits for do not come.']
  if (kind === 'closed') {
    const since =
      incident?.startedAt === undefined
        ? 'When it went on is not known.'
        : `It was on from ${time(incident.startedAt)} to ${time(incident.endedAt)} (${duration(incident.startedAt, incident.endedAt)}).`
    return [`The alarm is over${silence ? ': what was missed comes again' : ''}. ${since}`]
  }
  if (evidence === undefined) {
    return [
      alert.children === undefined
        ? 'No detection belongs to this alarm; this is all that the alarm itself says.'
        : 'This alarm sums up others; each of them sends an alert of its own.',
    ]
  }
  return silence ? ['What this rule waits for did not come, or not often enough.'] : []
}

/** Why the alarm itself is mailed. */
function untoldText(untold: number, total: number): string {
  const all = total === 1 ? 'it' : 'any of them'
  const of = untold >= total ? all : `${count(untold)} of these ${count(total)} records`
  return `No incident has told of ${of}: this alarm is the first to do so.`
}

/** How often and when, or why that is not known. */
function happened(evidence: Evidence, alert: Alert): string[] {
  const { total, atLeast, firstTime, lastTime, status, problems, amount } = evidence
  const lines: string[] = []
  const between = `between ${time(evidence.windowStart)} and ${time(evidence.windowEnd)}`
  if (status === 'unavailable') lines.push('The matching records could not be fetched; use the links below.')
  else if (total === 0) lines.push(`No matching record was found ${between}.`)
  else {
    const when =
      firstTime === undefined || lastTime === undefined
        ? ''
        : firstTime === lastTime
          ? `, at ${time(firstTime)}`
          : `: first ${time(firstTime)}, last ${time(lastTime)}`
    lines.push(`${atLeast ? 'At least ' : ''}${plural(total, 'matching record')}${when}.`)
    if (amount !== undefined) {
      const { metricValue = '', unit = '' } = alert.detection ?? {}
      lines.push(`${metricValue.replace(/^\$\./, '')} adds up to ${quantity(amount, unit)}.`)
    }
    lines.push(...ranking(evidence.eventNames, alert, ({ value }) => safeText(value)))
    if (evidence.outcomes.distinct > 0) {
      const outcomes = evidence.outcomes.top.map(({ value, count: n }) => `${safeText(value)} ${count(n)}`)
      lines.push(`outcome: ${outcomes.join(', ')}${more(evidence.outcomes)}`)
    }
    if (evidence.byLogGroup.length > 1) {
      lines.push(`log groups: ${evidence.byLogGroup.map(({ value, count: n }) => `${value} ${count(n)}`).join(', ')}`)
    }
  }
  return [...lines, ...problems.map((problem) => safeText(problem, 500))]
}

function ranking(counted: Ranking, alert: Alert, describe: (counted: Counted) => string): string[] {
  const unit = alert.detection?.unit ?? ''
  const lines = counted.top.map((each) => {
    const amount = each.amount === undefined ? '' : `, ${quantity(each.amount, unit)}`
    return `${describe(each)}: ${count(each.count)}${amount}`
  })
  const rest = more(counted)
  return rest === '' ? lines : [...lines, rest.replace(/^, /, '')]
}

function more({ distinct, top, capped }: Ranking): string {
  const rest = distinct - top.length
  return rest <= 0 ? '' : `, and ${capped === true ? 'at least ' : ''}${count(rest)} more`
}

/** One line: when, what, how it ended, who, from where, on what. */
function describeRecord(facts: EventFacts): string {
  const { actor, actorType, bucket, key } = facts
  const who = actor ?? actorType
  const what = bucket === undefined ? key : key === undefined ? bucket : `${bucket}/${key}`
  const parts = [
    time(facts.time),
    facts.eventName,
    facts.errorCode ?? facts.outcome,
    who === undefined ? undefined : `by ${who}`,
    facts.sourceIPAddress === undefined ? undefined : `from ${facts.sourceIPAddress}`,
    what === undefined ? undefined : `on ${what}`,
    facts.note,
  ]
  return parts.flatMap((part) => (part === undefined || part === '' ? [] : [safeText(part, 300)])).join('  ')
}

/** Leaves at most `limit` entries in every list that evidence can make long. */
function cut(alert: Alert, limit: number): Alert {
  const { evidence } = alert
  if (limit === Number.POSITIVE_INFINITY) return alert
  const short = <T>(items: readonly T[]): readonly T[] => items.slice(0, limit)
  return {
    ...alert,
    ...(alert.children === undefined ? {} : { children: short(alert.children) }),
    ...(evidence === undefined
      ? {}
      : {
          evidence: {
            ...evidence,
            problems: evidence.problems.slice(0, 5).map((problem) => shorten(problem, 500)),
            ...Object.fromEntries(RANKED.map((name) => [name, { ...evidence[name], top: short(evidence[name].top) }])),
            records: short(evidence.records),
          },
        }),
  }
}

/** For a rule, or an alarm of somebody else's, whose own texts are endless. */
function cutTexts(alert: Alert): Alert {
  const short = (texts: readonly string[]) => texts.slice(0, 10).map((text) => shorten(text, 500))
  return {
    ...alert,
    title: shorten(alert.title, 200),
    summary: shorten(alert.summary, 300),
    description: shorten(alert.description, 2000),
    runbook: short(alert.runbook),
    falsePositives: short(alert.falsePositives),
    alarm: {
      ...alert.alarm,
      name: shorten(alert.alarm.name, 255),
      arn: shorten(alert.alarm.arn, 1600),
      reason: shorten(alert.alarm.reason, 1100),
    },
    links: {},
  }
}
