import { defineConfig } from 'vitest/config'

/** The pages in a browser: one file after the other, since each has a browser of its own. */
export default defineConfig({
  test: {
    include: ['test/pages/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
