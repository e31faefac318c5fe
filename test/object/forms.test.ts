import { readFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { completeRecord } from '../../shared/object/complete.ts'
import { FOREIGN } from '../../shared/object/foreign.ts'
import { FORMS, type FormName } from '../../shared/object/forms.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'

const readers = createReaders({ environment: EMPTY_ENVIRONMENT, detail: 'lean', capBytes: 8192, now: () => 0 })

const EVENT = {
  eventVersion: '1.11',
  userIdentity: {
    type: 'IAMUser',
    accountId: '111122223333',
    arn: 'arn:aws:iam::111122223333:user/alice',
    userName: 'alice',
  },
  eventTime: '2026-03-17T07:00:00Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'DeleteBucketPolicy',
  awsRegion: 'eu-central-1',
  sourceIPAddress: '198.51.100.23',
  requestParameters: { bucketName: 'amzn-s3-demo-bucket', note: 'Events: [{"}' },
  eventID: '00000000-0000-4000-8000-000000000001',
  readOnly: false,
  recipientAccountId: '111122223333',
  eventCategory: 'Management',
}
const TEXT = JSON.stringify(EVENT)
const LINE =
  '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket1 [06/Feb/2026:00:00:38 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT a "GET /a HTTP/1.1" 200 - 1 1 7 6 "-" "-" -'
const logEvent = (message: string) => ({ id: '3', timestamp: 1773730800000, message })
const PAYLOAD = {
  messageType: 'DATA_MESSAGE',
  owner: '111122223333',
  logGroup: 'trail',
  subscriptionFilters: ['all'],
  logEvents: [logEvent(TEXT), logEvent(TEXT)],
}
const BASE64 = gzipSync(JSON.stringify(PAYLOAD)).toString('base64')
const CONTROL = {
  messageType: 'CONTROL_MESSAGE',
  logEvents: [logEvent('CWL CONTROL MESSAGE: Checking health of destination')],
}
const bridge = (detail: unknown) => ({
  version: '0',
  id: '1',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.s3',
  detail,
})
const csv = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
const ATHENA_IDENTITY =
  '{type=AssumedRole, principalid=AROAEXAMPLE:bob, arn=arn:aws:sts::111122223333:assumed-role/Admin/bob, accountid=111122223333, invokedby=null, accesskeyid=ASIAEXAMPLE, username=null, sessioncontext={attributes={mfaauthenticated=true, creationdate=2026-03-17T06:00:00Z}, sessionissuer={type=Role, arn=arn:aws:iam::111122223333:role/Admin, accountid=111122223333, username=Admin}}}'

async function* inPieces(content: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content as string)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(content: string | Uint8Array, key = '', size = 64 * 1024) {
  const records: Record<string, unknown>[] = []
  const messages: string[] = []
  const unreadable: { code: string; text: string }[] = []
  const result = await readLog(inPieces(content, size), {
    readers,
    key,
    maxInflatedBytes: 1e9,
    maxRecordBytes: 1e6,
    onRecord(record) {
      records.push(JSON.parse(record.message))
      messages.push(record.message)
      return undefined
    },
    onUnreadable(piece) {
      unreadable.push(piece)
      return undefined
    },
  })
  return { ...result, records, messages, unreadable }
}

interface Case {
  readonly form: FormName
  readonly name: string
  readonly content: string
  /** `eventName`s, in order. */
  readonly events: readonly string[]
  /** Part of the first record. */
  readonly first?: Record<string, unknown>
}

const D = 'DeleteBucketPolicy'
const CASES: readonly Case[] = [
  {
    form: 'lookup-events',
    name: 'a page',
    content: JSON.stringify({
      Events: [{ EventId: '1', EventName: D, CloudTrailEvent: TEXT }, { CloudTrailEvent: TEXT }],
      NextToken: 'x',
    }),
    events: [D, D],
  },
  {
    form: 'lookup-events',
    name: 'pages, pretty-printed, one after another',
    content: [1, 2].map(() => JSON.stringify({ Events: [{ CloudTrailEvent: TEXT }] }, null, 4)).join('\n'),
    events: [D, D],
  },
  {
    form: 'lookup-events',
    name: 'the events alone',
    content: JSON.stringify([{ EventId: '1', CloudTrailEvent: TEXT }]),
    events: [D],
  },
  {
    form: 'log-events',
    name: 'filter-log-events',
    content: JSON.stringify({
      events: [{ logStreamName: 's', ...logEvent(TEXT) }],
      searchedLogStreams: [{ logStreamName: 's', searchedCompletely: true }],
    }),
    events: [D],
  },
  {
    form: 'log-events',
    name: 'filter-log-events of an access-log group',
    content: JSON.stringify({ events: [logEvent(LINE)] }),
    events: ['GetObject'],
  },
  {
    form: 'log-events',
    name: 'log events, one a line',
    content: `${JSON.stringify(logEvent(TEXT))}\n${JSON.stringify(logEvent(TEXT))}\n`,
    events: [D, D],
  },
  {
    form: 'log-events',
    name: 'get-query-results',
    content: JSON.stringify({
      results: [
        [
          { field: '@timestamp', value: '2026-03-17 07:00:00.000' },
          { field: '@message', value: TEXT },
        ],
      ],
      statistics: { recordsMatched: 1 },
    }),
    events: [D],
  },
  {
    form: 'log-events',
    name: 'Logs Insights downloaded as JSON',
    content: JSON.stringify([{ '@timestamp': '2026-03-17 07:00:00.000', '@message': EVENT }]),
    events: [D],
  },
  { form: 'subscription', name: 'decoded', content: JSON.stringify(PAYLOAD), events: [D, D] },
  {
    form: 'subscription',
    name: 'decoded, as Firehose puts them, a control message first',
    content: `${JSON.stringify(CONTROL)}${JSON.stringify(PAYLOAD)}`,
    events: [D, D],
  },
  {
    form: 'subscription',
    name: 'as Lambda gets it',
    content: JSON.stringify({ awslogs: { data: BASE64 } }),
    events: [D, D],
  },
  { form: 'subscription-text', name: 'base64, one a line', content: `${BASE64}\n${BASE64}`, events: [D, D, D, D] },
  { form: 'eventbridge', name: 'one', content: JSON.stringify(bridge(EVENT)), events: [D] },
  {
    form: 'eventbridge',
    name: 'one a line',
    content: `${JSON.stringify(bridge(EVENT))}\n${JSON.stringify(bridge(EVENT))}`,
    events: [D, D],
  },
  {
    form: 'timed-lines',
    name: 'an export to S3',
    content: `2026-03-17T07:00:00.000Z ${TEXT}\n2026-03-17T07:00:01.000Z ${TEXT}\n`,
    events: [D, D],
  },
  {
    form: 'timed-lines',
    name: 'aws logs tail',
    content: `2026-03-17T07:00:00.123000+00:00 111122223333_CloudTrail_eu-central-1 ${TEXT}\n`,
    events: [D],
  },
  {
    form: 'timed-lines',
    name: 'aws logs tail --format short',
    content: `2026-03-17T07:00:00 ${LINE}\n`,
    events: ['GetObject'],
  },
  {
    form: 'timed-lines',
    name: 'aws logs tail --format json',
    content: `2026-03-17T07:00:00.123000+00:00 stream ${TEXT}\n2026-03-17T07:00:00.123000+00:00 stream ${JSON.stringify(EVENT, null, 4)}\n`,
    events: [D, D],
  },
  {
    form: 'table-csv',
    name: 'Athena',
    content: `${csv(['eventversion', 'useridentity', 'eventtime', 'eventsource', 'eventname', 'sourceipaddress', 'errorcode', 'requestparameters', 'readonly'])}\n${csv(['1.11', ATHENA_IDENTITY, '2026-03-17T07:00:00Z', 's3.amazonaws.com', D, '198.51.100.23', '', '{"bucketName":"amzn-s3-demo-bucket"}', 'false'])}\n`,
    events: [D],
    first: {
      eventTime: '2026-03-17T07:00:00Z',
      requestParameters: { bucketName: 'amzn-s3-demo-bucket' },
      actorType: 'role',
      outcome: 'success',
    },
  },
  {
    form: 'table-csv',
    name: 'CloudTrail Lake',
    content: `eventTime,eventSource,eventName,userIdentity,readOnly\n2026-03-17 07:00:00.000,s3.amazonaws.com,${D},"${ATHENA_IDENTITY}",True\n`,
    events: [D],
    first: { eventTime: '2026-03-17T07:00:00Z', actorType: 'role', readOnly: true },
  },
  {
    form: 'table-csv',
    name: 'the console’s Event history',
    content: `Event name,Event time,User name,Event source,Resource type,Resource name,AWS access key,AWS region,Error code,Event ID,Read-only,Source IP address\r\n${D},"March 17, 2026, 08:00:00 (UTC+01:00)",alice,s3.amazonaws.com,AWS::S3::Bucket,amzn-s3-demo-bucket,AKIAEXAMPLE,eu-central-1,AccessDenied,1,false,198.51.100.23\r\n`,
    events: [D],
    first: {
      eventTime: '2026-03-17T07:00:00Z',
      errorClass: 'denied',
      sourceIPAddress: '198.51.100.23',
      readOnly: false,
    },
  },
  {
    form: 'table-csv',
    name: 'Athena over access logs',
    content: `bucketowner,bucket_name,requestdatetime,remoteip,requester,requestid,operation,key,request_uri,httpstatus,errorcode,bytessent,objectsize,totaltime,turnaroundtime,referrer,useragent\n79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be,amzn-s3-demo-bucket1,06/Feb/2026:00:00:38 +0000,192.0.2.3,,3E57427F3EXAMPLE,REST.GET.OBJECT,a,GET /a HTTP/1.1,200,,1,1,7,6,-,curl/8\n`,
    events: ['GetObject'],
    first: { source: 's3access', eventTime: '2026-02-06T00:00:38Z', bytesOut: 1 },
  },
  {
    form: 'table-json',
    name: 'Lake rows',
    content: JSON.stringify({
      eventTime: '2026-03-17 07:00:00.000',
      eventSource: 's3.amazonaws.com',
      eventName: D,
      userIdentity: ATHENA_IDENTITY,
    }),
    events: [D],
    first: { eventTime: '2026-03-17T07:00:00Z', actorType: 'role' },
  },
  {
    form: 'table-json',
    name: 'Athena rows',
    content: `${JSON.stringify({ eventtime: '2026-03-17T07:00:00Z', eventsource: 's3.amazonaws.com', eventname: D, useridentity: { type: 'Root', accountid: '111122223333' } })}\n`,
    events: [D],
    first: { actorType: 'root' },
  },
]

describe.each(CASES)('$form: $name', ({ form, content, events, first = {} }) => {
  it.each([64 * 1024, 7])('in pieces of %i bytes', async (size) => {
    const found = await read(content, '', size)
    expect(found.unreadable).toEqual([])
    expect(found).toMatchObject({ form, error: undefined })
    expect(found.records.map(({ eventName }) => eventName)).toEqual(events)
    expect(completeRecord(found.records[0]!)).toMatchObject(first)
    expect(found.records.every((record) => record.timeMissing === undefined)).toBe(true)
  })

  it('is the same in gzip and zstd', async () => {
    for (const packed of [gzipSync(content), zstdCompressSync(content), gzipSync(zstdCompressSync(content))]) {
      expect((await read(packed)).records.map(({ eventName }) => eventName)).toEqual(events)
    }
  })

  it('is read under the name of a trail’s object too', async () => {
    const key =
      'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/17/111122223333_CloudTrail_eu-central-1_20260317T0705Z_AAAAAAAAAAAAAAAA.json'
    expect((await read(content, key)).records.length).toBe(events.length)
  })
})

const DIGITS = '{"size":9007199254740993,"price":0.12345678901234567891}'
it.each([
  ['EventBridge', (event: string) => `{"detail-type":"AWS API Call via CloudTrail","detail":${event}}`],
  ['a list of results', (event: string) => `{"results":[{"@message":${event}}]}`],
  ['a row of Athena', (event: string) => event.toLowerCase()],
  ['a row whose values are texts', (event: string) => event.toLowerCase().replace(DIGITS, JSON.stringify(DIGITS))],
])('numbers beyond 2^53 keep their digits: %s', async (_name, wrap) => {
  const event = `{"eventVersion":"1.11","eventTime":"2026-03-17 07:00:00.000","eventSource":"x.amazonaws.com","eventName":"${D}","userIdentity":{"type":"Root"},"requestParameters":${DIGITS}}`
  const { messages } = await read(`${wrap(event)}\n`)
  expect(messages[0]).toContain(DIGITS)
})

it('every form has a case', () => {
  expect([...new Set(CASES.map(({ form }) => form))].sort()).toEqual(Object.keys(FORMS).sort())
})

it('the console’s JSON and native access logs are what AWS delivers anyway', async () => {
  const history = await read(JSON.stringify({ Records: [EVENT] }, null, 2))
  expect(history).toMatchObject({ object: 'cloudtrail', form: undefined })
  expect(history.records).toHaveLength(1)
  const native = await read(
    '{"schema_version_id":"V_1_0","bucket_arn":"arn:aws:s3:::amzn-s3-demo-bucket","bucket_name":"amzn-s3-demo-bucket","request_time":"2026-06-01T00:00:00Z","remote_ip":"192.0.2.3","operation":"REST.GET.OBJECT","key_name":"a","http_status":200,"request_id":"3E57427F3EXAMPLE"}',
  )
  expect(native.records[0]).toMatchObject({ source: 's3access', eventName: 'GetObject' })
})

describe('pieces that are no record', () => {
  it('are told, and nothing else is lost by them', async () => {
    const { records, unreadable } = await read(
      JSON.stringify({
        Events: [{ CloudTrailEvent: TEXT }, { CloudTrailEvent: '{"a":1}' }, { b: 2 }, { CloudTrailEvent: TEXT }],
      }),
    )
    expect(records).toHaveLength(2)
    expect(unreadable).toEqual([
      { code: 'RECORD_KIND', text: '{"a":1}' },
      { code: 'RECORD_KIND', text: '{"b":2}' },
    ])
  })

  it.each([
    ['in a wrapper', `{"Records":[${TEXT},{"a":1},${TEXT}]}`, 2],
    ['in a list', `[{"eventVersion":"1.08","userIdentity":{}},${TEXT}]`, 1],
  ])('%s', async (_, content, count) => {
    const { records, unreadable } = await read(content)
    expect(records).toHaveLength(count)
    expect(unreadable.map(({ code }) => code)).toEqual(['RECORD_KIND'])
  })

  it('a form that is cut off gives what is whole, and says so', async () => {
    const whole = JSON.stringify({ Events: [{ CloudTrailEvent: TEXT }, { CloudTrailEvent: TEXT }] })
    const { records, error, unreadable } = await read(whole.slice(0, -20))
    expect(records).toHaveLength(1)
    expect(error?.code).toBe('JSON_TRUNCATED')
    expect(unreadable.map(({ code }) => code)).toEqual(['JSON_TRUNCATED'])
  })

  it('an EventBridge event without a record is no success', async () => {
    const { records, unreadable } = await read(JSON.stringify(bridge({ bucket: { name: 'amzn-s3-demo-bucket' } })))
    expect(records).toEqual([])
    expect(unreadable.map(({ code }) => code)).toEqual(['RECORD_KIND'])
  })
})

const SAMPLES: Readonly<Record<string, readonly [content: string | Uint8Array, key?: string]>> = {
  parquet: ['PAR1\x15\x04'],
  orc: ['ORC\x08\x03'],
  avro: ['Obj\x01\x04'],
  zip: [Buffer.from('504b030414000000', 'hex')],
  tar: [Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\x0000')])],
  bzip2: [Buffer.from('425a683931415926535900', 'hex')],
  xz: [Buffer.from('fd377a585a000004', 'hex')],
  '7z': [Buffer.from('377abcaf271c0004', 'hex')],
  'utf-16': [Buffer.from('\ufeff{"Records":[]}', 'utf16le')],
  ocsf: ['{"metadata":{"product":{"name":"CloudTrail"}},"class_uid":6003,"time":1}'],
  own: [
    `{"source":"cloudtrail","action":"config.write","outcome":"success","eventName":"${D}","eventSource":"s3.amazonaws.com"}`,
  ],
  config: ['{"fileVersion":"1.0","configSnapshotId":"1","configurationItems":[]}'],
  guardduty: ['{"schemaVersion":"2.0","accountId":"111122223333","severity":5,"type":"x"}'],
  waf: ['{"timestamp":1,"formatVersion":1,"webaclId":"x","httpRequest":{}}'],
  resolver: ['{"version":"1.1","query_name":"example.com.","query_type":"A"}'],
  'load-balancer': [
    'https 2026-03-17T07:00:00.186641Z app/demo-web/50dc6c495c0c9188 192.0.2.5:2817 10.0.0.1:80 0.0 0.0 0.0 200 200 0 57 "GET https://example.com:443/ HTTP/1.1" "curl/8" x',
  ],
  cloudfront: ['#Version: 1.0\n#Fields: date time x-edge-location\n'],
  'flow-log': ['version account-id interface-id srcaddr\n2 111122223333 eni-1235b8ca 192.0.2.1'],
  inventory: ['{"sourceBucket":"amzn-s3-demo-bucket","fileFormat":"CSV","files":[]}'],
  image: [Buffer.from('89504e470d0a1a0a', 'hex')],
  pdf: ['%PDF-1.7'],
  finder: ['\x00\x00\x00\x01Bud1', 'logs/.DS_Store'],
  readme: ['Please do not touch.', 'logs/README.txt'],
  repository: ['ref: refs/heads/main', 'logs/.git/HEAD'],
}

describe('what is no log of ours', () => {
  it.each(Object.entries(FOREIGN))('%s is named', async (name, { what, instead, skip }) => {
    const [content, key] = SAMPLES[name]!
    const found = await read(content, key)
    expect(found.records).toEqual([])
    if (skip !== undefined) {
      expect(found).toMatchObject({ skipped: skip, error: undefined })
      return
    }
    expect(found.error).toMatchObject({ code: 'OBJECT_FOREIGN' })
    expect(found.error?.message).toContain(`This is ${what}. ${instead}`)
  })

  it('all of them have a sample', () => {
    expect(Object.keys(SAMPLES).sort()).toEqual(Object.keys(FOREIGN).sort())
  })
})

it('docs/inputs.md lists every form, and everything that is named', () => {
  const page = readFileSync('docs/inputs.md', 'utf8')
  for (const [name, { title }] of Object.entries(FORMS)) {
    expect.soft(page, name).toContain(`| \`${name}\` |`)
    expect.soft(page, title).toContain(title)
  }
  for (const [name, { what, instead, skip }] of Object.entries(FOREIGN)) {
    expect
      .soft(page, name)
      .toContain(skip === undefined ? `| ${what} | ${instead} |` : `| ${what} | passed over: \`${skip}\` |`)
  }
})
