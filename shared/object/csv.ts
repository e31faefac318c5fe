import type { OversizedText } from './json-elements.ts'

export type CsvRow = readonly string[]

export interface CsvRows {
  /** The rows that end within this text, and the parts of those that are too large. */
  push(text: string): readonly (CsvRow | OversizedText)[]
  /** Call once, after the last text: the last row, where no line end came after it. */
  end(): readonly (CsvRow | OversizedText)[]
}

/**
 * Splits CSV into rows of fields, a piece at a time: fields in quotes may hold commas, line ends and doubled quotes. A
 * quote that nothing closes makes one row of all that follows.
 *
 * Source: RFC 4180.
 *
 * @param maxLength a row of more is handed out as text, in parts, as it comes. UTF-16 units; what is pushed at once may be
 * held besides.
 * @example
 * createCsvRows(limit).push('a,"b,""c"""\n') // [['a', 'b,"c"']]
 */
export function createCsvRows(maxLength: number): CsvRows {
  let field = ''
  let row: string[] = []
  /** Units in `row`. */
  let length = 0
  let inQuotes = false
  // A quote inside quotes was seen: it ends the field, or is the first of two.
  let isPending = false
  let wasQuoted = false
  /** The beginning of the row was handed out. */
  let isOversized = false
  /** So much of it that a field begins. */
  let isAtStart = false

  function endField(): void {
    const ended = wasQuoted ? field : field.replace(/\r$/, '')
    row.push(ended)
    length += ended.length + 1
    field = ''
    wasQuoted = false
  }

  function endRow(out: (CsvRow | OversizedText)[]): void {
    endField()
    if (row.length > 1 || row[0] !== '') out.push(row)
    row = []
    length = 0
  }

  /** What there is of the row as it stood, as far as its quotes allow. */
  function handOut(out: (CsvRow | OversizedText)[]): void {
    const begun = wasQuoted ? `"${field.replaceAll('"', '""')}${inQuotes && !isPending ? '' : '"'}` : field
    out.push({ text: [...row.map(quoted), begun].join(','), hasMore: true })
    isOversized = true
    isAtStart = field === '' && !wasQuoted
    row = []
    length = 0
    field = ''
  }

  /** The index after the row that was handed out in part, where it ends within the text; -1 else. */
  function endOfRow(text: string): number {
    for (let at = 0; at < text.length; at += 1) {
      const character = text[at]!
      // Of two quotes in a quoted field the first ends it, and the second begins it again: that comes to the same.
      if (character === '"' && (inQuotes || wasQuoted || isAtStart)) {
        inQuotes = !inQuotes
        wasQuoted = true
      } else if (!inQuotes && character === ',') wasQuoted = false
      else if (!inQuotes && character === '\n') return at
      isAtStart = !inQuotes && character === ','
    }
    return -1
  }

  function skipRow(text: string, out: (CsvRow | OversizedText)[]): string {
    if (isPending) inQuotes = false
    isPending = false
    const end = endOfRow(text)
    if (end < 0) {
      if (text !== '') out.push({ text, isContinued: true, hasMore: true })
      return ''
    }
    out.push({ text: text.slice(0, end), isContinued: true, hasMore: false })
    isOversized = false
    wasQuoted = false
    return text.slice(end + 1)
  }

  return {
    push(given) {
      const out: (CsvRow | OversizedText)[] = []
      const text = isOversized ? skipRow(given, out) : given
      for (let at = 0; at < text.length; at += 1) {
        const character = text[at]!
        if (isPending) {
          isPending = false
          if (character === '"') {
            field += '"'
            continue
          }
          inQuotes = false
        }
        if (inQuotes) {
          const end = text.indexOf('"', at)
          field += end < 0 ? text.slice(at) : text.slice(at, end)
          at = end < 0 ? text.length : end
          isPending = end >= 0
        } else if (character === '"' && field === '') {
          inQuotes = true
          wasQuoted = true
        } else if (character === ',') endField()
        else if (character === '\n') endRow(out)
        else if (!(character === '\r' && wasQuoted)) field += character
      }
      if (!isOversized && length + field.length > maxLength) handOut(out)
      return out
    },
    end() {
      const out: (CsvRow | OversizedText)[] = []
      if (isOversized) out.push({ text: '', isContinued: true, hasMore: false })
      else if (field !== '' || row.length > 0 || wasQuoted) endRow(out)
      return out
    },
  }
}

const quoted = (field: string): string => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)

/** A row as CSV, without a line end. */
export function csvText(row: CsvRow): string {
  return row.map(quoted).join(',')
}
