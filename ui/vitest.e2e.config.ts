import { defineConfig } from 'vitest/config'

// The browser tests share one machine and some are timed, so they run one after another.
export default defineConfig({
  test: { include: ['e2e/**/*.test.mjs'], environment: 'node', testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
})
