import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { generateAccessLogLines, generateCloudTrailText } from '../test/support/generate.ts'
import { recordReport } from './record.ts'
import { measure, measureWarm } from './run.ts'

const RECORDS = 10_000

/**
 * What strangers choose is new in every record, so that nothing can be remembered: addresses, sessions, user agents with
 * quotes and letters of other alphabets, keys, and denials that repeat them all.
 */
const HOSTILE: Readonly<Record<string, (record: Record<string, unknown>, number: number) => Record<string, unknown>>> =
  {
    'as generated': (record) => record,
    'every address and session new': (record, number) => ({
      ...record,
      sourceIPAddress: `2001:db8::${(number >> 12).toString(16)}:${(number & 0xfff).toString(16)}`,
      userIdentity: {
        type: 'AssumedRole',
        principalId: `AROAEXAMPLE:session-${number}`,
        arn: `arn:aws:sts::111122223333:assumed-role/reader/session-${number}`,
        accountId: '111122223333',
        accessKeyId: `ASIAEXAMPLE${number}`,
      },
    }),
    'every user agent new, with quotes': (record, number) => ({
      ...record,
      userAgent: `"évil" \\${number} 日本語/1.0`,
    }),
    'denials with quotes and non-ASCII keys': (record, number) => ({
      ...record,
      errorCode: 'AccessDenied',
      errorMessage: `User: arn:aws:sts::111122223333:assumed-role/reader/${number} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::amzn-s3-demo-bucket/überfällig "${number}".pdf"`,
    }),
  }

/** `npm run bench -- hostile`: CPU of a warm function instance, against objects of the same size that are not hostile. */
export async function benchHostile(folder: string): Promise<void> {
  console.log(`\nHostile input: CPU of a warm function instance, µs a record (${RECORDS} records)`)
  const texts = [...generateCloudTrailText({ records: RECORDS, seed: 1 })]
  let usual = 0
  for (const [name, change] of Object.entries(HOSTILE)) {
    const records = texts.map((text, number) =>
      JSON.stringify(change(JSON.parse(text) as Record<string, unknown>, number)),
    )
    const object = gzipSync(`{"Records":[${records.join(',')}]}`)
    const each = warmMicroseconds(path.join(folder, 'hostile.json.gz'), object)
    usual ||= each
    say(name, each, usual)
    for (const line of recordReport(object).filter((text) => /^ *\d+ +\d+ +(?:client|actor) /.test(text)))
      console.log(`      ${line}`)
  }
  const ten = gzipSync(`{"Records":[${texts.slice(0, 10).join(',')}]}`)
  say('objects of 10 records', warmMicroseconds(path.join(folder, 'ten.json.gz'), ten), usual)
  const lines = [...generateAccessLogLines({ lines: RECORDS, seed: 1 })]
  const log = (all: readonly string[]) =>
    warmMicroseconds(path.join(folder, 'hostile.log'), Buffer.from(`${all.join('\n')}\n`))
  usual = log(lines)
  say('access log, as generated', usual, usual)
  say(
    'access log, every address and requester new',
    log(
      lines.map((line, number) =>
        line.replace(
          /\] \S+ \S+ /,
          `] 2001:db8::${number.toString(16)} arn:aws:sts::111122223333:assumed-role/reader/s${number} `,
        ),
      ),
    ),
    usual,
  )
  say(
    'access log, user agents with quotes',
    log(lines.map((line, number) => line.replace(/"[^"]*"( \S+ \S+ (?:SigV|-))/, `""évil" ${number}"$1`))),
    usual,
  )
}

function warmMicroseconds(file: string, object: Uint8Array): number {
  writeFileSync(file, object)
  const fresh = measure('pipeline', file, 1)
  const { cpuMs, records, warmCpuMs } = measureWarm(file, fresh)
  return (1000 * (warmCpuMs ?? cpuMs)) / records
}

function say(name: string, each: number, usual: number): void {
  console.log(`  ${each.toFixed(1).padStart(6)}  ${(each / usual).toFixed(2)} ×  ${name}`)
}
