import type { Severity } from '../detection/schema.ts'
import type { Finding } from '../incident/finding.ts'
import { briefOf } from './brief.ts'
import { fitFinding } from './fit.ts'

/** Bytes of a message: 28 KB by the documentation; what Teams adds of its own is left room for. */
export const TEAMS_MAX_BYTES = 25 * 1024

type Element = Readonly<Record<string, unknown>>

const COLOURS: Readonly<Record<Severity, string>> = {
  critical: 'attention',
  high: 'attention',
  medium: 'warning',
  low: 'accent',
  info: 'default',
}

/**
 * A finding as the body of a Teams workflow's webhook ("When a Teams webhook request is received"): a message with one
 * Adaptive Card. All text is in text runs, which know no markdown and make no links; a mention would need an entity, and
 * there is none. Links of our own are buttons.
 *
 * Limit: 28 KB a message.
 *
 * Source: Microsoft Learn, "Create incoming webhooks with Workflows", "Format cards in Microsoft Teams"; Adaptive Cards
 * schema 1.4, RichTextBlock.
 *
 * @example
 * await post(workflowUrl, teamsMessage(finding))
 */
export function teamsMessage(finding: Finding): string {
  return fitFinding(finding, TEAMS_MAX_BYTES, (cut) => JSON.stringify(message(cut)))
}

function message(finding: Finding): unknown {
  const brief = briefOf(finding)
  const body: Element[] = [
    paragraph([run(brief.headline, { weight: 'bolder', size: 'medium', color: COLOURS[finding.severity] })]),
    ...brief.facts.map(([label, value]) => paragraph([run(`${label}  `, { weight: 'bolder' }), run(value)], 'none')),
    ...listed('What happened', brief.story, { fontType: 'monospace' }),
    ...listed('Why it matters', brief.why),
    ...listed(
      'What to do',
      brief.steps.map((step, index) => `${index + 1}. ${step}`),
    ),
    paragraph([run(brief.footer, { isSubtle: true, size: 'small' })]),
  ]
  const actions = brief.links.map(([title, url]) => ({ type: 'Action.OpenUrl', title, url }))
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          msteams: { width: 'Full' },
          body,
          ...(actions.length === 0 ? {} : { actions }),
        },
      },
    ],
  }
}

const run = (text: string, style: Element = {}): Element => ({ type: 'TextRun', text, ...style })
const paragraph = (inlines: readonly Element[], spacing = 'default'): Element => ({
  type: 'RichTextBlock',
  inlines,
  spacing,
})

function listed(heading: string, lines: readonly string[], style: Element = {}): Element[] {
  if (lines.length === 0) return []
  return [
    paragraph([run(heading, { weight: 'bolder' })], 'medium'),
    ...lines.map((line) => paragraph([run(line, style)], 'none')),
  ]
}
