import { defineConfig } from 'vitest/config'

const withPostgres = { globalSetup: ['test/support/global-setup.ts'] }

export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'] } },
      {
        extends: true,
        test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...withPostgres },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...withPostgres } },
      {
        extends: true,
        test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], ...withPostgres },
      },
    ],
  },
})
