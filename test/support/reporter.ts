import {
  DefaultReporter,
  type SerializedError,
  type TestCase,
  type TestModule,
  type TestRunEndReason,
} from 'vitest/node'
import { takeRuns } from './runs.ts'
import { summarize, type Tally } from './tally.ts'

/** Vitest's own reporter, then what was not run and why, then one line for machines. */
export default class PostriderReporter extends DefaultReporter {
  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, errors, reason)
    const mustRunAll = process.env.POSTRIDER_TEST_ALL === '1'
    const { lines, failed } = summarize(tally(modules, errors), mustRunAll)
    if (failed > 0) process.exitCode = 1
    const runs = takeRuns()
    if (runs.length > 0) process.stdout.write(`\n${runs.join('\n')}\n`)
    // Not by this.log: nothing of vitest's may stand before or after the last line.
    process.stdout.write(`\n${lines.join('\n')}\n`)
  }
}

function tally(modules: readonly TestModule[], errors: readonly SerializedError[]): Tally {
  const result: Tally = { passed: 0, failed: errors.length, notRun: [] }
  for (const module of modules) {
    // A file that does not load, or a hook that throws, leaves no failed test behind.
    result.failed += module.errors().length
    for (const suite of module.children.allSuites()) result.failed += suite.errors().length
    for (const test of module.children.allTests()) count(result, test)
  }
  return result
}

function count(result: Tally, test: TestCase): void {
  const { state } = test.result()
  if (state === 'passed') result.passed += 1
  else if (state === 'failed') result.failed += 1
  else {
    const title = `${test.module.relativeModuleId} > ${test.fullName}`
    result.notRun.push({ title, missing: missingOf(test) })
  }
}

function missingOf(test: TestCase): string[] {
  const own = test.meta().missing
  if (own !== undefined) return own
  for (let at = test.parent; at.type === 'suite'; at = at.parent) {
    const { missing } = at.meta()
    if (missing !== undefined) return missing
  }
  return []
}
