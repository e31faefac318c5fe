import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesBelow, holds, inflatedContent, jsonFiles, objectPath } from '../../events/generate.ts'
import { AFTERMATH, EXPECTED_ALARMS, INTRUSION } from '../../events/story/expected.ts'
import { buildObjects } from '../../events/story/objects.ts'
import { SETTINGS } from '../../events/story/settings.ts'

// biome-ignore lint/suspicious/noExplicitAny: foreign JSON, read by hand
type Raw = any

const EVENTS = join(import.meta.dirname, '../../events')
const objects = buildObjects()
const stored = new Map(objects.map((object) => [object, readFileSync(objectPath(object))]))

describe('the committed files', () => {
  test('are what the generator makes, no more and no less', () => {
    for (const [object, bytes] of stored) expect(holds(object, bytes), object.key).toBe(true)
    expect(filesBelow(join(EVENTS, 'objects'))).toEqual(objects.map(({ bucket, key }) => `${bucket}/${key}`).sort())
  })

  test('the notifications and settings are what the generator makes of these objects', () => {
    for (const [name, text] of jsonFiles(objects, (object) => stored.get(object)!)) {
      expect(readFileSync(join(EVENTS, name), 'utf8'), name).toBe(text)
    }
  })

  test('the generator gives the same again', () => {
    const again = buildObjects()
    expect(again.map(({ key, deliveredAt, records }) => ({ key, deliveredAt, records }))).toEqual(
      objects.map(({ key, deliveredAt, records }) => ({ key, deliveredAt, records })),
    )
    for (const [i, object] of again.entries()) expect(Buffer.compare(object.content, objects[i]!.content)).toBe(0)
  })

  test('gzip headers carry no time', () => {
    const gzipped = [...stored].filter(([object]) => object.gzip)
    expect(gzipped.length).toBeGreaterThan(40)
    for (const [object, bytes] of gzipped) expect([...bytes.subarray(4, 8)], object.key).toEqual([0, 0, 0, 0])
  })

  test('stay small', () => {
    expect([...stored.values()].reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThan(900_000)
  })

  test('are delivered at the time their names carry', () => {
    for (const { key, kind, deliveredAt } of objects) {
      const stamp = new Date(deliveredAt).toISOString()
      if (kind === 'cloudtrail') expect(key).toContain(`_20260317T${stamp.slice(11, 16).replace(':', '')}Z_`)
      if (kind === 'access-log' && !key.includes('2026-03-17-00-00-00'))
        expect(key).toContain(`2026-03-17-${stamp.slice(11, 19).replaceAll(':', '-')}`)
    }
  })
})

describe('the notifications', () => {
  const names = filesBelow(EVENTS).filter((name) => /^[^/]+\.json$/.test(name) && name !== 'settings.json')

  test('name objects that exist, and between them every object once', () => {
    const counts = new Map<string, number>()
    for (const name of names) {
      for (const { bucket, key, redelivery } of namedObjects(readFileSync(join(EVENTS, name), 'utf8'))) {
        expect(existsSync(objectPath({ bucket, key })), `${name}: ${bucket}/${key}`).toBe(true)
        if (!redelivery) counts.set(`${bucket}/${key}`, (counts.get(`${bucket}/${key}`) ?? 0) + 1)
      }
    }
    expect([...counts.keys()].sort()).toEqual(objects.map(({ bucket, key }) => `${bucket}/${key}`).sort())
    expect([...counts.values()].filter((count) => count !== 1)).toEqual([])
  })

  test('have one of each that is no object', () => {
    const all = names.map((name) => readFileSync(join(EVENTS, name), 'utf8')).join('\n')
    expect(all.match(/s3:TestEvent/g)).toHaveLength(2)
    expect(all.match(/ObjectRemoved:Delete/g)).toHaveLength(1)
    expect(all.match(/hello\? is this/g)).toHaveLength(1)
    expect(all).toContain('exports/cdn+50%25%2B/')
  })
})

interface NamedObject {
  readonly bucket: string
  readonly key: string
  readonly redelivery: boolean
}

/** Independent of the project's own reader of notifications: this is what that one is tried on. */
function namedObjects(text: string, redelivery = false): NamedObject[] {
  const parsed = parseJson(text)
  if (parsed === undefined) return []
  if (parsed['detail-type'] === 'Object Created') {
    const { bucket, object } = parsed.detail
    return [{ bucket: bucket.name, key: object.key, redelivery }]
  }
  if (typeof parsed.Message === 'string') return namedObjects(parsed.Message, redelivery)
  return (parsed.Records ?? []).flatMap((record: Raw): NamedObject[] => {
    if (typeof record.body === 'string') {
      return namedObjects(record.body, record.attributes.ApproximateReceiveCount !== '1')
    }
    if (record.eventName !== 'ObjectCreated:Put') return []
    const key = decodeURIComponent(record.s3.object.key.replaceAll('+', ' '))
    return [{ bucket: record.s3.bucket.name, key, redelivery }]
  })
}

function parseJson(text: string): Raw {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe('names, addresses and ids', () => {
  const texts = [
    ...objects.map(({ key, content }) => `${key}\n${Buffer.from(content).toString('utf8')}`),
    ...filesBelow(EVENTS)
      .filter((name) => /\.(json|md)$/.test(name) && !name.startsWith('objects/'))
      .map((name) => readFileSync(join(EVENTS, name), 'utf8')),
  ].join('\n')

  test('IPv4 addresses are those for documentation, or private', () => {
    const found = new Set(texts.match(/(?<![\d./#-])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g))
    expect(found.size).toBeGreaterThan(20)
    const foreign = [...found].filter((ip) => !/^(192\.0\.2|198\.51\.100|203\.0\.113|10\.\d+\.\d+)\.\d+$/.test(ip))
    expect(foreign).toEqual([])
  })

  test('IPv6 addresses are those for documentation', () => {
    const found = new Set(texts.match(/(?<![\w:])[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::[0-9a-f:]*(?![\w:])/g))
    expect(found.size).toBeGreaterThan(1)
    expect([...found].filter((ip) => !ip.startsWith('2001:db8:'))).toEqual([])
  })

  test.each([
    [
      'accounts',
      /(?<=arn:aws:[a-z0-9-]*:[a-z0-9-]*:)\d{12}(?=:)|(?<="(?:accountId|recipientAccountId)":")\d+/g,
      /^(111122223333|444455556666)$/,
    ],
    [
      'access keys and principal ids',
      /\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{10,}/g,
      /^(AKIA|ASIA|AROA|AIDA)[A-Z0-9]+EXAMPLE$/,
    ],
    ['buckets', /(?<="bucketName":"|arn:aws:s3:::)[a-z0-9.-]+/g, /^amzn-s3-demo-[a-z-]+$/],
    ['mail addresses', /[\w.]+@[\w-]+\.[a-z]+/g, /@example\.com$/],
    ['web addresses', /https?:\/\/[\w.-]+/g, /[/.](example\.(com|net)|amazonaws\.com|amazon\.com|terraform\.io)$/],
  ])('%s are for documentation', (_, pattern, allowed) => {
    const found = new Set(texts.match(pattern))
    expect(found.size).toBeGreaterThan(0)
    expect([...found].filter((name) => !allowed.test(name))).toEqual([])
  })
})

const records: readonly Raw[] = objects
  .filter(({ kind }) => kind === 'cloudtrail')
  .flatMap(({ content }) => JSON.parse(Buffer.from(content).toString('utf8')).Records)
const lines = objects
  .filter(({ kind }) => kind === 'access-log')
  .flatMap(({ content }) => Buffer.from(content).toString('utf8').split('\n').slice(0, -1))
const INTRUDER = '192.0.2.66'
const EXITS = /^198\.51\.100\.(2\d\d)$/
const between = (record: Raw, from: string, to: string): boolean =>
  record.eventTime >= `2026-03-17T${from}` && record.eventTime < `2026-03-17T${to}`
const denied = (record: Raw): boolean => /AccessDenied|Unauthorized/.test(record.errorCode ?? '')

describe('the intrusion', () => {
  const his = records.filter((record) => record.sourceIPAddress === INTRUDER)

  test('is there in the numbers that the detections need', () => {
    const count = (name: string, from: string, to: string): number =>
      his.filter((record) => record.eventName === name && record.errorCode === undefined && between(record, from, to))
        .length
    expect(count('ListBuckets', '07:00:00', '08:00:00')).toBeGreaterThanOrEqual(3)
    expect(
      his.filter((r) => /^GetBucket/.test(r.eventName) && between(r, '07:16:00', '07:17:00')).length,
    ).toBeGreaterThanOrEqual(60)
    expect(his.filter((r) => denied(r) && between(r, '07:20:00', '07:25:00')).length).toBeGreaterThanOrEqual(40)
    expect(his.filter((r) => denied(r) && between(r, '07:25:00', '07:30:00')).length).toBeGreaterThanOrEqual(40)
    expect(count('DeleteObject', '08:30:00', '08:35:00')).toBeGreaterThanOrEqual(500)
    for (const name of [
      'DeleteBucketPublicAccessBlock',
      'PutBucketPolicy',
      'PutBucketLogging',
      'PutBucketVersioning',
      'StopLogging',
    ])
      expect(count(name, '07:00:00', '09:00:00'), name).toBe(1)
    expect(lines.filter((line) => line.includes(' BATCH.DELETE.OBJECT ')).length).toBeGreaterThanOrEqual(500)
    const downloads = lines.filter((line) => /\] 198\.51\.100\.2\d\d - \w+ REST\.GET\.OBJECT .* 200 - /.test(line))
    expect(downloads).toHaveLength(64)
  })

  test('is one key, one address, one agent; and nothing is in CloudTrail while it is stopped', () => {
    expect(new Set(his.map((record) => record.userIdentity.accessKeyId))).toEqual(new Set(['AKIAIOSFODNN7EXAMPLE']))
    expect(his.every((record) => record.userAgent.includes('kali'))).toBe(true)
    expect(records.filter((record) => between(record, '08:50:42', '10:31:12'))).toEqual([])
  })

  test('the same request has the same request id in both logs', () => {
    const ids = new Set(lines.map((line) => / ([A-Z0-9]{16}) REST\./.exec(line)?.[1]))
    const shared = records.filter(({ requestID, eventCategory }) => eventCategory === 'Data' && ids.has(requestID))
    expect(shared.length).toBeGreaterThan(200)
  })
})

describe('the ordinary morning', () => {
  const ordinary = records.filter(({ sourceIPAddress: ip }) => ip !== INTRUDER && !EXITS.test(ip))
  const writes = ordinary.filter((record) => record.readOnly === false)

  test('has no human root, no sign-in of a user without MFA, one mistyped password', () => {
    const signIns = ordinary.filter((record) => record.eventName === 'ConsoleLogin')
    expect(ordinary.filter(({ userIdentity: id }) => id.type === 'Root' && id.invokedBy === undefined)).toEqual([])
    expect(signIns.filter((r) => r.responseElements.ConsoleLogin === 'Failure')).toHaveLength(1)
    expect(
      signIns.filter(
        ({ userIdentity, responseElements, additionalEventData }) =>
          userIdentity.type === 'IAMUser' &&
          responseElements.ConsoleLogin === 'Success' &&
          additionalEventData.MFAUsed !== 'Yes',
      ),
    ).toEqual([])
  })

  test('changes no bucket but by tagging, and nothing at all from an unknown address', () => {
    const bucketWrites = writes.filter((r) => r.eventSource === 's3.amazonaws.com' && r.managementEvent)
    expect(new Set(bucketWrites.map((record) => record.eventName))).toEqual(new Set(['PutBucketTagging']))
    expect(writes.filter(({ sourceIPAddress: ip }) => !/^(10\.|203\.0\.113\.)|\.amazonaws\.com$/.test(ip))).toEqual([])
  })

  test('leaves policies and security groups to Terraform', () => {
    const changes = writes.filter((record) => /Policy|SecurityGroup/.test(record.eventName))
    expect(changes.length).toBeGreaterThan(0)
    expect(changes.every((record) => record.userAgent.includes('Terraform'))).toBe(true)
  })

  test('stays far below every threshold', () => {
    expect(ordinary.filter(denied).length).toBeLessThan(10)
    expect(ordinary.filter((record) => /^DeleteObject/.test(record.eventName)).length).toBeLessThan(50)
    const reads = ordinary.filter(
      (r) =>
        /^GetBucket/.test(r.eventName) && r.userIdentity.invokedBy === undefined && !r.userAgent.includes('S3Console'),
    )
    expect(reads.length).toBeLessThan(60)
    expect(ordinary.reduce((sum, r) => sum + (r.additionalEventData?.bytesTransferredOut ?? 0), 0)).toBeLessThan(5e9)
  })

  test('answers no anonymous request, and no line needs an ACL', () => {
    const anonymous = lines.filter((line) => /\] \S+ - \w+ (REST|WEBSITE)\./.test(line))
    const answered = anonymous.filter((line) => !/ 403 AccessDenied 243 /.test(line))
    expect(answered.every((line) => /\] 198\.51\.100\.2\d\d - /.test(line))).toBe(true)
    expect(anonymous.length - answered.length).toBe(8)
    expect(lines.filter((line) => / Yes [a-z]+-[a-z]+-\d$/.test(line))).toEqual([])
  })
})

test('the damaged object has whole records, and one that is cut', () => {
  const [object, ...others] = objects.filter(({ cutAt }) => cutAt !== undefined)
  expect(others).toEqual([])
  const text = Buffer.from(inflatedContent(stored.get(object!)!)).toString('utf8')
  expect(text.split(',{"eventVersion"').length - 1).toBe(15)
  expect(object!.records).toBe(31)
})

test('the settings know the account, and who may read what is watched', () => {
  expect(SETTINGS.account).toBe('111122223333')
  const readers = new Set(
    lines
      .filter((line) => line.includes(' amzn-s3-demo-customer-data ') && / REST\.GET\.OBJECT .* 20[06] - /.test(line))
      .map((line) => /\] \S+ (\S+) /.exec(line)![1]!.replace(/(:assumed-role\/[^/]+)\/.*/, '$1')),
  )
  const known = SETTINGS.watchedBuckets['amzn-s3-demo-customer-data']!
  expect([...readers].filter((reader) => !known.includes(reader)).sort()).toEqual([
    '-',
    'arn:aws:iam::111122223333:user/legacy-report-export',
  ])
})

test('the README tells the timeline', () => {
  const readme = readFileSync(join(EVENTS, 'README.md'), 'utf8')
  for (const { time, who, what, alarms } of [...INTRUSION, ...AFTERMATH]) {
    expect(readme).toContain(`| ${time} | ${who} | ${what} | ${alarms.map((id) => `\`${id}\``).join(', ')} |`)
  }
  expect(EXPECTED_ALARMS.size).toBe(27)
})
