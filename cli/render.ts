/** Text for people: receipts, tables, sizes. Colour only where a person looks. */
import { randomUUID } from 'node:crypto'
import { styleText } from 'node:util'
import { visibleLine } from '../shared/alert/safe-text.ts'
import * as numbers from '../shared/basics/numbers.ts'
import { redactSecrets } from '../shared/derive/redact.ts'
import type { Receipt } from '../shared/forward/receipt.ts'
import { shorten } from '../shared/incident/facts.ts'
import * as words from '../shared/report/words.ts'

export type Style = Parameters<typeof styleText>[0]
export type Paint = (style: Style, text: string) => string

/** Paints for a terminal (unless NO_COLOR is set), else leaves text as it is. */
export function createPaint(terminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  const on = terminal && (env.NO_COLOR === undefined || env.NO_COLOR === '')
  if (!on) return (_, text) => text
  return (style, text) => {
    // The codes alone: what is in the text may be anybody's.
    const [before = '', after = ''] = styleText(style, PLACE, { validateStream: false })
      .replaceAll('\u001b[', OURS)
      .split(PLACE)
    return before + text + after
  }
}
const PLACE = 'x'

/** Begins our own colour codes: text that comes from logs cannot know it, so it cannot write any. */
const OURS = `\u001b${randomUUID()}[`

/**
 * A line as it may be written: everything in it is made visible (see visibleLine) but the colours that paint has put
 * there.
 */
export function terminalLine(line: string): string {
  const [first = '', ...painted] = line.split(OURS)
  return (
    visibleLine(first) +
    painted
      .map((part) => {
        const code = /^[\d;]*m/.exec(part)?.[0] ?? ''
        return `\u001b[${code}${visibleLine(part.slice(code.length))}`
      })
      .join('')
  )
}

/** Numbers, as all reports write them. */
export const { count, plural } = numbers
export const { bytes, duration } = words

const STATUS_STYLES = {
  ok: 'green',
  skipped: 'dim',
  duplicate: 'dim',
  quarantined: 'yellow',
  handedOver: 'yellow',
  postponed: 'yellow',
  failed: 'red',
} as const satisfies Record<Receipt['status'], string>

/** How much of an object's name is shown, however long its counts are: without it nobody knows which one it was. */
const NAME_WIDTH = 26

/** One receipt in one line, of `width` characters at the most: what the object was, what became of it, and its name. */
export function receiptLine(receipt: Receipt, paint: Paint, width = Number.POSITIVE_INFINITY): string {
  const style = STATUS_STYLES[receipt.status]
  const name = redactSecrets(receipt.key.slice(receipt.key.lastIndexOf('/') + 1))
  const counts = clip(
    `${receipt.logKind.padEnd(10)} ${receiptCounts(receipt)}`,
    width - 14 - Math.min(name.length, NAME_WIDTH),
  )
  const rest = width - 14 - counts.length
  return `${paint(style, receipt.status.padEnd(11))} ${counts}${rest < 8 ? '' : `  ${paint('dim', clip(name, rest))}`}`
}

/** As much of a text as fits, with `…` where it is cut. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : shorten(text, Math.max(1, width))
}

function receiptCounts(receipt: Receipt): string {
  if (receipt.status === 'skipped') return receipt.reason ?? 'nothing to read'
  if (receipt.recordsIn === 0 && receipt.error !== undefined) return receipt.error.code
  const parts = [`${count(receipt.recordsIn)} in`, `${count(receipt.delivered)} delivered`]
  const reasons = Object.entries(receipt.filteredBy).map(([reason, n]) => `${n} ${reason}`)
  if (receipt.filtered > 0) parts.push(`${count(receipt.filtered)} filtered (${reasons.join(', ')})`)
  if (receipt.duplicates > 0) parts.push(plural(receipt.duplicates, 'duplicate'))
  if (receipt.recovered > 0) parts.push(`${count(receipt.recovered)} recovered`)
  if (receipt.raw > 0) parts.push(`${count(receipt.raw)} kept as raw text`)
  if (receipt.quarantined > 0) {
    const why = Object.entries(receipt.quarantinedBy).map(([reason, n]) => `${n} ${reason}`)
    parts.push(`${count(receipt.quarantined)} quarantined (${why.join(', ')})`)
  }
  if (receipt.undelivered > 0) parts.push(`${count(receipt.undelivered)} not delivered`)
  if (receipt.error !== undefined) parts.push(receipt.error.code)
  return parts.join(' · ')
}

/** Rows as aligned columns; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, text(cell).length)
  }
  return rows.map((row) =>
    row
      .map((cell, index) =>
        typeof cell === 'number' ? text(cell).padStart(widths[index]!) : text(cell).padEnd(widths[index]!),
      )
      .join('  ')
      .trimEnd(),
  )
}

function text(cell: string | number): string {
  return typeof cell === 'number' ? count(cell) : cell
}
