export interface CsvRows {
  /** The rows that end within this text. */
  push(text: string): readonly (readonly string[])[]
  /** Call once, after the last text: the last row, where no line end came after it. */
  end(): readonly (readonly string[])[]
}

/**
 * Splits CSV into rows of fields, a piece at a time: fields in quotes may hold commas, line ends and doubled quotes.
 *
 * Source: RFC 4180.
 *
 * @example
 * createCsvRows().push('a,"b,""c"""\n') // [['a', 'b,"c"']]
 */
export function createCsvRows(): CsvRows {
  let field = ''
  let row: string[] = []
  let inQuotes = false
  // A quote inside quotes was seen: it ends the field, or is the first of two.
  let isPending = false
  let wasQuoted = false

  function endField(): void {
    row.push(wasQuoted ? field : field.replace(/\r$/, ''))
    field = ''
    wasQuoted = false
  }

  function endRow(out: string[][]): void {
    endField()
    if (row.length > 1 || row[0] !== '') out.push(row)
    row = []
  }

  return {
    push(text) {
      const out: string[][] = []
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
      return out
    },
    end() {
      const out: string[][] = []
      if (field !== '' || row.length > 0 || wasQuoted) endRow(out)
      return out
    },
  }
}
