import { describe, expect, test } from 'vitest'
import { measureTrail, RECORD_DOC, recordDoc } from './support/record-doc.ts'

describe('docs/record.md', () => {
  test('has the tables that the records are made by, with what they cost', async () => {
    await expect(await recordDoc()).toMatchFileSnapshot(`../${RECORD_DOC}`)
  })

  test('S3 data events take less than half of what is logged, management events no more than that', () => {
    const { categories } = measureTrail()
    const ratioOf = (category: string) => {
      const { lean, raw } = categories.get(category)!.total
      return lean / raw
    }
    expect(ratioOf('Data')).toBeLessThan(0.45)
    expect(ratioOf('Management')).toBeLessThan(1.05)
  })
})
