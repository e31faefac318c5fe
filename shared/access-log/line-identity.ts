import type { AccessLogFields } from './fields.ts'
import { mixText } from './text.ts'

/** What tells the lines of one request apart; a line that S3 delivers twice has it twice. */
export function lineIdentity(fields: AccessLogFields): string {
  const id = `${fields.operation} ${fields.bucket} ${fields.key}`
  return fields.versionId === undefined ? id : `${id} ${fields.versionId}`
}

/**
 * Eight letters that tell lines with one request id apart, where S3 itself never gives two lines the same. Logs made by
 * hand do; and a text of this length is cheap to remember.
 */
export function lineCheck(fields: AccessLogFields, mark: number): string {
  const { httpStatus = -1, key, timeMs = 0, versionId } = fields
  let a = Math.imul(mark ^ httpStatus, 0x85ebca6b) ^ (timeMs / 1000)
  let b = (fields.bytesSent ?? -1) ^ Math.imul(fields.totalTime ?? -1, 0xc2b2ae35)
  if (key !== undefined) {
    for (let i = 0; i < key.length; i++) {
      const c = key.charCodeAt(i)
      a = Math.imul(a ^ c, 0x9e3779b1) ^ (a >>> 15)
      b = Math.imul(b ^ c, 0x85ebca6b)
    }
  }
  if (versionId !== undefined) a = mixText(a, versionId)
  b ^= b >>> 13
  return String.fromCharCode(
    32 + (a & 63),
    32 + ((a >>> 6) & 63),
    32 + ((a >>> 12) & 63),
    32 + ((a >>> 18) & 63),
    32 + (b & 63),
    32 + ((b >>> 6) & 63),
    32 + ((b >>> 12) & 63),
    32 + ((b >>> 18) & 63),
  )
}
