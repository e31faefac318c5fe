import { inOrder } from '../basics/in-order.ts'
import { type KindReader, type ReaderOptions, rawRecord } from '../contracts/kind-reader.ts'
import { guarded } from '../derive/parse-error.ts'
import { createLineSplitter, type Line } from './lines.ts'
import { type AccessLogNormalizer, createAccessLogNormalizer, rawAccessLogRecord } from './normalize.ts'

/** How server access logs are read: the row of the kind `access-log` in shared/object/readers.ts. */
export function createAccessLogKindReader(options: ReaderOptions): KindReader {
  const line: AccessLogNormalizer =
    options === 'raw' ? (text) => rawRecord('s3access', text) : createAccessLogNormalizer(options)
  const normalizeLine = guarded(
    ({ text, oversize }: Line) => line(text, oversize),
    ({ text, oversize }, reason) => rawAccessLogRecord(text, reason, oversize),
  )
  const normalize = (text: string) => normalizeLine({ text, oversize: false })
  return {
    normalize: (record) => normalize(typeof record === 'string' ? record : Buffer.from(record).toString('utf8')),
    open({ onRecord }) {
      const splitter = createLineSplitter()
      const take = (of: Line) => onRecord(normalizeLine(of))
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
