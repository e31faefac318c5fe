import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BucketwatchError, ERROR_CODES } from '../../shared/contracts/errors.ts'

describe('error codes', () => {
  it('are documented, one row a code, with the same words', () => {
    const rows = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \| (yes|no) \| (.+?) \|/gm)]
    const documented = rows.map(([, code, retry, what]) => [code, { retryable: retry === 'yes', what }])
    expect(documented).toEqual(Object.entries(ERROR_CODES))
  })

  it('carry a sentence, the details and whether a retry helps', () => {
    const error = new BucketwatchError('GZIP_CORRUPT', 'invalid block type.', { offset: 7 })
    expect(error.message).toBe(`${ERROR_CODES.GZIP_CORRUPT.what} invalid block type.`)
    expect(error.details).toEqual({ offset: 7 })
    expect(error.retryable).toBe(false)
    expect(new BucketwatchError('LOGS_PUT').retryable).toBe(true)
  })
})
