export type Tally = {
  passed: number
  failed: number
  /** `missing`: the programs that it needs and did not find; none where it was skipped for another reason. */
  notRun: { title: string; missing: string[] }[]
}

/**
 * The last lines of a test run: what was not run, by program, and the count, alone on the very last line.
 * @param mustRunAll POSTRIDER_TEST_ALL=1: what was not run has failed
 */
export function summarize(
  tally: Tally,
  mustRunAll: boolean,
): { lines: string[]; failed: number; skipped: number } {
  const lines: string[] = []
  const reasons = new Set(tally.notRun.map((one) => one.missing.join(', ')))
  for (const missing of reasons) {
    const tests = tally.notRun.filter((one) => one.missing.join(', ') === missing)
    const why = missing === '' ? 'skipped' : `${missing} not found (npm run test:setup installs it)`
    lines.push(`NOT RUN: ${tests.length} ${tests.length === 1 ? 'test' : 'tests'}, ${why}`)
    lines.push(...tests.map((test) => `  ${test.title}`))
  }
  const notRun = tally.notRun.length
  const failed = tally.failed + (mustRunAll ? notRun : 0)
  const skipped = mustRunAll ? 0 : notRun
  if (mustRunAll && notRun > 0) lines.push('POSTRIDER_TEST_ALL=1: what was not run has failed.')
  lines.push(`Tests: ${tally.passed} passed, ${failed} failed, ${skipped} skipped`)
  return { lines, failed, skipped }
}
