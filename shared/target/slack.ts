import type { Severity } from '../detection/schema.ts'
import { shorten } from '../incident/facts.ts'
import type { Finding } from '../incident/finding.ts'
import { type Brief, briefOf } from './brief.ts'

/** Slack: Block Kit reference: characters of a header, of a section's text, and blocks of a message. */
export const SLACK_LIMITS = { header: 150, text: 3000, blocks: 50 } as const

interface Block {
  readonly type: string
  readonly [member: string]: unknown
}

/** The body of an incoming webhook. */
export interface SlackMessage {
  /** What notifications show, and clients without blocks. */
  readonly text: string
  readonly blocks: readonly Block[]
  readonly unfurl_links: false
  readonly unfurl_media: false
}

/**
 * The three characters that Slack takes for its own. Without `<` there is no mention (`<!channel>`, `<@U…>`), no link
 * and no date.
 *
 * Source: Slack, "Formatting text for app surfaces", escaping.
 */
export const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const ICONS: Readonly<Record<Severity, string>> = {
  critical: ':red_circle:',
  high: ':large_orange_circle:',
  medium: ':large_yellow_circle:',
  low: ':large_blue_circle:',
  info: ':white_circle:',
}

/**
 * A finding as a message of a Slack incoming webhook. What strangers wrote stands in code, where nothing is formatted,
 * and is escaped; Slack is told to look for no links or names in it (`verbatim`).
 *
 * Limits: 150 characters a header, 3,000 a section, 50 blocks.
 *
 * Source: Slack, "Sending messages using incoming webhooks"; Block Kit reference.
 *
 * @example
 * await post(webhookUrl, JSON.stringify(slackMessage(finding)))
 */
export function slackMessage(finding: Finding): SlackMessage {
  const brief = briefOf(finding)
  const blocks: Block[] = [
    { type: 'header', text: { type: 'plain_text', text: shorten(brief.headline, SLACK_LIMITS.header), emoji: false } },
    section(brief.facts.map(([label, value]) => `*${label}* ${code(value)}`)),
    ...listed('What happened', brief.story),
    ...listed('Why it matters', brief.why),
    ...listed(
      'What to do',
      brief.steps.map((step, index) => `${index + 1}. ${step}`),
    ),
    ...links(brief),
    { type: 'context', elements: [mrkdwn(`${ICONS[finding.severity]} ${code(brief.footer)}`)] },
  ]
  return {
    text: shorten(escapeSlack(brief.headline), SLACK_LIMITS.text),
    blocks: blocks.slice(0, SLACK_LIMITS.blocks),
    unfurl_links: false,
    unfurl_media: false,
  }
}

const mrkdwn = (text: string) => ({ type: 'mrkdwn', text, verbatim: true })

/** In code nothing is formatted; only its own mark could end it. */
const literal = (text: string): string => escapeSlack(text.replaceAll('`', 'ˋ'))
const code = (text: string): string => `\`${literal(text)}\``

/** Lines, as many as a section takes. */
function section(lines: readonly string[]): Block {
  let text = ''
  for (const line of lines) {
    if (text.length + line.length + 1 > SLACK_LIMITS.text) break
    text += (text === '' ? '' : '\n') + line
  }
  return { type: 'section', text: mrkdwn(text === '' ? '—' : text) }
}

/** A heading, and lines in a block of code that is no longer than a section. */
function listed(heading: string, lines: readonly string[]): Block[] {
  if (lines.length === 0) return []
  const fence = '```'
  let room = SLACK_LIMITS.text - heading.length - 2 * fence.length - 8
  const shown: string[] = []
  for (const line of lines.map(literal)) {
    if (line.length + 1 > room) break
    room -= line.length + 1
    shown.push(line)
  }
  const text = `*${heading}*\n${fence}\n${shown.join('\n')}${shown.length < lines.length ? '\n…' : ''}\n${fence}`
  return [{ type: 'section', text: mrkdwn(text) }]
}

function links({ links: all }: Brief): Block[] {
  const text = all.map(([title, url]) => `<${escapeSlack(url).replaceAll('|', '%7C')}|${escapeSlack(title)}>`)
  const fits = text.filter((link) => link.length < SLACK_LIMITS.text / 2)
  return fits.length === 0 ? [] : [section(fits)]
}
