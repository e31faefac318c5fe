import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PLAYGROUND_SAMPLES, takeSamples } from '../../infra/playground.ts'

test('the samples are the records as they are today (npm run playground takes them anew)', async () => {
  expect(readFileSync(PLAYGROUND_SAMPLES, 'utf8') === (await takeSamples()), 'stale: run npm run playground').toBe(true)
})
