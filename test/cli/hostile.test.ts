/**
 * Whatever strangers have written into logs, names and answers: no command lets it move the cursor, break a line, turn a
 * text around, or write a line that looks like one of ours.
 */
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cli } from '../support/cli.ts'

const FORGED = 'ok          cloudtrail 200 in · 200 delivered  forged.json.gz'
/** ESC, OSC, C1, marks of direction, every kind of line break, and a line like ours. */
const EVIL = `a\u001b[2Jb\u001b]0;pwned\u0007c\u009b31md\u202ee\u2066f\u200eg\u2028h\u2029i\u0085j\u000bk\r\n${FORGED}\nCRITICAL  08:00  forged`
const RAW = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-hostile-'))
const env = { BUCKETWATCH_STAGE: 'hostile' }
const cloudFormation = mockClient(CloudFormationClient)
const logs = mockClient(CloudWatchLogsClient)
const sqs = mockClient(SQSClient)

/** A file system takes all of it but `/` and NUL. */
const EVIL_NAME = EVIL.replaceAll('/', '')
const write = (name: string, content: string) => {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

const record = (more: object = {}) => ({
  eventVersion: '1.11',
  eventID: `${EVIL}-1`,
  eventTime: '2026-03-17T07:18:02Z',
  eventSource: 's3.amazonaws.com',
  eventName: 'PutObject',
  eventCategory: 'Data',
  managementEvent: false,
  sourceIPAddress: EVIL,
  userAgent: EVIL,
  errorMessage: EVIL,
  userIdentity: { type: 'IAMUser', userName: EVIL, arn: `arn:aws:iam::111122223333:user/${EVIL}` },
  requestParameters: { bucketName: EVIL, key: `HOW_TO_RECOVER_YOUR_FILES.txt${EVIL}` },
  [EVIL]: EVIL,
  ...more,
})

const alarm = () => {
  const event = JSON.parse(readFileSync('events/alert/sns-alarm.json', 'utf8')) as {
    Records: { Sns: { Message: string } }[]
  }
  const message = JSON.parse(event.Records[0]!.Sns.Message) as Record<string, unknown>
  Object.assign(message, {
    // Its owner's own text, of several lines where they want it so.
    AlarmDescription: EVIL.replaceAll('\n', ' '),
    NewStateReason: EVIL,
    AlarmName: `${String(message.AlarmName)}${EVIL}`,
  })
  event.Records[0]!.Sns.Message = JSON.stringify(message)
  return { event: JSON.stringify(event), message: JSON.stringify(message) }
}

const sqsEvent = (body: string) =>
  JSON.stringify({ Records: [{ eventSource: 'aws:sqs', messageId: EVIL, receiptHandle: EVIL, body, attributes: {} }] })

let log = ''
let broken = ''
let rules = ''
let settings = ''
let patterns = ''

beforeAll(() => {
  log = write(EVIL_NAME, JSON.stringify({ Records: [record(), { [EVIL]: EVIL }, EVIL] }))
  broken = write(`broken${EVIL_NAME}`, `${JSON.stringify({ Records: [record()] }).slice(0, -3)}${EVIL}`)
  rules = path.dirname(
    path.dirname(write(`rules/${EVIL_NAME}/x.yml`, `id: ${JSON.stringify(EVIL)}\n${JSON.stringify(EVIL)}: 1\n`)),
  )
  settings = write(
    'settings.yml',
    `${JSON.stringify(EVIL)}: ${JSON.stringify(EVIL)}\nlogBuckets: ${JSON.stringify(EVIL)}\n`,
  )
  patterns = write(
    'patterns.json',
    JSON.stringify({ metricFilters: [{ filterName: EVIL, filterPattern: `{ $.a = "${EVIL}` }] }),
  )
  const answers = Object.assign(new Error(EVIL), { name: EVIL, $metadata: { httpStatusCode: 400 } })
  cloudFormation.on(DescribeStacksCommand).rejects(answers)
  logs.on(FilterLogEventsCommand).rejects(answers)
  sqs.on(ReceiveMessageCommand).rejects(answers)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('hostile text', () => {
  it.each([
    ['start, verbose', () => ['start', '--verbose', '--fresh', log, broken]],
    ['start again', () => ['start', log]],
    ['start on a folder', () => ['start', '--verbose', folder]],
    ['start on what is not there', () => ['start', path.join(folder, `no${EVIL_NAME}`)]],
    ['start with settings', () => ['start', '--settings', settings, log]],
    ['start with rules', () => ['start', '--rules', rules, log]],
    ['normalize', () => ['normalize', log, broken, `no${EVIL_NAME}`]],
    ['classify', () => ['classify', EVIL, `AWSLogs/${EVIL}`]],
    ['objects', () => ['objects', write('objects.json', sqsEvent(EVIL)), write('s3.json', sqsEvent(s3Event()))]],
    ['invoke', () => ['invoke', 'cloudtrail', write('event.json', sqsEvent(EVIL))]],
    ['invoke on an object', () => ['invoke', 'cloudtrail', write('event.json', sqsEvent(s3Event()))]],
    ['invoke alert', () => ['invoke', 'alert', write('alert.json', alarm().event)]],
    ['alert preview', () => ['alert', 'preview', write('alarm.json', alarm().message)]],
    ['quarantine list', () => ['quarantine', 'list', '--local', '--stage', 'hostile', '--since', '2020-01-01']],
    ['quarantine show', () => ['quarantine', 'show', '--local', '--stage', 'hostile', '--since', '2020-01-01']],
    [
      'quarantine show --json',
      () => ['quarantine', 'show', '--local', '--stage', 'hostile', '--since', '2020-01-01', '--json'],
    ],
    ['quarantine from AWS', () => ['quarantine', 'list', '--stage', 'dev', '--region', 'us-east-1']],
    ['redrive', () => ['redrive', '--region', 'us-east-1']],
    ['doctor', () => ['doctor', '--region', 'us-east-1']],
    ['detections match', () => ['detections', 'match', log, broken]],
    ['detections match --json', () => ['detections', 'match', '--json', log]],
    ['detections lint', () => ['detections', 'lint', '--folder', rules]],
    ['detections list', () => ['detections', 'list', EVIL]],
    ['pattern test', () => ['pattern', 'test', `{ $.userAgent = "*" }`, '--explain', log, broken]],
    ['pattern test on text', () => ['pattern', 'test', 'pwned', '--matches', '--as', 'text', write('lines.txt', EVIL)]],
    ['pattern lint', () => ['pattern', 'lint', `{ $.a = "${EVIL}`]],
    ['compat', () => ['compat', patterns, '--log', log]],
    ['compat on what is not there', () => ['compat', patterns, '--log', `no${EVIL_NAME}`]],
    ['no such command', () => [EVIL]],
    ['no such option', () => ['start', `--${EVIL}`]],
  ] as const)('stays on its line: %s', async (_name, args) => {
    for (const terminal of [false, true]) {
      const { out, err } = await cli(args(), { env, terminal })
      // The colours are ours.
      const lines = [...out, ...err].map((line) => line.replace(/\u001b\[\d+(?:;\d+)*m/g, ''))
      expect(lines.filter((line) => RAW.test(line))).toEqual([])
      expect(lines.filter((line) => /^(?:ok +cloudtrail 200|CRITICAL {2}08:00 {2}forged)/.test(line))).toEqual([])
      // It is there, and can be seen.
      expect(lines.join('\n')).toMatch(/\\u001b|\\u\{1b\}|\\x1b|\?\[2J/)
    }
  })
})

function s3Event(): string {
  const key = encodeURIComponent(EVIL)
  return JSON.stringify({
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: EVIL }, object: { key } },
      },
    ],
  })
}

/** The one sink is what `main` puts around the world: nothing else writes to a terminal. */
describe('nothing writes past the sink', () => {
  const WRITES = /\b(?:process\.(?:stdout|stderr)\b|console\.\w+\()/g
  /** What a command does not run, or what puts the sink there. */
  const KNOWN: Readonly<Record<string, string>> = {
    'cli/main.ts': 'processIo, which the sink is put around',
    'cli/bin.ts': 'a fault of ours, through terminalLine',
    'infra/osls.ts': 'a line of ours, and what osls wrote, through visibleLine',
    'infra/build.ts': 'sizes of our own files',
    'infra/build-package.ts': 'names of our own files',
    'infra/made-file.ts': 'the names and sizes of our own files',
  }

  it('but for what is known', () => {
    const files = globSync('{cli,shared,functions,infra}/**/*.ts').filter((file) => {
      const code = readFileSync(file, 'utf8').replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, '')
      return code.match(WRITES) !== null
    })
    expect(files.sort()).toEqual(Object.keys(KNOWN).sort())
  })
})
