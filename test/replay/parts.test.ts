/** A large file of lines that is read in parts says what it says when it is read whole. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { createSourceStore } from '../../cli/replay-worker.ts'
import { openLines } from '../../shared/local/object-store.ts'
import { TOP_LISTS } from '../../shared/replay/model.ts'
import type { ReplayObject } from '../../shared/replay/unit.ts'
import { PART_BYTES, unitsOf } from '../../shared/replay/units.ts'
import { generateAccessLogLines } from '../support/generate.ts'
import { replayed } from './support.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-parts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const address = { bucket: 'local', key: 'access.log' }

async function linesIn(file: string, from: number, to: number): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of openLines(file, { from, to }, address).body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

test('parts hold each line of a file once, wherever they are cut', async () => {
  const file = path.join(folder, 'lines')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\n', ' '))),
      fc.boolean(),
      fc.array(fc.nat(120), { maxLength: 6 }),
      async (lines, isEnded, cuts) => {
        const text = lines.join('\n') + (isEnded ? '\n' : '')
        const size = Buffer.byteLength(text)
        writeFileSync(file, text)
        const bounds = [0, ...cuts.filter((cut) => cut < size).sort((a, b) => a - b), size]
        let whole = ''
        for (const [index, to] of bounds.slice(1).entries()) {
          const part = await linesIn(file, bounds[index]!, to)
          // Nothing but the file's last line may be without its end.
          if (part !== '' && whole.length + part.length < text.length) expect(part.endsWith('\n')).toBe(true)
          whole += part
        }
        expect(whole).toBe(text)
      },
    ),
    { numRuns: 60 },
  )
})

test('a line that is longer than what is read at once, and than its part, is in one part', async () => {
  const file = path.join(folder, 'long')
  const long = 'x'.repeat(700_000)
  writeFileSync(file, `a\n${long}\nb\n`)
  expect(await linesIn(file, 0, 1)).toBe('a\n')
  expect(await linesIn(file, 1, 3)).toBe(`${long}\n`)
  expect(await linesIn(file, 3, 300_000)).toBe('')
  expect(await linesIn(file, 300_000, 700_003)).toBe('')
  expect(await linesIn(file, 700_003, 700_005)).toBe('b\n')
})

describe('a file of access-log lines', () => {
  const file = path.join(folder, 'access.log')
  const lines = [...generateAccessLogLines({ lines: 4_000, seed: 7 })]
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  const size = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
  const whole: ReplayObject = { ...address, name: 'access.log', size, file }
  const parts = (bytes: number): ReplayObject[] =>
    Array.from({ length: Math.ceil(size / bytes) }, (_, index) => {
      const to = Math.min(size, (index + 1) * bytes)
      return { ...whole, size: to - index * bytes, part: { kind: 'access-log', from: index * bytes, to } }
    })

  test('comes to the same in parts as whole, but for how many pieces a rule’s hits come in', async () => {
    const store = createSourceStore(undefined)
    const one = await replayed({ store, objects: [whole] })
    const many = await replayed({
      store,
      objects: parts(300_000),
      each: 1,
      parallel: 3,
      delay: (n) => [5, 0, 2][n % 3]!,
    })
    expect(one.model.totals.records).toBe(4_000)
    expect(one.model.matches.total).toBeGreaterThan(50)
    expect(one.model.incidents.length).toBeGreaterThan(0)
    for (const name of ['totals', 'span', 'traffic', 'matrix', 'problems'] as const)
      expect(many.model[name], name).toEqual(one.model[name])
    for (const name of TOP_LISTS) {
      const [a, b] = [one.model.top[name], many.model.top[name]]
      // Where there are more values than are followed, which of the rarest are is another matter, and how many is estimated.
      if (a.isEstimate === b.isEstimate) expect(b.distinct, name).toBe(a.distinct)
      else expect(Math.abs(b.distinct - a.distinct), name).toBeLessThan(0.06 * b.distinct)
      if (a.isAtLeast !== true) expect(b, name).toEqual(a)
    }
    expect(TOP_LISTS.filter((name) => one.model.top[name].isAtLeast === true)).toEqual(['keys'])
    const rows = ({ matches }: typeof one.model) => matches.rows.map(({ incidentId: _, ...row }) => row)
    expect(rows(many.model)).toEqual(rows(one.model))
    const told = ({ rules }: typeof one.model) =>
      rules.map(({ id, matches, incidents, series, alarm, actors }) => ({
        id,
        matches,
        incidents,
        series,
        alarm,
        actors,
      }))
    expect(told(many.model)).toEqual(told(one.model))
    const stories = ({ incidents }: typeof one.model) =>
      incidents.map(({ finding }) => [finding.principal, finding.firstTime, finding.lastTime, finding.severity])
    expect(stories(many.model)).toEqual(stories(one.model))
  })

  test('in parts comes to the very same however many are read at once', async () => {
    const store = createSourceStore(undefined)
    const objects = parts(400_000)
    const one = await replayed({ store, objects, each: 1 })
    const many = await replayed({ store, objects, each: 1, parallel: 4, delay: (n) => [7, 0, 3, 5][n % 4]! })
    expect(many.model).toEqual(one.model)
  })

  test('is read in parts where it is large, which are units of their own', () => {
    const large = { ...whole, size: 3 * PART_BYTES - 5, lines: 'access-log' as const }
    const units = unitsOf([large])
    expect(units.map((unit) => unit.map(({ part }) => [part?.from, part?.to]))).toEqual([
      [[0, PART_BYTES]],
      [[PART_BYTES, 2 * PART_BYTES]],
      [[2 * PART_BYTES, 3 * PART_BYTES - 5]],
    ])
    const { lines: _, ...other } = large
    expect(unitsOf([other])).toEqual([[other]])
    expect(unitsOf([{ ...large, size: PART_BYTES + 1 }])[0]![0]!.part).toBeUndefined()
  })
})
