import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { EMPTY_ENVIRONMENT } from '../../shared/contracts/record.ts'
import { readPackagedEnvironment } from '../../shared/files/packaged-environment.ts'

const folder = mkdtempSync(join(tmpdir(), 'bucketwatch-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

function fileOf(text: string): string {
  const file = join(folder, 'settings.json')
  writeFileSync(file, text)
  return file
}

test('without a file nothing is known', () => {
  expect(readPackagedEnvironment(undefined)).toBe(EMPTY_ENVIRONMENT)
})

test('what the file says is known', () => {
  const file = fileOf('{"account":"111122223333","logBuckets":["amzn-s3-demo-logs"]}')
  expect(readPackagedEnvironment(file)).toMatchObject({ account: '111122223333', logBuckets: ['amzn-s3-demo-logs'] })
})

test.each([
  ['no JSON', '{"account"', 'cannot be read'],
  ['a wrong value', '{"account":"12"}', 'account'],
])('%s stops the function from starting', (_, text, said) => {
  const file = fileOf(text)
  expect(() => readPackagedEnvironment(file)).toThrow(
    expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringContaining(said) }),
  )
})

test('so does a file that is not there, and it is named', () => {
  const file = join(folder, 'absent.json')
  expect(() => readPackagedEnvironment(file)).toThrow(
    expect.objectContaining({ code: 'SETTINGS_INVALID', message: expect.stringContaining(file) }),
  )
})
