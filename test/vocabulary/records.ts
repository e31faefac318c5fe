import { createReadStream } from 'node:fs'
import { filesBelow } from '../../events/generate.ts'
import { createRecordSplitter } from '../../shared/cloudtrail/split.ts'
import { createForms, type RecordForms } from '../../shared/compat/forms.ts'
import { TYPICAL_RECORDS } from '../../shared/compat/typical.ts'
import { inflate } from '../../shared/object/inflate.ts'
import { ACCESS_LOG_CASES } from '../cases/access-log.ts'
import { ENVIRONMENT, RECORD_CASES } from '../cases/cloudtrail-records.ts'
import { generateAccessLogLines, generateCloudTrailText } from '../support/generate.ts'

const { cloudTrail, accessLog } = createForms({
  environment: { ...ENVIRONMENT, region: 'eu-central-1' },
  capBytes: 8192,
  now: () => Date.parse('2026-06-01T10:07:00Z'),
})

export const formsOfRecord = (record: unknown): RecordForms => cloudTrail(JSON.stringify(record))
export const formsOfLine = accessLog

/** The sample trail's records: a morning of an account, an intrusion in it. Damaged objects give what is whole. */
async function sampleEvents(): Promise<string[]> {
  const texts: string[] = []
  for (const file of filesBelow('events/objects').filter((name) => name.includes('/CloudTrail/'))) {
    const splitter = createRecordSplitter()
    const take = (records: readonly Uint8Array[]) =>
      texts.push(...records.map((record) => Buffer.from(record).toString()))
    try {
      for await (const chunk of inflate(createReadStream(`events/objects/${file}`))) take(splitter.push(chunk))
    } catch {
      // Damaged: what came before counts.
    }
    take(splitter.end().last)
  }
  return texts
}

/** CloudTrail events of all kinds, in their three forms. */
export async function cloudTrailRecords(): Promise<RecordForms[]> {
  return [
    ...(await sampleEvents()),
    ...RECORD_CASES.map(({ record }) => JSON.stringify(record)),
    ...TYPICAL_RECORDS.map((record) => JSON.stringify(record)),
    ...generateCloudTrailText({ records: 400, seed: 10, s3DataShare: 0.5, errorShare: 0.1 }),
  ].map(cloudTrail)
}

/** Access-log lines of all kinds, in their three forms. */
export function accessLogRecords(): RecordForms[] {
  return [...ACCESS_LOG_CASES.map(({ line }) => line), ...generateAccessLogLines({ lines: 400, seed: 10 })].map(
    accessLog,
  )
}
