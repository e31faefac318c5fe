/** What says that it is ASCII is: its characters are its bytes. */
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EMPTY_ENVIRONMENT, type NormalizedRecord } from '../../shared/contracts/record.ts'
import { readLog } from '../../shared/object/read-log.ts'
import { createReaders } from '../../shared/object/readers.ts'
import { generateAccessLog, generateCloudTrailText } from '../support/generate.ts'

async function recordsOf(text: string): Promise<NormalizedRecord[]> {
  const records: NormalizedRecord[] = []
  await readLog(Readable.from([Buffer.from(text)]), {
    readers: createReaders({ environment: EMPTY_ENVIRONMENT, detail: 'full', capBytes: 8192, now: () => 0 }),
    maxInflatedBytes: Number.MAX_SAFE_INTEGER,
    maxRecordBytes: 8 * 1024 * 1024,
    onRecord(record) {
      records.push(record)
      return undefined
    },
    onUnreadable: () => undefined,
  })
  return records
}

function check(records: readonly NormalizedRecord[]): number {
  const said = records.filter(({ isAscii }) => isAscii === true)
  for (const { message } of said) expect(Buffer.byteLength(message), message).toBe(message.length)
  return said.length / records.length
}

const PLAIN =
  'a'.repeat(64) +
  ' amzn-s3-demo-bucket [17/Mar/2026:06:00:00 +0000] 192.0.2.3 - 3E57427F3EXAMPLE REST.GET.OBJECT KEY "GET /KEY HTTP/1.1" 200 - 1 1 7 6 "-" "AGENT" -'

test.each([0, 0.3])('access-log lines, %s of them odd', async (share) => {
  const lines = [...generateAccessLog({ lines: 4_000, seed: 5, oddShare: share })].map(({ line }) => line)
  const said = check(await recordsOf(`${lines.join('\n')}\n`))
  if (share === 0) expect(said).toBeGreaterThan(0.5)
})

test('access-log lines with any key and user agent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string(), fc.boolean())), async (given) => {
      const lines = given.map(([key, agent, isEncoded]) => {
        const text = isEncoded ? encodeURIComponent(key.toWellFormed()) : key.replace(/\s/g, '+')
        return PLAIN.replaceAll('KEY', () => text).replace('AGENT', () => agent.replace(/[\r\n]/g, ' '))
      })
      check(await recordsOf(lines.map((line) => `${line}\n`).join('')))
    }),
  )
})

test('CloudTrail records', async () => {
  const records = [...generateCloudTrailText({ records: 1_000, seed: 5 })]
  const odd = records.map((text, n) => (n % 3 === 0 ? text.replace('"requestID":"', '"requestID":"é\\u00e9') : text))
  expect(check(await recordsOf(`{"Records":[${odd.join(',')}]}`))).toBeGreaterThan(0.5)
})
