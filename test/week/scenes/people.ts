/** People: signed in by single sign-on and, a few, as users; they look around, try, and now and then do things by hand. */
import { ALEJANDRO, CUSTOMER_DATA, MARTHA, REPORTS } from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import type { Bucket, S3ApiName } from '../../support/log-shapes.ts'
import { BROWSER_AGENTS, CONSOLE_AGENT } from '../../support/user-agents.ts'
import * as cast from '../cast.ts'
import type { From, Scene, WeekScript } from '../script.ts'

const LAPTOP =
  'aws-cli/2.22.12 md/awscrt#0.23.4 ua/2.0 os/macos#24.1.0 md/arch#arm64 lang/python#3.12.6 md/command#s3.cp'

/** Some work from home. */
const HOMES = ['192.0.2.160', '198.51.100.201', '2001:db8:7::15'] as const

function signIn(script: WeekScript, time: number, from: From, mfa: string | undefined, failed = false): void {
  script.call({
    ...from,
    time,
    service: 'signin',
    eventName: 'ConsoleLogin',
    readOnly: false,
    eventType: 'AwsConsoleSignIn',
    requestId: undefined,
    userAgent: BROWSER_AGENTS[1]!,
    parameters: null,
    ...(failed ? { errorMessage: 'Failed authentication' } : {}),
    responseElements: { ConsoleLogin: failed ? 'Failure' : 'Success' },
    additionalEventData: {
      LoginTo: 'https://console.aws.amazon.com/console/home',
      MobileVersion: 'No',
      MFAIdentifier: mfa,
      MFAUsed: mfa === undefined ? 'No' : 'Yes',
    },
  })
}

/** Pages of the console: each asks for many things at once, and some of it is refused to who may only read. */
function browse(script: WeekScript, time: number, from: From, bucket: Bucket, denied: number): void {
  const console = { ...from, userAgent: CONSOLE_AGENT }
  script.call({
    ...console,
    time,
    service: 's3',
    eventName: 'ListBuckets',
    readOnly: true,
    userAgent: `[${CONSOLE_AGENT}]`,
    parameters: { Host: `s3.${cast.HOME_REGION}.amazonaws.com` },
    console: true,
  })
  const apis: readonly S3ApiName[] = [
    'GetBucketVersioning',
    'GetBucketTagging',
    'GetBucketPublicAccessBlock',
    'GetBucketAcl',
    'GetBucketPolicyStatus',
    'GetBucketEncryption',
  ]
  for (const [n, api] of apis.entries()) script.setting(time + 1000 + n * 100, api, bucket, console)
  script.s3({ ...console, time: time + 2000, api: 'ListObjects', bucket, bytesOut: 5000 })
  const widgets = [
    'cost-optimization-hub:ListRecommendationSummaries',
    'ce:GetCostAndUsage',
    'health:DescribeEventAggregates',
    'notifications:ListNotificationHubs',
    'iam:ListAccountAliases',
    'servicecatalog-appregistry:ListApplications',
    'freetier:GetFreeTierUsage',
    'uxc:GetAccountColor',
  ]
  for (let n = 0; n < denied; n += 1) {
    const [service = '', eventName = ''] = widgets[n % widgets.length]!.split(':')
    script.call({
      ...from,
      time: time + 3000 + n * 300,
      service,
      eventName,
      readOnly: true,
      userAgent: BROWSER_AGENTS[0]!,
      errorCode: n % 2 === 0 ? 'AccessDenied' : 'AccessDeniedException',
      errorMessage: 'User is not authorized to perform this action',
      console: true,
    })
  }
}

export const signedIn: Scene = (hour, script, random) => {
  if (!hour.isWork) return
  throughout(random, hour.start, hour.end, 2, (time) => {
    const n = random.int(0, 5)
    const isHome = n === 5 || random.chance(0.2)
    const caller = cast.staff(n, n < 3 ? 'Developer' : n === 4 ? 'Admin' : 'ReadOnly', time)
    const from = { caller, sourceIp: isHome ? HOMES[n % 3]! : cast.OFFICE[n % 4]!, userAgent: BROWSER_AGENTS[n % 3]! }
    script.call({
      ...from,
      time: time - 4000,
      service: 'sso',
      eventName: 'GetRoleCredentials',
      readOnly: true,
      eventType: 'AwsServiceEvent',
      parameters: null,
    })
    signIn(script, time - 2000, from, undefined)
    const isAdmin = n === 4
    browse(script, time, from, random.pick([REPORTS, CUSTOMER_DATA, cast.LAKE]), isAdmin ? 0 : 26)
    script.calls(time + 60_000, from, [
      'ec2:DescribeInstances',
      'ecs:ListClusters',
      'logs:StartQuery',
      'monitoring:GetMetricData',
    ])
    if (isAdmin && random.chance(0.3)) byHand(script, time + 120_000, from)
  })
  // From a laptop, with a tool.
  throughout(random, hour.start, hour.end, 1, (time) => {
    const n = random.int(0, 2)
    const from = {
      caller: cast.staff(n, 'Developer', time),
      sourceIp: random.chance(0.3) ? HOMES[n]! : cast.OFFICE[n]!,
      userAgent: LAPTOP,
    }
    script.s3({
      ...from,
      time,
      api: 'ListObjects',
      bucket: REPORTS,
      bytesOut: 5000,
      query: 'list-type=2&prefix=daily%2F',
    })
    for (let file = 0; file < 6; file += 1)
      script.s3({
        ...from,
        time: time + 1000 + file * 300,
        api: 'GetObject',
        bucket: REPORTS,
        key: `daily/report-${random.hex(6)}.csv`,
        bytesOut: 12_288,
        objectSize: 12_288,
      })
    // What a developer may not do in production; once tried, twice tried.
    for (const eventName of ['GetSecretValue', 'ListSecrets'])
      script.call({
        ...from,
        time: time + 5000,
        service: 'secretsmanager',
        eventName,
        readOnly: true,
        errorCode: 'AccessDeniedException',
        errorMessage: 'User is not authorized to perform this action',
      })
  })
}

/** Settings that an administrator sets in the console, rather than in Terraform. */
function byHand(script: WeekScript, time: number, from: From): void {
  const console = { ...from, userAgent: CONSOLE_AGENT }
  script.setting(time, 'PutBucketCors', REPORTS, console, {
    CORSConfiguration: { CORSRule: { AllowedMethod: 'GET', AllowedOrigin: 'https://app.example.com' } },
    cors: '',
  })
  script.setting(time + 20_000, 'PutBucketTagging', REPORTS, console, {
    Tagging: { TagSet: { Tag: { Key: 'owner', Value: 'data' } } },
    tagging: '',
  })
  script.calls(time + 40_000, from, ['iam:TagUser', 'ec2:CreateTags', 'monitoring:PutDashboard'])
}

/** The users that are left: an engineer, one who is on call, each with a second factor. */
export const users: Scene = (hour, script, random) => {
  if (!hour.isWorkday || hour.hour !== 8) return
  const time = hour.start + random.int(1, 50) * 60_000
  for (const [n, caller] of [ALEJANDRO, MARTHA].entries()) {
    const from = { caller, sourceIp: cast.OFFICE[n]!, userAgent: BROWSER_AGENTS[1]! }
    const name = n === 0 ? 'alejandro' : 'martha'
    if (n === 1) for (let tries = 0; tries < 2; tries += 1) signIn(script, time + tries * 20_000, from, undefined, true)
    signIn(script, time + 60_000, from, `arn:aws:iam::${cast.ACCOUNT}:mfa/${name}`)
    browse(script, time + 90_000, from, REPORTS, 0)
    // Clears a folder away, by hand: some hundred files in one call.
    if (n === 0 && hour.day === 1)
      script.s3({
        ...from,
        userAgent: CONSOLE_AGENT,
        time: time + 300_000,
        api: 'DeleteObjects',
        bucket: REPORTS,
        bytesOut: 4000,
      })
  }
}
