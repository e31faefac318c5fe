/** How every command reads its arguments. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readArgs } from '../../cli/read-args.ts'
import { cli } from '../support/cli.ts'

const options = {
  bucket: { type: 'string', multiple: true },
  limit: { type: 'string' },
  json: { type: 'boolean' },
} as const
const read = (...args: string[]) => readArgs({ args, allowPositionals: true, options })

describe('an empty value', () => {
  it.each([
    [['--bucket', ''], '--bucket'],
    [['--bucket='], '--bucket'],
    [['--limit', ' '], '--limit'],
    [['--bucket', 'amzn-s3-demo-bucket', '--bucket', ''], '--bucket'],
  ])('%j is refused', (args, option) => {
    expect(() => read(...args)).toThrow(`${option} has an empty value`)
  })

  it.each([
    ...['replay', 'report', 'estimate'].map((name) => [name, ['bucket', 'account', 'from', 'rule', 'state', 'write']]),
    ['search', ['bucket', 'actor', 'ip', 'key', 'action', 'person', 'key-id', 'since', 'around']],
    ['start', ['settings']],
  ] as [string, string[]][])('is refused by %s', async (name, named) => {
    for (const option of named) {
      const { code, err, out } = await cli([name, 'events/objects', `--${option}`, ''])
      expect([code, err[0], out]).toEqual([2, expect.stringContaining(`--${option} has an empty value`), []])
    }
  })

  it('is one of an argument that is no option', () => {
    expect(read('').positionals).toEqual([''])
  })
})

it('a number below zero is a value, before --', () => {
  expect(read('--limit', '-1').values.limit).toBe('-1')
  expect(read('--', '--limit', '-1').positionals).toEqual(['--limit', '-1'])
  expect(() => read('--limit', '--json')).toThrow('ambiguous')
  expect(() => read('--json', '-1')).toThrow("'-1'")
})

it('no command reads its arguments in another way', () => {
  const files = readdirSync('cli', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const others = files.filter((file) => /parseArgs.*from 'node:util'/.test(readFileSync(`cli/${file}`, 'utf8')))
  expect(others).toEqual(['read-args.ts'])
})
