import { defineConfig } from 'vitest/config'
import { cleanEnvironment } from './test/support/clean-environment.ts'
import { LongestFirst } from './test/support/longest-first.ts'
import { collectRuns } from './test/support/runs.ts'

// Before the workers are forked: they and every process of a test inherit it.
cleanEnvironment()

const withPostgres = { globalSetup: ['test/support/global-setup.ts'] }
/** What watches a clock runs alone, after all others: a worker without a processor is late for its time slots. */
const PACED = 'test/{e2e,chaos}/rate'

export default defineConfig(({ mode }) => {
  // `npm run test:chaos`: also what takes minutes.
  const kind = mode === 'long' ? '{test,long}' : 'test'
  if (mode === 'long') collectRuns()
  const group = (name: string, include: string, exclude: string[] = []) => ({
    extends: true as const,
    test: { name, include: [include], exclude, ...withPostgres },
  })
  return {
    test: {
      // Twice the processors of a small machine: half of the files wait most of their time.
      maxWorkers: 4,
      setupFiles: ['test/support/end-with-runner.ts'],
      sequence: { sequencer: LongestFirst },
      // A state is waited for, however busy the machine is.
      expect: { poll: { timeout: 20_000, interval: 25 } },
      reporters: ['./test/support/reporter.ts'],
      testTimeout: 60_000,
      hookTimeout: 120_000,
      projects: [
        { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'] } },
        group('integration', 'test/integration/**/*.test.ts'),
        group('e2e', 'test/e2e/**/*.test.ts', [`${PACED}.*`]),
        group('chaos', `test/chaos/**/*.${kind}.ts`, [`${PACED}.*`]),
        {
          extends: true,
          test: {
            name: 'paced',
            include: [`${PACED}.${kind}.ts`],
            maxWorkers: 1,
            sequence: { groupOrder: 1 },
            ...withPostgres,
          },
        },
      ],
    },
  }
})
