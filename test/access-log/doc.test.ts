import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { DERIVED, FIELDS } from '../../shared/access-log/table.ts'
import type { Lean } from '../../shared/derive/lean.ts'

const DOC = readFileSync(path.join(import.meta.dirname, '../../docs/record.md'), 'utf8')

function section(name: string): string {
  const start = DOC.indexOf(`<!-- access-log ${name}`)
  const end = DOC.indexOf('<!-- end -->', start)
  return DOC.slice(DOC.indexOf('\n', start) + 1, end)
}

const inLean = ({ lean, why }: Lean) =>
  lean === 'kept' ? 'stays' : lean === 'dropped' ? `left out: ${why}` : `left out where it is: ${why}`

describe('docs/record.md', () => {
  it('has the fields of a line as the table has them', () => {
    const rows: readonly (readonly string[])[] = FIELDS.map((field, index) => [
      String(index + 1),
      `\`${field.member}\``,
      `\`${field.json[0]}\``,
      inLean(field),
      String((field as Lean).bytes ?? ''),
    ])
    expect(section('fields')).toBe(
      `| | member | native delivery | in \`lean\` | bytes |\n|---|---|---|---|---|\n${rows.map((row) => `| ${row.join(' | ')} |\n`).join('')}`,
    )
  })

  it('has the derived members that lean leaves out', () => {
    const rows = DERIVED.flatMap((row: Lean & { member: string }) =>
      row.lean === 'kept' ? [] : [`| \`${row.member}\` | ${inLean(row)} | ${row.bytes} |\n`],
    )
    expect(section('derived')).toBe(`| member | in \`lean\` | bytes |\n|---|---|---|\n${rows.join('')}`)
  })
})
