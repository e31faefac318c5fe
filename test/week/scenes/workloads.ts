/** What runs all day and night: applications on ECS and EKS, functions, and the jobs on the data lake. */
import {
  CUSTOMER_DATA,
  REPORTS,
  THUMBNAILER,
  THUMBNAILER_IP,
  VPC_ENDPOINT,
  WEB_APP,
  WEB_APP_IPS,
} from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import type { S3ApiName } from '../../support/log-shapes.ts'
import { weighted } from '../../support/random.ts'
import { BROWSER_AGENTS } from '../../support/user-agents.ts'
import * as cast from '../cast.ts'
import type { From, Hour, Scene } from '../script.ts'
import { BOTO, GO, JAVA } from './shared.ts'

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
  throughout(random, hour.start, hour.end, 60 * share(hour), (time) => {
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
  throughout(random, hour.start, hour.end, 40 * share(hour), (time) => {
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
  throughout(random, hour.start, hour.end, 8, (time) => {
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
