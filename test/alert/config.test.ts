import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ALERT_CONFIG_VARIABLES, parameterName, readAlertConfig } from '../../shared/alert/config.ts'

const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:bucketwatch-prod-alerts'

describe('readAlertConfig', () => {
  test('needs the topic, and has a default for everything else', () => {
    expect(readAlertConfig({ BUCKETWATCH_ALERTS_TOPIC_ARN: TOPIC })).toEqual({
      stage: 'dev',
      logGroupPrefix: '/bucketwatch/dev',
      alertsTopicArn: TOPIC,
      stateTable: undefined,
      athenaWorkgroup: undefined,
      rulesFile: undefined,
      evidenceMarginSeconds: 120,
      evidenceMaxEvents: 50_000,
      evidenceTimeoutSeconds: 20,
      targetConfig: { securityHub: false, severities: {} },
    })
  })

  test('reads where people are told, and what from which severity on', () => {
    const { targetConfig } = readAlertConfig({
      BUCKETWATCH_ALERTS_TOPIC_ARN: TOPIC,
      BUCKETWATCH_SLACK_WEBHOOK: 'secretsmanager:bucketwatch/slack',
      BUCKETWATCH_SECURITY_HUB: 'true',
      BUCKETWATCH_TARGET_SEVERITIES: 'slack=medium, pagerduty=high',
    })
    expect(targetConfig).toMatchObject({
      slackWebhook: 'secretsmanager:bucketwatch/slack',
      securityHub: true,
      severities: { slack: 'medium', pagerduty: 'high' },
    })
  })

  test.each([
    ['SLACK_WEBHOOK', 'https://hooks.slack.com/services/T/B/x', 'expected /the/name'],
    ['TARGET_SEVERITIES', 'slack=loud', 'expected target=severity'],
    ['TARGET_SEVERITIES', 'slack', 'expected target=severity'],
    ['CHAT_TOPIC_ARN', 'bucketwatch-prod-chat', 'the ARN of an SNS topic'],
    ['PAGER_DUTY_URL', 'http://events.pagerduty.com/v2/enqueue', 'an https URL'],
    ['PAGER_DUTY_URL', 'see https://events.pagerduty.com/v2/enqueue', 'an https URL'],
  ])('%s cannot be %s', (name, value, problem) => {
    const env = { BUCKETWATCH_ALERTS_TOPIC_ARN: TOPIC, [`BUCKETWATCH_${name}`]: value }
    expect(() => readAlertConfig(env)).toThrow(problem)
  })

  test('a secret of Secrets Manager is read through Parameter Store', () => {
    expect(parameterName('secretsmanager:bucketwatch/slack')).toBe('/aws/reference/secretsmanager/bucketwatch/slack')
    expect(parameterName('/bucketwatch/slack')).toBe('/bucketwatch/slack')
  })

  test('takes the topics of other partitions', () => {
    const topic = 'arn:aws-us-gov:sns:us-gov-west-1:111122223333:bucketwatch-prod-alerts'
    expect(readAlertConfig({ BUCKETWATCH_ALERTS_TOPIC_ARN: topic }).alertsTopicArn).toBe(topic)
  })

  test('reports every problem at once, misspelt variables and forwarder variables included', () => {
    const env = {
      BUCKETWATCH_ALERT_TOPIC_ARN: TOPIC,
      BUCKETWATCH_DETAIL: 'lean',
      BUCKETWATCH_EVIDENCE_MAX_EVENTS: '0',
    }
    expect(() => readAlertConfig(env)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        details: {
          problems: expect.arrayContaining([
            'BUCKETWATCH_ALERTS_TOPIC_ARN: expected the ARN of an SNS topic, got nothing',
            'BUCKETWATCH_EVIDENCE_MAX_EVENTS: expected a whole number from 1 to 1000000, got "0"',
            'BUCKETWATCH_ALERT_TOPIC_ARN: no such variable (did you mean BUCKETWATCH_ALERTS_TOPIC_ARN?)',
            'BUCKETWATCH_DETAIL: no such variable',
          ]),
        },
      }),
    )
  })

  test('is documented, variable by variable', () => {
    const text = readFileSync('docs/alerts.md', 'utf8')
    const documented = [...text.matchAll(/^\| `(BUCKETWATCH_[A-Z_]+)`/gm)].map((match) => match[1])
    expect(documented).toEqual(ALERT_CONFIG_VARIABLES)
  })
})
