import { describe, test } from 'vitest'
import { findProgram, type Program } from './find-program.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** Programs of this machine that it was not run for want of. */
    missing?: string[]
  }
}

/** The path of a program inside a test that programTest or describeWith has guarded. */
export function programPath(name: Program): string {
  const path = findProgram(name)
  if (path === null) throw new Error(`${name} is not here: guard the test with programTest`)
  return path
}

/** A test that runs where its programs are found; elsewhere it is counted, and named as NOT RUN at the end. */
export function programTest(
  programs: Program | Program[],
  title: string,
  run: () => Promise<void> | void,
  timeoutMs?: number,
): void {
  const missing = missingOf(programs)
  const options = timeoutMs === undefined ? {} : { timeout: timeoutMs }
  test(title, { ...options, ...(missing.length > 0 ? { skip: true, meta: { missing } } : {}) }, run)
}

/** The same for a group of tests. */
export function describeWith(
  programs: Program | Program[],
  title: string,
  define: () => void,
): void {
  const missing = missingOf(programs)
  describe(title, missing.length > 0 ? { skip: true, meta: { missing } } : {}, define)
}

/** A test of what only root meets. For an ordinary user there is no such test, and so nothing that was not run. */
export function rootTest(title: string, run: () => Promise<void>, timeoutMs = 30_000): void {
  if (process.getuid?.() === 0) test(title, { timeout: timeoutMs }, run)
}

function missingOf(programs: Program | Program[]): string[] {
  return [programs].flat().filter((name) => findProgram(name) === null)
}
