import { StringDecoder } from 'node:string_decoder'
import { inOrder } from '../basics/in-order.ts'
import { textHead } from '../basics/text-head.ts'
import {
  type KindReader,
  type ReaderOptions,
  rawRecord,
  type UnreadablePiece,
  type Wait,
} from '../contracts/kind-reader.ts'
import type { NormalizedRecord } from '../contracts/record.ts'
import { guarded, isCutParseError, parseErrorRecord } from '../derive/parse-error.ts'
import type { ObjectKind } from '../kinds/kinds.ts'
import { type CloudTrailReader, createCloudTrailReader } from './normalize.ts'
import { createRecordSplitter, type SplitShape } from './split.ts'

/** What lies beside a trail's logs and may be found under a log's name. */
const OBJECT_OF: Readonly<Partial<Record<SplitShape, ObjectKind>>> = {
  digest: 'cloudtrail-digest',
  validation: 'validation',
}

type RecordReader = Pick<CloudTrailReader, 'normalize'> & Partial<CloudTrailReader>

const RAW: RecordReader = {
  normalize: (record) => rawRecord('cloudtrail', typeof record === 'string' ? record : Buffer.from(record).toString()),
}

/** JSON that does not even say what happened, where or when (`needs` in the table of kinds) is something else. */
const isNoEvent = ({ isOther }: NormalizedRecord): boolean => isOther === true

/** How CloudTrail logs are read: the row of the kind `cloudtrail` in shared/object/readers.ts. */
export function createCloudTrailKindReader(options: ReaderOptions): KindReader {
  const reader: RecordReader = options === 'raw' ? RAW : createCloudTrailReader(options)
  const normalize = guarded(reader.normalize, (record, reason) =>
    parseErrorRecord({
      source: 'cloudtrail',
      service: 'unknown',
      eventSource: '',
      text: typeof record === 'string' ? record : textOf(record),
      reason,
    }),
  )
  const readAhead = reader.readAhead === undefined ? undefined : guardedReadAhead(reader.readAhead)
  // Of a raw record nothing is known.
  const isOther = options === 'raw' ? () => false : isNoEvent

  /** As the reader's own, but what is no event is handed on as its text. */
  function readEvent(bytes: Uint8Array, at: number, into: (Uint8Array | NormalizedRecord | UnreadablePiece)[]): number {
    // It only adds to the end.
    const out = into as (Uint8Array | NormalizedRecord)[]
    const end = readAhead?.(bytes, at, out) ?? 0
    const record = end > 0 ? out.at(-1) : undefined
    if (record === undefined || record instanceof Uint8Array) return end
    if (isOther(record) || isCutParseError(record)) {
      out[out.length - 1] = bytes.subarray(at, end)
    }
    return end
  }

  return {
    normalize,
    open({ maxRecordBytes, onRecord, onUnreadable }) {
      let decoder = new StringDecoder('utf8')
      const splitter = createRecordSplitter<NormalizedRecord | UnreadablePiece>({
        maxRecordBytes,
        readAhead: readAhead === undefined ? undefined : readEvent,
        onOversizedPart({ bytes, isFirst, isLast }) {
          if (isFirst) decoder = new StringDecoder('utf8')
          const text = decoder.write(bytes) + (isLast ? decoder.end() : '')
          return { code: 'RECORD_TOO_LARGE', text, isContinued: !isFirst, hasMore: !isLast }
        },
      })
      function take(record: Uint8Array | NormalizedRecord | UnreadablePiece): Wait {
        if ('code' in record) return onUnreadable(record)
        if (!(record instanceof Uint8Array)) return onRecord(record)
        const normalized = normalize(record)
        if (!isOther(normalized) && !isCutParseError(normalized)) return onRecord(normalized)
        return onUnreadable({ code: 'RECORD_KIND', text: textOf(record) })
      }
      return {
        push: (chunk) => inOrder(splitter.push(chunk), take),
        async end() {
          const { last, shape, error, remainder } = splitter.end()
          await inOrder(last, take)
          if (remainder !== undefined && remainder.length > 0) {
            const isCut = error !== undefined
            await onUnreadable({ code: error?.code ?? 'JSON_TRUNCATED', text: textOf(remainder), isCut })
          }
          return { object: OBJECT_OF[shape], error }
        },
      }
    },
  }
}

const textOf = (bytes: Uint8Array): string => textHead(bytes, bytes.length)

/** What it fails on is split off as usual, and told as a record of its own. */
function guardedReadAhead(readAhead: CloudTrailReader['readAhead']): CloudTrailReader['readAhead'] {
  return (bytes, at, out) => {
    const before = out.length
    try {
      return readAhead(bytes, at, out)
    } catch {
      out.length = before
      return 0
    }
  }
}
