/** What the world asks for: a website, a bucket of downloads, a content delivery network, a partner; and scanners. */
import { CDN, CDN_EDGES, CUSTOMER_DATA, PARTNER, PARTNER_IP, SITE_ASSETS } from '../../../events/story/cast.ts'
import { throughout } from '../../../events/story/script.ts'
import { ANONYMOUS, accessLogLine, awsService, type Bucket, s3Host } from '../../support/log-shapes.ts'
import type { Random } from '../../support/random.ts'
import { BROWSER_AGENTS } from '../../support/user-agents.ts'
import * as cast from '../cast.ts'
import type { Scene, WeekScript } from '../script.ts'

const reader = (random: Random): string =>
  random.chance(0.15)
    ? `2001:db8:${random.hex(4)}:${random.hex(4)}::${random.hex(2)}`
    : random.chance(0.5)
      ? `192.0.2.${random.int(1, 127)}`
      : `198.51.100.${random.int(1, 190)}`

const SCANNERS = ['192.0.2.17', '192.0.2.90', '198.51.100.23'] as const
const PROBES = [
  'wp-login.php',
  '.env',
  '.git/config',
  'xmlrpc.php',
  'admin/',
  'phpinfo.php',
  'backup.zip',
  'config.json',
  'server-status',
  'id_rsa',
]

/** By the website endpoint: no credentials, no TLS, and an answer for everybody. */
function visit(
  script: WeekScript,
  random: Random,
  time: number,
  key: string,
  status: number,
  ip: string,
  agent: string,
): void {
  const bytes = status === 200 ? random.int(900, 90_000) : status === 304 ? 0 : 320
  const line = accessLogLine({
    time,
    api: 'GetObject',
    bucket: cast.WWW,
    key,
    caller: ANONYMOUS,
    sourceIp: ip,
    userAgent: agent,
    status,
    errorCode: status === 404 ? 'NoSuchKey' : undefined,
    bytesOut: bytes,
    objectSize: status === 200 ? bytes : undefined,
    totalTime: random.int(4, 60),
    turnAroundTime: random.int(2, 50),
    requestId: random.upper(16),
    hostId: `${random.base64(75)}=`,
    eventId: '',
    referer: status === 200 && random.chance(0.4) ? 'https://www.example.com/' : undefined,
  })
    .replace('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT')
    .replace(s3Host(cast.WWW), `${cast.WWW.name}.s3-website.${cast.HOME_REGION}.amazonaws.com`)
    .replace('TLS_AES_128_GCM_SHA256', '-')
    .replace('TLSv1.3', '-')
  script.line({ time, bucket: cast.WWW, line })
}

export const website: Scene = (hour, script, random) => {
  const pages = ['index.html', 'app.3f9c.js', 'app.3f9c.css', 'img/hero.avif', 'about/index.html', 'blog/index.html']
  const busy = hour.hour >= 7 && hour.hour < 22 ? 60 : 30
  throughout(random, hour.start, hour.end, busy, (time) => {
    const status = random.chance(0.2) ? 304 : random.chance(0.03) ? 404 : 200
    visit(script, random, time, random.pickSkewed(pages), status, reader(random), random.pick(BROWSER_AGENTS))
  })
  // Pictures that others link to by the REST endpoint.
  throughout(random, hour.start, hour.end, 20, (time) => {
    script.s3({
      time,
      api: 'GetObject',
      bucket: cast.WWW,
      key: 'img/hero.avif',
      caller: ANONYMOUS,
      sourceIp: reader(random),
      userAgent: random.pick(BROWSER_AGENTS),
      bytesOut: 45_000,
      objectSize: 45_000,
    })
  })
  // Scanners: a list of names, as fast as it goes.
  throughout(random, hour.start, hour.end, 0.4, (time) => {
    const ip = random.pick(SCANNERS)
    for (let n = 0; n < 120; n += 1)
      visit(script, random, time + n * 400, random.pick(PROBES), 404, ip, 'Mozilla/5.0 (compatible; probe/2.0)')
  })
}

const refused = (
  script: WeekScript,
  random: Random,
  time: number,
  bucket: Bucket,
  api: 'GetObject' | 'ListObjects' | 'GetBucketAcl' | 'GetBucketPolicy' | 'PutObject',
  key?: string,
): void =>
  script.s3({
    time,
    api,
    bucket,
    key,
    caller: ANONYMOUS,
    sourceIp: random.pick(SCANNERS),
    userAgent: random.pick(['curl/7.88.1', 'python-requests/2.32.3', '-']),
    status: 403,
    errorCode: 'AccessDenied',
    bytesOut: 243,
  })

/** Whoever tries bucket names: refused, everywhere and all the time. */
export const scanners: Scene = (hour, script, random) => {
  throughout(random, hour.start, hour.end, 1.5, (time) => {
    const bucket = random.pick([CUSTOMER_DATA, SITE_ASSETS, cast.LAKE, cast.DOWNLOADS])
    for (const [n, api] of (
      ['ListObjects', 'GetBucketAcl', 'GetBucketPolicy', 'PutObject', 'ListObjects', 'GetBucketAcl'] as const
    ).entries())
      if (bucket !== cast.DOWNLOADS || api !== 'ListObjects')
        refused(script, random, time + n * 1500, bucket, api, api === 'PutObject' ? 'test.txt' : undefined)
  })
  // Once a day somebody tries a whole list of names against the assets.
  if (hour.hour === 15)
    for (let n = 0; n < 400; n += 1)
      refused(script, random, hour.start + n * 2000, SITE_ASSETS, 'GetObject', random.pick(PROBES))
}

/** Disk images and data sets: thousands fetch them, with whatever fetches. */
export const downloads: Scene = (hour, script, random) => {
  throughout(random, hour.start, hour.end, 80, (time) => {
    const size = random.int(5_000_000, 300_000_000)
    const userAgent = random.pick(['Wget/1.21.4', 'curl/8.5.0', 'aria2/1.37.0', ...BROWSER_AGENTS])
    const isPart = random.chance(0.3)
    script.s3({
      time,
      api: 'GetObject',
      bucket: cast.DOWNLOADS,
      key: `iso/v${random.int(1, 9)}/image-${random.pick(['amd64', 'arm64'])}.iso`,
      caller: ANONYMOUS,
      sourceIp: reader(random),
      userAgent,
      status: isPart ? 206 : 200,
      bytesOut: size,
      objectSize: 300_000_000,
    })
  })
  throughout(random, hour.start, hour.end, 12, (time) => {
    script.s3({
      time,
      api: 'ListObjects',
      bucket: cast.DOWNLOADS,
      caller: ANONYMOUS,
      sourceIp: reader(random),
      userAgent: 'aws-cli/2.22.12 md/command#s3.ls',
      bytesOut: 4000,
      query: 'list-type=2&prefix=iso%2F',
    })
  })
  throughout(random, hour.start, hour.end, 5, (time) => {
    script.s3({
      time,
      api: 'HeadObject',
      bucket: cast.DOWNLOADS,
      key: 'iso/v9/image-riscv.iso',
      caller: ANONYMOUS,
      sourceIp: reader(random),
      userAgent: 'curl/8.5.0',
      status: 404,
      errorCode: 'NoSuchKey',
    })
  })
}

/** CloudFront fetches what it has not got, under origin access control; one old distribution by its identity. */
export const delivery: Scene = (hour, script, random) => {
  const assets = ['index.html', 'app.3f9c.js', 'app.3f9c.css', 'img/logo.svg', 'fonts/inter.woff2']
  throughout(random, hour.start, hour.end, 60, (time) => {
    const isOld = random.chance(0.2)
    const isMissing = random.chance(0.08)
    script.s3({
      time,
      api: 'GetObject',
      bucket: SITE_ASSETS,
      key: isMissing ? random.pick(PROBES) : random.pickSkewed(assets),
      caller: isOld ? CDN : awsService('cloudfront.amazonaws.com'),
      sourceIp: random.pick(CDN_EDGES),
      userAgent: 'Amazon CloudFront',
      bytesOut: isMissing ? 243 : 30_000,
      objectSize: isMissing ? undefined : 30_000,
      // Without the right to list, what is not there is refused.
      ...(isMissing ? { status: 403, errorCode: 'AccessDenied' } : {}),
    })
  })
  // A crawler asks for pages that are gone: each of them is a refusal at the origin.
  if (hour.hour === 11)
    for (let n = 0; n < 90; n += 1)
      script.s3({
        time: hour.start + n * 3000,
        api: 'GetObject',
        bucket: SITE_ASSETS,
        key: `old/${random.hex(6)}.html`,
        caller: CDN,
        sourceIp: CDN_EDGES[0],
        userAgent: 'Amazon CloudFront',
        status: 403,
        errorCode: 'AccessDenied',
        bytesOut: 243,
      })
}

/** Another company: fetches its exports every morning, and delivers once in the week. */
export const partner: Scene = (hour, script, random) => {
  const from = {
    caller: PARTNER,
    sourceIp: PARTNER_IP,
    userAgent: 'Boto3/1.34.162 Python/3.11.8 Linux/6.1.115 Botocore/1.34.162',
  }
  if (hour.hour === 5) {
    script.s3({
      ...from,
      time: hour.start + 60_000,
      api: 'ListObjects',
      bucket: CUSTOMER_DATA,
      bytesOut: 4000,
      query: 'list-type=2&prefix=exports%2Fpartner%2F',
    })
    for (let n = 0; n < 12; n += 1)
      script.s3({
        ...from,
        time: hour.start + 62_000 + n * 900,
        api: 'GetObject',
        bucket: CUSTOMER_DATA,
        key: `exports/partner/segment-${n}.json`,
        bytesOut: 480_000,
        objectSize: 480_000,
      })
  }
  if (hour.day === 4 && hour.hour === 6)
    for (let n = 0; n < 3; n += 1)
      script.s3({
        ...from,
        time: hour.start + n * 20_000,
        api: 'PutObject',
        bucket: cast.PARTNER_INBOX,
        key: `week-12/returns-${n}.csv`,
        bytesIn: random.int(1_000_000, 9_000_000),
      })
}
