import { expect, it } from 'vitest'
import { type Paint, receiptLine } from '../../cli/render.ts'
import type { Receipt } from '../../shared/forward/receipt.ts'

const plain: Paint = (_style, text) => text

it('names the object in 80 columns, however much there is to say of it', () => {
  const receipt = {
    status: 'quarantined',
    logKind: 'cloudtrail',
    key: 'logs/damaged.json.gz',
    recordsIn: 1,
    delivered: 0,
    filtered: 0,
    filteredBy: {},
    duplicates: 0,
    recovered: 0,
    raw: 0,
    quarantined: 1,
    quarantinedBy: { JSON_TRUNCATED: 1 },
    undelivered: 0,
    error: { code: 'GZIP_TRUNCATED', message: '' },
  } as unknown as Receipt
  const line = receiptLine(receipt, plain, 80)
  expect(line.length).toBeLessThanOrEqual(80)
  expect(line).toMatch(/ {2}damaged\.json\.gz$/)
  const long = receiptLine({ ...receipt, key: `a/${'x'.repeat(200)}` }, plain, 80)
  expect(long.length).toBeLessThanOrEqual(80)
  expect(long).toMatch(/x{20}/)
})
