import { defineConfig } from 'vitest/config'

/** The end-to-end tests: one file after the other, since each has an emulator of its own. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
})
