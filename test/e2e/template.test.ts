/** What AWS's own linter says of the packaged templates, in Regions of each kind. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sourcesTemplate } from '../../infra/sources.ts'
import { type Packaged, type PackageOptions, packageStack } from '../infra/support/packaged.ts'

/** Findings that we know of, each with its reason. */
const EXPLAINED: Readonly<Record<string, string>> = {
  W3005: 'osls names a role in DependsOn that is referred to as well; harmless, and not ours to change',
}
const REGIONS = ['us-east-1', 'eu-central-1', 'ap-southeast-2']
const ALL_ON = {
  cloudTrailBuckets: 'amzn-s3-demo-trail,amzn-s3-demo-shared/trail/',
  accessLogBuckets: 'amzn-s3-demo-shared/access/',
  sourceAccounts: '111122223333,444455556666',
  feeds: 'notification,sns,eventbridge',
  cloudTrailKmsKeyArns: 'arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  encryptLogGroups: 'true',
  alertEmails: 'security@example.com',
  chatTopic: 'true',
  slackWebhook: '/bucketwatch/dev/slack',
  teamsWebhook: 'secretsmanager:bucketwatch/teams',
  pagerDutyKey: 'secretsmanager:bucketwatch/pagerduty',
  eventBus: 'security',
  securityHub: 'true',
  targetSeverities: 'pagerduty=high',
  backfill: 'true',
  replayResults: 'amzn-s3-demo-results/replay/',
  permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
  rolePath: '/security/',
}

const VARIANTS = {
  'the defaults': {},
  'everything on': { parameters: ALL_ON },
  'groups and key that exist': {
    parameters: { ...ALL_ON, evidence: 'existing', kmsKeyArn: ALL_ON.cloudTrailKmsKeyArns },
  },
  'an organization': {
    parameters: { cloudTrailBuckets: 'amzn-s3-demo-org', organizationId: 'o-exampleorgid', feeds: 'eventbridge' },
  },
  'more buckets than a policy holds': {
    parameters: {
      cloudTrailBuckets: Array.from({ length: 300 }, (_, i) => `amzn-s3-demo-logs-${i}-of-an-account`).join(','),
      deploymentBucket: 'amzn-s3-demo-deploy',
    },
  },
  'the sibling stack': { config: 'serverless.detections.yml', parameters: { siblingPacks: 's3-control' } },
} satisfies Record<string, PackageOptions>

test(`cfn-lint finds nothing: ${Object.keys(VARIANTS).join(', ')}`, async () => {
  const packaged: Packaged[] = []
  try {
    for (const variant of Object.values(VARIANTS)) packaged.push(await packageStack(variant))
    const lint = spawnSync(
      join('.venv', 'bin', 'cfn-lint'),
      [
        ...['--format', 'parseable', '--ignore-checks', ...Object.keys(EXPLAINED)],
        ...['--regions', ...REGIONS, '--template', ...packaged.map(({ templateFile }) => templateFile)],
      ],
      { encoding: 'utf8' },
    )
    expect(lint.stdout + lint.stderr).toBe('')
    expect(lint.status).toBe(0)
  } finally {
    for (const { dispose } of packaged) dispose()
  }
}, 300_000)

test('cfn-lint finds nothing: the stack of the sources', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bucketwatch-lint-'))
  try {
    const file = join(folder, 'sources.json')
    writeFileSync(file, JSON.stringify(sourcesTemplate('prod')))
    const options = ['--format', 'parseable', '--regions', ...REGIONS, '--template', file]
    const lint = spawnSync(join('.venv', 'bin', 'cfn-lint'), options, { encoding: 'utf8' })
    expect(lint.stdout + lint.stderr).toBe('')
    expect(lint.status).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 120_000)
