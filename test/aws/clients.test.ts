import { afterEach, describe, expect, test, vi } from 'vitest'
import { createLogsClient, createS3Client } from '../../shared/aws/clients.ts'

afterEach(() => vi.unstubAllEnvs())

describe('createS3Client', () => {
  test.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'])('addresses buckets by path with %s', (name) => {
    vi.stubEnv('AWS_ENDPOINT_URL', '')
    vi.stubEnv('AWS_ENDPOINT_URL_S3', '')
    expect(createS3Client({ region: 'eu-central-1' }).config.forcePathStyle).toBe(false)
    vi.stubEnv(name, 'http://127.0.0.1:4566')
    expect(createS3Client({ region: 'eu-central-1' }).config.forcePathStyle).toBe(true)
  })

  test('retries adaptively, four calls at most, and computes no checksum that nobody needs', async () => {
    const { config } = createS3Client({ region: 'eu-central-1' })
    expect(await config.maxAttempts()).toBe(4)
    expect(await config.retryStrategy()).toMatchObject({ mode: 'adaptive' })
    expect(await config.responseChecksumValidation()).toBe('WHEN_REQUIRED')
  })
})

test('what is given wins', async () => {
  const client = createLogsClient({ region: 'eu-central-1', maxAttempts: 2 })
  expect(await client.config.maxAttempts()).toBe(2)
  expect(await client.config.region()).toBe('eu-central-1')
})
