import { inOrder } from '../basics/in-order.ts'
import { type KindReader, type ReaderOptions, rawRecord } from '../contracts/kind-reader.ts'
import { createLineSplitter, type Line } from './lines.ts'
import { type AccessLogNormalizer, createAccessLogNormalizer } from './normalize.ts'

/** How server access logs are read: the row of the kind `access-log` in shared/object/readers.ts. */
export function createAccessLogKindReader(options: ReaderOptions): KindReader {
  const normalize: AccessLogNormalizer =
    options === 'raw' ? (line) => rawRecord('s3access', line) : createAccessLogNormalizer(options)
  return {
    normalize: (record) => normalize(typeof record === 'string' ? record : Buffer.from(record).toString('utf8')),
    open({ onRecord }) {
      const splitter = createLineSplitter()
      const take = ({ text, oversize }: Line) => onRecord(normalize(text, oversize))
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
