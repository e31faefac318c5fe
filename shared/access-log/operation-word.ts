import { describeOperation } from './operation.ts'
import { DASH } from './scan.ts'

/** `REST.GET.OBJECT`: two to four dotted parts of letters, digits, `_` and `-`, beginning with a capital. */
export function isOperation(line: string, start: number, end: number): boolean {
  const first = line.charCodeAt(start)
  if (!(first >= 65 && first <= 90) || end - start > 96) return false
  let dots = 0
  let part = 0
  for (let i = start; i < end; i++) {
    const c = line.charCodeAt(i)
    if (c === 46) {
      if (part === 0) return false
      dots++
      part = 0
    } else if ((c >= 65 && c <= 90) || (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 95 || c === DASH) part++
    else return false
  }
  return part > 0 && dots >= 1 && dots <= 3
}

/** Whether it is one of the families of operations that S3 logs. */
export function isKnownOperation(line: string, start: number, end: number): boolean {
  // REST, WEBSITE, BATCH, S3, SOAP. Most tokens that are asked about are request ids.
  const c = line.charCodeAt(start)
  if (c !== 82 && c !== 83 && c !== 87 && c !== 66) return false
  if (!isOperation(line, start, end)) return false
  const family = line.slice(start, line.indexOf('.', start))
  return family === 'REST' || family === 'WEBSITE' || family === 'BATCH' || family === 'S3' || family === 'SOAP'
}

/** Whether an operation has an API name. */
export function isNamedOperation(operation: string): boolean {
  return describeOperation(operation, false).eventName !== operation
}
