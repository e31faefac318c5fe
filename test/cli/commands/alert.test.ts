import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import { alert } from '../../../cli/commands/alert.ts'
import type { Io } from '../../../cli/io.ts'
import { createLocalLogs } from '../../../shared/local/logs.ts'
import { alarmMessage, alertRule, MINUTE, policyRecord, T } from '../../alert/support.ts'

const GROUP = '/bucketwatch/local/cloudtrail'
const rule = alertRule({
  id: 's3-policy-deleted',
  alarm: { ...alertRule().alarm, alarmName: 'bucketwatch-local-s3-policy-deleted' },
})

let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bucketwatch-preview-'))
  const logs = createLocalLogs({ root, now: () => T })
  await logs.createLogGroup(GROUP)
  await logs.createLogStream(GROUP, 's')
  const message = JSON.stringify(policyRecord({ eventName: 'DeleteBucketPolicy', change: 'policy' }))
  await logs.putLogEvents({ logGroupName: GROUP, logStreamName: 's', logEvents: [{ timestamp: T - MINUTE, message }] })
})

async function run(args: readonly string[], stdin = ''): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    progress: () => {},
    stdin: Readable.from([Buffer.from(stdin)]),
    env: {},
    now: () => T,
    outIsTerminal: false,
    width: 80,
    errIsTerminal: false,
    signal: new AbortController().signal,
  }
  const code = await alert.run(args, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('alert preview', () => {
  test('shows the e-mail, with the local log groups for evidence', async () => {
    const file = join(root, 'alarm.json')
    await writeFile(file, alarmMessage(rule))
    const { code, out, err } = await run(['preview', '--root', root, file])
    expect(code).toBe(0)
    // It is shown one alarm and no table of incidents: nothing is made up of these.
    expect(err).toMatch(/^No incident is known here/)
    expect(out).not.toMatch(/incident/i)
    expect(out).toContain(
      'Subject: [MEDIUM] Bucket policy deleted: amzn-s3-demo-customer-data by user legacy-report-export\n',
    )
    expect(out).toContain('DeleteBucketPolicy: 1\n')
  })

  test('shows the JSON, from standard input', async () => {
    const { out } = await run(['preview', '--json', '--root', root, '-'], alarmMessage(rule))
    expect(JSON.parse(out)).toMatchObject({ detection: { id: 's3-policy-deleted' }, evidence: { total: 1 } })
  })

  test('says where there is no log group', async () => {
    const { out } = await run(['preview', '--root', join(root, 'nowhere'), '-'], alarmMessage(rule))
    expect(out).toContain('it does not exist')
  })

  const sns = (message: string) => ({ Type: 'Notification', MessageId: 'm', Message: message })
  test.each([
    ['the envelope of SNS', (message: string) => sns(message)],
    ['a Lambda event of SNS', (message: string) => ({ Records: [{ EventSource: 'aws:sns', Sns: sns(message) }] })],
    [
      'a Lambda event of SQS behind SNS',
      (message: string) => ({ Records: [{ eventSource: 'aws:sqs', body: JSON.stringify(sns(message)) }] }),
    ],
    ['SQS with raw delivery', (message: string) => ({ Records: [{ eventSource: 'aws:sqs', body: message }] })],
    ['aws sqs receive-message', (message: string) => ({ Messages: [{ Body: JSON.stringify(sns(message)) }] })],
    ['a list', (message: string) => [sns(message)]],
  ])('opens %s', async (_, wrap) => {
    const bare = await run(['preview', '--root', root, '-'], alarmMessage(rule))
    const wrapped = await run(['preview', '--root', root, '-'], `\ufeff${JSON.stringify(wrap(alarmMessage(rule)))}`)
    expect(wrapped).toEqual(bare)
  })

  test('shows each alarm of an event, and says which makes no alert', async () => {
    const all = [alarmMessage(rule), alarmMessage(rule, { from: 'INSUFFICIENT_DATA', to: 'OK' })]
    const event = { Records: all.map((message) => ({ EventSource: 'aws:sns', Sns: sns(message) })) }
    const { code, out, err } = await run(['preview', '--root', root, '-'], JSON.stringify(event))
    expect(code).toBe(1)
    expect(out.match(/^Subject: /gm)).toHaveLength(1)
    expect(err.split('\n')).toEqual([
      expect.stringContaining('No incident is known here'),
      'bucketwatch-local-s3-policy-deleted:',
      'bucketwatch-local-s3-policy-deleted:',
      'No alert: INSUFFICIENT_DATA -> OK.',
    ])
  })

  test.each([
    ['no alarm', 'hello', 'not the message of an alarm'],
    ['no alert', alarmMessage(rule, { from: 'INSUFFICIENT_DATA', to: 'OK' }), 'No alert: INSUFFICIENT_DATA -> OK.'],
  ])('%s', async (_, stdin, message) => {
    const { code, err } = await run(['preview', '--root', root, '-'], stdin)
    expect(code).toBe(1)
    expect(err).toContain(message)
  })

  test.each([[[]], [['show']], [['preview']], [['preview', 'a', 'b']]])('wrong usage: %j', async (args) => {
    await expect(run(args)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
