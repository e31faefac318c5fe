import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as library from '../../shared/filter-pattern/public.ts'

const page = readFileSync(new URL('../../docs/filter-pattern-library.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]!)
const entry = new URL('../../shared/filter-pattern/public.ts', import.meta.url).href

/** A block as a program that writes `[expression, what the page says, what it is]` for each line with an arrow. */
function program(block: string): string {
  const lines = block.split('\n').map((line) => {
    const [, indent, expression, said] = /^(\s*)(\S.*?) \/\/ → (.*)$/.exec(line) ?? []
    if (expression === undefined) return line.replace("'bucketwatch/filter-pattern'", JSON.stringify(entry))
    const report = `[${JSON.stringify(expression)}, ${said}, (${expression})]`
    return `${indent};console.log(JSON.stringify(${report}))`
  })
  return `${lines.join('\n')}\nexport {}\n`
}

test('every example of docs/filter-pattern-library.md gives what the page says', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bucketwatch-docs-'))
  try {
    expect(blocks.length).toBeGreaterThanOrEqual(5)
    for (const [index, block] of blocks.entries()) {
      const file = path.join(folder, `example-${index}.ts`)
      writeFileSync(file, program(block))
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' })
      expect(status, stderr).toBe(0)
      const results = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as [string, unknown, unknown])
      expect(results).toHaveLength(block.split(' // → ').length - 1)
      for (const [expression, said, is] of results) expect([expression, is]).toEqual([expression, said])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the page names everything that the library exports', () => {
  const table = page.slice(page.indexOf('## All names'))
  expect(Object.keys(library).filter((name) => !table.includes(`\`${name}`))).toEqual([])
})
