/** What runs all day and night: applications on ECS and EKS, functions, and the jobs on the data lake. */
import {
  CUSTOMER_DATA,
  KMS_KEY,
  REPORTS,
  THUMBNAILER,
  THUMBNAILER_IP,
  VPC_ENDPOINT,
  WEB_APP,
  WEB_APP_IPS,
} from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import type { CloudTrailRecord, S3ApiName } from '../../support/log-shapes.ts'
import { weighted } from '../../support/random.ts'
import { BROWSER_AGENTS } from '../../support/user-agents.ts'
import * as cast from '../cast.ts'
import type { From, Hour, Scene } from '../script.ts'

const JAVA = 'aws-sdk-java/2.29.43 Linux/5.10.228 Java/21.0.5 exec-env/AWS_ECS_FARGATE'
const GO = 'aws-sdk-go-v2/1.32.6 ua/2.1 os/linux lang/go#1.23.3 md/GOARCH#arm64 api/s3#1.71.0'
const BOTO =
  'Boto3/1.35.76 md/Botocore#1.35.76 ua/2.0 os/linux#5.10.230 lang/python#3.12.7 exec-env/AWS_Lambda_python3.12'
const SPARK = 'Hadoop 3.3.6, aws-sdk-java/1.12.770 Linux/5.10.228 OpenJDK_64-Bit_Server_VM/17.0.13+11-LTS scala/2.12.18'

const APIS = weighted<S3ApiName>([
  ['GetObject', 66],
  ['PutObject', 17],
  ['HeadObject', 11],
  ['ListObjects', 5],
  ['DeleteObject', 1],
])

/** More by day than by night. */
const share = ({ isWork, hour }: Hour): number => (isWork ? 1 : hour >= 6 && hour < 22 ? 0.6 : 0.25)

export const application: Scene = (hour, script, random) => {
  throughout(random, hour.start, hour.end, 120 * share(hour), (time) => {
    const api = APIS(random)
    const task = random.int(0, 2)
    const isListing = api === 'ListObjects'
    const isMissing = api === 'GetObject' && random.chance(0.03)
    const size = random.int(600, 90_000)
    script.s3({
      time,
      api,
      bucket: CUSTOMER_DATA,
      key: isListing
        ? undefined
        : `customers/${random.int(1, 900)}/${random.pick(['profile.json', 'avatar.png', 'contract.pdf'])}`,
      caller: WEB_APP[task]!,
      sourceIp: WEB_APP_IPS[task]!,
      userAgent: JAVA,
      vpcEndpointId: VPC_ENDPOINT,
      ...(isMissing ? { status: 404, errorCode: 'NoSuchKey' } : {}),
      bytesOut: isMissing ? 278 : api === 'GetObject' ? size : isListing ? 4096 : 0,
      bytesIn: api === 'PutObject' ? size : 0,
      objectSize: isMissing || isListing ? undefined : size,
      query: isListing ? 'list-type=2&prefix=customers%2F' : undefined,
    })
  })
  // Customers fetch their documents with presigned URLs, from wherever they are.
  throughout(random, hour.start, hour.end, 8 * share(hour), (time) => {
    const size = random.int(90_000, 3_000_000)
    script.s3({
      time,
      api: 'GetObject',
      bucket: CUSTOMER_DATA,
      key: `customers/${random.int(1, 900)}/contract.pdf`,
      caller: WEB_APP[0]!,
      sourceIp: `192.0.2.${random.int(1, 120)}`,
      userAgent: random.pick(BROWSER_AGENTS),
      bytesOut: size,
      objectSize: size,
      presigned: true,
      query: 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-SignedHeaders=host',
    })
  })
  throughout(random, hour.start, hour.end, 20 * share(hour), (time) => {
    const size = random.int(20_000, 400_000)
    const from = {
      bucket: CUSTOMER_DATA,
      caller: THUMBNAILER,
      sourceIp: THUMBNAILER_IP,
      userAgent: BOTO,
      vpcEndpointId: VPC_ENDPOINT,
    }
    const key = `customers/${random.int(1, 900)}/avatar.png`
    script.s3({ ...from, time, api: 'GetObject', key, bytesOut: size, objectSize: size })
    script.s3({
      ...from,
      time: time + 1000,
      api: 'PutObject',
      key: key.replace('.png', '-64.png'),
      bytesIn: 4096,
      objectSize: 4096,
    })
  })
  // New tasks read their environment file and the certificate authority's bundle.
  throughout(random, hour.start, hour.end, hour.isWork ? 0.8 : 0.2, (time) => {
    const task = random.hex(12)
    const from = {
      caller: cast.session('ecs-task-execution', task, time),
      sourceIp: `10.0.12.${random.int(20, 90)}`,
      userAgent: GO,
      vpcEndpointId: VPC_ENDPOINT,
    }
    script.s3({
      ...from,
      time,
      api: 'GetObject',
      bucket: REPORTS,
      key: 'settings/web-app/production.env',
      bytesOut: 1200,
      objectSize: 1200,
    })
    script.s3({
      ...from,
      time: time + 1000,
      api: 'GetObject',
      bucket: REPORTS,
      key: 'settings/global-bundle.pem',
      bytesOut: 165_000,
      objectSize: 165_000,
    })
  })
}

/** Pods of a cluster: credentials by web identity, and controllers that make and change what they need. */
export const cluster: Scene = (hour, script, random) => {
  const pods = ['orders', 'billing', 'search', 'mail']
  throughout(random, hour.start, hour.end, 12, (time) => {
    const pod = random.pick(pods)
    const name = `system:serviceaccount:shop:${pod}`
    const provider = `oidc.eks.${cast.HOME_REGION}.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE`
    script.call({
      time,
      service: 'sts',
      eventName: 'AssumeRoleWithWebIdentity',
      readOnly: true,
      caller: {
        requester: '-',
        userIdentity: {
          type: 'WebIdentityUser',
          principalId: `arn:aws:iam::${cast.ACCOUNT}:oidc-provider/${provider}:sts.amazonaws.com:${name}`,
          userName: name,
          identityProvider: `arn:aws:iam::${cast.ACCOUNT}:oidc-provider/${provider}`,
        },
      },
      sourceIp: cast.NAT,
      userAgent: GO,
      parameters: {
        roleArn: `arn:aws:iam::${cast.ACCOUNT}:role/eks-${pod}`,
        roleSessionName: `${Math.floor(time / 1000)}000000000`,
      },
    })
  })
  throughout(random, hour.start, hour.end, 60 * share(hour), (time) => {
    const pod = random.pick(pods)
    const size = random.int(2_000, 60_000)
    const api = random.pick(['GetObject', 'PutObject', 'HeadObject'] as const)
    script.s3({
      time,
      api,
      bucket: CUSTOMER_DATA,
      key: `${pod}/2026/03/${random.hex(8)}.json`,
      caller: cast.session(`eks-${pod}`, `${Math.floor(hour.start / 1000)}000000000`, hour.start),
      sourceIp: cast.NAT,
      userAgent: GO,
      bytesOut: api === 'GetObject' ? size : 0,
      bytesIn: api === 'PutObject' ? size : 0,
      objectSize: size,
    })
  })
  const controller = (name: string, time: number): From => ({
    caller: cast.session(`eks-${name}`, `${name}-${Math.floor(time / cast.HOUR)}`, time),
    sourceIp: cast.NAT,
    userAgent: `${GO.replace('api/s3', 'api/ec2')} ${name}/v2.10.1`,
  })
  throughout(random, hour.start, hour.end, 14, (time) => {
    script.calls(time, controller('cluster-autoscaler', time), [
      'autoscaling:DescribeAutoScalingGroups',
      'ec2:DescribeInstanceTypes',
    ])
  })
  throughout(random, hour.start, hour.end, 4, (time) => {
    const from = controller('load-balancer-controller', time)
    script.calls(time, from, ['elasticloadbalancing:DescribeTargetHealth', 'elasticloadbalancing:RegisterTargets'])
    // It asks for a service that its policy does not name, at every look.
    const errorMessage = 'User is not authorized to perform: shield:GetSubscriptionState'
    script.call({
      ...from,
      time: time + 3000,
      service: 'shield',
      eventName: 'GetSubscriptionState',
      readOnly: true,
      errorCode: 'AccessDenied',
      errorMessage,
    })
  })
  throughout(random, hour.start, hour.end, 1, (time) => {
    script.calls(time, controller('external-dns', time), [
      'route53:ListResourceRecordSets',
      'route53:ChangeResourceRecordSets',
    ])
    script.calls(time, controller('ebs-csi-driver', time), [
      'ec2:CreateVolume',
      'ec2:AttachVolume',
      'ec2:DescribeVolumes',
    ])
  })
}

/** A night's batch: reads the day, writes it anew, clears away what it wrote on the way. */
export const lake: Scene = (hour, script, random) => {
  const day = new Date(hour.start - cast.DAY).toISOString().slice(0, 10)
  if (hour.hour >= 1 && hour.hour < 4) {
    for (const instance of ['i-0a1b2c3d4e5f60718', 'i-0b2c3d4e5f6071829']) {
      const from = {
        bucket: cast.LAKE,
        caller: cast.session('emr-instance', instance, hour.start, { ec2: true }),
        sourceIp: `10.0.50.${instance.charCodeAt(3) % 90}`,
        userAgent: SPARK,
        vpcEndpointId: VPC_ENDPOINT,
      }
      // About 25 GB an hour and instance.
      throughout(random, hour.start, hour.end, 130, (time) => {
        const size = random.int(100_000_000, 280_000_000)
        script.s3({
          ...from,
          time,
          api: 'GetObject',
          key: `events/date=${day}/part-${random.hex(5)}.parquet`,
          status: 206,
          bytesOut: size,
          objectSize: size,
        })
      })
      throughout(random, hour.start, hour.end, 60, (time) => {
        script.s3({
          ...from,
          time,
          api: 'PutObject',
          key: `daily/date=${day}/_temporary/0/task_${random.hex(6)}/part-00000.parquet`,
          bytesIn: 40_000_000,
          objectSize: 40_000_000,
        })
      })
    }
  }
  if (hour.hour === 3) {
    // The committer's end: every temporary file by itself, nine hundred within minutes.
    const from = {
      bucket: cast.LAKE,
      caller: cast.session('emr-instance', 'i-0a1b2c3d4e5f60718', hour.start, { ec2: true }),
      sourceIp: '10.0.50.52',
      userAgent: SPARK,
      vpcEndpointId: VPC_ENDPOINT,
    }
    for (let n = 0; n < 900; n += 1)
      script.s3({
        ...from,
        time: hour.end - 5 * 60_000 + n * 250,
        api: 'DeleteObject',
        key: `daily/date=${day}/_temporary/0/task_${random.hex(6)}/part-00000.parquet`,
      })
  }
  if (hour.hour === 5) glue(hour, script, random)
  if (hour.isWork) throughout(random, hour.start, hour.end, 3, (time) => athena(time, script, random))
}

const glue: Scene = (hour, script, random) => {
  const from = {
    caller: cast.session('glue-crawler', 'AWSCrawler', hour.start, { invokedBy: 'glue.amazonaws.com' }),
    sourceIp: 'glue.amazonaws.com',
    userAgent: 'glue.amazonaws.com',
  }
  script.calls(hour.start, from, [
    'glue:GetTable',
    'glue:GetPartitions',
    'glue:BatchCreatePartition',
    'glue:UpdateTable',
    'logs:PutLogEvents',
  ])
  throughout(random, hour.start, hour.end, 80, (time) => {
    script.s3({
      ...from,
      time,
      api: 'GetObject',
      bucket: cast.LAKE,
      key: `daily/part-${random.hex(5)}.parquet`,
      status: 206,
      bytesOut: 65_536,
      objectSize: 40_000_000,
    })
    script.s3({ ...from, time: time + 1000, api: 'ListObjects', bucket: cast.LAKE, bytesOut: 7000 })
  })
}

/** An analyst's query: Athena reads for whoever asks, and writes the answer. */
function athena(
  time: number,
  ...[script, random]: Parameters<Scene> extends [Hour, ...infer Rest] ? Rest : never
): void {
  const who = cast.staff(random.int(0, 2), 'Developer', time)
  const behalf = {
    ...who,
    service: 'athena.amazonaws.com',
    userIdentity: { ...who.userIdentity, invokedBy: 'athena.amazonaws.com' } as CloudTrailRecord,
  }
  const id = random.uuid()
  script.calls(
    time,
    { caller: who, sourceIp: random.pick(cast.OFFICE), userAgent: BROWSER_AGENTS[0]! },
    ['athena:StartQueryExecution', 'athena:GetQueryExecution', 'athena:GetQueryResults'],
    { queryExecutionId: id, workGroup: 'primary' },
  )
  const from = { caller: behalf, sourceIp: 'athena.amazonaws.com', userAgent: 'athena.amazonaws.com' }
  // One query reads some 4 GB.
  for (let n = 0; n < 20; n += 1) {
    const size = random.int(100_000_000, 300_000_000)
    script.s3({
      ...from,
      time: time + 2000 + n * 300,
      api: 'GetObject',
      bucket: cast.LAKE,
      key: `daily/part-${random.hex(5)}.parquet`,
      status: 206,
      bytesOut: size,
      objectSize: size,
    })
  }
  script.s3({
    ...from,
    time: time + 9000,
    api: 'PutObject',
    bucket: cast.QUERY_RESULTS,
    key: `${id}.csv`,
    bytesIn: 80_000,
    objectSize: 80_000,
  })
}

/** Sessions and keys that everything else needs: most of what a trail holds. */
export const plumbing: Scene = (hour, script, random) => {
  throughout(random, hour.start, hour.end, 40, (time) => {
    const [service, role] = random.pick([
      ['ecs-tasks', 'web-app'],
      ['lambda', 'thumbnailer'],
      ['lambda', 'report-job'],
      ['lambda', 'bucketwatch-forwarder'],
      ['ec2', 'emr-instance'],
    ] as const)
    const name = `${role}-${random.hex(8)}`
    script.call({
      time,
      service: 'sts',
      eventName: 'AssumeRole',
      readOnly: true,
      caller: {
        requester: `svc:${service}.amazonaws.com`,
        service: `${service}.amazonaws.com`,
        userIdentity: { type: 'AWSService', invokedBy: `${service}.amazonaws.com` },
      },
      sharedEventId: random.uuid(),
      parameters: { roleArn: `arn:aws:iam::${cast.ACCOUNT}:role/${role}`, roleSessionName: name },
      responseElements: { assumedRoleUser: { arn: `arn:aws:sts::${cast.ACCOUNT}:assumed-role/${role}/${name}` } },
    })
  })
  throughout(random, hour.start, hour.end, 25, (time) => {
    const from = {
      caller: cast.session('report-job', 'report-job', hour.start),
      sourceIp: '10.0.20.77',
      userAgent: BOTO,
      vpcEndpointId: VPC_ENDPOINT,
    }
    script.calls(time, from, ['kms:Decrypt', 'kms:GenerateDataKey'], {
      keyId: KMS_KEY,
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${REPORTS.name}` },
    })
    script.s3({
      ...from,
      time,
      api: 'PutObject',
      bucket: REPORTS,
      key: `daily/report-${random.hex(6)}.csv`,
      bytesIn: 12_288,
      objectSize: 12_288,
    })
  })
  throughout(random, hour.start, hour.end, 6, (time) => {
    const from = { caller: WEB_APP[0]!, sourceIp: WEB_APP_IPS[0], userAgent: JAVA }
    script.calls(time, from, ['secretsmanager:GetSecretValue', 'logs:CreateLogStream', 'ssm:GetParametersByPath'])
  })
}
