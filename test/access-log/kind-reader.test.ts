import { describe, expect, it } from 'vitest'
import { createAccessLogKindReader } from '../../shared/access-log/kind-reader.ts'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { ACCESS_LOG_CASES } from '../cases/access-log.ts'

const LINE = ACCESS_LOG_CASES[0]!.line

/** A fault of ours, whatever it may be: the clock fails. */
const failing = createAccessLogKindReader({
  environment: EMPTY_ENVIRONMENT,
  detail: 'lean',
  capBytes: 262_144,
  now: () => {
    throw new Error('no clock')
  },
})

describe('createAccessLogKindReader', () => {
  it('makes a parse error of a line that we fail on, with its text', () => {
    const { message, view } = failing.normalize(LINE)
    expect(JSON.parse(message)).toMatchObject({
      kind: 'parseError',
      source: 's3access',
      service: 's3',
      raw: expect.stringContaining(LINE.slice(0, 80)),
      parseErrorReason: 'It cannot be read: no clock.',
    })
    expect(view).toMatchObject({ kind: 'parseError', source: 's3access', eventSource: 's3.amazonaws.com' })
  })

  it('says where it keeps the beginning of such a line only', () => {
    const record = JSON.parse(failing.normalize(`${LINE} ${'x'.repeat(1_140_000)}`).message)
    expect(record.raw).toHaveLength(1_048_576)
    expect(record).toMatchObject({ truncated: true })
  })

  it('of an object hands such a line on whole, as no record', async () => {
    const unreadable: unknown[] = []
    const reader = failing.open({
      maxRecordBytes: 1_000_000,
      onUnreadable: (piece) => void unreadable.push(piece),
      onRecord: () => undefined,
    })
    const long = `${LINE} ${'"'.repeat(600_000)}`
    await reader.push(Buffer.from(`${LINE}\n${long}\n${LINE}`))
    await reader.end()
    expect(unreadable).toEqual([{ code: 'RECORD_KIND', text: long }])
    await failing
      .open({
        maxRecordBytes: 1_000_000,
        onUnreadable: (piece) => void unreadable.push(piece),
        onRecord: () => undefined,
      })
      .push(Buffer.from(`${LINE} ${'x'.repeat(1_000_000)}\n`))
    expect(unreadable).toHaveLength(1)
  })

  it('hands on every line of an object, whatever becomes of the others', async () => {
    const records: unknown[] = []
    const reader = failing.open({
      maxRecordBytes: 1_000_000,
      onUnreadable: () => undefined,
      onRecord: ({ message }) => {
        records.push(JSON.parse(message).kind)
        return undefined
      },
    })
    await reader.push(Buffer.from(`${LINE}\n${LINE}\nno line at all`))
    await reader.end()
    expect(records).toEqual(['parseError', 'parseError', 'parseError'])
  })
})
