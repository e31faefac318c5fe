import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import {
  generateAccessLog,
  generateAccessLogLines,
  generateCloudTrail,
  generateCloudTrailText,
  ODD_KINDS,
  writeAccessLogObject,
  writeCloudTrailObject,
} from './generate.ts'
import { accessLogBytes } from './log-shapes.ts'
import { createRandom, weighted } from './random.ts'

const folder = mkdtempSync(join(tmpdir(), 'bucketwatch-generate-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('createRandom', () => {
  test('the same seed gives the same sequence, another seed another', () => {
    const draw = (seed: number): string => {
      const random = createRandom(seed)
      return `${random.u32()} ${random.uuid()} ${random.base64(75)} ${random.upper(16)} ${random.hex(7)}`
    }
    expect(draw(1)).toBe(draw(1))
    expect(draw(1)).not.toBe(draw(2))
  })

  test('ids have the length and alphabet they should', () => {
    const random = createRandom(3)
    for (let i = 0; i < 100; i++) {
      expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(random.upper(15)).toMatch(/^[A-Z0-9]{15}$/)
      expect(random.base64(75)).toMatch(/^[A-Za-z0-9+/]{75}$/)
      expect(random.int(3, 5)).toBeOneOf([3, 4, 5])
    }
  })

  test('weights are kept', () => {
    const random = createRandom(4)
    const pick = weighted([
      ['a', 3],
      ['b', 1],
    ])
    const picked = Array.from({ length: 4000 }, () => pick(random))
    expect(picked.filter((item) => item === 'a').length / 4000).toBeCloseTo(0.75, 1)
  })
})

describe('generateCloudTrail', () => {
  const records = [...generateCloudTrail({ records: 3000, seed: 11 })]

  test('is deterministic, and differs with the seed', () => {
    const text = (seed: number): string => [...generateCloudTrailText({ records: 20, seed })].join('\n')
    expect(text(11)).toBe(text(11))
    expect(text(11)).not.toBe(text(12))
  })

  test('has the share of S3 data events asked for, and some errors', () => {
    const data = records.filter((record) => record.eventCategory === 'Data')
    expect(data.length / records.length).toBeCloseTo(0.7, 1)
    expect(records.filter((record) => record.errorCode !== undefined).length).toBeGreaterThan(30)
    const half = [...generateCloudTrail({ records: 2000, seed: 1, s3DataShare: 0.2, errorShare: 0 })]
    expect(half.filter((record) => record.eventCategory === 'Data').length / 2000).toBeCloseTo(0.2, 1)
    expect(half.filter((record) => record.errorCode !== undefined)).toEqual([])
  })

  test('ids are unique, while actors, agents and keys come again', () => {
    const distinct = (of: (record: (typeof records)[number]) => unknown): number => new Set(records.map(of)).size
    expect(distinct((record) => record.eventID)).toBe(records.length)
    expect(distinct((record) => record.userAgent)).toBeLessThan(80)
    expect(distinct((record) => record.sourceIPAddress)).toBeLessThan(1500)
  })

  test('records have the size that real ones have, and times within the span', () => {
    const sizes = records.map((record) => JSON.stringify(record).length)
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
    expect(mean).toBeGreaterThan(1200)
    expect(mean).toBeLessThan(1900)
    for (const record of records) expect(record.eventTime).toMatch(/^2026-03-17T06:0[0-4]:\d\dZ$/)
  })
})

describe('writeCloudTrailObject', () => {
  test.each([0, 1, 10, 2500])('%i records can be read back', async (count) => {
    const path = join(folder, `${count}.json.gz`)
    const written = await writeCloudTrailObject(path, count, { seed: 5 })
    const bytes = readFileSync(path)
    const inflated = gunzipSync(bytes)
    expect(JSON.parse(inflated.toString('utf8')).Records).toHaveLength(count)
    expect(written).toEqual({ records: count, bytes: bytes.length, inflatedBytes: inflated.length })
    if (count === 2500) expect(inflated.length / bytes.length).toBeGreaterThan(6)
    if (count === 2500) expect(inflated.length / bytes.length).toBeLessThan(9)
  })
})

describe('generateAccessLog', () => {
  test('is deterministic', () => {
    const lines = (seed: number): string => [...generateAccessLogLines({ lines: 50, seed, oddShare: 0.5 })].join('\n')
    expect(lines(1)).toBe(lines(1))
    expect(lines(1)).not.toBe(lines(2))
  })

  test('ordinary lines have 27 fields, the size that real ones have, and what was asked for in them', () => {
    const samples = [...generateAccessLog({ lines: 2000, seed: 2, oddShare: 0 })]
    const lengths = samples.map(({ line }) => line.length).sort((a, b) => a - b)
    expect(lengths[20]).toBeGreaterThan(490)
    expect(lengths[1800]).toBeLessThan(760)
    for (const { line, request } of samples) {
      expect(line.match(/\[[^\]]*\]|"[^"]*"|\S+/g)).toHaveLength(27)
      expect(line).toContain(` ${request!.requestId} `)
    }
  })

  test('most are GETs by roles, some are refused, a few are anonymous', () => {
    const requests = [...generateAccessLog({ lines: 5000, seed: 3, oddShare: 0 })].map(({ request }) => request!)
    const share = (of: (request: (typeof requests)[number]) => boolean): number =>
      requests.filter(of).length / requests.length
    expect(share(({ api }) => api === 'GetObject' || api === 'ListObjects')).toBeCloseTo(0.96, 1)
    expect(share(({ caller }) => caller.requester.includes(':assumed-role/'))).toBeCloseTo(0.81, 1)
    expect(share(({ caller }) => caller.requester.includes(':user/'))).toBeCloseTo(0.16, 1)
    expect(share(({ caller }) => caller.requester === '-')).toBeGreaterThan(0.003)
    for (const status of [200, 206, 304, 403, 404])
      expect(share((request) => request.status === status)).toBeGreaterThan(0.002)
  })

  test('odd lines are of every kind, and as many as asked for', () => {
    const samples = [...generateAccessLog({ lines: 2000, seed: 4, oddShare: 0.25 })]
    const odd = samples.filter((sample) => sample.odd !== undefined)
    expect(odd.length / samples.length).toBeCloseTo(0.25, 1)
    expect(new Set(odd.map((sample) => sample.odd))).toEqual(new Set(ODD_KINDS))
    for (const { line } of samples) expect(line).not.toContain('\n')
  })

  test('a replacement character stands for a byte that is no UTF-8', async () => {
    expect([...accessLogBytes('a\uFFFDé')]).toEqual([0x61, 0xff, 0xc3, 0xa9])
    const path = join(folder, 'lines')
    await writeAccessLogObject(path, 300, { seed: 6, oddShare: 1 })
    const text = readFileSync(path).toString('utf8')
    expect(text.split('\n').slice(0, -1)).toEqual([...generateAccessLogLines({ lines: 300, seed: 6, oddShare: 1 })])
    expect(readFileSync(path).includes(0xff)).toBe(true)
  })
})
