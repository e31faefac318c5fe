import { describe, expect, test } from 'vitest'
import { createAccessLogNormalizer } from '../shared/access-log/normalize.ts'
import { EMPTY_ENVIRONMENT } from '../shared/contracts/record.ts'
import { generateAccessLogLines } from './support/generate.ts'
import { measureTrail, RECORD_DOC, recordDoc } from './support/record-doc.ts'

describe('docs/record.md', () => {
  test('has the tables that the records are made by, with what they cost', async () => {
    await expect(await recordDoc()).toMatchFileSnapshot(`../${RECORD_DOC}`)
  })

  test('a trail takes half of what is logged, S3 data events less, management events no more than that', () => {
    const { categories } = measureTrail()
    const all = { lean: 0, raw: 0 }
    for (const { records, total } of categories.values()) {
      all.lean += records * total.lean
      all.raw += records * total.raw
    }
    expect(all.lean / all.raw).toBeLessThan(0.5)
    const ratioOf = (category: string) => {
      const { lean, raw } = categories.get(category)!.total
      return lean / raw
    }
    expect(ratioOf('Data')).toBeLessThan(0.4)
    expect(ratioOf('Management')).toBeLessThan(1)
  })

  test('access-log records take less than four fifths of these short lines', () => {
    const options = { environment: EMPTY_ENVIRONMENT, capBytes: 8192, now: Date.now, detail: 'lean' } as const
    const normalize = createAccessLogNormalizer(options)
    const bytes = { lines: 0, lean: 0 }
    for (const line of generateAccessLogLines({ lines: 2000, seed: 1 })) {
      bytes.lines += Buffer.byteLength(line) + 1
      bytes.lean += Buffer.byteLength(normalize(line).message)
    }
    expect(bytes.lean / bytes.lines).toBeLessThan(0.8)
  })
})
