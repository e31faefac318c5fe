import { describe, expect, it } from 'vitest'
import { simulate } from '../../shared/alarm/simulate.ts'
import { prepareEnvironment } from '../../shared/derive/environment.ts'
import { compileDetections, isEnabled } from '../../shared/detection/compile.ts'
import { parseDetection } from '../../shared/detection/load.ts'
import { formatProblem, formatProblems } from '../../shared/detection/problem.ts'
import type { Detection } from '../../shared/detection/schema.ts'
import { EMPTY_SETTINGS, type Settings } from '../../shared/detection/settings.ts'
import { parseSettings } from '../../shared/detection/settings-file.ts'
import { compilePattern, createMetricFilter } from '../../shared/metric/filter.ts'
import { parseEnvironment } from '../../shared/settings/environment.ts'

const BASE = {
  title: 'A rule',
  severity: 'low',
  description: 'What it sees.',
  sources: ['cloudtrail'],
  pattern: '{ $.eventName = "A" }',
  falsePositives: ['none known'],
  runbook: ['Look.'],
  examples: {
    hits: [
      { name: 'one', kind: 'record', input: {} },
      { name: 'two', kind: 'record', input: {} },
    ],
    misses: [
      { name: 'one', kind: 'record', input: {} },
      { name: 'two', kind: 'record', input: {} },
    ],
  },
}

function detection(id: string, fields: object = {}, pack = 'test'): Detection {
  const parsed = parseDetection(JSON.stringify({ ...BASE, id, ...fields }), `${pack}/${id}.yml`)
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems))
  return parsed.value
}

function settings(value: object): Settings {
  const parsed = parseSettings(JSON.stringify(value), 's.json')
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems))
  return parsed.value
}
const rules = (id: string, value: object) => settings({ detections: { rules: { [id]: value } } })

describe('compileDetections', () => {
  it('makes a metric filter for each log group, all feeding one metric, and an alarm on it', () => {
    const { rules: compiled, problems } = compileDetections({
      detections: [
        detection('bytes', {
          sources: ['access-log', 'cloudtrail', 'access-log'],
          metric: { value: '$.bytesOut', unit: 'Bytes', defaultValue: 0 },
          alarm: { periodSeconds: 3600, threshold: 5e10, evaluationPeriods: 3, datapointsToAlarm: 2 },
        }),
      ],
      stage: 'prod',
      alarmActions: ['arn:aws:sns:eu-central-1:111122223333:alarms'],
    })
    expect(problems).toEqual([])
    const filter = (source: string) => ({
      logGroupName: `/bucketwatch/prod/${source}`,
      filterName: 'bucketwatch-prod-bytes',
      filterPattern: '{ $.eventName = "A" }',
      metricTransformations: [
        {
          metricNamespace: 'bucketwatch/prod',
          metricName: 'bytes',
          metricValue: '$.bytesOut',
          defaultValue: 0,
          unit: 'Bytes',
        },
      ],
    })
    expect(compiled[0]!.metricFilters).toEqual([filter('cloudtrail'), filter('access-log')])
    expect(compiled[0]!.alarm).toEqual({
      alarmName: 'bucketwatch-prod-bytes',
      alarmDescription: 'A rule. What it sees.',
      alarmActions: ['arn:aws:sns:eu-central-1:111122223333:alarms'],
      namespace: 'bucketwatch/prod',
      metricName: 'bytes',
      statistic: 'Sum',
      period: 3600,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      threshold: 5e10,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
      treatMissingData: 'notBreaching',
      fill: 0,
    })
  })

  it.each([
    ['a rule that counts', {}, 0],
    ['one that is over something', { comparisonOperator: 'GreaterThanThreshold', threshold: 0 }, 0],
    ['one for which nothing is what it waits for', { comparisonOperator: 'LessThanThreshold' }, undefined],
    ['one on silence', { comparisonOperator: 'LessThanThreshold', treatMissingData: 'breaching' }, undefined],
    ['one that nothing would set off', { threshold: 0 }, undefined],
    ['one whose file gives gaps a meaning', { treatMissingData: 'ignore' }, undefined],
  ])('a gap counts as nothing: %s', (_, alarm, fill) => {
    const { rules: compiled } = compileDetections({ detections: [detection('gaps', { alarm })], stage: 'prod' })
    expect(compiled[0]!.alarm.fill).toBe(fill)
  })

  it.each([
    ['a five-minute rule', 300, 1, [10, 20]],
    ['an hourly rule', 3600, 2, [10, 12, 90, 100]],
    ['a daily rule', 86_400, 2, [10, 12, 1500, 1510]],
  ])('%s goes off for the second incident, and never again for the first', (_, periodSeconds, threshold, minutes) => {
    const { rules: compiled } = compileDetections({
      detections: [detection('twice', { alarm: { periodSeconds, threshold } })],
      stage: 'local',
    })
    const start = Date.UTC(2026, 0, 15)
    const changes = simulate({
      alarms: compiled.map(({ alarm }) => alarm),
      filters: compiled.flatMap(({ metricFilters }) => metricFilters.map(createMetricFilter)),
      events: minutes.map((minute) => ({
        logGroupName: '/bucketwatch/local/cloudtrail',
        timestamp: start + minute * 60_000,
        message: '{"eventName":"A"}',
      })),
      clock: { start, end: start + 5 * 86_400_000 },
    })
    const alarms = changes.filter(({ newState }) => newState === 'ALARM')
    const [, second = 0, , fourth = 0] = minutes
    const expected = threshold === 1 ? minutes : [second, fourth]
    expect(alarms.map(({ timestamp }) => (timestamp - start) / 60_000)).toEqual(expected.map((minute) => minute + 1))
    expect(alarms.map(({ evidence }) => evidence.total)).toEqual([threshold, threshold])
  })

  it('makes what the simulation runs: one event, one alarm', () => {
    const { rules: compiled } = compileDetections({
      detections: [
        detection('a-rule', { sources: ['cloudtrail', 'access-log'] }),
        detection('other', { pattern: 'B' }),
      ],
      stage: 'local',
    })
    const start = Date.UTC(2026, 0, 15, 9)
    const changes = simulate({
      alarms: compiled.map(({ alarm }) => alarm),
      filters: compiled.flatMap(({ metricFilters }) => metricFilters.map(createMetricFilter)),
      events: [
        { logGroupName: '/bucketwatch/local/access-log', timestamp: start + 90_000, message: '{"eventName":"A"}' },
        { logGroupName: '/bucketwatch/local/pipeline', timestamp: start + 300_000, message: '{"eventName":"A"}' },
      ],
      clock: { start, end: start + 3_600_000 },
    })
    const alarms = changes.filter(({ newState }) => newState === 'ALARM')
    expect(
      alarms.map(({ alarm, timestamp, evidence }) => [alarm.alarmName, timestamp - start, evidence.total]),
    ).toEqual([['bucketwatch-local-a-rule', 120_000, 1]])
  })

  it('keeps the description within what an alarm takes', () => {
    const { rules: compiled } = compileDetections({
      detections: [detection('long', { description: 'word '.repeat(300) })],
      stage: 'prod',
    })
    expect(compiled[0]!.alarm.alarmDescription!.length).toBeLessThanOrEqual(1024)
  })

  it.each([
    { file: true, pack: undefined, rule: undefined, enabled: true },
    { file: false, pack: undefined, rule: undefined, enabled: false },
    { file: true, pack: 'off', rule: undefined, enabled: false },
    { file: false, pack: 'on', rule: undefined, enabled: true },
    { file: false, pack: 'off', rule: 'on', enabled: true },
    { file: true, pack: 'on', rule: 'off', enabled: false },
  ])('a rule beats its pack, a pack beats the file: $file, $pack, $rule', ({ file, pack, rule, enabled }) => {
    const made = settings({
      detections: {
        ...(pack && { packs: { test: pack } }),
        rules: { 'a-rule': rule === undefined ? {} : { enabled: rule } },
      },
    })
    const one = detection('a-rule', { enabled: file })
    expect(isEnabled(one, made)).toBe(enabled)
    expect(compileDetections({ detections: [one], settings: made, stage: 's' }).disabled).toEqual(
      enabled ? [] : ['a-rule'],
    )
  })

  it('is not fooled by names such as constructor', () => {
    expect(isEnabled(detection('constructor', {}, 'constructor'), EMPTY_SETTINGS)).toBe(true)
  })

  it('applies what the settings override, and nothing else', () => {
    const one = detection('a-rule', { alarm: { threshold: 3, treatMissingData: 'missing' } })
    const [rule] = compileDetections({
      detections: [one],
      settings: rules('a-rule', { severity: 'critical', periodSeconds: 600, evaluationPeriods: 2 }),
      stage: 's',
    }).rules
    expect(rule!.severity).toBe('critical')
    expect(rule!.alarm).toMatchObject({
      period: 600,
      evaluationPeriods: 2,
      datapointsToAlarm: 2,
      threshold: 3,
      treatMissingData: 'missing',
    })
  })

  it('finds what an override makes impossible', () => {
    const one = detection('a-rule', { alarm: { evaluationPeriods: 3, datapointsToAlarm: 3 } })
    const { rules: compiled, problems } = compileDetections({
      detections: [one],
      settings: rules('a-rule', { evaluationPeriods: 2 }),
      stage: 's',
    })
    expect(compiled).toEqual([])
    expect(problems.map(formatProblem)).toEqual([
      'test/a-rule.yml:1:1 alarm: datapointsToAlarm (3) is more than evaluationPeriods (2)',
    ])
  })

  it('puts in placeholders, and minds an empty one only where the rule is on', () => {
    const one = detection('a-rule', { pattern: '{ $.recipientAccountId != "{{account}}" && $.s = "{{ stage }}" }' })
    const compiled = (value: object) =>
      compileDetections({ detections: [one], settings: settings(value), stage: 'prod' })
    expect(compiled({ account: '111122223333' }).rules[0]!.pattern).toBe(
      '{ $.recipientAccountId != "111122223333" && $.s = "prod" }',
    )
    expect(compiled({}).problems.map(formatProblem)).toEqual([
      'test/a-rule.yml:1:1 pattern: {{account}} needs the setting "account", which is empty; set it, or disable the rule',
    ])
    expect(compiled({ detections: { packs: { test: false } } }).problems).toEqual([])
  })

  it('a rule that would be blind, or cry wolf, for want of a setting is off, with a warning', () => {
    const one = detection('a-rule', { requires: ['watchedBuckets', 'allowRanges', 'account', 'dataEvents'] })
    const warnings = (value: object) =>
      compileDetections({ detections: [one], settings: settings(value), stage: 's' }).warnings.map(
        ({ message }) => message,
      )
    expect(warnings({})).toEqual([
      'needs the setting "watchedBuckets", which is empty: the rule is off, unless it is enabled by name',
      'needs the setting "allowRanges", which is empty: the rule is off, unless it is enabled by name',
      'needs the setting "account", which is empty',
    ])
    expect(
      warnings({
        account: '111122223333',
        allowRanges: ['192.0.2.0/24'],
        watchedBuckets: { 'amzn-s3-demo-bucket': [] },
      }),
    ).toEqual([])
    const compiled = (value: object) => compileDetections({ detections: [one], settings: settings(value), stage: 's' })
    expect(compiled({})).toMatchObject({ rules: [], disabled: ['a-rule'] })
    expect(compiled({ detections: { rules: { 'a-rule': { enabled: true } } } }).rules).toHaveLength(1)
  })

  it('keeps to the limits of a log group', () => {
    const many = (count: number, pattern: (index: number) => string) =>
      compileDetections({
        detections: Array.from({ length: count }, (_, index) => detection(`r${index}`, { pattern: pattern(index) })),
        stage: 's',
      }).problems.map(({ message }) => message)
    expect(many(100, (index) => `{ $.n = ${index} }`)).toEqual([])
    expect(many(101, (index) => `{ $.n = ${index} }`)).toEqual([expect.stringContaining('101 metric filters')])
    expect(many(6, (index) => `{ $.n = %a${index}% }`)).toEqual([expect.stringContaining('regular expressions')])
  })
})

describe('allow-lists', () => {
  const one = detection('a-rule', { pattern: '{ $.eventName = "A" || $.eventName = "B" }' })
  const compiled = (lists: object, rule = one) =>
    compileDetections({ detections: [rule], settings: rules('a-rule', lists), stage: 's' })
  const matches = (lists: object, record: object) =>
    compilePattern(compiled(lists).rules[0]!.pattern).matchParsed({ eventName: 'B', tool: 'awscli', ...record })

  it.each([
    [
      'an actor',
      { allowActors: ['arn:aws:iam::111122223333:user/alice'] },
      { userIdentity: { arn: 'arn:aws:iam::111122223333:user/alice' } },
      { userIdentity: { arn: 'arn:aws:iam::111122223333:user/alicia' } },
    ],
    [
      'a role, by its IAM ARN',
      { allowActors: ['arn:aws:iam::111122223333:role/path/deploy'] },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/deploy/github' } },
      { userIdentity: { arn: 'arn:aws:sts::444455556666:assumed-role/deploy/github' } },
    ],
    [
      'a role, and none whose name begins with it',
      { allowActors: ['arn:aws:iam::111122223333:role/deploy'] },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/deploy/x' } },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/deployer/x' } },
    ],
    [
      'a role, and no session that is named after it',
      { allowActors: ['arn:aws:iam::111122223333:role/deploy'] },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/deploy/deploy' } },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/other/deploy' } },
    ],
    [
      'a federated user',
      { allowActors: ['arn:aws:sts::111122223333:federated-user/jane'] },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:federated-user/jane' } },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:federated-user/janet' } },
    ],
    [
      'the root user',
      { allowActors: ['arn:aws:iam::111122223333:root'] },
      { userIdentity: { arn: 'arn:aws:iam::111122223333:root' } },
      { userIdentity: { arn: 'arn:aws:iam::111122223333:user/root' } },
    ],
    [
      'roles, by a prefix',
      { allowActors: ['arn:aws:iam::111122223333:role/deploy-*'] },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/deploy-eu/x' } },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/deployer/x' } },
    ],
    [
      'a session, by its role',
      { allowActors: ['arn:aws:sts::111122223333:assumed-role/app/i-0abc'] },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/app/i-0def' } },
      { userIdentity: { arn: 'arn:aws:sts::111122223333:assumed-role/app2/i-0abc' } },
    ],
    [
      'a service',
      { allowActors: ['x', 'arn:aws:iam::111122223333:role/y', 'cloudformation.amazonaws.com'] },
      { actor: 'cloudformation.amazonaws.com' },
      { actor: 'config.amazonaws.com' },
    ],
    ['a name with quotes', { allowActors: ['a"b\\c'] }, { actor: 'a"b\\c' }, { actor: 'a' }],
    [
      'a bucket',
      { allowBuckets: ['amzn-s3-demo-*'] },
      { requestParameters: { bucketName: 'amzn-s3-demo-x' } },
      { requestParameters: { bucketName: 'other' } },
    ],
    ['a tool', { allowTools: ['terraform', 'cdk'] }, { tool: 'cdk' }, { tool: 'pulumi' }],
    [
      'an address',
      { allowAddresses: ['192.0.2.1', '2001:db8::1'] },
      { sourceIPAddress: '2001:db8::1' },
      { sourceIPAddress: '192.0.2.10' },
    ],
    [
      'a /24',
      { allowAddresses: ['203.0.113.0/24'] },
      { sourceIPAddress: '203.0.113.77' },
      { sourceIPAddress: '203.0.114.1' },
    ],
    ['a /8', { allowAddresses: ['10.0.0.0/8'] }, { sourceIPAddress: '10.200.1.1' }, { sourceIPAddress: '100.1.1.1' }],
    ['known ranges', { allowKnownRanges: true }, { ipClass: 'allow' }, { ipClass: 'public' }],
  ])('leave out %s, and only that', (_name, lists, allowed, other) => {
    expect(matches({}, allowed)).toBe(true)
    expect(matches(lists, allowed)).toBe(false)
    expect(matches(lists, other)).toBe(true)
    // A record without the field is nobody we know.
    expect(matches(lists, {})).toBe(true)
    expect(matches(lists, { ...other, eventName: 'C' })).toBe(false)
  })

  it('name an ARN once', () => {
    const { pattern } = compiled({ allowActors: ['arn:aws:iam::111122223333:user/alice'] }).rules[0]!
    expect(pattern.split('user/alice')).toHaveLength(2)
  })

  it('leave the pattern alone where there are none', () => {
    expect(compiled({}).rules[0]!.pattern).toBe('{ $.eventName = "A" || $.eventName = "B" }')
  })

  it('say by how much they are too long, and what to do', () => {
    const allowActors = Array.from(
      { length: 20 },
      (_, index) => `arn:aws:iam::111122223333:user/somebody-with-a-long-name-${index}`,
    )
    const { rules: none, problems } = compiled({ allowActors })
    expect(none).toEqual([])
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^\d+ characters too long for CloudWatch \(1024\): shorten the allow-lists, or .* watchedBuckets$/,
      ),
    ])
  })

  it('need a JSON pattern', () => {
    const terms = detection('a-rule', { pattern: 'ERROR' })
    expect(compiled({ allowTools: ['cdk'] }, terms).problems.map(({ message }) => message)).toEqual([
      'allow-lists and purposes need a JSON pattern ({ … }); this one takes no conditions',
    ])
    expect(compiled({}, terms).problems).toEqual([])
  })
})

describe('what buckets are for', () => {
  const PURPOSES = {
    'amzn-s3-demo-site-*': 'website',
    'amzn-s3-demo-site-admin': 'private',
    'amzn-s3-demo-iso': 'downloads',
    'amzn-s3-demo-trail': 'logs',
  }
  const compiled = (ordinaryFor: readonly string[], purposes: object = PURPOSES, more: object = {}) =>
    compileDetections({
      detections: [
        detection('a-rule', { ordinaryFor, pattern: '{ $.eventName = "A" || $.eventName = "B" }', ...more }),
      ],
      settings: settings({ purposes }),
      stage: 's',
    })
  const matches = (ordinaryFor: readonly string[], bucketName: string | undefined) =>
    compilePattern(compiled(ordinaryFor).rules[0]!.pattern).matchParsed({
      eventName: 'B',
      requestParameters: bucketName === undefined ? {} : { bucketName },
    })

  it.each([
    ['amzn-s3-demo-site-1', [], true],
    ['amzn-s3-demo-site-1', ['downloads'], true],
    ['amzn-s3-demo-site-1', ['website'], false],
    ['amzn-s3-demo-site-1', ['website', 'downloads'], false],
    // A name says more than a glob.
    ['amzn-s3-demo-site-admin', ['website', 'downloads'], true],
    ['amzn-s3-demo-iso', ['website'], true],
    ['amzn-s3-demo-iso', ['website', 'downloads'], false],
    ['amzn-s3-demo-iso-2', ['website', 'downloads'], true],
    [undefined, ['website', 'downloads'], true],
  ])('%s, where %j is ordinary: told %s', (bucketName, ordinaryFor, expected) => {
    expect(matches(ordinaryFor, bucketName)).toBe(expected)
  })

  it('stand in the pattern beside allow-lists, and take nothing else along', () => {
    const { rules: all } = compileDetections({
      detections: [detection('a-rule', { ordinaryFor: ['website'] })],
      settings: settings({ purposes: PURPOSES, detections: { rules: { 'a-rule': { allowTools: ['cdk'] } } } }),
      stage: 's',
    })
    const { matchParsed } = compilePattern(all[0]!.pattern)
    const record = (bucketName: string, tool: string) => ({ eventName: 'A', tool, requestParameters: { bucketName } })
    expect(matchParsed(record('amzn-s3-demo-iso', 'curl'))).toBe(true)
    expect(matchParsed(record('amzn-s3-demo-iso', 'cdk'))).toBe(false)
    expect(matchParsed(record('amzn-s3-demo-site-1', 'curl'))).toBe(false)
  })

  it('leave a rule as it is where no bucket has one of its purposes', () => {
    expect(compiled(['website'], { 'amzn-s3-demo-iso': 'downloads' }).rules[0]!.pattern).toBe(
      '{ $.eventName = "A" || $.eventName = "B" }',
    )
  })

  it('are a problem of a rule whose pattern takes no conditions, and of one that grows too long', () => {
    expect(compiled(['website'], PURPOSES, { pattern: 'ERROR' }).problems[0]!.message).toContain('purposes need a JSON')
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`amzn-s3-demo-site-${n}`, 'website']))
    expect(compiled(['website'], many).problems[0]!.message).toContain('by a glob')
  })

  it('make a bucket for logs a log bucket', () => {
    const { environment } = settings({ purposes: PURPOSES, logBuckets: ['amzn-s3-demo-old', 'amzn-s3-demo-trail'] })
    expect(environment.logBuckets).toEqual(['amzn-s3-demo-old', 'amzn-s3-demo-trail'])
    expect(parseEnvironment({ purposes: PURPOSES }).logBuckets).toEqual(['amzn-s3-demo-trail'])
    expect(prepareEnvironment(parseEnvironment({ purposes: PURPOSES })).isLogBucket('amzn-s3-demo-trail')).toBe(true)
  })

  it.each([
    [{ 'amzn-s3-demo-x': 'public' }, 'expected website, downloads, logs, private'],
    [{ 'amzn-*-x': 'website' }, '"*" only at the start or at the end'],
    [{ '*': 'website' }, '"*" only at the start or at the end'],
    [{ 'amzn-s3-demo-log*': 'logs' }, 'without "*"'],
  ])('refuses %j', (purposes, message) => {
    const parsed = parseSettings(JSON.stringify({ purposes }), 's.json')
    expect(parsed.ok ? [] : parsed.problems.map((one) => one.message).join()).toContain(message)
  })
})
