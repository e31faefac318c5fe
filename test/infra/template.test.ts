import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { parseAlarmRule } from '../../shared/alarm/composite.ts'
import { SEVERITIES } from '../../shared/detection/schema.ts'
import { lintFilterPattern } from '../../shared/filter-pattern/lint.ts'
import { compilePattern } from '../../shared/metric/filter.ts'
import { type PackagedResource, packageTemplate, watchedBy } from './support/packaged.ts'

/** Everything that has a variant is on: every feed, a prefix, keys, an e-mail address, encrypted groups. */
const template = await packageTemplate({
  parameters: {
    cloudTrailBuckets: 'amzn-s3-demo-trail,amzn-s3-demo-shared/trail/',
    accessLogBuckets: 'amzn-s3-demo-shared/access/',
    sourceAccounts: '111122223333,444455556666',
    feeds: 'notification,sns,eventbridge',
    accessLogTopicArns: 'arn:aws:sns:eu-west-1:444455556666:access-log-objects',
    cloudTrailKmsKeyArns: 'arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    encryptLogGroups: 'true',
    alertEmails: 'security@example.com',
    chatTopic: 'true',
    slackWebhook: '/bucketwatch/dev/slack',
    pagerDutyKey: 'secretsmanager:bucketwatch/pagerduty',
    eventBus: 'security',
    securityHub: 'true',
    targetKmsKeyArns: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  },
})
const resources = Object.entries(template.Resources)
const ofType = (type: string) => resources.filter(([, resource]) => resource.Type === type)
const properties = (id: string) => template.Resources[id]!.Properties

/** What detections contribute is reviewed in their own files. */
const isDetection = ([id, { Type }]: [string, PackagedResource]) =>
  (Type === 'AWS::Logs::MetricFilter' && id.startsWith('Filter')) ||
  (Type === 'AWS::CloudWatch::Alarm' && id.startsWith('Alarm')) ||
  Type === 'AWS::CloudWatch::CompositeAlarm'

test('infrastructure is as reviewed', async () => {
  const reviewed = {
    Resources: Object.fromEntries(
      resources
        .filter((entry) => !isDetection(entry))
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([id, resource]) => [
          id,
          id === 'Dashboard' ? { ...resource, Properties: '(see the test of the dashboard)' } : resource,
        ]),
    ),
    Outputs: template.Outputs,
  }
  const text = stringify(reviewed, { lineWidth: 0, aliasDuplicateObjects: false })
    // The time and the content of the bundles are not infrastructure.
    .replaceAll(/serverless\/bucketwatch\/dev\/[^/\s]+\//g, 'serverless/bucketwatch/dev/<time>/')
  await expect(text).toMatchFileSnapshot('template.snapshot.yml')
})

describe('IAM: nothing wider than the API forces', () => {
  /** Every `*` in a policy, with the reason why it is there. A new one fails until somebody writes its reason here. */
  const ALLOWED: readonly (readonly [where: RegExp, what: RegExp, why: string])[] = [
    [/Policy\.DenyWithoutTls\.Principal$/, /^\*$/, 'a denial for everybody'],
    [/Policy\.DenyWithoutTls\.Action$/, /^(sqs|s3):\*$/, 'a denial must know no gap'],
    [/^ServerlessDeploymentBucketPolicy\./, /^(\*|s3:\*|\/\*)$/, "the framework's own denial without TLS"],
    [
      /^(CloudTrail|AccessLog|Alert)Role\.(Forward|OwnLogs|Evidence|Findings)\.Resource/,
      /:log-group:[^*]+:\*$/,
      'streams of one log group: what the API matches',
    ],
    [
      /^(CloudTrail|AccessLog)Role\.LogObjects\.Resource/,
      /^arn:\$\{AWS::Partition\}:s3:::[a-z0-9.-]+\/[^*]*\*$/,
      'the objects of one bucket (under a prefix)',
    ],
    [
      /^(CloudTrailRole|AccessLogRole|AlertRole|CanaryBucketPolicy)\.(Canary|DenyWithoutTls)\.Resource/,
      /^arn:\$\{AWS::Partition\}:s3:::\$\{CanaryBucket\}\/((AWSLogs|access)\/)?\*$/,
      "the objects of the canary's own bucket",
    ],
    [
      /^(CloudTrail|AccessLog)QueuePolicy\.AllowCanary\.Condition\.ArnLike/,
      /s3:::bucketwatch-dev-canarybucket-\*$/,
      "the canary's own bucket, whose name is not known before the queue is",
    ],
    [
      /^(CloudTrail|AccessLog)Role\.LogObjectKeys\.Condition\.StringLike/,
      /^s3\.\*\.\$\{AWS::URLSuffix\}$/,
      'log buckets of any Region',
    ],
    [/^AlertRole\.AlertsKey\.Condition\.StringLike/, /^sns\.\*\.\$\{AWS::URLSuffix\}$/, 'narrows the use of the key'],
    [
      /^(Alarms|Alerts)TopicPolicy\.AllowOwnAlarms\.Condition\.ArnLike/,
      /:alarm:bucketwatch-dev-\*$/,
      'the alarms of this stage',
    ],
    [
      /^(CloudTrail|AccessLog|Alert)Role\.State\.Condition\.ForAllValues:StringLike/,
      /^(object#|history#|count#|incident#|agenda#|alarm#|change#)\*$/,
      'the items whose keys begin so',
    ],
    [/^EncryptionKey\..*\.Resource$/, /^\*$/, 'in a key policy, the key itself'],
    [
      /^EncryptionKey\.AllowAccount\.Action$/,
      /^kms:\*$/,
      "the account's administrators; without it nobody can manage the key",
    ],
    [
      /^EncryptionKey\.(AllowAlarms|AllowLogs)\.Action/,
      /^kms:(GenerateDataKey|ReEncrypt)\*$/,
      'the spelling that AWS prescribes for its services',
    ],
    [/^EncryptionKey\.AllowLogs\.Condition\.ArnLike/, /:log-group:\*$/, 'narrows the use of the key'],
  ]

  const found = resources.flatMap(([id, resource]) =>
    statements(resource).flatMap((statement, index) =>
      stars(statement).map(([path, value]) => [[id, statement.Sid ?? index, ...path].join('.'), value] as const),
    ),
  )

  test.each(found)('%s: %s', (where, value) => {
    expect(
      ALLOWED.filter(([place, what]) => place.test(where) && what.test(value)).map(([, , why]) => why),
    ).toHaveLength(1)
  })

  test('every exception is in use', () => {
    const used = ALLOWED.filter(([place, what]) =>
      found.some(([where, value]) => place.test(where) && what.test(value)),
    )
    const unused = ALLOWED.filter((exception) => !used.includes(exception)).map(([place]) => place.source)
    // SNS knows few actions in a topic policy, so that denial names one.
    expect(unused).toEqual([])
  })

  test('no statement allows by exclusion, and every role is for Lambda alone', () => {
    for (const [, resource] of resources) {
      for (const statement of statements(resource)) {
        for (const key of ['NotAction', 'NotResource', 'NotPrincipal']) expect(statement).not.toHaveProperty(key)
      }
    }
    for (const [, role] of ofType('AWS::IAM::Role')) {
      expect(role.Properties.AssumeRolePolicyDocument.Statement).toEqual([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ])
      expect(role.Properties).not.toHaveProperty('ManagedPolicyArns')
    }
  })

  test('each function has a role of its own', () => {
    const roles = ofType('AWS::Lambda::Function').map(([, { Properties }]) => Properties.Role['Fn::GetAtt'][0])
    expect(new Set(roles)).toEqual(new Set(['CloudTrailRole', 'AccessLogRole', 'AlertRole']))
  })

  test('services may act only for sources that we know', () => {
    for (const [id, resource] of resources) {
      for (const statement of statements(resource)) {
        if (statement.Effect !== 'Allow' || statement.Principal?.Service === undefined || id.endsWith('Role')) continue
        expect(JSON.stringify(statement.Condition), `${id}.${statement.Sid}`).toMatch(
          /aws:Source(Arn|Account)|EncryptionContext/,
        )
      }
    }
  })
})

describe('queues', () => {
  test.each([
    ['CloudTrailQueue', 'CloudtrailLambdaFunction'],
    ['AccessLogQueue', 'AccessDashlogLambdaFunction'],
    ['HitsQueue', 'AlertLambdaFunction'],
  ])('%s suits its function', (queueId, functionId) => {
    const queue = properties(queueId)
    const mapping = ofType('AWS::Lambda::EventSourceMapping').find(
      ([, { Properties }]) => Properties.EventSourceArn['Fn::GetAtt'][0] === queueId,
    )![1].Properties
    expect(mapping.FunctionName['Fn::GetAtt'][0]).toBe(functionId)
    expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures'])
    expect(mapping.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2)
    const window = mapping.MaximumBatchingWindowInSeconds ?? 0
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * properties(functionId).Timeout + window)
    expect(queue.RedrivePolicy.maxReceiveCount).toBe(5)
    expect(queue.RedrivePolicy.deadLetterTargetArn).toEqual({
      'Fn::GetAtt': [queueId.replace('Queue', 'DeadLetterQueue'), 'Arn'],
    })
  })

  test('all are encrypted, take nothing without TLS and keep messages for 14 days', () => {
    const queues = ofType('AWS::SQS::Queue')
    expect(queues).toHaveLength(7)
    for (const [id, queue] of queues) {
      expect(queue.Properties.SqsManagedSseEnabled, id).toBe(true)
      expect(queue.Properties.MessageRetentionPeriod, id).toBe(1_209_600)
      const policy = ofType('AWS::SQS::QueuePolicy').find(([, { Properties }]) => Properties.Queues[0].Ref === id)
      expect(
        statements(policy![1]).find(({ Sid }) => Sid === 'DenyWithoutTls'),
        id,
      ).toBeDefined()
    }
  })
})

describe('logs', () => {
  test('groups with evidence outlive the stack; every group has a retention, the class for metric filters and the key', () => {
    const groups = ofType('AWS::Logs::LogGroup')
    expect(groups).toHaveLength(8)
    for (const [id, { Properties, DeletionPolicy }] of groups) {
      expect(Properties.RetentionInDays, id).toBeGreaterThan(0)
      expect(Properties.LogGroupClass, id).toBe('STANDARD')
      expect(Properties.KmsKeyId, id).toEqual({ 'Fn::GetAtt': ['EncryptionKey', 'Arn'] })
      const own = String(Properties.LogGroupName).startsWith('/aws/lambda/')
      expect(DeletionPolicy, id).toBe(own ? undefined : 'RetainExceptOnCreate')
    }
  })

  test('a function cannot run before its log group is there', () => {
    for (const [id, { Properties, DependsOn }] of ofType('AWS::Lambda::Function')) {
      const group = ofType('AWS::Logs::LogGroup').find(
        ([, g]) => g.Properties.LogGroupName === `/aws/lambda/${Properties.FunctionName}`,
      )
      expect([DependsOn].flat(), id).toContain(group![0])
    }
  })
})

describe('alarms', () => {
  const alarms = ofType('AWS::CloudWatch::Alarm')

  test('detections report to alarms, when they begin and when they end', () => {
    const detections = alarms.filter(isDetection)
    expect(detections.length).toBeGreaterThan(0)
    for (const [id, { Properties }] of detections) {
      expect(Properties.AlarmActions, id).toEqual([{ Ref: 'AlarmsTopic' }])
      expect(Properties.OKActions, id).toEqual([{ Ref: 'AlarmsTopic' }])
      const { Namespace, MetricName } = watchedBy(Properties)
      const fed = ofType('AWS::Logs::MetricFilter').filter(([, filter]) =>
        filter.Properties.MetricTransformations.some(
          (t: { MetricName: string; MetricNamespace: string }) =>
            t.MetricName === MetricName && t.MetricNamespace === Namespace,
        ),
      )
      expect(fed.length, id).toBeGreaterThan(0)
    }
  })

  test("the pipeline's own alarms reach people without the alert function", () => {
    const own = alarms.filter(
      ([id, resource]) =>
        !isDetection([id, resource]) && !id.startsWith('Finding') && id !== 'PipelineAlarmAlertFailing',
    )
    expect(own.map(([, { Properties }]) => Properties.AlarmName).sort()).toEqual(
      [
        ...['cloudtrail', 'access-log'].flatMap((s) =>
          ['age', 'dlq', 'errors', 'objects-failed', 'throttles'].map((a) => `${s}-${a}`),
        ),
        // The rule pipe-trail-silent tells of the trail's silence.
        'access-log-silence',
        ...['canary-cloudtrail', 'canary-access-log'],
        ...['alert-dlq', 'alert-errors', 'alert-throttles', 'hits-age', 'hits-dlq', 'targets'],
      ]
        .map((name) => `bucketwatch-dev-pipeline-${name}`)
        .sort(),
    )
    for (const [id, { Properties }] of own) expect(Properties.AlarmActions, id).toEqual([{ Ref: 'AlertsTopic' }])
  })

  test('an alarm that counts takes a gap for nothing; metric math names its metric once', () => {
    for (const [id, { Properties: p }] of alarms) {
      const { Expression, Statistic } = watchedBy(p)
      const counts =
        p.TreatMissingData === 'notBreaching' && (isDetection([id, { Properties: p } as never]) || Statistic === 'Sum')
      expect(Expression, id).toBe(counts ? 'FILL(m, 0)' : undefined)
      // PutMetricAlarm refuses both.
      if (counts)
        for (const name of ['MetricName', 'Namespace', 'Statistic', 'Period', 'Dimensions', 'Unit'])
          expect(p, id).not.toHaveProperty(name)
      if (counts)
        expect(
          p.Metrics.map(({ ReturnData }: { ReturnData: boolean }) => ReturnData),
          id,
        ).toEqual([true, false])
    }
  })

  test('every alarm is in reach of the topic policy and of the alert function by its name', () => {
    for (const [id, { Properties }] of alarms) expect(Properties.AlarmName, id).toMatch(/^bucketwatch-dev-/)
  })

  test('each severity has an alarm over all of its rules', () => {
    const severities = ofType('AWS::CloudWatch::CompositeAlarm').filter(([id]) => id.startsWith('Severity'))
    const children = severities.flatMap(([, { Properties }]) =>
      [...String(Properties.AlarmRule['Fn::Sub']).matchAll(/ALARM\("\$\{(\w+)\}"\)/g)].map(([, id]) => id),
    )
    expect(children.sort()).toEqual(
      alarms
        .filter(isDetection)
        .filter(([, { Type }]) => Type.endsWith('::Alarm'))
        .map(([id]) => id)
        .sort(),
    )
  })

  test('what is critical or high and cannot be told is told past the alert function', () => {
    const { AlarmActions, AlarmRule } = properties('UntoldAlarm')
    expect(AlarmActions).toEqual([{ Ref: 'AlertsTopic' }])
    const rule = String(AlarmRule['Fn::Sub'])
    const [seen = '', failing = ''] = rule.split(' AND ')
    const named = (text: string) => [...text.matchAll(/ALARM\("\$\{(\w+)\}"\)/g)].map(([, id]) => id!)
    expect(named(seen).toSorted()).toEqual([
      'FindingAlarmCritical',
      'FindingAlarmHigh',
      'SeverityCritical',
      'SeverityHigh',
    ])
    expect(named(failing)).toEqual(
      ['AlertFailing', 'AlertDlq', 'HitsAge', 'HitsDlq', 'Targets'].map((id) => `PipelineAlarm${id}`),
    )
    for (const id of named(rule)) expect(template.Resources).toHaveProperty(id)
    expect(parseAlarmRule(rule.replace(/\$\{(\w+)\}/g, '$1')).type).toBe('and')
  })

  test('each severity of findings has a metric and an alarm, which say nothing by themselves', () => {
    for (const severity of SEVERITIES) {
      const id = severity[0]!.toUpperCase() + severity.slice(1)
      const filter = properties(`FindingFilter${id}`)
      const alarm = properties(`FindingAlarm${id}`)
      expect(filter.LogGroupName).toBe('/bucketwatch/dev/findings')
      const [{ MetricName, MetricNamespace }] = filter.MetricTransformations
      expect(watchedBy(alarm)).toMatchObject({ MetricName, Namespace: MetricNamespace, Expression: 'FILL(m, 0)' })
      expect(alarm).not.toHaveProperty('AlarmActions')
      const { match: matches } = compilePattern(filter.FilterPattern)
      const given = (event: string, of = severity) => JSON.stringify({ kind: 'finding', severity: of, event })
      expect(['opened', 'escalated', 'reminded', 'closed'].map((event) => matches(given(event)))).toEqual([
        true,
        true,
        false,
        false,
      ])
      expect(SEVERITIES.filter((other) => matches(given('opened', other)))).toEqual([severity])
    }
  })

  test('topics are encrypted with a key that CloudWatch may use', () => {
    for (const id of ['AlarmsTopic', 'AlertsTopic'])
      expect(properties(id).KmsMasterKeyId).toEqual({ Ref: 'EncryptionKey' })
    const services = statements(template.Resources.EncryptionKey!).map(({ Principal }) => Principal?.Service)
    expect(services).toContain('cloudwatch.amazonaws.com')
  })
})

test('no filter pattern in the template is one that CloudWatch Logs rejects, or that cannot match', () => {
  for (const [id, { Properties }] of ofType('AWS::Logs::MetricFilter')) {
    const errors = lintFilterPattern(Properties.FilterPattern).filter(({ severity }) => severity === 'error')
    expect(errors, id).toEqual([])
  }
})

test('the dashboard is well-formed and names only what exists', () => {
  const body = properties('Dashboard').DashboardBody['Fn::Sub'] as string
  for (const [, name] of body.matchAll(/\$\{(\w+)\.Arn\}/g)) expect(template.Resources).toHaveProperty(name!)
  const { widgets } = JSON.parse(body) as {
    widgets: { x: number; width: number; properties: { metrics?: unknown[][] } }[]
  }
  const queueNames = ofType('AWS::SQS::Queue').map(([, { Properties }]) => Properties.QueueName)
  const functionNames = ofType('AWS::Lambda::Function').map(([, { Properties }]) => Properties.FunctionName)
  const groupNames = ofType('AWS::Logs::LogGroup').map(([, { Properties }]) => Properties.LogGroupName)
  const publishedByFilters = ofType('AWS::Logs::MetricFilter').map(
    ([, { Properties }]) => Properties.MetricTransformations[0].MetricName,
  )
  for (const widget of widgets) {
    expect(widget.x + widget.width).toBeLessThanOrEqual(24)
    for (const [namespace, name, ...rest] of widget.properties.metrics ?? []) {
      const known: Record<string, unknown[]> = {
        'AWS/SQS': queueNames,
        'AWS/Lambda': functionNames,
        'AWS/Logs': groupNames,
      }
      if (namespace === 'bucketwatch') expectPublished(name, rest)
      else if (namespace === 'bucketwatch/dev') expect(publishedByFilters).toContain(name)
      else if (typeof namespace === 'string') expect(known[namespace]).toContain(rest[1])
      else expect(namespace).toHaveProperty('expression')
    }
  }
})

test('an alarm that waits for silence is quiet until it can know, and there is one a silence', () => {
  const waiting = ofType('AWS::CloudWatch::Alarm').filter(([, r]) => r.Properties.TreatMissingData === 'breaching')
  expect(waiting.map(([id]) => id).sort()).toEqual([
    'AlarmPipeTrailSilent',
    'PipelineAlarmAccessLogSilence',
    'PipelineAlarmCanaryAccessLog',
    'PipelineAlarmCanaryCloudtrail',
  ])
  for (const [id, { Properties: p }] of waiting) {
    expect(p.WarmUpConfiguration.WarmUpPeriodDurationInMinutes * 60, id).toBe(p.Period * p.EvaluationPeriods)
  }
})

test('the silence alarm watches a metric that the functions publish', () => {
  for (const id of ['PipelineAlarmAccessLogSilence']) {
    const { Namespace, MetricName, Dimensions, TreatMissingData } = properties(id)
    expect([Namespace, TreatMissingData]).toEqual(['bucketwatch', 'breaching'])
    expectPublished(
      MetricName,
      Dimensions.flatMap((d: { Name: string; Value: string }) => [d.Name, d.Value]),
    )
  }
})

/** A metric of our own exists only if the forwarder publishes it, with exactly these dimensions. */
function expectPublished(name: unknown, [stage, stageName, service, serviceName]: readonly unknown[]): void {
  const source = readFileSync('shared/lambda/handler.ts', 'utf8')
  expect(source).toMatch(new RegExp(`\\b${name}\\b['"]?[:,]`))
  expect([stage, stageName, service]).toEqual(['stage', 'dev', 'service'])
  expect(['cloudtrail', 'access-log']).toContain(serviceName)
}

test('functions: Node 24 on arm64, and only the bundle in the package', () => {
  for (const [, { Properties }] of ofType('AWS::Lambda::Function')) {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] })
  }
})

interface PolicyStatement {
  readonly Sid?: string
  readonly Effect: string
  readonly Principal?: { Service?: unknown; AWS?: unknown } & Record<string, unknown>
  readonly Condition?: unknown
}

/** The statements of every kind of policy that a resource can carry. */
function statements({ Properties: p }: PackagedResource): PolicyStatement[] {
  const documents = [
    p?.PolicyDocument,
    p?.KeyPolicy,
    ...(p?.Policies ?? []).map((x: { PolicyDocument: unknown }) => x.PolicyDocument),
  ]
  return [
    ...documents.filter(Boolean).flatMap((document) => document.Statement),
    ...(p?.Statement === undefined ? [] : [p.Statement]),
  ]
}

/** Every text with a `*` in a value, with its path; array indices are left out. */
function stars(value: unknown, path: readonly string[] = []): [path: readonly string[], text: string][] {
  if (typeof value === 'string') return value.includes('*') ? [[path, value]] : []
  if (Array.isArray(value)) return value.flatMap((item) => stars(item, path))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => stars(item, key.startsWith('Fn::') ? path : [...path, key]))
}
