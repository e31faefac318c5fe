import path from 'node:path'
import { defineConfig } from 'vitest/config'

const SEEDED = path.resolve('test/support/fast-check.ts')

// One seed for all property tests of a run: always the same in CI, so that a red run is about the change.
process.env.FAST_CHECK_SEED ??= process.env.CI ? '20260317' : String(Date.now() % 2 ** 31)

export default defineConfig({
  plugins: [
    {
      name: 'fast-check with the seed of the run',
      enforce: 'pre',
      resolveId: (source, importer) => (source === 'fast-check' && importer !== SEEDED ? SEEDED : undefined),
    },
  ],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/package/**', 'test/pages/**'],
    globalSetup: ['test/support/seed.ts'],
    // A busy machine is slow and not wrong: these limits are for what hangs, so that it fails and is named. What waits
    // for something has a limit of its own.
    testTimeout: 15 * 60_000,
    hookTimeout: 15 * 60_000,
    setupFiles: ['test/support/watchdog.ts'],
    coverage: { provider: 'v8', include: ['shared/**', 'functions/**', 'cli/**'] },
  },
})
