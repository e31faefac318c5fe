import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { progressLine } from '../../cli/progress.ts'
import { EXPECTED_ALARMS } from '../../events/story/expected.ts'
import { readLogEvents } from '../../shared/local/logs.ts'
import { cli } from '../support/cli.ts'
import { generateAccessLogLines } from '../support/generate.ts'
import { standInOwnFolder } from '../support/own-folder.ts'
import { lastScreen, shownIn } from '../support/readme.ts'
import { sampleAlarms } from '../support/sample-alarms.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-'))
const goBack = standInOwnFolder()
afterAll(() => {
  goBack()
  rmSync(folder, { recursive: true })
})

const messagesOf = async (group: string) =>
  (await readLogEvents('.bucketwatch', group)).map(({ message }) => JSON.parse(message))

describe('npm start', () => {
  it('plays the sample morning: every object has a receipt that adds up, and the intrusion is one incident', async () => {
    const screen = await lastScreen()
    const out = screen.all
    const receipts = (await messagesOf('/bucketwatch/samples/pipeline')).filter(({ kind }) => kind === 'receipt')
    expect(receipts).toHaveLength(64)
    for (const { recordsIn, delivered, filtered, duplicates, quarantined } of receipts) {
      expect(delivered + filtered + duplicates + quarantined).toBe(recordsIn)
    }
    const delivered = receipts.reduce((sum, receipt) => sum + receipt.delivered, 0)
    const stored = [
      ...(await messagesOf('/bucketwatch/samples/cloudtrail')),
      ...(await messagesOf('/bucketwatch/samples/access-log')),
    ]
    expect(stored).toHaveLength(delivered)

    const findings = (await messagesOf('/bucketwatch/samples/findings')).filter(({ kind }) => kind === 'finding')
    // The intrusion is one incident, with one key and four addresses; so is what the one on call did.
    expect(new Set(findings.map(({ principal }) => principal))).toEqual(
      new Set(['person:111122223333/legacy-report-export', 'person:111122223333/martha']),
    )
    const intrusion = findings.findLast(({ person }) => person === 'legacy-report-export')
    expect(intrusion).toMatchObject({
      severity: 'critical',
      keyIds: ['AKIAIOSFODNN7EXAMPLE'],
      distinct: { addresses: 4 },
    })

    const alarms = out
      .slice(out.indexOf('ALARMS that no incident has told'))
      .flatMap((line) => /^ {10}([a-z0-9-]+) · /.exec(line)?.[1] ?? [])
    expect(alarms.sort()).toEqual(['pipe-parse-errors'])
    const told = [...findings.flatMap(({ rules }) => rules.map(({ id }: { id: string }) => id)), ...alarms]
    // A rule that counts by no entity makes no incident; its alarm is about those of whom people know.
    const ids = [...new Set([...told, 'cis-01-unauthorized'])].sort()
    // Sequences are told of rules' hits, and have no alarm.
    const isSequence = (id: string) => id.startsWith('seq-')
    expect(ids.filter((id) => !isSequence(id))).toEqual([...EXPECTED_ALARMS].sort())
    expect(ids.filter(isSequence)).toEqual(['seq-controls-off', 'seq-probe-then-take'])

    const files = await readdir('.bucketwatch/alerts/samples')
    const incidents = files.filter((name) => name.startsWith('incident-'))
    const texts = await Promise.all(incidents.map((name) => readFile(`.bucketwatch/alerts/samples/${name}`, 'utf8')))
    const mails = texts.flatMap((text) => text.match(/^Subject: /gm) ?? [])
    const alarmFiles = files.filter((name) => name.startsWith('alarm-'))
    expect(alarmFiles).toHaveLength(1)
    expect(mails.length + alarmFiles.length).toBeLessThanOrEqual(6)
    expect(out.join('\n')).toContain(`; ${mails.length + 1} messages, 1 of them an alarm\n`)
    const text = texts.join()
    expect(text).toContain('540 × DeleteObject on amzn-s3-demo-customer-data')
    expect(text).toContain(
      'aws iam update-access-key --user-name legacy-report-export --access-key-id AKIAIOSFODNN7EXAMPLE',
    )

    expect(out.filter((line) => line.length > 80)).toEqual([])
    for (const { file, is, wanted } of await shownIn(screen)) expect(is, `${file}: npm run readme`).toBe(wanted)

    const [filled, bare] = [await sampleAlarms(true), await sampleAlarms(false)]
    expect(filled.echoes).toBe(0)
    expect(out.join('\n')).toContain(`\n  ${filled.alarms} alarms went off`)
    expect((await readFile('docs/alarms.md', 'utf8')).replaceAll(/\s+/g, ' ')).toContain(
      `On the sample morning they go off ${filled.alarms} times, never twice on the same records; on the bare metrics ${bare.alarms} times, ${bare.echoes} of them on records that were told before`,
    )
  }, 120_000)

  it('tells of every object and of the newest records with --verbose', async () => {
    const { out } = await cli(['start', '--verbose'])
    expect(out.filter((line) => /^\d\d:\d\d:\d\d {2}(ok|skipped|quarantined|duplicate) /.test(line))).toHaveLength(64)
    expect(out.join('\n')).toMatch(/newest of [\d,]+ log events:\n\{/)
  }, 120_000)

  it('can be run again, on the time things happened: each run begins with empty log groups', async () => {
    const { out } = await cli(['start', '--clock', 'event'])
    expect(out.join('\n')).toMatch(
      /\nCRITICAL {2}07:12–10:21 {2}.*Protection was switched off, and then data taken.*\n/,
    )
    expect((await messagesOf('/bucketwatch/samples/pipeline')).filter(({ kind }) => kind === 'receipt')).toHaveLength(
      64,
    )
  }, 60_000)
})

describe('npm start -- FILE…', () => {
  it('runs on own log objects, and exits 1 when one could not be read', async () => {
    const log = path.join(folder, 'own.log')
    writeFileSync(log, [...generateAccessLogLines({ lines: 7, seed: 3, oddShare: 0 })].join('\n'))
    const good = await cli(['start', log])
    expect(good.code).toBe(0)
    expect(good.out.join('\n')).toContain('1 object, 7 records\n  7 delivered')
    const text = path.join(folder, 'text.txt')
    writeFileSync(text, 'no log at all')
    expect((await cli(['start', folder])).code).toBe(1)
    rmSync(text)
  })

  it.each([
    [['start', '--clock', 'x']],
    [['start', '--watch', 'a', 'b']],
    [['start', '--watch', 'a', '--clock', 'event']],
  ])('%j is wrong usage', async (args) => {
    expect((await cli(args)).code).toBe(2)
  })

  it.each([[['no/such/file']], [['--watch', 'no/such/folder']]])('what is not there is said: %j', async (args) => {
    const { code, err } = await cli(['start', ...args])
    expect([code, err]).toEqual([1, [expect.stringMatching(/INPUT_UNREAD: .*no\/such\//)]])
  })
})

describe('evidence', () => {
  const env = { BUCKETWATCH_STAGE: 'evidence-test' }
  const deletions = (count: number, id: string) =>
    Array.from({ length: count }, (_, index) => ({
      eventVersion: '1.11',
      eventID: `${id}-${index}`,
      eventTime: new Date(Date.parse('2026-03-16T09:00:00Z') + index * 10).toISOString(),
      eventSource: 's3.amazonaws.com',
      eventName: 'DeleteObject',
      eventCategory: 'Data',
      managementEvent: false,
      readOnly: false,
      awsRegion: 'eu-central-1',
      sourceIPAddress: '192.0.2.66',
      recipientAccountId: '111122223333',
      userIdentity: {
        type: 'IAMUser',
        arn: 'arn:aws:iam::111122223333:user/jane',
        accountId: '111122223333',
        userName: 'jane',
      },
      requestParameters: { bucketName: 'amzn-s3-demo-bucket', key: `k/${index}` },
    }))

  it('reads a folder without the hidden ones in it: they are no logs, and one is our own output', async () => {
    const logs = path.join(folder, 'with-hidden')
    for (const inner of ['.git/objects', '.bucketwatch/alerts', '2026/.cache']) {
      mkdirSync(path.join(logs, inner), { recursive: true })
      writeFileSync(path.join(logs, inner, 'aa'), 'nothing that we read')
    }
    writeFileSync(
      path.join(logs, '2026', 'access.log'),
      [...generateAccessLogLines({ lines: 3, seed: 8, oddShare: 0 })].join('\n'),
    )
    const { code, out } = await cli(['start', logs])
    expect(out.join('\n')).not.toContain('OBJECT_KIND')
    expect(code).toBe(0)
  })

  it('counts all that matched, of this run alone; --fresh deletes what earlier runs left', async () => {
    const file = path.join(folder, 'mass.json')
    writeFileSync(file, JSON.stringify({ Records: deletions(1234, 'a') }))
    const line = (out: string[]) => out[out.findIndex((text) => text.includes('× DeleteObject'))]
    const run = async (...args: string[]) => line((await cli(['start', ...args, file], { env })).out)
    const stored = async () => (await messagesOf('/bucketwatch/evidence-test/cloudtrail')).length
    expect(await run('--fresh')).toContain('1,234 × DeleteObject')
    const once = await stored()
    expect(once).toBeGreaterThanOrEqual(1234)
    // An earlier run's records are there, and are no evidence of this one.
    expect(await run()).toContain('1,234 × DeleteObject')
    // They are looked at again, and not delivered again.
    expect(await stored()).toBe(once)
    await run('--fresh')
    expect(await stored()).toBe(once)
  }, 60_000)

  it('has dates, in UTC, where it is of more than one day', async () => {
    const file = path.join(folder, 'days.json')
    const [first] = deletions(1, 'x')
    const stop = (day: string) => ({
      ...first,
      eventID: day,
      eventTime: `${day}T09:00:00Z`,
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'StopLogging',
      eventCategory: 'Management',
      managementEvent: true,
      requestParameters: { name: 'trail' },
    })
    writeFileSync(file, JSON.stringify({ Records: [stop('2026-03-14'), stop('2026-03-16')] }))
    const { out } = await cli(['start', '--clock', 'event', file], { env })
    const head = out.find((line) => line.startsWith('CRITICAL'))
    expect(head).toMatch(/^CRITICAL {2}2026-03-14 09:00 UTC–2026-03-16 10:31 UTC {2}CloudTrail logging stopped/)
  }, 60_000)

  it('what an attacker wrote stays on its line, whatever it holds', async () => {
    const file = path.join(folder, 'evil.json')
    const evil = 'a\u001b[2Jb\u202ec\nCRITICAL\u0085x'
    const records = deletions(600, 'evil').map((record) => ({
      ...record,
      requestParameters: { ...record.requestParameters, key: evil },
    }))
    writeFileSync(file, JSON.stringify({ Records: records }))
    for (const args of [
      ['start', '--verbose', file],
      ['normalize', file],
      ['detections', 'match', file],
    ]) {
      const { out, err } = await cli(args, { env, terminal: true })
      // The colours are ours.
      const plain = [...out, ...err].join('').replace(/\u001b\[\d+m/g, '')
      expect(plain, args[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }
    const { out } = await cli(['normalize', file])
    expect(JSON.parse(out[0]!).requestParameters.key).toBe(evil)
  }, 60_000)
})

describe('progress', () => {
  it('is told in bytes, also within one large file, on a terminal only', async () => {
    const file = path.join(folder, 'large.log')
    writeFileSync(file, [...generateAccessLogLines({ lines: 20_000, seed: 4, oddShare: 0 })].join('\n'))
    const seen: string[] = []
    await cli(['start', file], {
      terminal: true,
      onProgress: (text) => seen.push(text),
      env: { BUCKETWATCH_STAGE: 'progress' },
    })
    expect(seen.filter((text) => / of 1\d MB, \d+ %/.test(text)).length).toBeGreaterThan(1)
    expect(seen.at(-1)).toBe('')
  }, 60_000)

  it('tells rate and time left once they are known', () => {
    expect(progressLine({ done: 12e6, total: 300e6, ms: 500, name: 'x' })).toBe('12 MB of 300 MB, 4 %  x')
    expect(progressLine({ done: 100e6, total: 300e6, ms: 4000, name: 'x' })).toBe(
      '100 MB of 300 MB, 33 %, 25 MB/s, 8 s left  x',
    )
  })
})

describe('npm start -- DIR with links in it', () => {
  const own = path.join(folder, 'links')
  const elsewhere = path.join(folder, 'elsewhere')
  const log = (...ids: number[]) =>
    ids
      .map(
        (id) =>
          `{"eventTime":"2014-05-12T07:54:01Z","eventSource":"s3.amazonaws.com","eventName":"X","eventID":"${id}"}`,
      )
      .join('\n')

  it('reads links to files, a file once, and names what it does not read', async () => {
    mkdirSync(own)
    mkdirSync(elsewhere)
    writeFileSync(path.join(own, 'a.json'), log(1, 2, 3))
    writeFileSync(path.join(elsewhere, 'b.json'), log(4, 5))
    symlinkSync('a.json', path.join(own, 'same.json'))
    symlinkSync('../elsewhere/b.json', path.join(own, 'b.json'))
    symlinkSync('.', path.join(own, 'loop'))
    symlinkSync('nowhere', path.join(own, 'dangling'))
    const { err, out } = await cli(['start', '--fresh', own])
    expect(out.join('\n')).toContain('2 objects, 5 records')
    // Years old: longer lags than 14 days are not told apart.
    expect(out.join('\n')).toContain('14 d or more to 14 d or more')
    const told = err.filter((text) => text.includes('not read'))
    expect(told).toEqual([
      `${path.join(own, 'dangling')}: not read: it is a link to nothing.`,
      `${path.join(own, 'loop')}: not read: it is a link to a folder.`,
    ])
  })
})

describe('npm start -- --watch DIR', () => {
  it('tells alerts as they go off', async () => {
    const bucket = mkdtempSync(path.join(tmpdir(), 'amzn-s3-demo-alert-'))
    const abort = new AbortController()
    const ready = Promise.withResolvers<void>()
    const told = Promise.withResolvers<void>()
    const delivered = Promise.withResolvers<void>()
    // Minutes go by when an object has come.
    let ahead = 0
    const running = cli(['start', '--verbose', '--watch', bucket], {
      signal: abort.signal,
      now: () => Date.now() + ahead,
      env: { BUCKETWATCH_STAGE: 'watch-test' },
      onOut(line) {
        if (line.startsWith('watching ')) ready.resolve()
        if (line.startsWith('ok ')) delivered.resolve()
        if (line.includes('CloudTrail logging stopped')) told.resolve()
      },
    })
    await ready.promise
    const record = {
      eventVersion: '1.11',
      eventID: 'e',
      eventTime: new Date().toISOString(),
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'StopLogging',
      recipientAccountId: '111122223333',
      userIdentity: { type: 'Root', accountId: '111122223333' },
      requestParameters: { name: 'trail' },
    }
    writeFileSync(path.join(bucket, 'trail.json'), JSON.stringify({ Records: [record] }))
    await delivered.promise
    ahead = 3 * 60_000
    await told.promise
    abort.abort()
    rmSync(bucket, { recursive: true })
    expect((await running).code).toBe(0)
  }, 30_000)

  it('processes an object that is dropped in', async () => {
    // A name of its own: the log groups of earlier runs are still there.
    const bucket = mkdtempSync(path.join(tmpdir(), 'amzn-s3-demo-drop-'))
    const abort = new AbortController()
    const ready = Promise.withResolvers<void>()
    const running = cli(['start', '--watch', bucket], {
      signal: abort.signal,
      onOut: (line) => line.startsWith('watching ') && ready.resolve(),
    })
    await ready.promise
    writeFileSync(
      path.join(bucket, 'x2026-03-17-08-30-00-0123456789ABCDEF'),
      [...generateAccessLogLines({ lines: 4, seed: 9, oddShare: 0 })].join('\n'),
    )
    const pipeline = async () =>
      existsSync('.bucketwatch') ? await messagesOf('/bucketwatch/local/pipeline').catch(() => []) : []
    for (let tries = 0; tries < 50; tries += 1) {
      if ((await pipeline()).some(({ bucket: name }) => name === path.basename(bucket))) break
      await sleep(100)
    }
    abort.abort()
    rmSync(bucket, { recursive: true })
    const { code, out } = await running
    expect(code).toBe(0)
    expect(out.join('\n')).toContain('1 object, 4 records\n  4 delivered')
  }, 20_000)
})

describe('invoke', () => {
  it('prints what the function returns, and exits 1 when messages failed', async () => {
    const { code, out, err } = await cli(['invoke', 'access-log', 'events/s3-access-log.json'])
    expect(code).toBe(0)
    expect(JSON.parse(out.join('\n'))).toEqual({ objects: 2, ignored: 0 })
    expect(err.map((line) => JSON.parse(line).status)).toEqual(['ok', 'ok'])
    const event = { Records: [{ messageId: 'm', eventSource: 'aws:sqs', body: 'garbage' }] }
    const failed = await cli(['invoke', 'cloudtrail', '-'], { stdin: JSON.stringify(event) })
    expect(failed.code).toBe(1)
    expect(JSON.parse(failed.out.join('\n'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] })
  })

  it('runs the alert function on an alarm, with the log groups for evidence', async () => {
    await cli(['start'])
    const { code, out, err } = await cli(['invoke', 'alert', 'events/alert/sns-alarm.json'])
    expect(code).toBe(0)
    expect(JSON.parse(out.join('\n'))).toEqual({ responses: ['alarm'] })
    expect(err[0]).toMatch(/^Subject: \[CRITICAL\] Bucket policy grants Principal \*: amzn-s3-demo-customer-data/)
    expect(err.at(-1)).toMatch(/^No incident is known here/)
    expect(err).toContain('1 matching record, at 2026-03-17 07:48:02 UTC.')
  }, 60_000)

  it('is wrong usage without a function, or with an unknown one; an event that is no JSON cannot be read', async () => {
    expect((await cli(['invoke', 'cloudtrail'])).code).toBe(2)
    expect((await cli(['invoke', 'x', 'events/s3-access-log.json'])).code).toBe(2)
    const { code, err } = await cli(['invoke', 'cloudtrail', '-'], { stdin: '{' })
    expect([code, err[0]]).toEqual([1, expect.stringContaining('INPUT_UNREAD')])
  })
})
