import { inOrder } from '../basics/in-order.ts'
import { type KindReader, type ReaderOptions, rawRecord, type Wait } from '../contracts/kind-reader.ts'
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
      function take({ text, oversize, isContinued, hasMore }: Line): Wait {
        if (oversize) return onUnreadable({ code: 'LINE_TOO_LARGE', text, isContinued, hasMore })
        const record = normalizeLine(text)
        return isCutParseError(record) ? onUnreadable({ code: 'RECORD_KIND', text }) : onRecord(record)
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
