import { describe, expect, it } from 'vitest'
import { createAccessLogNormalizer } from '../../shared/access-log/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { createRandom } from '../support/random.ts'

const normalize = createAccessLogNormalizer({
  environment: EMPTY_ENVIRONMENT,
  detail: 'full',
  capBytes: 8192,
  now: () => Date.UTC(2026, 0, 1),
})

const OWNER = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be'
const TAIL = '- H= SigV4 TLS_AES_128_GCM_SHA256 QueryString b.s3.amazonaws.com TLSv1.3 - - us-east-1'

/** A line with a text in one of its places. */
const PLACES: Readonly<Record<string, (text: string) => string>> = {
  owner: (text) => `${text} b [30/Jul/2026:10:00:00 +0000] 198.51.100.7 - ID REST.GET.OBJECT k "GET /k HTTP/1.1" 200 -`,
  requester: (text) => head(text, 'k'),
  key: (text) => `${head('-', text)} "GET /k HTTP/1.1" 200 - 1 1 1 1 "-" "x" ${TAIL}`,
  target: (text) => `${head('-', 'k')} "GET /${text} HTTP/1.1" 200 - 1 1 1 1 "-" "x" ${TAIL}`,
  error: (text) => `${head('-', 'k')} "GET /k HTTP/1.1" 200 ${text} 1 1 1 1 "-" "x" ${TAIL}`,
  referer: (text) => `${head('-', 'k')} "GET /k HTTP/1.1" 200 - 1 1 1 1 "${text}" "x" ${TAIL}`,
  agent: (text) => `${head('-', 'k')} "GET /k HTTP/1.1" 200 - 1 1 1 1 "-" "${text}" ${TAIL}`,
  tail: (text) => `${head('-', 'k')} "GET /k HTTP/1.1" 200 - 1 1 1 1 "-" "x" ${text}`,
}

function head(requester: string, key: string): string {
  return `${OWNER} b [30/Jul/2026:10:00:00 +0000] 198.51.100.7 ${requester} ID REST.GET.OBJECT ${key}`
}

const PIECES = [
  ...['"', ' ', '" ', '" "', '"  ', '" 200 - 1 1 1 1 "', '" - - - - - - ', '%25', '%', '/', '=', '&', '-', ' -', '\\'],
  ...['signature=', 'password":"', 'x-amz-', '?X-Amz-Credential=', 'TLSv1.2 ', 'REST.GET.OBJECT ', '[', ']', '{'],
  ...['Mozilla/5.0 (', 'Chrome/1 ', 'aws-internal/', 'how_to_', 'readme_', 'secret', '.key', 'restore_', 'and_', 'a'],
  ...[' HTTP/1.1', ' HTTP/1.1" ', '\u2028', 'é', '\ud800'],
]

describe('hostile lines of 100 KB', () => {
  it('take time in proportion to their length, and give a record each', () => {
    const random = createRandom(12)
    let megabytes = 0
    const before = process.cpuUsage()
    for (const place of Object.keys(PLACES)) {
      for (let count = 0; count < 60; count++) {
        const unit = random.pick(PIECES) + random.pick(PIECES) + (random.chance(0.5) ? random.pick(PIECES) : '')
        const line = PLACES[place]!(unit.repeat(Math.ceil(100_000 / unit.length)))
        megabytes += line.length / 1e6
        const { message } = normalize(line)
        const record = JSON.parse(message) as { parse: string }
        expect(['exact', 'recovered', 'raw']).toContain(record.parse)
      }
    }
    const { user, system } = process.cpuUsage(before)
    // Some 20 ms a megabyte; a quadratic step costs 10 s and more on a single one of these lines.
    expect((user + system) / 1e6 / megabytes).toBeLessThan(2)
  })
})
