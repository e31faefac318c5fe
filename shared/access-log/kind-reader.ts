import { inOrder } from '../basics/in-order.ts'
import { type KindReader, type ReaderOptions, rawRecord, type Wait } from '../contracts/kind-reader.ts'
import type { NormalizedRecord } from '../contracts/record.ts'
import { guarded, isCutParseError } from '../derive/parse-error.ts'
import { createLineSplitter, type Line } from './lines.ts'
import { type AccessLogNormalizer, createAccessLogNormalizer, rawAccessLogRecord } from './normalize.ts'

/** How server access logs are read: the row of the kind `access-log` in shared/object/readers.ts. */
export function createAccessLogKindReader(options: ReaderOptions): KindReader {
  const line: AccessLogNormalizer =
    options === 'raw' ? (text) => rawRecord('s3access', text) : createAccessLogNormalizer(options)
  const normalizeLine = guarded(
    (text: string) => line(text),
    (text, reason) => rawAccessLogRecord(text, reason),
  )
  return {
    normalize: (record) => normalizeLine(typeof record === 'string' ? record : Buffer.from(record).toString('utf8')),
    open({ onRecord, onUnreadable }) {
      const splitter = createLineSplitter()
      function take({ text, oversize, isAscii, isContinued, hasMore }: Line): Wait {
        if (oversize) return onUnreadable({ code: 'LINE_TOO_LARGE', text, isContinued, hasMore })
        const record = normalizeLine(text)
        if (isCutParseError(record)) return onUnreadable({ code: 'RECORD_KIND', text })
        return onRecord(isAscii === true && staysAscii(text, record) ? { ...record, isAscii } : record)
      }
      return {
        push: (chunk) => inOrder(splitter.push(chunk), take),
        async end() {
          await inOrder(splitter.end(), take)
          return {}
        },
      }
    },
  }
}

/** Longer ones may be cut, which is marked. */
const SHORT = 4096
const BRACE = 0x7b
/** An escape of a byte beyond ASCII, be it escaped itself. */
const BEYOND = /%(?:25)*[89A-F]/i

/** Whether nothing beyond ASCII can have come into what was made of a line: out of an escape, as a mark, as a reason. */
const staysAscii = (line: string, { view }: NormalizedRecord): boolean =>
  line.length <= SHORT &&
  !(line.includes('%') && BEYOND.test(line)) &&
  line.charCodeAt(0) !== BRACE &&
  view.kind !== 'parseError'
