/**
 * The forms in which people hold logs beside the objects that AWS delivers: one row a form. docs/inputs.md lists them,
 * test/object/forms.test.ts has a case for each.
 */
import { StringDecoder } from 'node:string_decoder'
import { createLineSplitter, type Line } from '../access-log/lines.ts'
import { inOrder } from '../basics/in-order.ts'
import { BucketwatchError } from '../contracts/errors.ts'
import type { OpenOptions, Wait } from '../contracts/kind-reader.ts'
import type { NormalizedRecord } from '../contracts/record.ts'
import { type LogKind, OBJECTS } from '../kinds/kinds.ts'
import { createCsvRows, csvText } from './csv.ts'
import { createJsonElements, type OversizedText } from './json-elements.ts'
import type { Readers } from './readers.ts'
import { rowText, tableKind } from './table-row.ts'
import { unwrap } from './unwrap.ts'

/** How the pieces of a form are parted. */
type Parting = 'json' | 'lines' | 'csv'

interface FormRow {
  /** As the documentation has it. */
  readonly title: string
  readonly parting: Parting
  /** Told by the member names of the first JSON object, */
  readonly json?: (names: readonly string[], text: string) => boolean
  /** or by the first lines. */
  readonly lines?: (lines: readonly string[]) => boolean
}

const headerOf = (line: string): readonly string[] => {
  const [row = []] = createCsvRows(Number.POSITIVE_INFINITY).push(`${line}\n`)
  return 'text' in row ? [] : row
}
const isLogText = (text: string): boolean => unwrap(text).records.length > 0

export const FORMS = {
  'lookup-events': {
    title: 'pages of `aws cloudtrail lookup-events`',
    parting: 'json',
    json: (names) => names.includes('Events') || names.includes('CloudTrailEvent'),
  },
  eventbridge: {
    title: 'EventBridge events ("AWS API Call via CloudTrail" …)',
    parting: 'json',
    json: (names) => names.includes('detail-type') && names.includes('detail'),
  },
  subscription: {
    title: 'payloads of CloudWatch Logs subscriptions, decoded or not',
    parting: 'json',
    json: (names) => names.includes('logEvents') || names.includes('awslogs'),
  },
  'log-events': {
    title: '`aws logs filter-log-events` and `get-log-events`, and results of Logs Insights',
    parting: 'json',
    json: (names) =>
      names.includes('events') ||
      names.includes('results') ||
      names.includes('@message') ||
      names.includes('field') ||
      (names.includes('message') && (names.includes('timestamp') || names.includes('ingestionTime'))),
  },
  'table-json': {
    title: 'rows of Athena or CloudTrail Lake as JSON',
    parting: 'json',
    json: (names, text) =>
      tableKind(names) !== undefined &&
      (!names.includes('eventTime') || /"eventTime"\s*:\s*"\d{4}-\d\d-\d\d \d\d:/.test(text)) &&
      !names.includes('schema_version_id'),
  },
  'table-csv': {
    title: 'CSV of Athena, CloudTrail Lake or the console’s Event history',
    parting: 'csv',
    lines: ([header = '']) => tableKind(headerOf(header)) !== undefined,
  },
  'subscription-text': {
    title: 'payloads of subscriptions in base64, one a line',
    parting: 'lines',
    lines: ([line = '']) => line.startsWith('H4sI') && /^H4sI[A-Za-z0-9+/]+=*$/.test(line.trim()),
  },
  'timed-lines': {
    title: 'CloudWatch Logs exports and `aws logs tail`: a time in front of each line',
    parting: 'lines',
    lines: (lines) => lines.some((line) => /^\d{4}-\d\d-\d\dT/.test(line) && isLogText(line)),
  },
} as const satisfies Readonly<Record<string, FormRow>>

export type FormName = keyof typeof FORMS
const ROWS = Object.entries(FORMS) as [FormName, FormRow][]

/**
 * The form that some content has, told from its beginning; undefined: none of these.
 *
 * @param names the member names of the first JSON object; empty: it is no JSON.
 */
export function tellForm(text: string, names: readonly string[]): FormName | undefined {
  // The last line may be cut off, which makes no difference to how it begins.
  const lines = text.split('\n', 16)
  return ROWS.find(([, { json, lines: byLines }]) =>
    names.length > 0 ? json?.(names, text) === true : byLines?.(lines) === true,
  )?.[0]
}

/** Reads an object of a form: as a KindReader does, but of records of whichever kind it finds. */
export interface FormReader {
  push(chunk: Uint8Array): Wait
  end(): Promise<{ readonly error?: BucketwatchError | undefined }>
}

export interface FormOptions extends Pick<OpenOptions, 'maxRecordBytes' | 'onUnreadable'> {
  readonly readers: Readers
  readonly onRecord: (record: NormalizedRecord, kind: LogKind) => Wait
}

/**
 * Opens a form. Pieces that are no record are told to `onUnreadable` (RECORD_KIND), and nothing else is lost by them.
 */
export function openForm(name: FormName, options: FormOptions): FormReader {
  const { readers, onRecord, onUnreadable, maxRecordBytes } = options

  function take(piece: string): Wait {
    const { records, unknown } = unwrap(piece)
    const told = inOrder(unknown, (text) => onUnreadable({ code: 'RECORD_KIND', text }))
    const deliver = () => inOrder(records, ({ kind, text }) => onRecord(readers[kind].normalize(text), kind))
    return told === undefined ? deliver() : told.then(deliver)
  }

  if (FORMS[name].parting === 'json') {
    const elements = createJsonElements(maxRecordBytes)
    return {
      push: (chunk) =>
        inOrder(elements.push(chunk), (found) =>
          typeof found === 'string' ? take(found) : onUnreadable({ code: 'RECORD_TOO_LARGE', ...found }),
        ),
      async end() {
        const rest = elements.end()
        if (rest === undefined) return {}
        await onUnreadable(
          typeof rest === 'string'
            ? { code: 'JSON_TRUNCATED', text: rest, isCut: true }
            : { code: 'RECORD_TOO_LARGE', ...rest },
        )
        return { error: new BucketwatchError('JSON_TRUNCATED', `The form is ${name}.`) }
      },
    }
  }
  return FORMS[name].parting === 'csv' ? readCsv(options) : readLines(take, options)
}

function readCsv({ readers, onRecord, onUnreadable, maxRecordBytes }: FormOptions): FormReader {
  const decoder = new StringDecoder('utf8')
  const rows = createCsvRows(maxRecordBytes)
  let columns: readonly string[] | undefined
  let kind: LogKind | undefined
  function takeRow(row: readonly string[] | OversizedText): Wait {
    if ('text' in row) return onUnreadable({ code: 'RECORD_TOO_LARGE', ...row })
    if (columns === undefined) {
      columns = row
      kind = tableKind(row)
      return undefined
    }
    if (kind === undefined || row.length !== columns.length) {
      return onUnreadable({ code: 'RECORD_KIND', text: csvText(row) })
    }
    const text = rowText(kind, Object.fromEntries(columns.map((column, index) => [column, row[index]])))
    return onRecord(readers[kind].normalize(text), kind)
  }
  return {
    push: (chunk) => inOrder(rows.push(decoder.write(chunk)), takeRow),
    async end() {
      await inOrder(rows.push(decoder.end()), takeRow)
      await inOrder(rows.end(), takeRow)
      return {}
    },
  }
}

/** `aws logs tail --format json` writes a record over several lines: those that begin with no time go on the last. */
function readLines(take: (piece: string) => Wait, { maxRecordBytes, onUnreadable }: FormOptions): FormReader {
  const splitter = createLineSplitter({ maxLineBytes: maxRecordBytes })
  let piece = ''
  /** The piece has grown too large, and is handed out in parts. */
  let isOversized = false
  const isStart = (line: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:/.test(line) || line.startsWith('H4sI') || OBJECTS.some(({ row }) => row.line?.test(line))
  const part = (of: OversizedText): Wait => onUnreadable({ code: 'RECORD_TOO_LARGE', ...of })

  function endPiece(): Wait {
    const whole = piece
    piece = ''
    if (!isOversized) return whole === '' ? undefined : take(whole)
    isOversized = false
    return part({ text: '', isContinued: true, hasMore: false })
  }

  function addLine(text: string): Wait {
    if (isOversized) return part({ text: `\n${text}`, isContinued: true, hasMore: true })
    piece += piece === '' ? text : `\n${text}`
    if (piece.length <= maxRecordBytes) return undefined
    isOversized = true
    return part({ text: piece, hasMore: true })
  }

  function takeLine({ text, oversize, isContinued, hasMore }: Line): Wait {
    const ended = isContinued !== true && (oversize || isStart(text)) ? endPiece() : undefined
    const rest = () => (oversize ? part({ text, isContinued, hasMore }) : addLine(text))
    return ended === undefined ? rest() : ended.then(rest)
  }

  return {
    push: (chunk) => inOrder(splitter.push(chunk), takeLine),
    async end() {
      await inOrder(splitter.end(), takeLine)
      await endPiece()
      return {}
    },
  }
}
