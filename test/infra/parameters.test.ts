import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkParameterNames, checkStage, PARAMETER_NAMES, readParameters } from '../../infra/parameters.ts'
import { makeTemplate } from '../../infra/template.ts'
import { ALERT_CONFIG_VARIABLES } from '../../shared/alert/config.ts'
import { findRule } from '../../shared/alert/rules.ts'
import { parseAlertRules } from '../../shared/alert/rules-file.ts'
import { CONFIG_VARIABLES, readConfig } from '../../shared/settings/config.ts'
import { defaultParameters } from './support/packaged.ts'

const defaults = defaultParameters()

test('serverless.yml gives every parameter a default, and no other', () => {
  expect(Object.keys(defaults)).toEqual(PARAMETER_NAMES)
  expect(() => readParameters(defaults)).not.toThrow()
})

test('docs/deploying.md lists every parameter', () => {
  const documented = [...readFileSync('docs/deploying.md', 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  expect(documented.sort()).toEqual([...PARAMETER_NAMES].sort())
})

test('buckets come with a key prefix or without', () => {
  const { cloudTrailBuckets } = readParameters({
    ...defaults,
    cloudTrailBuckets: 'amzn-s3-demo-a, amzn-s3-demo-b/trail/,',
  })
  expect(cloudTrailBuckets).toEqual([
    { bucket: 'amzn-s3-demo-a', prefix: '' },
    { bucket: 'amzn-s3-demo-b', prefix: 'trail/' },
  ])
})

test('a list may be YAML, a number a number, and nothing at all is the empty value', () => {
  const read = readParameters({
    ...defaults,
    sourceAccounts: ['111122223333', '444455556666'],
    timeout: 60,
    kmsKeyArn: null,
  })
  expect(read).toMatchObject({ sourceAccounts: ['111122223333', '444455556666'], timeout: 60, kmsKeyArn: undefined })
})

describe('what is wrong is said with the name of the parameter', () => {
  test.each<[problem: RegExp, given: Record<string, string>]>([
    [/^cloudTrailBuckets: expected bucket or bucket\/prefix/, { cloudTrailBuckets: 'Not_A_Bucket' }],
    [/^cloudTrailBuckets: expected bucket or bucket\/prefix/, { cloudTrailBuckets: 'amzn-s3-demo-a/*' }],
    [/^accessLogBuckets: .* got "arn:aws:s3:::amzn-s3-demo-a"/, { accessLogBuckets: 'arn:aws:s3:::amzn-s3-demo-a' }],
    [/^sourceAccounts: expected account ids of 12 digits/, { sourceAccounts: '11112222333' }],
    [/^organizationId: /, { organizationId: 'exampleorg' }],
    [/^feeds: expected notification, sns or eventbridge/, { feeds: 'notification,kafka' }],
    [/^feeds: expected at least one/, { feeds: '' }],
    [/^topic ARNs are given, but feeds/, { cloudTrailTopicArns: 'arn:aws:sns:us-east-1:111122223333:objects' }],
    [
      /^cloudTrailTopicArns: /,
      { cloudTrailTopicArns: 'arn:aws:sns:us-east-1:111122223333:objects.fifo', feeds: 'sns' },
    ],
    [
      /^kmsKeyArn: expected the ARN of a KMS key.*not of an alias/,
      { kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:alias/logs' },
    ],
    [/^memorySize: expected a whole number from 128 to 10240/, { memorySize: '64' }],
    [/^timeout: expected a whole number from 30 to 900/, { timeout: '5m' }],
    [/^batchWindow: a batchSize over 10/, { batchSize: '100', batchWindow: '0' }],
    [/^logRetentionDays: expected one of 1, 3, 5/, { logRetentionDays: '91' }],
    [/^evidence: expected retain, delete or existing/, { evidence: 'keep' }],
    [/^encryptLogGroups: expected true or false/, { encryptLogGroups: 'yes' }],
    [/^alertEmails: expected e-mail addresses/, { alertEmails: 'security' }],
    [/^slackWebhook: expected \/the\/name\/of/, { slackWebhook: 'bucketwatch/slack' }],
    [/^eventBus: expected the name or the ARN/, { eventBus: 'my bus' }],
    [
      /overlap: objects would be read twice/,
      { cloudTrailBuckets: 'amzn-s3-demo-a', accessLogBuckets: 'amzn-s3-demo-a/access/' },
    ],
    [/overlap: objects would be read twice/, { cloudTrailBuckets: 'amzn-s3-demo-a/t,amzn-s3-demo-a/trail/' }],
  ])('%s', (problem, given) => {
    const problems = thrownProblems(() => readParameters({ ...defaults, ...given }))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(problem)
  })

  test.each<[given: string, problem: RegExp]>([
    ['cloudTrailBucket', /^cloudTrailBucket: no such parameter; did you mean "cloudTrailBuckets"\?$/],
    ['alertemails', /did you mean "alertEmails"/],
    ['zzz', /^zzz: no such parameter$/],
  ])('a parameter that there is none of: %s', (given, problem) => {
    expect(thrownProblems(() => checkParameterNames(['detail', given, given]))).toEqual([
      expect.stringMatching(problem),
    ])
  })

  test.each(['', '1st', 'a_b', 'a.b', 'x'.repeat(33), 'ünder'])('a stage cannot be %j', (stage) => {
    expect(thrownProblems(() => checkStage(stage))).toHaveLength(1)
    expect(() => readConfig({ BUCKETWATCH_STAGE: stage === '' ? '-' : stage })).toThrow(/BUCKETWATCH_STAGE/)
  })

  test.each(['dev', 'P', 'prod-eu-1', 'x'.repeat(32)])('a stage can be %j', (stage) => {
    expect(checkStage(stage)).toBe(stage)
    expect(readConfig({ BUCKETWATCH_STAGE: stage }).stage).toBe(stage)
  })

  test('all of them at once', () => {
    expect(
      thrownProblems(() => readParameters({ ...defaults, timeout: '1', evidence: '', dashboard: 'no' })),
    ).toHaveLength(3)
  })
})

test('two prefixes of one bucket do not overlap', () => {
  const given = { cloudTrailBuckets: 'amzn-s3-demo-a/trail/', accessLogBuckets: 'amzn-s3-demo-a/access/' }
  expect(() => readParameters({ ...defaults, ...given })).not.toThrow()
})

test('every variable of the functions can be set by a parameter, and a wrong value fails before deployment', async () => {
  const { environment, bundled } = await makeTemplate('dev', {
    ...defaults,
    ...{
      capBytes: '4096',
      maxInflatedBytes: '1000000',
      maxRecordBytes: '65536',
      maxInFlight: '2',
      handOverSeconds: '20',
      retrySeconds: '5',
      logGroupPrefix: '/x',
    },
    ...{ includeEventNames: 'Put*', excludeEventNames: 'Describe*', ownRoles: 'backup' },
    ...{ settingsFile: 'test/infra/support/settings.yml' },
    ...{ evidenceMarginSeconds: '60', evidenceMaxEvents: '100', evidenceTimeoutSeconds: '10' },
    ...{ chatTopic: 'true', slackWebhook: '/x/slack', teamsWebhook: 'secretsmanager:x/teams', pagerDutyKey: '/x/pd' },
    ...{ pagerDutyUrl: 'https://events.eu.pagerduty.com/v2/enqueue', eventBus: 'security', securityHub: 'true' },
    ...{ targetSeverities: 'slack=medium', athena: 'true' },
    // The canary goes the way of what is fed.
    cloudTrailBuckets: 'amzn-s3-demo-trail',
    accessLogBuckets: 'amzn-s3-demo-access',
  })
  const names = (variables: Readonly<Record<string, unknown>>) =>
    Object.keys(variables)
      .filter((name) => name.startsWith('BUCKETWATCH_'))
      .sort()
  expect(names(environment.cloudtrail)).toEqual([...CONFIG_VARIABLES].sort())
  expect(names(environment['access-log'])).toEqual([...CONFIG_VARIABLES].sort())
  expect(names(environment.alert)).toEqual([...ALERT_CONFIG_VARIABLES].sort())
  for (const name of ['BUCKETWATCH_SETTINGS_FILE', 'BUCKETWATCH_ALERT_RULES_FILE', 'BUCKETWATCH_HIT_RULES_FILE']) {
    const file = String({ ...environment.cloudtrail, ...environment.alert }[name])
    expect(bundled[file]).toBeTypeOf('string')
  }
  await expect(makeTemplate('dev', { ...defaults, detail: 'thin' })).rejects.toThrow(
    /BUCKETWATCH_DETAIL: expected lean or full/,
  )
  await expect(makeTemplate('dev', { ...defaults, evidenceMaxEvents: '0' })).rejects.toThrow(
    /BUCKETWATCH_EVIDENCE_MAX_EVENTS/,
  )
  await expect(makeTemplate('dev', { ...defaults, targetSeverities: 'slak=high' })).rejects.toThrow(
    /BUCKETWATCH_TARGET_SEVERITIES: expected target=severity/,
  )
})

test('what the functions know of settings and rules is packaged with them', async () => {
  const { bundled } = await makeTemplate('dev', { ...defaults, settingsFile: 'test/infra/support/settings.yml' })
  expect(JSON.parse(bundled['dist/functions/settings.json']!)).toMatchObject({
    account: '111122223333',
    logBuckets: ['amzn-s3-demo-trail'],
  })
  const { rules } = parseAlertRules(bundled['dist/functions/alert-rules.json']!, 'alert-rules.json')
  expect(findRule(rules, 'bucketwatch-dev-s3-policy-deleted')).toMatchObject({ severity: 'medium' })
})

test('the buckets that a stack reads are log buckets, though no setting says so; a part of one tells nothing of the rest', async () => {
  const read = async (given: Readonly<Record<string, unknown>>) => {
    const { bundled, leftOut } = await makeTemplate('dev', { ...defaults, ...given })
    const { readBuckets } = JSON.parse(bundled['dist/functions/settings.json']!)
    return { readBuckets, isGuarded: !leftOut.some((line) => line.startsWith('trail-bucket-tamper:')) }
  }
  expect(await read({ cloudTrailBuckets: '', accessLogBuckets: '' })).toEqual({ isGuarded: false })
  expect(await read({ cloudTrailBuckets: 'amzn-s3-demo-trail/AWSLogs/', accessLogBuckets: 'amzn-s3-demo-a' })).toEqual({
    readBuckets: { cloudtrail: ['amzn-s3-demo-trail'], 'access-log': ['amzn-s3-demo-a'] },
    isGuarded: true,
  })
  expect(await read({ cloudTrailBuckets: 'amzn-s3-demo-shared/AWSLogs/', accessLogBuckets: '' })).toEqual({
    isGuarded: false,
  })
})

function thrownProblems(run: () => unknown): string[] {
  try {
    run()
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems
  }
  throw new Error('nothing was wrong')
}
