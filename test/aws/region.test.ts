import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { resolveRegion } from '../../shared/aws/region.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bucketwatch-region-'))
  writeFileSync(
    join(folder, 'config'),
    '[default]\nregion = eu-north-1\n[profile audit]\nregion = eu-central-2\n[profile bare]\noutput = json\n',
  )
  // The SDK reads these from the process, whatever it is given.
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_REGION', undefined)
  vi.stubEnv('AWS_PROFILE', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test.each([
  ['the option', { region: 'us-west-2', env: { AWS_REGION: 'eu-west-1' } }, 'us-west-2'],
  ['AWS_REGION', { env: { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' } }, 'eu-west-1'],
  ['AWS_DEFAULT_REGION', { env: { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-2' } }, 'eu-west-2'],
  ['the profile given', { profile: 'audit', env: { AWS_PROFILE: 'bare' } }, 'eu-central-2'],
  ['AWS_PROFILE', { env: { AWS_PROFILE: 'audit' } }, 'eu-central-2'],
  ['the default profile', { env: {} }, 'eu-north-1'],
  ['nothing names one', { profile: 'bare', env: {} }, 'us-east-1'],
])('%s', async (_name, given, expected) => {
  expect(await resolveRegion(given)).toBe(expected)
})
