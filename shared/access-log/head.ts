import { detach } from '../derive/detach.ts'
import { dashed, isWorthKeeping, mixOf, skipSpaces, tokenEnd } from './scan.ts'

const OPEN_BRACKET = 91

/** Bucket owner and bucket, and the text of both up to the bracket of the time. */
export interface Head {
  readonly text: string
  readonly bucketOwner: string | undefined
  readonly bucket: string | undefined
}

const HEAD_SLOTS = 256
const heads: (Head | undefined)[] = Array.from({ length: HEAD_SLOTS }, () => undefined)

/** Reads bucket owner and bucket; undefined where no time in brackets follows them. */
export function readHead(line: string): Head | undefined {
  const open = line.indexOf('[')
  if (open > 512) return readNewHead(line)
  const text = line.slice(0, open + 1)
  const slot = mixOf(line, 0, open - 1) & (HEAD_SLOTS - 1)
  const known = heads[slot]
  if (known !== undefined && known.text === text) return known
  const head = readNewHead(line)
  if (head !== undefined && isWorthKeeping(known)) {
    const own = (part: string | undefined) => (part === undefined ? undefined : detach(part))
    heads[slot] = { text: detach(head.text), bucketOwner: own(head.bucketOwner), bucket: own(head.bucket) }
  }
  return head
}

function readNewHead(line: string): Head | undefined {
  const start = skipSpaces(line, 0)
  const ownerEnd = tokenEnd(line, start)
  const bucketStart = skipSpaces(line, ownerEnd)
  const bucketEnd = tokenEnd(line, bucketStart)
  const open = skipSpaces(line, bucketEnd)
  if (line.charCodeAt(open) !== OPEN_BRACKET) return undefined
  return {
    text: line.slice(0, open + 1),
    bucketOwner: dashed(line, start, ownerEnd),
    bucket: dashed(line, bucketStart, bucketEnd),
  }
}
