/** What is done to the week's account besides: each has to be told as if the week were empty. */
import { BACKUPS, CUSTOMER_DATA, PARTNER_ACCOUNT, REPORTS } from '../../events/story/cast.ts'
import { INTRUSION } from '../../events/story/expected.ts'
import { playIntrusion } from '../../events/story/intrusion.ts'
import { createScript } from '../../events/story/script.ts'
import { completeAccessLogLine, completeCloudTrailRecord } from '../../shared/detection/example-input.ts'
import type { Detection } from '../../shared/detection/schema.ts'
import { ANONYMOUS, type Caller, type CloudTrailRecord, clfTime, iamUser, isoTime } from '../support/log-shapes.ts'
import { createRandom } from '../support/random.ts'
import { TERRAFORM_AGENT } from '../support/user-agents.ts'
import * as cast from './cast.ts'
import type { Besides } from './objects.ts'
import { createWeekScript, type WeekScript } from './script.ts'

/** Done by whom, and the rules that have to tell it. */
export interface Attack {
  readonly name: string
  /** Whose incident it is, as findings name it. */
  readonly principal: string
  readonly rules: readonly string[]
}

const MINUTE = 60_000
const at = (day: number, clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number)
  return cast.WEEK_START + day * cast.DAY + (hours * 60 + minutes) * MINUTE
}

const stranger = (user: string): Caller =>
  iamUser({
    account: cast.ACCOUNT,
    user,
    principalId: `AIDA${user.toUpperCase().padEnd(10, '0')}EXAMPLE`,
    accessKeyId: `AKIA${user.toUpperCase().padEnd(9, '0')}EXAMPLE`,
  })
const person = (user: string): string => `person:${cast.ACCOUNT}/${user}`
const CLI = 'aws-cli/2.22.12 md/awscrt#0.23.4 ua/2.0 os/linux#6.1.115 lang/python#3.12.6 md/command#s3api'
const OPEN = (bucket: string): CloudTrailRecord => ({
  bucketPolicy: {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }],
  },
  policy: '',
})

type Play = (script: WeekScript) => void

/** Scenes: more than one call each. */
const SCENES: readonly (Attack & { readonly play: Play })[] = [
  ...['peggy', 'trudy'].map((user, n) => ({
    name: `two open buckets within a minute: ${user}`,
    principal: person(user),
    rules: ['s3-policy-public'],
    play: (script: WeekScript) => {
      const from = { caller: stranger(user), sourceIp: `198.51.100.${240 + n}`, userAgent: CLI }
      script.setting(at(0, '10:00') + n * 30_000, 'PutBucketPolicy', REPORTS, from, OPEN(REPORTS.name))
    },
  })),
  {
    name: 'a thief reads the state that Terraform reads all day',
    principal: person('carol'),
    rules: ['data-cred-file'],
    play: (script) =>
      script.s3({
        time: at(1, '14:10'),
        api: 'GetObject',
        bucket: cast.TERRAFORM_STATE,
        key: 'shop/production/terraform.tfstate',
        caller: stranger('carol'),
        sourceIp: '198.51.100.242',
        userAgent: CLI,
        bytesOut: 900_000,
        objectSize: 900_000,
      }),
  },
  {
    name: 'one takes 24 GB within half an hour, while clusters read more than that',
    principal: person('dan'),
    rules: ['data-exfil-bytes', 'sal-exfil-bytes'],
    play(script) {
      const from = { caller: stranger('dan'), sourceIp: '198.51.100.243', userAgent: CLI }
      for (let n = 0; n < 120; n += 1)
        script.s3({
          ...from,
          time: at(2, '02:10') + n * 15_000,
          api: 'GetObject',
          bucket: CUSTOMER_DATA,
          key: `customers/${n}/contract.pdf`,
          bytesOut: 200_000_000,
          objectSize: 200_000_000,
        })
    },
  },
  {
    name: 'a key tries what it may do, while pages of the console are refused',
    principal: person('erin'),
    rules: ['ct-denied-spike'],
    play(script) {
      const from = { caller: stranger('erin'), sourceIp: '198.51.100.244', userAgent: CLI }
      for (let n = 0; n < 40; n += 1)
        script.call({
          ...from,
          time: at(3, '10:05') + n * 3000,
          service: ['iam', 'ec2', 'lambda', 'rds'][n % 4]!,
          eventName: 'ListThings',
          readOnly: true,
          errorCode: 'AccessDenied',
        })
    },
  },
  {
    name: 'a key tries what it may read, while scanners are refused',
    principal: person('frank'),
    rules: ['sal-denied-spike'],
    play(script) {
      const from = { caller: stranger('frank'), sourceIp: '198.51.100.245', userAgent: CLI }
      for (let n = 0; n < 90; n += 1)
        script.s3({
          ...from,
          time: at(3, '15:00') + n * 4000,
          api: 'GetObject',
          bucket: cast.WWW,
          key: `drafts/${n}`,
          status: 403,
          errorCode: 'AccessDenied',
          bytesOut: 243,
        })
    },
  },
  {
    name: 'deletes by what says that it is Terraform',
    principal: person('grace'),
    rules: ['data-mass-delete', 'sal-mass-delete'],
    play(script) {
      const from = { caller: stranger('grace'), sourceIp: '198.51.100.246', userAgent: TERRAFORM_AGENT }
      for (let n = 0; n < 700; n += 1)
        script.s3({
          ...from,
          time: at(4, '03:55') + n * 300,
          api: 'DeleteObject',
          bucket: BACKUPS,
          key: `nightly/${n}.tar`,
        })
    },
  },
  {
    name: 'one takes fifteen small files a minute, all night, below what any hour may have',
    principal: person('ivan'),
    rules: ['data-slow-read', 'sal-slow-read'],
    play(script) {
      const from = { caller: stranger('ivan'), sourceIp: '198.51.100.239', userAgent: CLI }
      for (let n = 0; n < 15 * 60 * 8; n += 1)
        script.s3({
          ...from,
          time: at(3, '21:00') + n * 4000,
          api: 'GetObject',
          bucket: n % 3 === 0 ? REPORTS : CUSTOMER_DATA,
          key: `customers/${n}/contract.pdf`,
          bytesOut: 40_000,
          objectSize: 40_000,
        })
    },
  },
  {
    name: 'one deletes four files a minute for half a day',
    principal: person('judy'),
    rules: ['data-slow-delete', 'sal-slow-delete'],
    play(script) {
      const from = { caller: stranger('judy'), sourceIp: '198.51.100.238', userAgent: TERRAFORM_AGENT }
      for (let n = 0; n < 4 * 60 * 12; n += 1)
        script.s3({
          ...from,
          time: at(5, '06:00') + n * 15_000,
          api: 'DeleteObject',
          bucket: BACKUPS,
          key: `nightly/${n}.tar.part`,
        })
    },
  },
  {
    name: 'nobody reads what was private, while thousands read the downloads',
    principal: `anonymous@${REPORTS.name}`,
    rules: ['data-anon-read'],
    play(script) {
      for (let n = 0; n < 5; n += 1)
        script.s3({
          time: at(5, '11:00') + n * 1000,
          api: 'GetObject',
          bucket: REPORTS,
          key: `daily/report-${n}.csv`,
          caller: ANONYMOUS,
          sourceIp: '198.51.100.247',
          userAgent: 'curl/8.5.0',
          bytesOut: 12_288,
          objectSize: 12_288,
        })
    },
  },
  {
    name: 'nobody lists the website, and writes into it and into the downloads',
    principal: `anonymous@${cast.WWW.name}`,
    rules: ['data-anon-list', 'data-anon-write'],
    play(script) {
      const from = { caller: ANONYMOUS, sourceIp: '198.51.100.248', userAgent: 'curl/8.5.0' }
      script.s3({ ...from, time: at(5, '13:00'), api: 'ListObjects', bucket: cast.WWW, bytesOut: 4000 })
      script.s3({ ...from, time: at(5, '13:02'), api: 'PutObject', bucket: cast.WWW, key: 'index.html', bytesIn: 900 })
    },
  },
  {
    name: 'nobody replaces a download',
    principal: `anonymous@${cast.DOWNLOADS.name}`,
    rules: ['data-anon-write'],
    play: (script) =>
      script.s3({
        time: at(6, '09:00'),
        api: 'PutObject',
        bucket: cast.DOWNLOADS,
        key: 'iso/v9/image-amd64.iso',
        caller: ANONYMOUS,
        sourceIp: '198.51.100.249',
        userAgent: 'curl/8.5.0',
        bytesIn: 90_000_000,
      }),
  },
  {
    name: 'the website is opened for writing',
    principal: person('heidi'),
    rules: ['s3-policy-public'],
    play(script) {
      const from = { caller: stranger('heidi'), sourceIp: '198.51.100.250', userAgent: CLI }
      script.setting(at(6, '16:00'), 'PutBucketPolicy', cast.WWW, from, OPEN(cast.WWW.name))
    },
  },
]

/** The morning on which a forgotten key is used: events/README.md tells it. */
const MORNING: Attack = {
  name: 'the intrusion of the sample morning',
  principal: person('legacy-report-export'),
  rules: INTRUSION.filter(({ who }) => who.startsWith('user')).flatMap(({ alarms }) => alarms),
}

/** Rules of the morning that tell no single person: they are off, or watch for silence. */
const NOT_TOLD_BY_PERSON = new Set(['pipe-trail-silent'])

export interface Attacks {
  readonly besides: Besides
  readonly scenes: readonly Attack[]
  /** Single calls: the examples of rules that tell every match. Request id → the rule. */
  readonly calls: ReadonlyMap<string, string>
}

/**
 * All of it, at its times.
 *
 * @param rules those that are on.
 * @param immediate those of them that tell every match: of their examples calls are made.
 */
export function attacks(rules: readonly Detection[], immediate: readonly Detection[]): Attacks {
  const script = createWeekScript(createRandom(11))
  for (const { play } of SCENES) play(script)
  const morning = createScript(createRandom(12))
  playIntrusion(morning, createRandom(13))
  const besides = script.take()
  besides.trail.push(...morning.trail)
  besides.accessLog.push(...morning.accessLog)
  const on = new Set(rules.map(({ id }) => id))
  const told = (attack: Attack): Attack => ({
    ...attack,
    rules: attack.rules.filter((id) => on.has(id) && !NOT_TOLD_BY_PERSON.has(id)),
  })
  const scenes = [...SCENES, MORNING].map(told)
  return { besides, scenes, calls: addExamples(immediate, besides) }
}

/** The examples' stranger is the week's partner: it becomes one that nobody knows. */
const asStrangers = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll(PARTNER_ACCOUNT, '555566667777')) as T

/** Each example of a rule that must match, as a call of the week, at times of its own. */
function addExamples(rules: readonly Detection[], besides: Besides): ReadonlyMap<string, string> {
  const calls = new Map<string, string>()
  let n = 0
  const put = (id: string): { readonly time: number; readonly requestId: string } => {
    n += 1
    const requestId = `ATTACK${String(n).padStart(10, '0')}`
    calls.set(requestId, id)
    return { time: cast.WEEK_START + ((n * 41 * MINUTE) % (6.5 * cast.DAY)), requestId }
  }
  for (const { id, examples } of rules) {
    for (const { kind, input } of examples.hits) {
      if (kind === 'record' || typeof input === 'string') continue
      const { time, requestId } = put(id)
      if (kind === 'cloudtrail') {
        const record = completeCloudTrailRecord(asStrangers(input) as Readonly<Record<string, unknown>>)
        const own = {
          ...record,
          eventTime: isoTime(time),
          requestID: requestId,
          eventID: requestId,
        } as CloudTrailRecord
        ;(besides.trail as { time: number; region: string; record: CloudTrailRecord }[]).push({
          time,
          region: cast.HOME_REGION,
          record: own,
        })
      } else {
        const line = completeAccessLogLine({ ...asStrangers(input), time: clfTime(time), requestId })
        ;(besides.accessLog as { time: number; bucket: typeof REPORTS; line: string }[]).push({
          time,
          bucket: REPORTS,
          line,
        })
      }
    }
  }
  return calls
}
