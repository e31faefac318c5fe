/** What later versions are compared with that measured other machines: the CPU of JSON.parse of the same records. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { isGzip } from '../shared/object/inflate.ts'

const ROUNDS = 8

/**
 * Microseconds that JSON.parse takes for a record of a log object, the least of several rounds: of CloudTrail the record,
 * of an access log a list of the line's words.
 */
export function parseMicroseconds(file: string): number {
  const stored = readFileSync(file)
  const text = (isGzip(stored) ? gunzipSync(stored) : stored).toString('utf8')
  const texts = text.startsWith('{')
    ? (JSON.parse(text) as { Records: unknown[] }).Records.map((record) => JSON.stringify(record))
    : text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.stringify(line.split(' '))]))
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage()
    for (const one of texts) JSON.parse(one)
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / texts.length)
  }
  return least
}
