import type { Bucket, CloudTrailRecord, Json, S3ApiName } from '../../support/log-shapes.ts'
import type { Random } from '../../support/random.ts'
import * as cast from '../cast.ts'
import type { From, WeekScript } from '../script.ts'

export const JAVA = 'aws-sdk-java/2.29.43 Linux/5.10.228 Java/21.0.5 exec-env/AWS_ECS_FARGATE'
export const GO = 'aws-sdk-go-v2/1.32.6 ua/2.1 os/linux lang/go#1.23.3 md/GOARCH#arm64 api/s3#1.71.0'
export const BOTO =
  'Boto3/1.35.76 md/Botocore#1.35.76 ua/2.0 os/linux#5.10.230 lang/python#3.12.7 exec-env/AWS_Lambda_python3.12'
export const SPARK =
  'Hadoop 3.3.6, aws-sdk-java/1.12.770 Linux/5.10.228 OpenJDK_64-Bit_Server_VM/17.0.13+11-LTS scala/2.12.18'

/** A service under a role: its name stands where address and agent would. */
export const under = (caller: From['caller'], service: string): From => ({
  caller,
  sourceIp: `${service}.amazonaws.com`,
  userAgent: `${service}.amazonaws.com`,
})

/** Settings of a bucket that are read, and what is said where there is none. */
export const SETTINGS: readonly (readonly [S3ApiName, string?])[] = [
  ['GetBucketAcl'],
  ['GetBucketPolicy', 'NoSuchBucketPolicy'],
  ['GetBucketLifecycle', 'NoSuchLifecycleConfiguration'],
  ['GetBucketVersioning'],
  ['GetBucketLogging'],
  ['GetBucketEncryption'],
  ['GetBucketReplication', 'ReplicationConfigurationNotFoundError'],
  ['GetBucketWebsite', 'NoSuchWebsiteConfiguration'],
]

/** A job of a hosted runner: its token becomes a session of a role, from an address that is nobody's tomorrow. */
export function job(script: WeekScript, random: Random, role: string, time: number, userAgent: string): From {
  const sourceIp = cast.runnerAddress(random.int(0, 59))
  const subject = 'repo:example/shop:ref:refs/heads/main'
  const provider = `arn:aws:iam::${cast.ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`
  script.call({
    time: time - 3000,
    service: 'sts',
    eventName: 'AssumeRoleWithWebIdentity',
    readOnly: true,
    caller: {
      requester: '-',
      userIdentity: {
        type: 'WebIdentityUser',
        principalId: `${provider}:sts.amazonaws.com:${subject}`,
        userName: subject,
        identityProvider: provider,
      },
    },
    sourceIp,
    userAgent: 'aws-sdk-nodejs configure-aws-credentials-for-github-actions',
    parameters: { roleArn: `arn:aws:iam::${cast.ACCOUNT}:role/${role}`, roleSessionName: 'GitHubActions' },
  })
  const from = { caller: cast.session(role, 'GitHubActions', time), sourceIp, userAgent }
  script.calls(time - 1000, from, ['sts:GetCallerIdentity'])
  return from
}

const statement = (more: Readonly<Record<string, Json>>): Json => ({ Version: '2012-10-17', Statement: [more] })
/** A policy of one statement, as CloudTrail shows it. */
export const policyOf = (bucket: Bucket, more: Readonly<Record<string, Json>>): CloudTrailRecord => ({
  bucketPolicy: statement({ Resource: `arn:aws:s3:::${bucket.name}/*`, ...more }),
  policy: '',
})
