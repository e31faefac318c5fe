import { afterEach, expect, it, vi } from 'vitest'
import { createQuietLogger, operatorLog } from '../../shared/lambda/logger.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

it('writes what strangers wrote visibly, and without secrets', () => {
  // Else it writes past the console that can be looked at; its JSON is indented then.
  vi.stubEnv('POWERTOOLS_DEV', 'true')
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line))
  operatorLog(createQuietLogger()).error('failed', { key: 'a\u001b[31m\u0085\u202e\u2028\nb?X-Amz-Signature=abc123' })
  expect(lines).toHaveLength(1)
  expect(lines[0]!.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|abc123/u)
  expect(JSON.parse(lines[0]!)).toMatchObject({ key: expect.stringContaining('b?X-Amz-Signature=REDACTED') })
})
