import { defineConfig } from 'vitest/config'
import { cleanEnvironment } from './test/support/clean-environment.ts'

// Before the workers are forked: they and every process of a test inherit it.
cleanEnvironment()

const withPostgres = { globalSetup: ['test/support/global-setup.ts'] }

// `npm run test:chaos`: also what takes minutes, the *.long.ts.
export default defineConfig(({ mode }) => ({
  test: {
    maxWorkers: 2,
    reporters: ['./test/support/reporter.ts'],
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
        test: {
          name: 'chaos',
          include: [`test/chaos/**/*.${mode === 'long' ? '{test,long}' : 'test'}.ts`],
          ...withPostgres,
        },
      },
    ],
  },
}))
