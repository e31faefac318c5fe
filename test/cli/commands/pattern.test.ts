import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runPatternTest } from '../../../cli/commands/pattern.ts'

const folder = mkdtempSync(join(tmpdir(), 'pattern-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function run(...args: string[]): Promise<{ status: number; out: string[]; err: string[] }> {
  const out: string[] = []
  const err: string[] = []
  const status = await runPatternTest(args, { stdout: (line) => out.push(line), stderr: (line) => err.push(line) })
  return { status, out, err }
}

describe('pattern test', () => {
  const events = file('events.jsonl', '{"eventName":"ConsoleLogin"}\r\n\n{"eventName":"GetObject"}')

  test('JSON: a line for each line', async () => {
    const { status, out, err } = await run('{ $.eventName = "ConsoleLogin" }', events, '--json')
    expect({ status, err }).toEqual({ status: 0, err: [] })
    expect(out).toEqual(['{"line":1,"match":true}', '{"line":2,"match":false}', '{"line":3,"match":false}'])
  })

  test('JSON: several files are named after the other members, lines count from 1 in each', async () => {
    const other = file('other.jsonl', 'x\n')
    const { out } = await run('--json', '{ $.eventName = "*" }', other, events)
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { line: 1, match: false, file: other },
      { line: 1, match: true, file: events },
      { line: 2, match: false, file: events },
      { line: 3, match: true, file: events },
    ])
    expect(out[0]).toMatch(/^\{"line":1,"match":false,"file":/)
  })

  test('for people: the explanation', async () => {
    expect((await run('{ $.eventName = "ConsoleLogin" }', events)).out).toEqual([
      'line 1: match: $.eventName = "ConsoleLogin" (saw "ConsoleLogin")',
      'line 2: no match: the message is not one JSON object',
      'line 3: no match: $.eventName = "ConsoleLogin" (saw "GetObject")',
    ])
  })

  test('an excluded term is a pattern, not an option', async () => {
    const log = file('app.log', 'DEBUG x\nINFO y\n')
    expect((await run('-DEBUG', log, '--json')).out).toEqual(['{"line":1,"match":false}', '{"line":2,"match":true}'])
    expect((await run('--json', '--', '--DEBUG', log)).status).toBe(0)
  })

  test('long lines, split characters and a byte order mark', async () => {
    const log = file('long.log', `\ufeff{"a":"é"}\n${'é'.repeat(200_000)}\n{"a":"é"}`)
    expect((await run('{ $.a = "é" }', log, '--json')).out).toEqual([
      '{"line":1,"match":true}',
      '{"line":2,"match":false}',
      '{"line":3,"match":true}',
    ])
  })

  test('an invalid pattern: status 2, with line, column and what was expected', async () => {
    const { status, out, err } = await run('{ $.a = 1 &&\n $.b }', events)
    expect({ status, out }).toEqual({ status: 2, out: [] })
    expect(err[0]).toMatch(/line 2, column 6: .* Expected .*\[OPERATOR_EXPECTED\]/)
    expect(err[2]?.indexOf('^')).toBe(err[1]?.indexOf('}') ?? 0)
    expect((await run('{ $.a = x:y }', events)).err.at(-1)).toBe('Try "x:y" there.')
  })

  test.each([[[]], [['ERROR']], [['ERROR', 'x', '--jsonl']], [['ERROR', '-x', 'f']]])(
    'wrong usage: %j',
    async (args) => {
      const { status, err } = await run(...args)
      expect(status).toBe(2)
      expect(err.join('\n')).toContain('Usage:')
    },
  )

  test('a file that cannot be read: status 1, and the others are still tested', async () => {
    const { status, out, err } = await run('GetObject', join(folder, 'none'), events)
    expect(status).toBe(1)
    expect(out).toHaveLength(3)
    expect(err[0]).toMatch(/none cannot be read/)
  })

  test('lines may come from elsewhere', async () => {
    const out: string[] = []
    async function* readLines(name: string): AsyncIterable<string> {
      yield `from ${name}`
    }
    const status = await runPatternTest(['from', '-', '--json'], {
      stdout: async (line) => void out.push(line),
      stderr: () => undefined,
      readLines,
    })
    expect({ status, out }).toEqual({ status: 0, out: ['{"line":1,"match":true}'] })
  })

  test('help', async () => {
    expect((await run('--help')).status).toBe(0)
  })
})
