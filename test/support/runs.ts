import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fleet } from './fleet.ts'

/** Which file the runs of one test run are noted in: its processes inherit it. */
const VARIABLE = 'POSTRIDER_TEST_RUNS'

type Run = Readonly<{
  what: string
  queue: 'Postgres' | 'Redis'
  chosen: number
  accepted: number
  uncertain: number
  failed: number
  lost: number
  doubled: number
}>

type Account = Readonly<{
  chosen: number
  accepted: number
  uncertain: number
  failed: number
  lost: readonly string[]
  doubled: readonly string[]
}>

export function collectRuns(env: Record<string, string | undefined> = process.env): void {
  env[VARIABLE] ??= join(tmpdir(), `postrider-runs-${process.pid}.jsonl`)
}

/** What a fault came to, whatever the test then says of it. */
export function noteRun({ env }: Fleet, what: string, account: Account): void {
  const path = process.env[VARIABLE]
  if (path === undefined) return
  const run: Run = {
    what,
    queue: env.REDIS_URL === undefined ? 'Postgres' : 'Redis',
    ...{ chosen: account.chosen, accepted: account.accepted, uncertain: account.uncertain },
    failed: account.failed,
    lost: account.lost.length,
    doubled: account.doubled.length,
  }
  appendFileSync(path, `${JSON.stringify(run)}\n`)
}

/** A Markdown table of what was noted, as docs/reliability.md keeps it. */
export function takeRuns(): string[] {
  const path = process.env[VARIABLE]
  if (path === undefined || !existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  rmSync(path)
  const runs = lines.map((line) => JSON.parse(line) as Run)
  const rows = runs
    .toSorted((a, b) => a.what.localeCompare(b.what) || a.queue.localeCompare(b.queue))
    .map(
      (run) =>
        `| ${run.what} | ${run.queue} | ${run.chosen} | ${run.accepted} | ${run.uncertain} | ${run.failed} | ${run.lost} | ${run.doubled} |`,
    )
  return [
    '| what happened | queue | chosen | accepted | uncertain | failed | lost | doubled |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ]
}
