import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { EXPECTED_ALARMS } from '../../events/story/expected.ts'
import { readLogEvents } from '../../shared/local/logs.ts'
import { cli } from '../support/cli.ts'
import { generateAccessLogLines } from '../support/generate.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-'))
afterAll(() => rmSync(folder, { recursive: true }))

const messagesOf = async (group: string) =>
  (await readLogEvents('.bucketwatch', group)).map(({ message }) => JSON.parse(message))

describe('npm start', () => {
  it('plays the sample morning: every object has a receipt that adds up, and the intrusion’s alarms fire', async () => {
    const { code, out } = await cli(['start'])
    expect(code).toBe(0)
    const receipts = (await messagesOf('/bucketwatch/samples/pipeline')).filter(({ kind }) => kind === 'receipt')
    expect(receipts).toHaveLength(64)
    for (const { recordsIn, delivered, filtered, duplicates, quarantined } of receipts) {
      expect(delivered + filtered + duplicates + quarantined).toBe(recordsIn)
    }
    const delivered = receipts.reduce((sum, receipt) => sum + receipt.delivered + receipt.rollups, 0)
    const stored = [
      ...(await messagesOf('/bucketwatch/samples/cloudtrail')),
      ...(await messagesOf('/bucketwatch/samples/access-log')),
    ]
    expect(stored).toHaveLength(delivered)

    const fired = new Set(out.flatMap((line) => /^\d\d:\d\d {2}[A-Z]+ +([a-z0-9-]+) /.exec(line)?.[1] ?? []))
    expect([...fired].sort()).toEqual([...EXPECTED_ALARMS].sort())
  }, 60_000)

  it('can be run again: each run begins with empty log groups', async () => {
    await cli(['start', '--clock', 'event'])
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
    expect(good.out.join('\n')).toContain('7 in · 7 delivered')
    const text = path.join(folder, 'text.txt')
    writeFileSync(text, 'no log at all')
    expect((await cli(['start', folder])).code).toBe(1)
    rmSync(text)
  })

  it.each([[['start', 'no/such/file']], [['start', '--clock', 'x']], [['start', '--watch', 'a', 'b']]])(
    '%j is wrong usage',
    async (args) => {
      expect((await cli(args)).code).toBe(2)
    },
  )
})

describe('npm start -- --watch DIR', () => {
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
    expect(out.join('\n')).toContain('4 in · 4 delivered')
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

  it('is wrong usage without a function, with an unknown one, or with an event that is no JSON', async () => {
    expect((await cli(['invoke', 'cloudtrail'])).code).toBe(2)
    expect((await cli(['invoke', 'x', 'events/s3-access-log.json'])).code).toBe(2)
    expect((await cli(['invoke', 'cloudtrail', '-'], { stdin: '{' })).code).toBe(2)
  })
})
