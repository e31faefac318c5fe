import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { keyMoments } from '../../../shared/incident/key-moments.ts'
import type { ReplayModel } from '../../../shared/replay/model.ts'
import { attackRecords } from '../../report/attack.ts'
import { emptyModel, HOSTILE, hostileModel, model } from '../../report/model.ts'
import { cli } from '../../support/cli.ts'
import { GALLERY, SAMPLE_REPORT, sampleReport } from '../../support/sample-report.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, content?: unknown): string => {
  const place = path.join(folder, name)
  if (content !== undefined) writeFileSync(place, typeof content === 'string' ? content : JSON.stringify(content))
  return place
}
const saved = file('replay.json', model())

describe('bucketwatch report', () => {
  it('makes a page of a saved replay, and says what is in it', async () => {
    const output = file('report.html')
    const { code, out, err } = await cli(['report', saved, '-o', output])
    expect(code).toBe(0)
    expect(out).toEqual([])
    expect(err[0]).toMatch(/report\.html: \d+ kB$/)
    expect(err[1]).toBe('1 incident: 1 critical; 3,600 records of 2 objects, 2026-03-17 06:00–11:59 UTC')
    const page = readFileSync(output, 'utf8')
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).not.toContain('{{')
    expect(page).toContain('"a1b2c3d4e5f60718"')
    // Nothing is fetched: no address but the ones that a reader may go to.
    expect(page).not.toMatch(/(?:src|href)="https?:/)
  })

  it('prints Markdown and CSV, or writes them', async () => {
    const markdown = await cli(['report', saved, '--markdown'])
    expect(markdown.out[0]).toBe('# 1 incident: 1 critical')
    const csv = await cli(['report', saved, '--csv', 'matches'])
    expect(csv.out).toHaveLength(121)
    const output = file('matches.csv')
    await cli(['report', saved, '--csv', 'matches', '-o', output])
    expect(readFileSync(output, 'utf8')).toBe(`${csv.out.join('\n')}\n`)
  })

  it('says with its exit code that something could not be read', async () => {
    const { code, err } = await cli(['report', file('empty.json', emptyModel()), '-o', file('empty.html')])
    expect(code).toBe(1)
    expect(err[1]).toContain('No record was read')
  })

  it('holds what strangers wrote as data', async () => {
    const output = file('hostile.html')
    expect((await cli(['report', file('hostile.json', hostileModel()), '-o', output])).code).toBe(1)
    const page = readFileSync(output, 'utf8')
    expect(page.match(/<\/script>/g)).toHaveLength(2)
    expect(page).not.toContain(HOSTILE[2])
  })

  it.each([
    [[], 'give '],
    [[saved, '--csv', 'match'], 'there is no such table; did you mean "matches"?'],
    [[saved, '--csv', 'matches', '--markdown'], '--markdown or --csv, not both'],
    [[saved, '--from', '2026-01-01'], '--from is for logs: what was saved is as it was replayed'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await cli(['report', ...args])
    expect(code).toBe(2)
    expect(err[0]).toContain(message)
  })

  it.each([
    ['cut.json', '{"kind":"replay",', 'cut.json is cut off'],
    ['other.json', { kind: 'replay', version: 2 }, 'its form is 2, not 1'],
    ['part.json', { kind: 'replay', version: 1, inputs: {}, totals: {} }, 'has no problems'],
    ['both.json', { kind: 'what-if', version: 1, before: {}, after: {} }, 'holds two replays'],
    ['sorted.json', '{"incidents":[', 'sorted.json is cut off'],
  ])('takes %s for no log: it is no whole replay', async (name, content, said) => {
    for (const command of ['report', 'estimate']) {
      const { code, err } = await cli([command, file(name, content)])
      expect([command, code, err[0]]).toEqual([command, 1, expect.stringContaining('REPLAY_SAVED')])
      expect(err[0]).toContain(said)
    }
  })

  it('shows no messages that were not saved', async () => {
    const bare = model()
    const told = file('bare.json', { ...bare, tellings: bare.tellings.map(({ text: _, ...rest }) => rest) })
    const { code, err } = await cli(['report', told, '--show-alerts'])
    expect([code, err[0]]).toEqual([2, expect.stringContaining('was saved without its messages')])
    expect((await cli(['report', saved, '--show-alerts', '-o', file('with.html', '')])).code).toBe(0)
  })

  it('says that it cannot write', async () => {
    const { code, err } = await cli(['report', saved, '-o', path.join(folder, 'none', 'report.html')])
    expect(code).toBe(1)
    expect(err[0]).toContain('report.html')
  })
})

describe('the sample morning', () => {
  it('is published as it is today (npm run readme writes it)', async () => {
    const { html, gallery } = await sampleReport()
    expect(readFileSync(SAMPLE_REPORT, 'utf8') === html, 'stale: run npm run readme').toBe(true)
    expect(readFileSync(GALLERY, 'utf8') === gallery, 'stale: run npm run readme').toBe(true)
    expect(gallery.match(/^Subject: \[CRITICAL\]/gm)?.length).toBeGreaterThan(1)
  })
})

describe('an attack of public sets', () => {
  it('is one incident, told as a story from the first look to the note', async () => {
    const logs = file('attack.json', { Records: attackRecords() })
    const { out } = await cli(['replay', logs, '--json', '--threads', '1'])
    const replayed = JSON.parse(out.join('\n')) as ReplayModel
    expect(replayed.incidents).toHaveLength(1)
    const { finding } = replayed.incidents[0]!
    expect(finding).toMatchObject({ person: 'backup', keyIds: ['AKIAIOSFODNN7EXAMPLE'], isOver: true })
    expect(['critical', 'high']).toContain(finding.severity)
    const told = finding.story.map(({ text }) => text).join('\n')
    for (const part of ['PutBucketPolicy', 'lets another account', 'PutObject', 'DeleteObject', 'versioning Suspended'])
      expect(told).toContain(part)
    const short = keyMoments(finding, 8).map(({ text }) => text)
    expect(short.some((text) => text.includes('PutBucketPolicy'))).toBe(true)
    expect(short.some((text) => text.includes('DeleteObject'))).toBe(true)
    const markdown = (await cli(['report', logs, '--markdown', '--threads', '1'])).out
    expect(markdown[0]).toMatch(/^# 1 incident: 1 (critical|high)$/)
  })
})
