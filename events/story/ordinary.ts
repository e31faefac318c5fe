/** The ordinary part of the morning. Nothing in it may look like an attack: events/README.md lists what was minded. */

import type { Caller, S3ApiName } from '../../test/support/log-shapes.ts'
import { ANONYMOUS, accessLogLine, lifecycleLine } from '../../test/support/log-shapes.ts'
import type { Random } from '../../test/support/random.ts'
import { weighted } from '../../test/support/random.ts'
import { BROWSER_AGENTS, CONSOLE_AGENT, TERRAFORM_AGENT } from '../../test/support/user-agents.ts'
import * as cast from './cast.ts'
import { at } from './cast.ts'
import type { Script } from './script.ts'
import { throughout } from './script.ts'

const JAVA_AGENT = 'aws-sdk-java/2.29.43 Linux/5.10.228 Java/21.0.5 exec-env/AWS_ECS_FARGATE'
const NODE_AGENT = 'aws-sdk-js/3.709.0 ua/2.1 os/linux#5.10.230 lang/js md/nodejs#22.11.0 api/s3#3.709.0'
const BOTO_AGENT =
  'Boto3/1.35.76 md/Botocore#1.35.76 ua/2.0 os/linux#5.10.230 lang/python#3.12.7 exec-env/AWS_Lambda_python3.12'
const LEGACY_AGENT = 'aws-sdk-java/1.12.770 Linux/5.10.228 OpenJDK_64-Bit_Server_VM/17.0.13+11-LTS'
const CLI_AGENT = 'aws-cli/2.22.12 md/awscrt#0.23.4 ua/2.0 os/linux#6.1.115 lang/python#3.12.6 md/command#s3.sync'
const [START, END] = [cast.MORNING_START, cast.MORNING_END]

export function playOrdinary(script: Script, random: Random): void {
  playApplications(script, random)
  playBackup(script, random)
  playCdn(script, random)
  playVisitors(script, random)
  playLifecycle(script, random)
  playServices(script, random)
  playDeployment(script, random, '06:41', 'apply')
  playDeployment(script, random, '10:45', 'plan')
  playPeople(script, random)
}

const WEB_APP_APIS = weighted<S3ApiName>([
  ['GetObject', 66],
  ['PutObject', 17],
  ['HeadObject', 11],
  ['ListObjects', 5],
  ['DeleteObject', 1],
])

function customerKey(random: Random): string {
  const customer = String(random.int(1, 180)).padStart(5, '0')
  return `customers/${customer}/${random.pickSkewed(['profile.json', 'avatar.png', 'contract.pdf', 'settings.json', 'note (final).txt'])}`
}

function playApplications(script: Script, random: Random): void {
  throughout(random, START, END, 84, (time) => {
    const api = WEB_APP_APIS(random)
    const task = random.int(0, 2)
    const size = random.int(600, 90_000)
    const listing = api === 'ListObjects'
    // The tree that the intruder deletes at 08:30 is another one; now and then a key is simply not there.
    const missing = api === 'GetObject' && random.chance(0.02)
    script.s3({
      time,
      api,
      bucket: cast.CUSTOMER_DATA,
      key: listing ? undefined : customerKey(random),
      caller: cast.WEB_APP[task]!,
      sourceIp: cast.WEB_APP_IPS[task]!,
      userAgent: JAVA_AGENT,
      vpcEndpointId: cast.VPC_ENDPOINT,
      ...(missing ? { status: 404, errorCode: 'NoSuchKey' } : {}),
      bytesOut: missing ? 278 : api === 'GetObject' ? size : listing ? 4096 : 0,
      bytesIn: api === 'PutObject' ? size : 0,
      objectSize: missing || listing ? undefined : size,
      query: listing ? 'list-type=2&prefix=customers%2F' : undefined,
      parameters: listing ? { 'list-type': '2', prefix: 'customers/' } : undefined,
      responseElements: api === 'PutObject' ? { 'x-amz-server-side-encryption': 'AES256' } : undefined,
    })
  })
  // One read that its role may not make: a thumbnail of a folder it has no right to.
  script.s3({
    time: at('06:33:12'),
    api: 'GetObject',
    bucket: cast.CUSTOMER_DATA,
    key: 'customers/00042/contract.pdf',
    caller: cast.THUMBNAILER,
    sourceIp: cast.THUMBNAILER_IP,
    userAgent: NODE_AGENT,
    vpcEndpointId: cast.VPC_ENDPOINT,
    status: 403,
    errorCode: 'AccessDenied',
    bytesOut: 243,
  })
  throughout(random, START, END, 22, (time) => {
    const key = `customers/${String(random.int(1, 180)).padStart(5, '0')}/avatar.png`
    const common = {
      bucket: cast.CUSTOMER_DATA,
      caller: cast.THUMBNAILER,
      sourceIp: cast.THUMBNAILER_IP,
      userAgent: NODE_AGENT,
      vpcEndpointId: cast.VPC_ENDPOINT,
    }
    const size = random.int(20_000, 400_000)
    script.s3({ ...common, time, api: 'GetObject', key, bytesOut: size, objectSize: size })
    script.s3({
      ...common,
      time: time + 1000,
      api: 'PutObject',
      key: key.replace('avatar.png', 'avatar-64.png'),
      bytesIn: 4096,
      objectSize: 4096,
      responseElements: { 'x-amz-server-side-encryption': 'AES256' },
    })
  })
  throughout(random, START, END, 6, (time) => {
    const size = random.int(90_000, 900_000)
    script.s3({
      time,
      api: 'GetObject',
      bucket: cast.CUSTOMER_DATA,
      key: `exports/crm/date=2026-03-16/part-${String(random.int(0, 31)).padStart(5, '0')}.parquet`,
      caller: cast.REPORT_JOB,
      sourceIp: cast.REPORT_JOB_IP,
      userAgent: BOTO_AGENT,
      vpcEndpointId: cast.VPC_ENDPOINT,
      status: 206,
      bytesOut: 65_536,
      objectSize: size,
    })
    script.s3({
      time: time + 4000,
      api: 'PutObject',
      bucket: cast.REPORTS,
      key: `daily/2026-03-17/report-${random.hex(6)}.csv`,
      caller: cast.REPORT_JOB,
      sourceIp: cast.REPORT_JOB_IP,
      userAgent: BOTO_AGENT,
      vpcEndpointId: cast.VPC_ENDPOINT,
      bytesIn: 12_288,
      objectSize: 12_288,
      responseElements: {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': cast.KMS_KEY,
      },
      parameters: {
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': cast.KMS_KEY,
      },
    })
  })
  // The key that has leaked, at its honest work: inside the network, with its own agent.
  throughout(random, at('06:12'), at('06:30'), 60, (time) => {
    script.s3({
      time,
      api: 'GetObject',
      bucket: cast.REPORTS,
      key: `daily/2026-03-16/report-${random.hex(6)}.csv`,
      caller: cast.LEAKED_USER,
      sourceIp: cast.LEGACY_JOB_IP,
      userAgent: LEGACY_AGENT,
      bytesOut: 12_288,
      objectSize: 12_288,
      tlsVersion: 'TLSv1.2',
    })
  })
  // The partner reads what it is meant to: a trusted account.
  throughout(random, at('06:00'), at('12:00'), 3, (time) => {
    script.s3({
      time,
      api: 'GetObject',
      bucket: cast.CUSTOMER_DATA,
      key: `exports/partner/2026-03-17/segment-${random.int(1, 9)}.json`,
      caller: cast.PARTNER,
      sourceIp: cast.PARTNER_IP,
      userAgent: BOTO_AGENT,
      bytesOut: 48_213,
      objectSize: 48_213,
    })
  })
}

/** The nightly backup, ending at 06:40. */
function playBackup(script: Script, random: Random): void {
  throughout(random, START, at('06:40'), 150, (time) => {
    const size = random.int(8_000_000, 90_000_000)
    script.s3({
      time,
      api: 'PutObject',
      bucket: cast.BACKUPS,
      key: `nightly/2026-03-17/volume-${random.int(1, 6)}/${random.hex(10)}.tar.zst`,
      caller: cast.BACKUP_JOB,
      sourceIp: cast.BACKUP_JOB_IP,
      userAgent: CLI_AGENT,
      vpcEndpointId: cast.VPC_ENDPOINT,
      bytesIn: size,
      objectSize: size,
      turnAroundTime: random.int(300, 900),
      responseElements: { 'x-amz-server-side-encryption': 'AES256', 'x-amz-version-id': random.hex(32) },
    })
  })
  throughout(random, START, END, 2, (time) => {
    script.s3({
      time,
      api: 'ListObjects',
      bucket: cast.BACKUPS,
      caller: cast.BACKUP_JOB,
      sourceIp: cast.BACKUP_JOB_IP,
      userAgent: CLI_AGENT,
      vpcEndpointId: cast.VPC_ENDPOINT,
      bytesOut: 7311,
      query: 'list-type=2&prefix=nightly%2F',
      parameters: { 'list-type': '2', prefix: 'nightly/' },
    })
  })
}

/** The content delivery network fetches the site's assets; its requester has spaces in it. */
function playCdn(script: Script, random: Random): void {
  const assets = ['index.html', 'app.3f9c.js', 'app.3f9c.css', 'img/hero.avif', 'img/logo.svg', 'fonts/inter.woff2']
  throughout(random, START, END, 52, (time) => {
    const key = random.pickSkewed(assets)
    const notModified = random.chance(0.2)
    const size = 900 + 7321 * (assets.indexOf(key) + 1)
    script.s3({
      time,
      api: 'GetObject',
      bucket: cast.SITE_ASSETS,
      key,
      caller: cast.CDN,
      sourceIp: random.pick(cast.CDN_EDGES),
      userAgent: 'Amazon CloudFront',
      status: notModified ? 304 : 200,
      bytesOut: notModified ? 0 : size,
      objectSize: size,
      tlsVersion: random.chance(0.2) ? 'TLSv1.2' : 'TLSv1.3',
    })
  })
  // Presigned downloads from customers' own addresses, and the office over IPv6.
  throughout(random, START, END, 3, (time) => {
    script.s3({
      time,
      api: 'GetObject',
      bucket: cast.SITE_ASSETS,
      key: 'downloads/user guide v2.pdf',
      caller: cast.WEB_APP[0]!,
      sourceIp: `198.51.100.${random.int(100, 130)}`,
      userAgent: random.pick(BROWSER_AGENTS),
      referer: 'https://www.example.com/help',
      bytesOut: 281_113,
      objectSize: 281_113,
      presigned: true,
      query: `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIAIOSFODNN7EXAMPLE%2F20260317%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20260317T060000Z&X-Amz-Expires=43200&X-Amz-SignedHeaders=host&X-Amz-Signature=${'0123456789abcdef'.repeat(4)}`,
    })
  })
}

/** The background noise of the internet, all of it refused: the lines that break other parsers. */
function playVisitors(script: Script, random: Random): void {
  const refused = {
    caller: ANONYMOUS,
    api: 'GetObject',
    status: 403,
    errorCode: 'AccessDenied',
    bytesOut: 243,
    turnAroundTime: undefined,
  } as const
  const scanner = { ...refused, sourceIp: cast.SCANNERS[0], userAgent: 'curl/7.88.1' }
  // A referer that carries a forged agent, signature and TLS: it claims to be CloudFront, signed.
  script.s3({
    ...scanner,
    time: at('06:18:44'),
    bucket: cast.CUSTOMER_DATA,
    key: 'exports/crm/customers.csv',
    referer:
      'https://www.example.com/" "Amazon CloudFront" - FAKEHOSTIDFAKEHOSTIDFAKEHOSTID= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader amzn-s3-demo-customer-data.s3.eu-central-1.amazonaws.com TLSv1.2 - - eu-central-1',
  })
  script.s3({
    ...refused,
    sourceIp: cast.SCANNERS[1],
    time: at('07:02:09'),
    bucket: cast.CUSTOMER_DATA,
    key: '.git/config',
    userAgent: 'Mozilla/5.0 (compatible; "research" scanner/1.0)"',
    referer: '"><script>alert(1)</script>',
  })
  script.s3({
    ...scanner,
    time: at('09:14:30'),
    bucket: cast.SITE_ASSETS,
    key: 'wp-login.php',
    userAgent: '-',
    referer: '',
  })
  script.s3({
    ...scanner,
    time: at('10:02:51'),
    bucket: cast.SITE_ASSETS,
    key: 'favicon.ico',
    sourceIp: '2001:db8:beef::17',
    dualStack: true,
    userAgent: 'scanner \uFFFD\uFFFD/2',
  })
  // A web-shell probe: quotes, spaces and a question mark inside the request-URI.
  const probe = probeRequest(random, at('08:07:33'))
  script.line({ time: probe.time, bucket: cast.SITE_ASSETS, line: probe.line })
  throughout(random, START, END, 0.5, (time) => {
    script.s3({ ...scanner, time, api: 'ListObjects', bucket: cast.SITE_ASSETS, sourceIp: cast.SCANNERS[2] })
  })
  // Keys that are hard to write down, read by the office over IPv6.
  const office = {
    api: 'GetObject',
    bucket: cast.SITE_ASSETS,
    caller: cast.ALEJANDRO,
    sourceIp: cast.OFFICE_IPV6,
    dualStack: true,
    userAgent: CONSOLE_AGENT,
    bytesOut: 9000,
    objectSize: 9000,
  } as const
  script.s3({ ...office, time: at('07:20:01'), key: 'press/50% off + "free" shipping.txt' })
  script.s3({ ...office, time: at('07:20:09'), key: 'press/año/date=2026-03-17/übersicht.pdf' })
  script.s3({ ...office, time: at('07:20:40'), key: 'press/sub folder/a+b=c?.txt', status: 206 })
}

function probeRequest(random: Random, time: number): { time: number; line: string } {
  const line = accessLogLine({
    time,
    api: 'GetObject',
    bucket: cast.SITE_ASSETS,
    key: 'index.php',
    caller: ANONYMOUS,
    sourceIp: cast.SCANNERS[0],
    userAgent: 'Mozilla/5.0 (compatible; probe/2.0; +http://scanner.example.net/)',
    status: 403,
    errorCode: 'AccessDenied',
    bytesOut: 243,
    totalTime: 9,
    requestId: random.upper(16),
    hostId: `${random.base64(75)}=`,
    eventId: random.uuid(),
  })
  const uri =
    'GET /index.php?s=index/\\think\\driver/write&content=<?php$p%20=%20"xin";$c%20=%20explode(".","a.b 200 - 1 1 1 1 c");?> HTTP/1.1'
  return { time, line: line.replace('"GET /index.php HTTP/1.1"', () => `"${uri}"`) }
}

function playLifecycle(script: Script, random: Random): void {
  const expire = (bucket: typeof cast.BACKUPS, from: string, count: number, prefix: string): void => {
    for (let i = 0; i < count; i++) {
      const time = at(from) + i * 1000
      script.line({
        time,
        bucket,
        line: lifecycleLine({
          time,
          bucket,
          operation: i % 4 === 3 ? 'S3.CREATE.DELETEMARKER' : 'S3.EXPIRE.OBJECT',
          key: `${prefix}${random.hex(10)}.tmp`,
          objectSize: random.int(100, 90_000),
          requestId: i % 5 === 0 ? random.uuid() : random.upper(16),
          hostId: random.base64(64),
        }),
      })
    }
  }
  expire(cast.CUSTOMER_DATA, '06:05:10', 18, 'tmp/')
  expire(cast.BACKUPS, '07:31:00', 30, 'nightly/2026-02-15/')
}

function playServices(script: Script, random: Random): void {
  const roleArn = (name: string): string => `arn:aws:iam::${cast.ACCOUNT}:role/${name}`
  throughout(random, START, END, 16, (time) => {
    const [service, role] = random.pick([
      [cast.ECS_SERVICE, 'web-app'],
      [cast.LAMBDA_SERVICE, 'thumbnailer'],
      [cast.LAMBDA_SERVICE, 'report-job'],
      [cast.LAMBDA_SERVICE, 'bucketwatch-forwarder'],
    ] as const)
    const session = `${role}-${random.hex(8)}`
    script.call({
      time,
      service: 'sts',
      eventName: 'AssumeRole',
      readOnly: true,
      caller: service,
      sharedEventId: random.uuid(),
      parameters: { roleArn: roleArn(role), roleSessionName: session },
      responseElements: {
        credentials: { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', expiration: 'Mar 17, 2026, 6:59:59 PM' },
        assumedRoleUser: { arn: `arn:aws:sts::${cast.ACCOUNT}:assumed-role/${role}/${session}` },
      },
      resources: [{ accountId: cast.ACCOUNT, type: 'AWS::IAM::Role', ARN: roleArn(role) }],
    })
  })
  throughout(random, START, END, 12, (time) => {
    script.call({
      time,
      service: 'kms',
      eventName: random.chance(0.7) ? 'Decrypt' : 'GenerateDataKey',
      readOnly: true,
      caller: cast.REPORT_JOB,
      sourceIp: cast.REPORT_JOB_IP,
      userAgent: BOTO_AGENT,
      vpcEndpointId: cast.VPC_ENDPOINT,
      parameters: { keyId: cast.KMS_KEY, encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${cast.REPORTS.name}` } },
      resources: [{ accountId: cast.ACCOUNT, type: 'AWS::KMS::Key', ARN: cast.KMS_KEY }],
    })
  })
  throughout(random, START, END, 6, (time) => {
    script.call({
      time,
      service: 'ec2',
      eventName: random.pick(['DescribeInstances', 'DescribeInstanceStatus', 'DescribeLaunchTemplates']),
      readOnly: true,
      caller: cast.AUTOSCALING,
      parameters: { maxResults: 100 },
    })
  })
  const inside: readonly (readonly [Caller, string, string])[] = [
    [cast.THUMBNAILER, cast.THUMBNAILER_IP, NODE_AGENT],
    [cast.REPORT_JOB, cast.REPORT_JOB_IP, BOTO_AGENT],
  ]
  throughout(random, START, END, 5, (time) => {
    const [caller, sourceIp, userAgent] = random.pick(inside)
    script.call({
      time,
      service: 'logs',
      eventName: 'CreateLogStream',
      readOnly: false,
      caller,
      sourceIp,
      userAgent,
      parameters: { logGroupName: '/aws/lambda/demo', logStreamName: `2026/03/17/[$LATEST]${random.hex(32)}` },
    })
  })
  throughout(random, START, END, 4, (time) => {
    script.call({
      time,
      service: 'secretsmanager',
      eventName: 'GetSecretValue',
      readOnly: true,
      caller: cast.WEB_APP[random.int(0, 2)]!,
      sourceIp: random.pick(cast.WEB_APP_IPS),
      userAgent: JAVA_AGENT,
      parameters: {
        secretId: `arn:aws:secretsmanager:${cast.HOME_REGION}:${cast.ACCOUNT}:secret:web-app/database-AbCdEf`,
      },
    })
  })
  // AWS Config records the buckets' settings; some are simply not set.
  const reads: readonly (readonly [S3ApiName, string?])[] = [
    ['GetBucketAcl'],
    ['GetBucketPolicy', 'NoSuchBucketPolicy'],
    ['GetBucketLifecycle', 'NoSuchLifecycleConfiguration'],
    ['GetBucketVersioning'],
    ['GetBucketLogging'],
    ['GetBucketEncryption'],
  ]
  for (const hour of ['06:22', '07:52', '11:15']) {
    for (const bucket of [cast.REPORTS, cast.DEPLOY_ARTIFACTS]) {
      reads.forEach(([api, errorCode], i) => {
        script.s3({
          time: at(hour) + i * 1000,
          api,
          bucket,
          caller: cast.CONFIG_RECORDER,
          sourceIp: 'config.amazonaws.com',
          userAgent: 'config.amazonaws.com',
          ...(errorCode === undefined ? {} : { status: 404, errorCode }),
        })
      })
    }
    for (const eventName of ['ListUsers', 'ListRoles', 'GetAccountPasswordPolicy', 'GetAccountSummary']) {
      script.call({
        time: at(hour) + 20_000,
        service: 'iam',
        region: cast.GLOBAL_REGION,
        eventName,
        readOnly: true,
        caller: cast.CONFIG_RECORDER,
        parameters: null,
      })
    }
  }
  // Before each delivery CloudTrail looks whether it may write.
  throughout(random, START, END, 2, (time) => {
    script.s3({
      time,
      api: 'GetBucketAcl',
      bucket: cast.TRAIL_LOGS,
      caller: cast.CLOUDTRAIL_SERVICE,
      sourceIp: '-',
      userAgent: 'cloudtrail.amazonaws.com',
    })
  })
  script.s3({
    time: at('06:27:03'),
    api: 'GetBucketLocation',
    bucket: cast.REPORTS,
    caller: cast.SUPPORT_AS_ROOT,
    sourceIp: 'support.amazonaws.com',
    userAgent: 'support.amazonaws.com',
  })
}

/** The pipeline: a plan reads, an apply also writes. All of it is Terraform from the runner's address. */
function playDeployment(script: Script, random: Random, clock: string, kind: 'plan' | 'apply'): void {
  const start = at(clock)
  const deploy = { caller: cast.CI_DEPLOY, sourceIp: cast.CI_RUNNER, userAgent: TERRAFORM_AGENT }
  script.call({
    time: start - 20_000,
    service: 'sts',
    eventName: 'GetCallerIdentity',
    readOnly: true,
    ...deploy,
    parameters: null,
  })
  const reads: readonly S3ApiName[] = [
    'GetBucketPolicy',
    'GetBucketAcl',
    'GetBucketVersioning',
    'GetBucketLogging',
    'GetBucketLifecycle',
    'GetBucketReplication',
    'GetBucketEncryption',
    'GetBucketTagging',
    'GetBucketPublicAccessBlock',
    'GetBucketOwnershipControls',
  ]
  for (const bucket of [cast.DEPLOY_ARTIFACTS, cast.SITE_ASSETS]) {
    reads.forEach((api, i) => {
      const missing = api === 'GetBucketReplication'
      script.s3({
        time: start + i * 1000,
        api,
        bucket,
        ...deploy,
        ...(missing ? { status: 404, errorCode: 'ReplicationConfigurationNotFoundError' } : {}),
      })
    })
  }
  for (const name of ['web-app', 'thumbnailer', 'report-job']) {
    script.call({
      time: start + 14_000,
      service: 'iam',
      region: cast.GLOBAL_REGION,
      eventName: 'GetRole',
      readOnly: true,
      ...deploy,
      parameters: { roleName: name },
    })
    script.call({
      time: start + 16_000,
      service: 'lambda',
      eventName: 'GetFunction20150331v2',
      readOnly: true,
      ...deploy,
      parameters: { functionName: name },
    })
  }
  if (kind === 'plan') return
  script.s3({
    time: start + 90_000,
    api: 'PutBucketTagging',
    bucket: cast.DEPLOY_ARTIFACTS,
    ...deploy,
    status: 204,
    parameters: {
      Tagging: {
        xmlns: 'http://s3.amazonaws.com/doc/2006-03-01/',
        TagSet: { Tag: { Key: 'release', Value: '2026.3.17' } },
      },
    },
  })
  script.call({
    time: start + 92_000,
    service: 'iam',
    region: cast.GLOBAL_REGION,
    eventName: 'PutRolePolicy',
    readOnly: false,
    ...deploy,
    parameters: {
      roleName: 'report-job',
      policyName: 'read-exports',
      policyDocument: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${cast.CUSTOMER_DATA.name}/exports/*"}]}`,
    },
  })
  for (const functionName of ['thumbnailer', 'report-job']) {
    script.call({
      time: start + 95_000,
      service: 'lambda',
      eventName: 'UpdateFunctionCode20150331v2',
      readOnly: false,
      ...deploy,
      parameters: {
        functionName,
        s3Bucket: cast.DEPLOY_ARTIFACTS.name,
        s3Key: `${functionName}/4711.zip`,
        publish: true,
      },
      responseElements: { functionName, version: '128', codeSize: 481_223 },
    })
  }
  script.call({
    time: start + 99_000,
    service: 'ec2',
    eventName: 'AuthorizeSecurityGroupIngress',
    readOnly: false,
    ...deploy,
    parameters: {
      groupId: 'sg-0a1b2c3d4e5f60718',
      ipPermissions: {
        items: [{ ipProtocol: 'tcp', fromPort: 443, toPort: 443, ipRanges: { items: [{ cidrIp: '10.0.0.0/16' }] } }],
      },
    },
    responseElements: { requestId: random.uuid(), _return: true },
  })
}

/** Console users: two IAM users with MFA, one through single sign-on, one mistyped password, no root. */
function playPeople(script: Script, random: Random): void {
  const signIn = (clock: string, caller: Caller, sourceIp: string, mfa: string | undefined): void => {
    script.call({
      time: at(clock),
      service: 'signin',
      region: cast.GLOBAL_REGION,
      eventName: 'ConsoleLogin',
      readOnly: false,
      eventType: 'AwsConsoleSignIn',
      caller,
      sourceIp,
      userAgent: BROWSER_AGENTS[0]!,
      requestId: undefined,
      parameters: null,
      responseElements: { ConsoleLogin: 'Success' },
      additionalEventData: {
        LoginTo: 'https://console.aws.amazon.com/console/home',
        MobileVersion: 'No',
        MFAIdentifier: mfa,
        MFAUsed: mfa === undefined ? 'No' : 'Yes',
      },
    })
  }
  const device = (user: string): string => `arn:aws:iam::${cast.ACCOUNT}:mfa/${user}`
  signIn('06:50:20', cast.ALEJANDRO, cast.OFFICE[0], device('alejandro'))
  // Through single sign-on the second factor is asked for elsewhere: `MFAUsed` says No, rightly.
  signIn('07:10:05', cast.SSO_READER, cast.OFFICE[2], undefined)
  script.call({
    time: at('06:08:11'),
    service: 'signin',
    region: cast.GLOBAL_REGION,
    eventName: 'ConsoleLogin',
    readOnly: false,
    eventType: 'AwsConsoleSignIn',
    caller: cast.MARTHA,
    sourceIp: cast.OFFICE[1],
    userAgent: BROWSER_AGENTS[1]!,
    requestId: undefined,
    parameters: null,
    errorMessage: 'Failed authentication',
    responseElements: { ConsoleLogin: 'Failure' },
    additionalEventData: { LoginTo: 'https://console.aws.amazon.com/console/home', MobileVersion: 'No', MFAUsed: 'No' },
  })
  signIn('06:08:40', cast.MARTHA, cast.OFFICE[1], device('martha'))
  const browse = (clock: string, caller: Caller, sourceIp: string): void => {
    const common = { caller, sourceIp, userAgent: CONSOLE_AGENT }
    for (let i = 0; i < 4; i++) {
      script.call({
        ...common,
        time: at(clock) + i * 40_000,
        service: 's3',
        eventName: 'ListBuckets',
        readOnly: true,
        userAgent: `[${CONSOLE_AGENT}]`,
        parameters: { Host: `s3.${cast.HOME_REGION}.amazonaws.com` },
        console: true,
      })
      for (const api of ['GetBucketVersioning', 'GetBucketTagging', 'GetBucketPublicAccessBlock'] as const) {
        script.s3({ ...common, time: at(clock) + i * 40_000 + 5000, api, bucket: cast.REPORTS })
      }
    }
  }
  browse('06:51', cast.ALEJANDRO, cast.OFFICE[0])
  browse('07:11', cast.SSO_READER, cast.OFFICE[2])
  // What single sign-on's read-only role may not see.
  for (const [i, eventName] of ['ListAccessKeys', 'GetLoginProfile'].entries()) {
    script.call({
      time: at('07:12:30') + i * 1000,
      service: 'iam',
      region: cast.GLOBAL_REGION,
      eventName,
      readOnly: true,
      caller: cast.SSO_READER,
      sourceIp: cast.OFFICE[2],
      userAgent: BROWSER_AGENTS[0]!,
      errorCode: 'AccessDenied',
      errorMessage: `User: ${cast.SSO_READER.requester} is not authorized to perform: iam:${eventName} on resource: user martha`,
      parameters: { userName: 'martha' },
    })
  }
  throughout(random, at('10:50'), END, 14, (time) => {
    script.call({
      time,
      service: 'ec2',
      eventName: random.pick(['DescribeInstances', 'DescribeVpcs', 'DescribeSecurityGroups', 'DescribeVolumes']),
      readOnly: true,
      caller: cast.ALEJANDRO,
      sourceIp: cast.OFFICE[0],
      userAgent: 'AWS Internal',
      parameters: { filterSet: {} },
      console: true,
    })
  })
}
