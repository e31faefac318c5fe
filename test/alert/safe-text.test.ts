import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safeText, toSubject, visibleLine } from '../../shared/alert/safe-text.ts'

describe('safeText', () => {
  test.each([
    ['reports/2026/q1.csv', 'reports/2026/q1.csv'],
    ['línea/ключ/鍵', 'línea/ключ/鍵'],
    ['a\r\nSEVERITY low', 'a\\u{d}\\u{a}SEVERITY low'],
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['\u202egpj.exe', '\\u{202e}gpj.exe'],
    ['a\u2028b', 'a\\u{2028}b'],
    ['see https://example.com/now', 'see https[:]//example.com/now'],
    ['WWW.example.com or x@example.com', 'WWW[.]example.com or x[@]example.com'],
  ])('%j', (value, expected) => {
    expect(safeText(value)).toBe(expected)
  })

  test('cuts what is too long, never through a character', () => {
    expect(safeText('x'.repeat(20), 10)).toBe(`${'x'.repeat(9)}…`)
    expect(safeText('🪣'.repeat(20), 10)).toBe(`${'🪣'.repeat(4)}…`)
  })

  test('is always one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        expect(safeText(value)).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u)
      }),
    )
  })
})

describe('toSubject', () => {
  test.each([
    ['[HIGH] Bucket policy made public', '[HIGH] Bucket policy made public'],
    ['Zugriff für Jürgen', 'Zugriff fur Jurgen'],
    ['a – b … c', 'a - b ... c'],
    ['two\nlines\tand  more', 'two lines and more'],
    ['鍵 🪣', '? ?'],
    ['', '?'],
    ['x'.repeat(99), 'x'.repeat(99)],
    ['x'.repeat(100), `${'x'.repeat(96)}...`],
  ])('%j', (value, expected) => {
    expect(toSubject(value)).toBe(expected)
  })

  test('is what SNS takes, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (value) => {
        expect(toSubject(value)).toMatch(/^[!-~](?:[ -~]{0,97}[!-~])?$/)
      }),
    )
  })
})

describe('visibleLine', () => {
  test('writes what would move a terminal as JSON does, so that JSON stays JSON', () => {
    const evil = 'a\u001b[2J\u202eb\n\u0085\u2028\u{e0041}é😀'
    const line = visibleLine(evil)
    expect(line).toBe('a\\u001b[2J\\u202eb\\u000a\\u0085\\u2028\\udb40\\udc41é😀')
    const json = JSON.stringify({ key: evil })
    expect(visibleLine(json)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(JSON.parse(visibleLine(json))).toEqual({ key: evil })
  })
})

test.each([
  ['x http://evil.example', 'x http[:]//evil.example'],
  ['www.evil.example', 'www[.]evil.example'],
  ['x\uff20evil.example', 'x[@]evil.example'],
])('a subject has no links: %s', (value, expected) => expect(toSubject(value)).toBe(expected))
