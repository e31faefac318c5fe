/** Jobs on the data lake, and the sessions and keys that everything needs. */
import { KMS_KEY, REPORTS, VPC_ENDPOINT, WEB_APP, WEB_APP_IPS } from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import type { CloudTrailRecord } from '../../support/log-shapes.ts'
import { BROWSER_AGENTS } from '../../support/user-agents.ts'
import * as cast from '../cast.ts'
import type { Hour, Scene } from '../script.ts'
import { BOTO, JAVA, SPARK } from './shared.ts'

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
      throughout(random, hour.start, hour.end, 60, (time) => {
        const size = random.int(200_000_000, 620_000_000)
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
      throughout(random, hour.start, hour.end, 30, (time) => {
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
    // The committer's end: every temporary file by itself, six hundred within minutes.
    const from = {
      bucket: cast.LAKE,
      caller: cast.session('emr-instance', 'i-0a1b2c3d4e5f60718', hour.start, { ec2: true }),
      sourceIp: '10.0.50.52',
      userAgent: SPARK,
      vpcEndpointId: VPC_ENDPOINT,
    }
    for (let n = 0; n < 600; n += 1)
      script.s3({
        ...from,
        time: hour.end - 5 * 60_000 + n * 400,
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
  throughout(random, hour.start, hour.end, 40, (time) => {
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
  for (let n = 0; n < 12; n += 1) {
    const size = random.int(200_000_000, 500_000_000)
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
