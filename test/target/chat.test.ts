import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FINDING_EVENTS } from '../../shared/incident/finding.ts'
import { AMAZON_Q_MAX_BYTES, amazonQNotification } from '../../shared/target/amazon-q.ts'
import { SLACK_LIMITS, slackMessage } from '../../shared/target/slack.ts'
import { TEAMS_MAX_BYTES, teamsMessage } from '../../shared/target/teams.ts'
import { finding, findings, NASTY, textsOf } from './support.ts'

/** Line breaks that are ours; nothing else of the kind may come through. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const hasControl = (text: string) => CONTROL.test(text.replaceAll('\n', ''))

describe('Slack', () => {
  const shown = (of = finding()) => JSON.stringify(slackMessage(of))

  test('says what, who, where, when, and what to do', () => {
    for (const fact of [
      'Bucket policy grants Principal *',
      'user legacy-report-export',
      'AKIAIOSFODNN7EXAMPLE',
      '192.0.2.66 (public)',
      'amzn-s3-demo-customer-data',
      '2026-03-17 07:46:10 UTC',
      '07:48:02  PutBucketPolicy',
      '1. Deactivate',
      'incident 5f1d0c2ab37e9d44',
    ])
      expect(shown()).toContain(fact)
    expect(slackMessage(finding()).blocks[0]).toMatchObject({
      type: 'header',
      text: { type: 'plain_text', text: expect.stringMatching(/^\[CRITICAL\] Bucket policy/) },
    })
    expect(shown()).toContain(
      '<https://eu-central-1.console.aws.amazon.com/cloudwatch/home#logsV2:logs-insights|Records>',
    )
  })

  test('an incident that is over says so, and no longer what to do', () => {
    expect(shown(finding({ event: 'closed' }))).toContain('[CRITICAL] Closed: ')
    expect(shown(finding({ event: 'closed' }))).not.toContain('What to do')
  })

  test.each(NASTY)('%j mentions nobody, links nowhere and formats nothing', (text) => {
    const hostile = finding({
      summary: text,
      actors: [{ value: text, count: 1 }],
      buckets: [{ value: text, count: 1 }],
      story: [{ time: '2026-03-17T07:46:10.000Z', text, rules: [] }],
      runbook: [text],
    })
    const { blocks, text: fallback } = slackMessage(hostile)
    for (const { path, text } of textsOf(blocks)) {
      if (path.at(-1) !== 'text') continue
      // Outside of code there is what we wrote ourselves: labels in bold, links of our own, an icon.
      const own = text.replace(/```[^`]*```|`[^`]*`/g, '')
      expect(own.replace(/<https:\/\/eu-central-1\.[^|<>]*\|Records>/g, ''), own).not.toMatch(
        /[<>`]|(?<!\[)@|:\/\/evil/,
      )
    }
    expect(fallback).not.toMatch(/[<>]/)
  })

  test('keeps to the limits of Block Kit, whatever comes', () => {
    fc.assert(
      fc.property(findings, (of) => {
        const { blocks, text } = slackMessage(of)
        expect(blocks.length).toBeLessThanOrEqual(SLACK_LIMITS.blocks)
        expect(text.length).toBeLessThanOrEqual(SLACK_LIMITS.text)
        for (const each of textsOf(blocks)) {
          expect(hasControl(each.text)).toBe(false)
          if (each.path.at(-1) !== 'text') continue
          const limit = each.path.includes('0') && each.path[0] === '0' ? SLACK_LIMITS.header : SLACK_LIMITS.text
          expect(each.text.length).toBeGreaterThan(0)
          expect(each.text.length).toBeLessThanOrEqual(limit)
          expect(each.text.split('```').length % 2).toBe(1)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('Teams', () => {
  const card = (of = finding()) => JSON.parse(teamsMessage(of)).attachments[0].content

  test('is a message with one Adaptive Card', () => {
    expect(JSON.parse(teamsMessage(finding()))).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: { type: 'AdaptiveCard', version: '1.4', actions: [{ type: 'Action.OpenUrl', title: 'Records' }] },
        },
      ],
    })
    const texts = textsOf(card().body).map(({ text }) => text)
    for (const fact of [
      'user legacy-report-export',
      'AKIAIOSFODNN7EXAMPLE',
      '07:48:02  PutBucketPolicy: Principal * may s3:GetObject',
    ])
      expect(texts).toContain(fact)
  })

  test.each(NASTY)('%j stands in text runs, which know no markdown, and there is nobody to mention', (text) => {
    const { body, msteams, actions } = card(finding({ summary: text, runbook: [text], keyIds: [text], links: {} }))
    expect(actions).toBeUndefined()
    expect(msteams).toEqual({ width: 'Full' })
    for (const element of body) {
      expect(element.type).toBe('RichTextBlock')
      for (const inline of element.inlines) expect(inline.type).toBe('TextRun')
    }
  })

  test('fits, whatever comes', () => {
    fc.assert(
      fc.property(findings, (of) => {
        const message = teamsMessage(of)
        expect(Buffer.byteLength(message)).toBeLessThanOrEqual(TEAMS_MAX_BYTES)
        for (const { text } of textsOf(JSON.parse(message))) expect(hasControl(text)).toBe(false)
        expect(message).toContain(of.incidentId)
      }),
      { numRuns: 60 },
    )
  })
})

describe('Amazon Q Developer', () => {
  test('is a custom notification of schema 1.0, one thread an incident', () => {
    expect(JSON.parse(amazonQNotification(finding()))).toMatchObject({
      version: '1.0',
      source: 'custom',
      id: '5f1d0c2ab37e9d44.1',
      content: {
        textType: 'client-markdown',
        title: expect.stringContaining('[CRITICAL] Bucket policy grants Principal *'),
        description: expect.stringContaining('*Who* `user legacy-report-export`'),
        nextSteps: ['Deactivate AKIAIOSFODNN7EXAMPLE.', 'Put the policy back.'],
        keywords: ['critical', 'prod', 's3-policy-public'],
      },
      metadata: { threadId: '5f1d0c2ab37e9d44', eventType: 'incident-opened', enableCustomActions: true },
    })
    const threads = FINDING_EVENTS.map((event, index) =>
      JSON.parse(amazonQNotification(finding({ event, id: `5f1d0c2ab37e9d44.${index}` }))),
    )
    expect(new Set(threads.map(({ metadata }) => metadata.threadId)).size).toBe(1)
    expect(threads.map(({ content }) => content.nextSteps !== undefined)).toEqual([true, true, true, false])
  })

  /** The members of the schema, and what each holds. */
  const MEMBERS: Readonly<Record<string, RegExp>> = {
    content: /^(textType|title|description|nextSteps|keywords)$/,
    metadata: /^(threadId|summary|eventType|relatedResources|additionalContext|enableCustomActions)$/,
  }

  test('has the members of the schema and no others, mentions nobody, and fits, whatever comes', () => {
    fc.assert(
      fc.property(findings, (of) => {
        const json = amazonQNotification(of)
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(AMAZON_Q_MAX_BYTES)
        const notification = JSON.parse(json)
        expect(Object.keys(notification).sort()).toEqual(['content', 'id', 'metadata', 'source', 'version'])
        for (const [part, known] of Object.entries(MEMBERS))
          for (const name of Object.keys(notification[part])) expect(name).toMatch(known)
        expect(notification.content.description).not.toBe('')
        for (const { text } of textsOf(notification)) {
          expect(text.replace(/https:\/\/eu-central-1\S*/g, '')).not.toMatch(/[<>]|(?<!\[)@/)
          expect(hasControl(text)).toBe(false)
        }
      }),
      { numRuns: 60 },
    )
  })
})
