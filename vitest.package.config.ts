import { defineConfig } from 'vitest/config'

/** `npm run test:package`: the packed package, installed and used from an empty folder. */
export default defineConfig({
  test: { include: ['test/package/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 300_000 },
})
