import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/package/**', 'test/pages/**'],
    testTimeout: 30_000,
    coverage: { provider: 'v8', include: ['shared/**', 'functions/**', 'cli/**'] },
  },
})
